"""Several paintings in one job: one picture in variations, or many files with the same settings."""

import itertools
import os
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import FilesDone, Progress, part_of_work
from ...core.settings import Settings, settings_to_json
from ...core.settings.variations import variations
from ...core.words import Sentence, duration, joined
from ..blender import picture_files, sheets
from ..blender.borrowed import SceneHandle
from ..engine import encoders, runtime
from ..job import InBlender, Job
from ..preferences import engine_folders, machine
from ..scene import properties, recipes
from ..styles import presets
from .painting import Painting, push_undo, settle_method

if TYPE_CHECKING:
    import numpy as np


class Variations:
    """`count` paintings of `source` with these settings and variations of them. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, source: bpy.types.Image, settings: Settings, count: int):
        first = Painting(context, source, settings=settings)
        self._paintings = [first]
        for name, other in variations(settings, count)[1:]:
            self._paintings.append(Painting(context, source, settings=other, earlier=first, variation=name))
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
                        painting.steps(),
                        number,
                        count,
                        Sentence("Variation {number} of {count}", number=number + 1, count=count),
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
        kept = [
            painting.keep(picture) for painting, picture in zip(self._paintings, self._done, strict=False)
        ]
        took = duration(time.monotonic() - self._started)
        what = self._paintings[0].what
        job.sentence = Sentence("Painted {what} in {took}", what=what, took=took)
        if len(kept) > 1:
            sheet = sheets.write(f"{self.title}, variations", kept, self._done, self._source)
            self._paintings[0].show_instead(sheet)
            job.sentence = Sentence(
                "Painted {count} variations of {what} in {took}: click the one that you like",
                count=len(kept),
                what=what,
                took=took,
            )
        troubles = dict.fromkeys(painting.trouble for painting in self._paintings)
        job.sentence = joined(filter(None, (job.sentence, *troubles)), ". ")
        push_undo(Sentence("Variations of {title}", title=self.title))


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
        self._choices = recipes.choices_of(mix)
        self._mix = [(presets.load_style(scene, entry), weight) for entry, weight in mix]
        self._settings = properties.read_settings(scene)
        self._encoder = encoders.file_to_paint_with(self._settings)
        self._engine_folders, self._machine = engine_folders(context), machine(context)
        self._paths, self._folder = paths, folder
        self._done = FilesDone(leaves_out=True)
        self._started = time.monotonic()
        self.title = Sentence("{count} pictures, {style}", count=len(paths), style=self._style)
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
                recipe = recipes.of_painting(path.name, self._style, self._choices, self._settings)
                yield InBlender(partial(picture_files.write, target, painted, recipe))
            except PochadeError as error:
                self._done.failed.append(Sentence("{name}: {error}", name=path.name, error=error))
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
        painted = Sentence(
            "Painted {done} of {count} pictures in {took}, into {folder}",
            done=len(written),
            count=len(self._paths),
            took=took,
            folder=self._folder,
        )
        job.sentence = ". ".join([painted, *failed])
        if failed and not written:
            job.state = "failed"
