"""`train`: a network that learns a style."""

import argparse
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import bpy

from ...core.encoders.files import find_encoder
from ...core.errors import PochadeError
from ...core.files.atomic import whole
from ...core.files.made import check_regular, refuse_link
from ...core.files.tensors import read_metadata
from ...core.presets.archive import ENDING
from ...core.settings import InstantSettings, Settings, settings_from
from ..engine import encoders
from ..job import Job
from ..scene import library
from ..tasks.training import NetworkTraining, TrainingPlan
from .options import given
from .report import Report
from .styles import find_style


def begin(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> "TrainCommand":
    """The training that was asked for. Raises PochadeError for what makes no sense."""
    return TrainCommand(context, arguments)


def _check_free(checkpoint: Path) -> None:
    """Raise PochadeError where another file than a training's has the name that it is kept under."""
    refuse_link(checkpoint)
    check_regular(checkpoint)
    with suppress(OSError, ValueError):  # training says what is wrong with it
        if "step" not in read_metadata(checkpoint):
            raise PochadeError(
                f"{checkpoint} is no training that was broken off, and would be lost: choose another output"
            )


class TrainCommand(NetworkTraining):
    """The training of one network, kept beside its output until it is finished."""

    def __init__(self, context: bpy.types.Context, arguments: argparse.Namespace):
        self._output = arguments.output
        if self._output.suffix not in (ENDING, ".safetensors"):
            raise PochadeError(
                f"{self._output.name} must end in {ENDING} for a preset, or in .safetensors for a network"
            )
        entry = find_style(arguments.style)
        settings = settings_from({**entry.settings, **given(arguments, Settings)})
        training = InstantSettings(**given(arguments, InstantSettings))
        encoder = find_encoder(settings.encoder, encoders.entries())
        plan = TrainingPlan(entry, entry.name, settings, training, arguments.photos, encoder)
        checkpoint = self._output.with_suffix(".training")
        _check_free(checkpoint)
        super().__init__(context, plan, checkpoint, arguments.device)

    def end(self, job: Job) -> None:
        """Write the trained network."""
        if job.state == "cancelled":
            job.sentence = self._with_notes("Stopped; the same command goes on from there")
        if job.state != "done":
            return
        if self._output.suffix == ENDING:
            entry = self._plan.entry
            entry = replace(entry, settings={**entry.settings, "method": "instant"})
            library.export_entry(entry, self._output, job.result)
        else:
            with whole(self._output) as part:
                part.write_bytes(job.result)
        self._checkpoint.unlink(missing_ok=True)
        job.sentence = self._with_notes(f"{self._how_long()}: {self._output}")
