"""A question to the artist in the midst of a job, before it removes what took its time."""

from collections.abc import Generator
from functools import partial
from typing import Any

import bpy

from ..core.errors import PochadeError
from ..core.progress import Progress
from ..core.words import Sentence
from . import job
from .job import LATER, InBlender
from .language import said

WAITING = Sentence("Waiting for your answer")
_answer: bool | None = None  # to the last question


def agree(message: str) -> Generator[Progress | InBlender, Any, None]:
    """Ask whether what the message names may go. Raises PochadeError for a No.

    Scripts and Blender in the background are not asked: they can name another folder beforehand.
    """
    if not (yield InBlender(partial(_ask, message))):
        return
    yield Progress(WAITING)
    if not (yield InBlender(_answered)):
        raise PochadeError("All is as it was: to keep those frames, choose another folder for the new ones")


def answer(yes: bool) -> None:
    """What the artist says."""
    global _answer
    _answer = yes


def _ask(message: str) -> bool:
    """Open the dialog; whether there is somebody to answer."""
    global _answer
    _answer = None
    if bpy.app.background or not job.current():
        return False
    with job.in_window():
        bpy.ops.pochade.paint_anew("INVOKE_DEFAULT", message=said(message))
    return True


def _answered() -> object:
    return LATER if _answer is None else _answer
