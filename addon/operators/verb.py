"""The base of all operators, and the dialogs that some of them begin with."""

from collections.abc import Callable, Generator
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from .. import job
from ..language import said
from ..preferences import engine_status


def require_free() -> None:
    """Raise PochadeError while a job runs."""
    if job.busy():
        raise PochadeError(job.busy())


def require_engine(context: bpy.types.Context) -> None:
    """Raise PochadeError while a job runs, or where the engine is not ready."""
    status = engine_status(context)
    require_free()
    if not status.ready:
        raise PochadeError(status.elsewhere)


class Verb:
    """An operator: a PochadeError becomes the reason why its button is greyed out, or an error's report.

    To be named before bpy.types.Operator: Blender overlooks properties of a base that is an operator.
    """

    def __init_subclass__(cls, **options):
        """The docstring becomes the tooltip, without the file's line breaks."""
        super().__init_subclass__(**options)
        if cls.__dict__.get("__doc__") and "bl_description" not in cls.__dict__:
            cls.bl_description = " ".join(cls.__doc__.split())

    @classmethod
    def require(cls, context):
        """Raise PochadeError where the operator cannot run. Drawing a button asks it: it reads no files."""

    def run(self, context) -> set[str] | None:
        """Do it; returns what Blender is to be told where that is not {"FINISHED"}. Raises PochadeError."""
        raise NotImplementedError

    @classmethod
    def poll(cls, context):
        try:
            cls.require(context)
        except PochadeError as error:
            cls.poll_message_set(said(str(error)))
            return False
        return True

    def execute(self, context):
        return self.reporting(self.run, context)

    def reporting(self, function: Callable[[bpy.types.Context], set[str] | None], context) -> set[str]:
        """Call the function, and report its PochadeError; what Blender is to be told."""
        try:
            return function(context) or {"FINISHED"}
        except PochadeError as error:
            self.tell(str(error), "ERROR")
            return {"CANCELLED"}

    def tell(self, sentence: str, kind: str = "INFO") -> None:
        """Report a sentence, in the artist's language."""
        self.report({kind}, said(sentence))

    def confirm(self, context, event, button: str, message: str, title: str = "") -> set[str]:
        """Ask before the operator runs; what `invoke` returns."""
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=said(title or self.bl_label),
            confirm_text=said(button),
            icon="NONE",
            message=said(message),
        )

    def launch(
        self, title: str, steps: Generator[Progress, None, Any], on_end: Callable[[job.Job], None]
    ) -> None:
        """Start a job that shows no picture; in the background it ends first. Raises PochadeError."""
        if bpy.app.background:
            self.finish(title, steps, on_end)
        else:
            job.start(title, steps, on_end=on_end)

    def finish(
        self, title: str, steps: Generator[Progress, None, Any], on_end: Callable[[job.Job], None]
    ) -> None:
        """Run a job to its end, while Blender waits, and report it. Raises PochadeError where it fails."""
        ended = job.Job(title, steps, on_end=on_end)
        ended.run()
        if ended.state != "done":
            raise PochadeError(ended.sentence)
        self.tell(ended.sentence)


class Browse:
    """An operator that first has the artist choose a file, several or a folder."""

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}
