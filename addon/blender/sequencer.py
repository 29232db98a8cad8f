"""Blender's sequencer: a painted sequence as a strip and as a movie."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import whole
from ...core.words import one_line
from . import colour_names, compat
from .results import files_of, frames_of


def add_strip(
    scene: bpy.types.Scene, image: bpy.types.Image, fit_method: str = "FIT"
) -> "bpy.types.ImageStrip":
    """The painted sequence as a strip on the first free channel, at its own times, scaled to the render's
    size as Blender scales what it adds. Raises PochadeError.
    """
    files, frames, strips = files_of(image), frames_of(image), compat.strips_of(scene)
    taken = {
        strip.channel
        for strip in strips
        for times in [compat.times_of(strip)]
        if times.start < frames.stop and times.stop > frames.start
    }
    channel = next((number for number in range(1, 129) if number not in taken), None)
    if not channel:
        raise PochadeError("All channels of the Sequencer are taken: clear one")
    strip = strips.new_image(image.name, str(files[0]), channel, frames.start, fit_method=fit_method)
    for file in files[1:]:
        strip.elements.append(file.name)
    strip.colorspace_settings.name = image.colorspace_settings.name
    return strip


def write_movie(scene: bpy.types.Scene, image: bpy.types.Image) -> Path:
    """Write the painted sequence as an MP4 (H.264) beside its frames. Raises PochadeError."""
    files, frames = files_of(image), frames_of(image)
    path = files[0].with_name("animation.mp4")
    with whole(path) as part, scene_for_a_while("Pochade writes a movie") as writer:
        render, strip = writer.render, add_strip(writer, image, "ORIGINAL")
        width, height = strip.elements[0].orig_width, strip.elements[0].orig_height
        # H.264 knows no odd sides.
        render.resolution_x, render.resolution_y = (width - width % 2, height - height % 2)
        render.fps, render.fps_base = scene.render.fps, scene.render.fps_base
        writer.frame_start, writer.frame_end = frames.start, frames.stop - 1
        for name, value in (compat.MOVIE | {"file_format": "FFMPEG"}).items():
            setattr(render.image_settings, name, value)
        render.ffmpeg.format = "MPEG4"
        render.ffmpeg.codec = "H264"
        render.ffmpeg.constant_rate_factor = "HIGH"
        render.use_file_extension, render.filepath = False, compat.output_path(part)
        try:
            with bpy.context.temp_override(scene=writer):
                bpy.ops.render.render(animation=True)
        except RuntimeError as error:
            raise PochadeError(
                "Blender cannot write {path}: {error}", path=path, error=one_line(error)
            ) from None
    return path


@contextmanager
def scene_for_a_while(name: str) -> Iterator[bpy.types.Scene]:
    """A scene for the sequencer alone, for a while."""
    scene = new_scene(name)
    try:
        yield scene
    finally:
        bpy.data.scenes.remove(scene)


def new_scene(name: str) -> bpy.types.Scene:
    """A scene for the sequencer alone, which shows colours as they are in the files."""
    scene = bpy.data.scenes.new(name)
    display = scene.display_settings
    display.display_device = colour_names.srgb_display(display)
    scene.view_settings.view_transform = colour_names.plain_view(scene.view_settings)
    scene.render.resolution_percentage, scene.render.dither_intensity = 100, 0
    scene.render.use_compositing = False
    return scene
