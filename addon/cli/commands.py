"""The commands, their options, and the way from a command to its exit status."""

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import bpy

from ...core.compute.machine import DEVICES
from ...core.errors import PochadeError
from ...core.settings import (
    TRAINED_WITH,
    AnimationSettings,
    FarmSettings,
    InstantSettings,
    Settings,
    TimingSettings,
)
from ..job import Job
from ..preferences import AS_PREFERRED
from . import animate, paint, presets, train
from .options import add_settings, frame_numbers, keyed_file
from .report import Report
from .stopping import Stop

DONE, FAILED, USAGE, CANCELLED = 0, 1, 2, 130


class Work(Protocol):
    """A command's task, of the same kind as an operator's."""

    title: str

    def steps(self) -> Iterator[Any]: ...

    def end(self, job: Job) -> None: ...


def main(arguments: list[str], stop: Stop) -> int:
    """Run the command with these arguments until it is done or asked to stop; its exit status."""
    try:
        parsed = _parser().parse_args(arguments)
    except SystemExit as end:  # argparse has said what it has to say
        return end.code if isinstance(end.code, int) else USAGE
    report = Report(parsed.report)
    try:
        work = None if stop.asked else parsed.begin(bpy.context, parsed, report)
    except PochadeError as error:
        return _failed(str(error), report, stop)
    if work and not stop.asked:
        return _finish(work, report, stop)
    return _stopped("", report) if stop.asked else DONE


def _finish(work: Work, report: Report, stop: Stop) -> int:
    """Do the work: it ends with the step at which it is asked to stop, and what is done stays done."""
    job = Job(work.title, work.steps(), on_progress=report.progress, on_end=work.end)
    stop.calls(job.cancel)
    job.run()
    if job.state == "done":
        report.done(job.sentence)
        return DONE
    if job.state == "cancelled":
        return _stopped(job.sentence, report)
    return _failed(job.sentence, report, stop)


def _stopped(sentence: str, report: Report) -> int:
    report.cancelled(sentence or "Stopped")
    return CANCELLED


def _failed(sentence: str, report: Report, stop: Stop) -> int:
    """What fails once it was asked to stop has been stopped: programs that it had started heard it too."""
    if stop.asked:
        return _stopped("", report)
    report.failed(sentence)
    return FAILED


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="blender --command pochade",
        description="Paints renders and images in the style of a picture.",
        epilog="Exit status: 0 done, 1 failed, 2 wrong usage, 130 cancelled.",
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)
    _add_paint(commands)
    _add_animate(commands)
    _add_train(commands)
    _add_presets(commands)
    return top


def _command(commands, name: str, begin: Callable, about: str) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=about, description=about + ".", allow_abbrev=False)
    parser.set_defaults(begin=begin, report="plain")
    lines = parser.add_mutually_exclusive_group()
    lines.add_argument(
        "--json",
        dest="report",
        action="store_const",
        const="json",
        help="tell everything as JSON, an object a line",
    )
    lines.add_argument(
        "--farm-progress",
        dest="report",
        action="store_const",
        const="farm",
        help="tell progress in the lines that schedulers of Open Job Description read",
    )
    return parser


def _add_device(parser) -> None:
    parser.add_argument(
        "--device",
        choices=[AS_PREFERRED, *DEVICES],
        default=AS_PREFERRED,
        help="what to paint on (default: %(default)s)",
    )


STYLE = "a preset by name or slug, or a file: a preset (.pochade) or a picture"
MIX = STYLE + (
    "; given several times the styles are mixed, by the weights that may follow them: --style "
    "udnie:2 --style great_wave"
)

KEY = (
    "a picture that is this frame of the shot, which the others follow; may be given several times, and "
    "comes to the file's keys"
)


