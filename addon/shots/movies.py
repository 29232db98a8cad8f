"""A movie's frames, read as Blender's sequencer does: with the colours that artists see there."""

from contextlib import suppress
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ..blender import compat
from ..blender.borrowed import SceneHandle
from ..blender.sequencer import new_scene
from ..job import in_window

# What decides which of its frames a strip shows when, in the order in which Blender takes it;
# by the names of Blender 5.0, which records of painted sequences have.
TIMING = tuple(
    """
    animation_offset_start animation_offset_end frame_start frame_offset_start frame_offset_end
    use_reverse_frames strobe stream_index use_deinterlace
    """.split()
)


def timing_of(scene: bpy.types.Scene, strip: "bpy.types.MovieStrip") -> dict[str, Any]:
    """What another strip of the same movie needs to show the same."""
    return {"fps": scene.render.fps, "fps_base": scene.render.fps_base} | {
        name: getattr(strip, compat.strip_name(name)) for name in TIMING
    }


class Movie:
    """A movie file: its count of frames, and their size (width, height). Raises PochadeError if unreadable.

    Frames are counted from 1; with the `timing` of an artist's strip they are what that shows at its times.
    """

    _scene: SceneHandle | None = None

    def __init__(self, path: Path, timing: dict[str, Any] | None = None):
        self._path, self._timing = path, timing
        strip = self._open().sequence_editor.active_strip
        self.count, element = len(compat.content_of(strip)), strip.elements[0]
        self.size = element.orig_width, element.orig_height
        self.close()

    def save(self, number: int, path: Path) -> tuple[int, int]:
        """Write a frame as a 16-bit PNG; returns its size."""
        scene = (self._scene.get() if self._scene else None) or self._open()
        scene.render.resolution_x, scene.render.resolution_y = self.size
        scene.frame_start = scene.frame_end = scene.frame_current = number
        scene.render.filepath = compat.output_path(f"{path}-")
        with in_window(), bpy.context.temp_override(scene=scene):
            # A still would show the sequencer's last frame again.
            bpy.ops.render.render(animation=True)
        Path(scene.render.frame_path(frame=number)).replace(path)
        return self.size

    def close(self) -> None:
        """Leave Blender without the scene that the movie is read in."""
        if scene := self._scene and self._scene.get():
            bpy.data.scenes.remove(scene)

    def _open(self) -> bpy.types.Scene:
        scene = new_scene("Pochade reads a movie")
        self._scene = SceneHandle(scene)
        strip = self._add_to(scene)
        if self._timing:
            scene.render.fps, scene.render.fps_base = self._timing["fps"], self._timing["fps_base"]
        else:
            # At any other speed than the movie's, Blender leaves frames out or repeats them.
            scene.render.fps = round(strip.fps)
            scene.render.fps_base = scene.render.fps / strip.fps
        compat.strips_of(scene).remove(strip)
        strip = self._add_to(scene)
        for name in TIMING if self._timing else ():
            setattr(strip, compat.strip_name(name), self._timing[name])
        scene.sequence_editor.active_strip = strip
        settings = scene.render.image_settings
        settings.file_format = "PNG"
        settings.color_mode = "RGBA"
        settings.color_depth = "16"
        settings.compression = 15
        return scene

    def _add_to(self, scene):
        """The movie as a strip."""
        strip = None
        with suppress(RuntimeError):
            strip = compat.strips_of(scene).new_movie("Movie", str(self._path), 1, 1)
        if not strip or not strip.fps or not strip.elements[0].orig_width:
            self.close()
            raise PochadeError(
                "{name} is no movie that Blender can read: choose another file", name=self._path.name
            )
        return strip
