"""Where an animation's frames come from: renders that Pochade makes, files, or strips of the Sequencer."""

import bpy

from .files import Files
from .renders import Renders
from .source import FOLDER, Source
from .strips import Strip, find_strip

_KINDS = {"RENDER": Renders, "FILES": Files, "STRIP": Strip}


def choose(scene: bpy.types.Scene) -> Source:
    """The source that the scene's choices name. Raises PochadeError for what makes it unfit."""
    return _KINDS[scene.pochade.animation.source](scene)
