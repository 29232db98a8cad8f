"""Several paintings in one job: one picture with different seeds, or many files with the same settings."""

import itertools
import os
import time
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import FilesDone, Progress, part_of_work
from ...core.settings import settings_to_json
from ...core.words import duration
from ..blender import images, picture_files
from ..blender.borrowed import SceneHandle
from ..engine import encoders, runtime
from ..job import InBlender, Job
from ..preferences import engine_folders, machine
from ..scene import properties
from ..styles import presets
from .painting import Painting, push_undo, settle_method

if TYPE_CHECKING:
    import numpy as np

GAP = 8  # px between two pictures of a sheet


class Variations:
    """Paintings of `source` with `count` seeds, from the scene's on. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, source: bpy.types.Image, count: int):
        settle_method(context)
        settings = properties.read_settings(context.scene)
        first = Painting(context, source, settings=settings)
        self._paintings = [first]
        for seed in range(settings.seed + 1, settings.seed + count):
            other = replace(settings, seed=seed)
            self._paintings.append(Painting(context, source, settings=other, earlier=first))
        self._source = source.name_full
        self._done: list[np.ndarray] = []
        self._started = time.monotonic()
        self.title, self.details = first.title, first.details

    def steps(self) -> Generator[Progress, None, None]:
        """For the job's thread."""
        count = len(self._paintings)
        for number, painting in enumerate(self._paintings):
            self._done.append(
                (
                    yield from part_of_work(
                        painting.steps(), number, count, f"Variation {number + 1} of {count}"
                    )
                )
            )

    def show(self, picture: "np.ndarray") -> None:
        """Show the one that is being painted."""
        self._paintings[0].show(picture)

    def end(self, job: Job) -> None:
        """Keep all that are finished, and show them side by side."""
        if not self._done or (job.state != "done" and not job.keep):
            self._paintings[0].clear()
            return
        first, *others = [
            painting.keep(picture) for painting, picture in zip(self._paintings, self._done, strict=False)
        ]
        if others:
            sheet = images.write_sheet(f"{self.title}, variations", side_by_side(self._done), self._source)
            self._paintings[0].show_instead(sheet)
        push_undo(f"Variations of {self.title}")
        took = duration(time.monotonic() - self._started)
        job.sentence = f"Painted {len(self._done)} variations of {self.title} in {took}"


def side_by_side(pictures: "list[np.ndarray]") -> "np.ndarray":
    """Pictures of one size (H, W, 3 or 4) as a sheet of them all, row by row, about as wide as it is high."""
    import numpy as np

    height, width, channels = pictures[0].shape
    columns = max(round((len(pictures) * height / width) ** 0.5), 1)
    rows = -(-len(pictures) // columns)
    sheet = np.zeros((rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, channels), np.float32)
    for number, picture in enumerate(pictures):
        y, x = number // columns * (height + GAP), number % columns * (width + GAP)
        sheet[y : y + height, x : x + width] = picture
    return sheet


class Batch:
    """The pictures in files, each painted into a file in `folder`. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, paths: list[Path], folder: Path):
        if not paths:
            raise PochadeError("Choose the pictures to paint, one or more files")
        scene = context.scene
        settle_method(context)
        mix = presets.chosen_mix(scene)
        self._scene = SceneHandle(scene)
        self._style = presets.names_of(mix)
        self._mix = [(presets.load_style(scene, entry), weight) for entry, weight in mix]
        self._settings = properties.read_settings(scene)
        self._encoder = encoders.file_to_paint_with(self._settings)
        self._engine_folders, self._machine = engine_folders(context), machine(context)
        self._paths, self._folder = paths, folder
        self._done = FilesDone(leaves_out=True)
        self._started = time.monotonic()
        self.title = f"{len(paths)} pictures, {self._style}"
        self.details = f"Style: {self._style}\nSettings: {settings_to_json(self._settings)}"
        self.show = None  # nothing is shown of pictures that no editor has

    def steps(self) -> Generator[Progress | InBlender, Any, None]:
        """For the job's thread. What cannot be read or painted is told at the end, after the others."""
        runtime.load_engine(self._engine_folders, self._settings.method)
        styles = [(load(), weight) for load, weight in self._mix]
        if not picture_files.are_for_pillow():
            yield from self._by_blender(styles)
            return
        from ...core.still.files import paint_files

        yield from paint_files(
            self._paths,
            self._target_of,
            styles,
            self._settings,
            self._machine,
            encoder_file=self._encoder,
            done=self._done,
        )

    def _by_blender(self, styles) -> Generator[Progress | InBlender, Any, None]:
        """As `paint_files`, where nothing but Blender can read pictures."""
        from ...core.still.stylize import stylize_image

        for number, path in enumerate(self._paths):
            try:
                picture = yield InBlender(partial(self._read, path))
                painting = stylize_image(picture, styles, self._settings, self._machine)
                painted = yield from part_of_work(painting, number, len(self._paths), path.name)
                target = self._target_of(path)
                yield InBlender(partial(picture_files.write_png, target, painted))
            except PochadeError as error:
                self._done.failed.append(f"{path.name}: {error}")
            else:
                self._done.written.append(target)

    def _read(self, path: Path) -> "np.ndarray":
        return picture_files.read(self._scene.get() or bpy.context.scene, path)

    def _target_of(self, path: Path) -> Path:
        """A name for the painting of a file, so that no earlier one is lost."""
        for number in itertools.count(1):
            target = self._folder / f"{path.stem}, {self._style}{f' {number}' if number > 1 else ''}.png"
            if not os.path.exists(target):  # noqa: PTH110 - which a name that is too long is no error to
                return target
        raise AssertionError("the names never end")

    def end(self, job: Job) -> None:
        """Say what was painted, and what could not be."""
        if job.state == "failed":
            return
        written, failed = self._done.written, self._done.failed
        took = duration(time.monotonic() - self._started)
        painted = f"Painted {len(written)} of {len(self._paths)} pictures in {took}, into {self._folder}"
        job.sentence = ". ".join([painted, *failed])
        if failed and not written:
            job.state = "failed"
