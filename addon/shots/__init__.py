"""Where an animation's frames come from: renders that Pochade makes, files, or strips of the Sequencer."""

import bpy

from ...core.errors import PochadeError
from .files import Files
from .renders import Renders
from .source import FOLDER, Source
from .strips import Strip, find_strip

_KINDS = {"RENDER": Renders, "FILES": Files, "STRIP": Strip}


def choose(scene: bpy.types.Scene) -> Source:
    """The source that the scene's choices name. Raises PochadeError for what makes it unfit."""
    kind = _KINDS.get(scene.pochade.animation.source)
    if not kind:
        raise PochadeError("Choose where the frames come from")
    return kind(scene)
