"""`train`: a network that learns a style."""

import argparse
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.encoders.files import find_encoder
from ...core.errors import PochadeError
from ...core.files.atomic import cannot_write, whole
from ...core.files.photos import find_photos
from ...core.presets.archive import ENDING
from ...core.progress import Progress
from ...core.settings import InstantSettings, Settings, settings_from
from ...core.words import duration
from ..engine import encoders, runtime
from ..job import Job
from ..preferences import engine_folders, machine
from ..scene import library
from ..styles import presets
from .options import given
from .report import Report
from .styles import find_style


def begin(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> "Learning":
    """What there is to do. Raises PochadeError for what makes no sense."""
    return Learning(context, arguments)


class Learning:
    """The training of one network. Until it is finished it is kept beside its output, and goes on
    from there.
    """

    def __init__(self, context: bpy.types.Context, arguments: argparse.Namespace):
        self._output: Path = arguments.output
        if self._output.suffix not in (ENDING, ".safetensors"):
            raise PochadeError(
                f"{self._output.name} must end in {ENDING} for a preset, or in .safetensors for the "
                "network alone"
            )
        self._entry = find_style(arguments.style)
        self._look = settings_from({**self._entry.settings, **given(arguments, Settings)})
        self._training = InstantSettings(**given(arguments, InstantSettings))
        self._photos = find_photos(arguments.photos)
        self._load_style = presets.load_style(context.scene, self._entry)
        self._encoder = find_encoder(self._look.encoder, encoders.entries()).path
        self._engine_folders, self._machine = engine_folders(context), machine(context, arguments.device)
        self._checkpoint = self._output.with_suffix(".training")
        self._scene, self._started = context.scene, time.monotonic()
        self.title = self._entry.name

    def steps(self) -> Generator[Progress, None, bytes]:
        """Train, or go on with it; returns the bytes of the network's file."""
        runtime.ensure_engine(self._engine_folders)
        from ...core.instant.files import network_bytes
        from ...core.training.instant import TrainingJob, train_network

        try:
            self._output.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PochadeError(cannot_write(self._output.parent, error)) from error
        preset = self._entry.preset
        job = TrainingJob(
            self._load_style(),
            self._photos,
            self._look,
            self._training,
            encoder_file=self._encoder,
            attribution=preset.attribution if preset else "",
            checkpoint=self._checkpoint,
        )
        return network_bytes((yield from train_network(job, self._machine)))

    def end(self, job: Job) -> None:
        """Write what was learnt."""
        if job.state == "cancelled":
            job.sentence = "Stopped; the same command goes on from there"
        if job.state != "done":
            return
        if self._output.suffix == ENDING:
            entry = replace(self._entry, settings={**self._entry.settings, "method": "instant"})
            library.export_entry(self._scene, entry, self._output, job.result)
        else:
            with whole(self._output) as part:
                part.write_bytes(job.result)
        self._checkpoint.unlink(missing_ok=True)
        job.sentence = (
            f"{self.title} was learnt in {duration(time.monotonic() - self._started)}: {self._output}"
        )
