"""Paintings of before: each stays in the .blend until it is cleared."""

import bpy

from ..blender import canvas, images
from ..styles import stores


def old_paintings(used: bool) -> list[bpy.types.Image]:
    """The paintings and sheets of this .blend that no editor shows, the oldest first; only with `used` those
    that the scene, nodes or anything else has a use for.
    """
    shown = {space.image for space in canvas.editors()}
    old = {image for image in bpy.data.images if _is_painting(image)} - shown
    users = {} if used else bpy.data.user_map(subset=old)
    while kept := {image for image in old if users.get(image, set()) - old}:
        old -= kept  # and a sheet that stays has a use for its paintings
    return sorted(old, key=lambda image: image.session_uid)


def size_of(paintings: list[bpy.types.Image]) -> int:
    """The bytes that they take in the .blend."""
    return sum(image.packed_file.size for image in paintings)


def _is_painting(image: bpy.types.Image) -> bool:
    """Whether Pochade has painted and packed it, here, and nobody has made it a preset since."""
    painted = images.recipe(image) or images.source_of(image)
    return bool(painted and image.packed_file and not image.library and stores.KEY not in image)
