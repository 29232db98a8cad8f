"""The picture that a still is painted from: of a render, what it was before a painting was mixed with it."""

from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ..blender import compat, compositor, images, passes
from ..blender.borrowed import Borrowed
from ..engine import runtime
from ..preferences import engine_folders
from .files import linear_image

if TYPE_CHECKING:
    import numpy as np


def read_source(
    scene: bpy.types.Scene, image: bpy.types.Image, image_user: bpy.types.ImageUser | None = None
) -> "np.ndarray":
    """As `images.read_source`, but for a render that has a painting in it by Send to Compositor: of that, the
    render itself, as it was displayed.
    """
    picture = images.read_source(scene, image, image_user)
    node = compositor.mixing_node(scene) if images.is_render_result(image) else None
    if not node or (scene.render.use_sequencer and compat.all_strips_of(scene)):
        return picture
    layer = compositor.layer_behind(scene, node)
    if not layer:
        raise PochadeError(
            "The render has a painting in it: mute the node {name} in the compositor, and render again (F12)",
            name=node.name,
        )
    return displayed(scene, _combined(scene, image, layer))


def _combined(scene, image, layer) -> "np.ndarray":
    """A view layer's picture in the Render Result, scene-linear (H, W, 4)."""
    runtime.find_engine(engine_folders(bpy.context))
    with passes.save(scene, image) as folder:
        return combined(Path(folder, passes.FILE), layer)


def combined(file: Path, layer: str) -> "np.ndarray":
    """A view layer's picture in a render's file, scene-linear (H, W, 4). Raises PochadeError."""
    import numpy as np

    from ...core.files.exr import read_channels

    channels, _ = read_channels(file)
    names = [f"{layer}.Combined.{channel}" for channel in "RGBA"]
    if not channels.keys() >= set(names):
        raise PochadeError(
            "The render has no picture of the view layer {layer}: switch its pass Combined "
            "on, and render again (F12)",
            layer=layer,
        )
    return np.dstack([channels[name] for name in names]).astype(np.float32)


def displayed(scene: bpy.types.Scene, combined: "np.ndarray") -> "np.ndarray":
    """A scene-linear picture through the view that the render had before As Painted took it away."""
    view = compositor.view_of_the_render(scene)
    image, borrowed = linear_image(combined), Borrowed(scene)
    try:
        borrowed.set({f"view_settings.{name}": value for name, value in view.items()})
        return images.read_source(scene, image)
    finally:
        borrowed.give_back()
        bpy.data.images.remove(image)
