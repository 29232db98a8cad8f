"""Where the frames of an animation come from: renders that Pochade makes, or files."""

import bpy

from .files import Files
from .renders import Renders
from .source import FOLDER, Source


def choose(scene: bpy.types.Scene) -> Source:
    """The source that the scene's choices name. Raises PochadeError for what makes it unfit."""
    return (Renders if scene.pochade.animation.source == "RENDER" else Files)(scene)
