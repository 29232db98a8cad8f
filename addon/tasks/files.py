"""Pictures in files, each painted into a file."""

import itertools
import os
import time
from collections.abc import Generator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import FilesJob, Progress, part_of_work
from ...core.settings import Settings, settings_to_json
from ...core.words import Sentence, duration, joined
from ..blender import picture_files
from ..blender.borrowed import SceneHandle
from ..engine import encoders, runtime
from ..job import InBlender, Job
from ..preferences import AS_PREFERRED, engine_folders, machine
from ..scene import properties, recipes
from ..styles import presets, regions
from ..styles.entry import Entry
from .painting import settle_method

if TYPE_CHECKING:
    import numpy as np


class Files:
    """The painting of one file after the other, in a mix of styles. Raises PochadeError.

    What cannot be read or painted is told at the end, after the others; a single file at once.
    """

    show = None  # nothing is shown of pictures that no editor has

    def __init__(
        self,
        context: bpy.types.Context,
        paths: Sequence[Path],
        mix: list[tuple[Entry, float]],
        settings: Settings,
        files: FilesJob,
        device: str = AS_PREFERRED,
    ):
        self._scene = SceneHandle(context.scene)
        self._paths, self._settings = list(paths), settings
        self._style, self._choices = presets.names_of(mix), recipes.choices_of(mix)
        self._mix = [(presets.load_style(context.scene, entry), weight) for entry, weight in mix]
        self._encoder = encoders.file_to_paint_with(settings)
        self._engine_folders, self._machine = engine_folders(context), machine(context, device)
        self._files, self._started = files, time.monotonic()

    def target_of(self, path: Path) -> Path:
        """The file for the painting of one, as `core.still.files` asks for it."""
        raise NotImplementedError

    def steps(self) -> Generator[Progress | InBlender, Any, None]:
        """For the job's thread."""
        runtime.load_engine(self._engine_folders, self._settings.method)
        styles = [(load(), weight) for load, weight in self._mix]
        if not picture_files.are_for_pillow():
            yield from self._by_blender(styles)
            return
        from ...core.still.files import paint_files

        yield from paint_files(
            self._paths,
            self.target_of,
            styles,
            self._settings,
            self._machine,
            encoder_file=self._encoder,
            job=self._files,
        )

    def _by_blender(self, styles) -> Generator[Progress | InBlender, Any, None]:
        """As `paint_files`, where nothing but Blender can read pictures."""
        from ...core.still.stylize import stylize_image

        for number, path in enumerate(self._paths):
            try:
                picture = yield InBlender(partial(self._read, path))
                painting = stylize_image(picture, styles, self._settings, self._machine)
                painted = yield from part_of_work(painting, number, len(self._paths), path.name)
                target = self.target_of(path)
                recipe = recipes.of_painting(path.name, self._style, self._choices, self._settings)
                yield InBlender(partial(picture_files.write, target, painted, recipe))
            except PochadeError as error:
                if not self._files.leaves_out:
                    raise
                self._files.failed.append(Sentence("{name}: {error}", name=path.name, error=error))
            else:
                self._files.written.append(target)

    def _read(self, path: Path) -> "np.ndarray":
        return picture_files.read(self._scene.get() or bpy.context.scene, path)


class Batch(Files):
    """The files that the artist chose, painted into `folder` with the scene's styles and settings."""

    def __init__(self, context: bpy.types.Context, paths: list[Path], folder: Path):
        if not paths:
            raise PochadeError("Choose the pictures to paint, one or more files")
        settle_method(context)
        files = FilesJob(leaves_out=True, holds_objects=regions.holds_objects(context.scene))
        settings = properties.read_settings(context.scene)
        super().__init__(context, paths, presets.chosen_mix(context.scene), settings, files)
        self._folder = folder
        self.title = Sentence("{count} pictures, {style}", count=len(paths), style=self._style)
        self.details = f"Style: {self._style}\nSettings: {settings_to_json(self._settings)}"

    def target_of(self, path: Path) -> Path:
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
        written, failed = self._files.written, self._files.failed
        painted = Sentence(
            "Painted {done} of {count} pictures in {took}, into {folder}",
            done=len(written),
            count=len(self._paths),
            took=duration(time.monotonic() - self._started),
            folder=self._folder,
        )
        job.sentence = joined([painted, *failed], ". ")
        if failed and not written:
            job.state = "failed"
