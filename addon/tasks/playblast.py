"""Playblast: a 3D viewport over the frame range, painted as Live shows it and written as a sequence."""

import time
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress, Watched
from ...core.sequence.shot import FORMATS, frame_name
from ...core.words import Sentence, duration, joined
from ..blender import images, results
from ..blender.borrowed import SceneHandle
from ..blender.canvas import Canvas
from ..engine import runtime
from ..job import LATER, InBlender, Job
from ..preferences import engine_folders, machine
from ..scene import properties, recipes
from ..styles import presets
from ..viewport import capture
from ..viewport import seen as viewports
from . import animation, viewport
from .painting import push_undo

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np


_BYTES = 4  # for a pixel of a painted frame, about
_PAINTED = 0.9  # of the work at a frame


class Playblast:
    """A playblast of the context's viewport with the scene's style. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context):
        scene = context.scene
        self._space = viewport.require(context).as_pointer()
        self._scene = SceneHandle(scene)
        own = scene.pochade.animation
        first, last = (own.first, own.last) if own.own_range else (scene.frame_start, scene.frame_end)
        self._numbers = range(first, last + 1)
        folder = animation.output_folder(scene)
        self._folder = folder.with_name(f"{folder.name} playblast")
        self._frame = scene.frame_current, scene.frame_subframe
        mix = presets.chosen_mix(scene)
        self._loaders = [(presets.load_style(scene, entry), weight) for entry, weight in mix]
        self._style, self._choices = presets.names_of(mix), recipes.choices_of(mix)
        self._settings = replace(properties.read_settings(scene), method="instant", resolution="draft")
        self._format = FORMATS[properties.read_animation_settings(scene).file_format]
        self._size = images.render_size(scene.render)
        self.title = Sentence("{name} playblast, {style}", name=scene.name, style=self._style)
        self._engine_folders, self._machine = engine_folders(context), machine(context)
        self._canvas = Canvas(context, self.title)
        self._camera = capture.Camera()
        self._started = time.monotonic()

    def steps(self) -> "Generator[Progress | InBlender, Any, list[Path]]":
        """For the job's thread; returns the files."""
        runtime.load_engine(self._engine_folders, "instant")
        from ...core.compute.arrays import resize
        from ...core.files.checkpoint import Checkpoint
        from ...core.files.pictures import write_picture
        from ...core.instant.views import ViewPainter

        painter = ViewPainter(
            [(load(), weight) for load, weight in self._loaders], self._settings, self._machine
        )
        width, height = self._size
        names = [frame_name(number, self._format.ending) for number in self._numbers]
        recipe = recipes.of_painting("", self._style, self._choices, self._settings)
        # Of no other run's: as Blender's own, a playblast takes the place of the one before.
        with Checkpoint(self._folder, {"source": repr(self._started)}, names) as kept:
            kept.check_room(_BYTES * width * height * len(names))
            for done, (number, name) in enumerate(zip(self._numbers, names, strict=True)):
                view = yield InBlender(partial(self._take, number))
                painting = Watched(painter.paint(view))
                for step in painting:
                    yield self._progress(done, step.fraction * _PAINTED)
                picture = resize(painting.result, height, width)
                write_picture(self._folder / name, picture, self._format.bits, recipe)
                kept.advance(name)
                yield replace(self._progress(done, 1.0), preview=picture.copy)
            kept.finish()
        return [self._folder / name for name in names]

    def _progress(self, done: int, share: float) -> Progress:
        count = len(self._numbers)
        doing = Sentence(
            "Painting frame {number}, {done} of {count}",
            number=self._numbers[done],
            done=done + 1,
            count=count,
        )
        return Progress(doing, fraction=(done + share) / count)

    # In Blender's thread.

    def _take(self, number: int) -> object:
        """The View of a frame: from the viewport's camera as a render has it, else as large as fits."""
        scene, shown = self._scene.find(), viewports.find(self._space)
        if not shown or shown.window.scene != scene:
            raise PochadeError("The playblast ended, for its 3D viewport is not shown any more")
        if not capture.can_draw():
            return LATER
        scene.frame_set(number)
        size = viewport.size_to_paint(*self._size, self._settings.style_scale)
        matrices = capture.matrices_of_render(scene, shown.window.view_layer, shown.view, self._size)
        return self._camera.take(shown, matrices, size)

    def show(self, picture: "np.ndarray") -> None:
        """Show the frame that has been painted."""
        self._canvas.show(picture)

    def end(self, job: Job) -> None:
        """Show the finished sequence; Blender is as it was before."""
        self._camera.free()
        scene = self._scene.get()
        if scene:
            scene.frame_set(self._frame[0], subframe=self._frame[1])
        if job.state != "done":
            self._canvas.remove()
            return
        image = results.load(self.title, job.result)
        images.record_recipe(
            image, source="", style=self._style, settings=self._settings, choices=self._choices
        )
        results.record_frames(image, self._numbers)
        for space in self._canvas.remove(show=image):
            results.set_frames(space.image_user, image)
        if scene:
            scene.pochade.result = image
        took = duration(time.monotonic() - self._started)
        done = Sentence("Painted {count} frames in {time}", count=len(self._numbers), time=took)
        job.sentence = joined((done, Sentence("They are in {folder}", folder=self._folder)), ". ")
        push_undo(Sentence("Playblast {title}", title=self.title))
