"""A painted sequence as a data-block: which frames it has, for the editors and nodes that show it."""

from collections.abc import Sequence
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.sequence.shot import frame_name
from . import colour_names, custom, images
from .canvas import image_editor

LAST = 1_048_574  # the last frame that Blender has
_FRAMES = "pochade_frames"  # custom property of a painted sequence: the first frame and how many there are


def load(name: str, files: Sequence[Path]) -> bpy.types.Image:
    """The painted files as an image sequence, the one that shows them already if there is one."""
    sequences = [image for image in bpy.data.images if image.source == "SEQUENCE"]
    image = next((image for image in sequences if images.path_of(image) == files[0]), None)
    if not image:
        image = bpy.data.images.load(str(files[0]), check_existing=False)
        image.source = "SEQUENCE"
        if bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths:
            image.filepath = bpy.path.relpath(image.filepath)
    if files[0].suffix == ".exr" and (space := colour_names.linear_space()):
        image.colorspace_settings.name = space
    image.name = name
    image.use_fake_user = True
    image.reload()
    return image


def record_frames(image: bpy.types.Image, numbers: Sequence[int]) -> None:
    """Store on a painted sequence which frames it has: Blender keeps that with whoever shows it."""
    image[_FRAMES] = [numbers[0], len(numbers)]


def frames_of(image: bpy.types.Image | None) -> range | None:
    """The frames of a painted sequence, None for any other image."""
    numbers = custom.numbers(image, _FRAMES) if image and image.source == "SEQUENCE" else []
    if len(numbers) != 2 or not (abs(numbers[0]) <= LAST and 0 < numbers[1] <= LAST):
        return None
    return range(numbers[0], sum(numbers))


def files_of(image: bpy.types.Image) -> list[Path]:
    """The files of a painted sequence. Raises PochadeError when one of them is gone."""
    path = images.path_of(image)
    files = [path.with_name(frame_name(number, path.suffix)) for number in frames_of(image)]
    gone = next((file for file in files if not file.is_file()), None)
    if gone:
        raise PochadeError("{gone} is gone: paint the sequence again", gone=gone)
    return files


def set_frames(user: "bpy.types.ImageUser | bpy.types.CompositorNodeImage", image: bpy.types.Image) -> None:
    """Have an editor or a node show each painted frame at its own time."""
    if frames := frames_of(image):
        user.frame_start, user.frame_duration, user.frame_offset = frames[0], len(frames), frames[0] - 1
        user.use_auto_refresh, user.use_cyclic = True, False


def painted(context: bpy.types.Context) -> bpy.types.Image | None:
    """The painted sequence that the editor shows, or else the scene's newest painting; None without."""
    editor = image_editor(context)
    for image in (editor.image if editor else None, context.scene.pochade.result):
        if frames_of(image):
            return image
    return None