def _add_paint(commands) -> None:
    parser = _command(commands, "paint", paint.begin, "Paint pictures")
    parser.add_argument(
        "contents",
        metavar="CONTENT",
        nargs="+",
        type=Path,
        help="the picture to paint; several are painted one by one",
    )
    parser.add_argument("--style", required=True, action="append", metavar="STYLE[:WEIGHT]", help=MIX)
    parser.add_argument(
        "--output",
        required=True,
        metavar="RESULT",
        type=Path,
        help="where the painting goes; of several pictures the folder, where each keeps its name",
    )
    parser.add_argument(
        "--hold-objects",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="paint each thing in one color with a firm outline, where an OpenEXR file has Cryptomatte",
    )
    _add_device(parser)
    add_settings(parser, "settings, above those that the preset recommends", Settings)


def _add_animate(commands) -> None:
    parser = _command(
        commands,
        "animate",
        animate.begin,
        "Paint a sequence as its .blend says; what was interrupted goes on",
    )
    parser.add_argument(
        "shot",
        metavar="SHOT.blend",
        nargs="?",
        type=Path,
        help="the file; not needed in: blender SHOT.blend --command pochade animate",
    )
    parser.add_argument(
        "--scene", metavar="NAME", help="the scene to paint (default: the one that the file was saved with)"
    )
    parser.add_argument(
        "--frames", type=frame_numbers, metavar="FRAMES", help="1-250; for the stage render also 1,5,9"
    )
    parser.add_argument("--folder", type=Path, help="where the painted frames go (default: as in the file)")
    parser.add_argument(
        "--source",
        type=Path,
        metavar="FILE",
        help="footage to paint: a frame of an image sequence, or a movie",
    )
    parser.add_argument(
        "--style",
        action="append",
        metavar="STYLE[:WEIGHT]",
        help=MIX + "; keys: the strokes of the keys (default: as in the file)",
    )
    parser.add_argument("--key", action="append", type=keyed_file, metavar="FRAME=FILE", help=KEY)
    _add_device(parser)
    farm = parser.add_argument_group("parts of the work, for farms")
    farm.add_argument(
        "--stage",
        choices=list(animate.STAGES),
        help="do this alone: render the frames into the folder source, paint the "
        "anchors between the chunks, paint one chunk, or see that all is there",
    )
    which = farm.add_mutually_exclusive_group()
    which.add_argument(
        "--number",
        type=int,
        metavar="N",
        help="which chunk, or which range of frames to render, counted from 1",
    )
    which.add_argument(
        "--from", type=int, metavar="FRAME", dest="first", help="the same, by the frame that it begins with"
    )
    add_settings(parser, "size of the parts, the same in all stages", FarmSettings)
    add_settings(parser, "settings, above the file's", Settings)
    add_settings(parser, "settings of the sequence, above the file's", AnimationSettings)
    add_settings(parser, "when drawings follow each other, above the file's", TimingSettings)


def _add_train(commands) -> None:
    parser = _command(
        commands,
        "train",
        train.begin,
        "Have a network learn a style, to paint in one pass; what was interrupted goes on",
    )
    parser.add_argument("style", metavar="STYLE", help=STYLE)
    parser.add_argument(
        "--photos", type=Path, metavar="FOLDER", help="what it learns from; without it Pochade's own pictures"
    )
    parser.add_argument(
        "--output",
        required=True,
        type=Path,
        metavar="FILE",
        help="a preset (.pochade) with the network, or the network alone (.safetensors)",
    )
    _add_device(parser)
    add_settings(parser, "settings of the training", InstantSettings)
    add_settings(parser, "settings that say what a good painting is", Settings, (*TRAINED_WITH, "encoder"))


def _add_presets(commands) -> None:
    about = "List presets, show one, import or export one"
    group = commands.add_parser("presets", help=about, description=about + ".")
    actions = group.add_subparsers(metavar="ACTION", required=True)
    _command(actions, "list", presets.list_all, "List the presets")
    _command(
        actions, "show", presets.show, "Say where a style comes from and what it recommends"
    ).add_argument("style", metavar="STYLE")
    _command(actions, "import", presets.add, "Add a preset to your library").add_argument(
        "file", metavar="FILE", type=Path
    )
    parser = _command(
        actions, "export", presets.export, "Write a preset, or a preset of a picture, as one file"
    )
    parser.add_argument("style", metavar="STYLE")
    parser.add_argument("file", metavar="FILE", type=Path)
