"""`paint`: pictures from files into files."""

import argparse
import os
import time
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ...core.progress import FilesJob
from ...core.settings import Settings, settings_from
from ...core.words import duration
from ..job import Job
from ..styles import presets
from ..tasks.files import Files
from .options import given
from .report import Report
from .styles import find_mix


def begin(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> "Pictures":
    """The paintings that were asked for. Raises PochadeError for what makes no sense."""
    return Pictures(context, arguments)


class Pictures(Files):
    """The painting of one picture after the other. Of several, one that fails is named at the end."""

    def __init__(self, context: bpy.types.Context, arguments: argparse.Namespace):
        mix = find_mix(arguments.style)
        settings = settings_from({**mix[0][0].settings, **given(arguments, Settings)})
        if "instant" in (settings.method, settings.start):
            presets.check_trained(mix, settings.method)
        self._targets = _targets(arguments.contents, arguments.output)
        files = FilesJob(leaves_out=len(self._targets) > 1, holds_objects=arguments.hold_objects)
        super().__init__(context, [*self._targets], mix, settings, files, arguments.device)
        self.title = f"{arguments.contents[0].stem}, {presets.names_of(mix)}"

    def target_of(self, path: Path) -> Path:
        """The one that was asked for."""
        return self._targets[path]

    def end(self, job: Job) -> None:
        """Name the files that were painted, and those that were not: then the job has failed."""
        targets, written, failed = list(self._targets.values()), self._files.written, self._files.failed
        if job.state == "done" and failed:
            painted = f"Painted {len(written)} of {len(targets)} pictures into {targets[0].parent}"
            job.state, job.sentence = "failed", ". ".join([painted, *failed])
        elif job.state == "done":
            what = (
                str(targets[0]) if len(targets) == 1 else f"{len(targets)} pictures into {targets[0].parent}"
            )
            job.sentence = f"Painted {what} in {duration(time.monotonic() - self._started)}"
        elif job.state == "cancelled":
            job.sentence = f"Stopped with {len(written)} of {len(targets)} pictures painted"


def _targets(contents: list[Path], output: Path) -> dict[Path, Path]:
    """Where the painting of each picture goes."""
    missing = next((content for content in contents if not is_regular(content)), None)
    if missing:
        raise PochadeError(f"There is no file {missing}")
    if len(contents) == 1 and not os.path.isdir(output):  # noqa: PTH112 - which a name that is too long is no error to
        targets = {contents[0]: output}
    else:
        targets = {content: output / f"{content.stem}.png" for content in contents}
    double = next((target for target in targets.values() if [*targets.values()].count(target) > 1), None)
    if double:
        raise PochadeError(f"Two pictures would become {double}: paint them into different folders")
    same = next(
        (content for content, target in targets.items() if content.resolve() == target.resolve()), None
    )
    if same:
        raise PochadeError(f"{same} would be painted over: choose another output")
    return targets
