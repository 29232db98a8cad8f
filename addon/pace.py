"""How long a painting will take here, learnt from the ones before.

What was learnt is in the user's folder, by kinds of work: what paints, and how. Of each kind the newest
paintings are kept, one for each order of magnitude, for a graphics card is quicker with large ones.
"""

import json
import math
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import bpy

from ..core.compute.machine import Machine
from ..core.encoders.files import COMPACT
from ..core.errors import PochadeError
from ..core.files import json_text
from ..core.files.atomic import make_folder, whole
from ..core.files.made import PACE
from ..core.progress import Progress, Watched
from ..core.sequence.timing import Timetable
from ..core.sequence.workload import sequence_work
from ..core.settings import AnimationSettings, Settings
from ..core.still.schedule import work
from . import disk, preferences
from .engine import runtime

ENGINE = "engine"  # the kind of loading PyTorch
LEAST = 1.0  # seconds; what takes less tells more of getting ready than of painting
ALIKE = 2.0  # the newest painting stands for those whose work differs by less than this factor
# Seconds for a unit of work before anything has been learnt: of machines that are no fast ones of their kind.
FIRST = {"cpu": {"optimised": 2.0, "instant": 0.5}, "gpu": {"optimised": 0.1, "instant": 0.02}}
FIRST_NUMPY = 1.5  # the same for Instant without PyTorch
OTHER_ENCODER = 8.0  # times that another encoder takes longer than the compact one
FIRST_ENGINE = 5.0  # seconds

Learnt = dict[str, list[tuple[float, float]]]
"""Work and seconds of the newest paintings, by kind."""


@dataclass(frozen=True)
class Task:
    """So much work of a kind; a unit of it takes `first` seconds where nothing has been learnt."""

    kind: str
    amount: float
    first: float


def still(settings: Settings, shape: Sequence[int], machine: Machine) -> Task:
    """Painting a source of `shape` (H, W). For Blender's thread, as `sequence`."""
    return _task("still", settings, machine, work(settings, shape))


def sequence(
    settings: Settings, animation: AnimationSettings, table: Timetable, shape: Sequence[int], machine: Machine
) -> Task:
    """Painting a shot with this timetable, of frames of `shape` (H, W), once they are there."""
    return _task("sequence", settings, machine, sequence_work(settings, animation, table, shape))


def _task(what: str, settings: Settings, machine: Machine, amount: float) -> Task:
    if settings.method == "instant" and not preferences.engine_status(bpy.context).ready:
        return Task(f"{what} numpy", amount, FIRST_NUMPY)
    parts, first = [what, machine.device, machine.precision, settings.method], 1.0
    if settings.method == "optimised":
        parts += [settings.loss, settings.encoder]
        first = 1.0 if settings.encoder == COMPACT.stem else OTHER_ENCODER
    kind = "cpu" if _likely_device(machine) == "cpu" else "gpu"
    return Task(" ".join(parts), amount, first * FIRST[kind][settings.method])


def _likely_device(machine: Machine) -> str:
    """The device that would paint, as far as is known without PyTorch."""
    if machine.device != "auto":
        return machine.device
    found = json.loads(preferences.preferences(bpy.context).found_devices or "{}").get("devices", [])
    return found[0]["name"] if found else "cpu"


def seconds(task: Task) -> float:
    """How long the task will take from a click on. Cheap enough for a panel."""
    learnt = _learnt()
    load = next((taken for _, taken in learnt.get(ENGINE, [])), FIRST_ENGINE)
    loads = "torch" not in sys.modules and preferences.engine_status(bpy.context).ready
    return (load if loads else 0.0) + _expected(task, learnt)


def _expected(task: Task, learnt: Learnt) -> float:
    """As the painting took that is nearest to it in size."""
    if not task.amount:
        return 0.0
    known = [
        (abs(math.log(task.amount / amount)), taken / amount) for amount, taken in learnt.get(task.kind, [])
    ]
    return task.amount * (min(known)[1] if known else task.first)


def load_engine(folders: Sequence, method: str = "optimised") -> None:
    """`runtime.load_engine`, and learn how long it takes. For a job's thread."""
    loaded, began = "torch" in sys.modules, time.monotonic()
    runtime.load_engine(folders, method)
    if not loaded and "torch" in sys.modules:
        learn(ENGINE, 1.0, time.monotonic() - began)


def timed(task: Task, steps: Generator[Progress, Any, Any], resumes: bool = False) -> Generator:
    """Do the steps of the task, and learn how long they take if they come to their end. What `resumes` may
    begin with a part of it done. For a job's thread.
    """
    began, done = time.monotonic(), None
    watched = Watched(steps)
    for step in watched:
        if done is None:
            done = step.fraction if resumes else 0.0
        yield step
    taken = time.monotonic() - began
    if taken >= LEAST and done is not None:
        learn(task.kind, task.amount * (1 - done), taken)
    return watched.result


def learn(kind: str, amount: float, taken: float) -> None:
    """Remember that so much work of this kind took so many seconds."""
    if amount <= 0 or taken <= 0:
        return
    learnt = dict(disk.known("pace") or _read())
    others = [
        (before, seconds)
        for before, seconds in learnt.get(kind, [])
        if not 1 / ALIKE < before / amount < ALIKE
    ]
    learnt[kind] = [(amount, taken), *others][:8]
    disk.read(lambda: learnt, "pace")
    with suppress(PochadeError):  # it is no more than a guess for the next time
        make_folder(_path().parent)
        with whole(_path()) as part:
            part.write_text(json.dumps(learnt, indent=1), encoding="utf-8")


def _learnt() -> Learnt:
    """What has been learnt, without a look at the disk: nothing, until a timer has had it."""
    known = disk.known("pace")
    if known is None and not bpy.app.background:
        disk.read_later(_read, "pace")
    return disk.read(_read, "pace") if known is None and bpy.app.background else known or {}


def _read() -> Learnt:
    try:
        learnt = json_text.read(_path())
        return {
            kind: [(float(amount), float(taken)) for amount, taken in paintings if amount > 0]
            for kind, paintings in learnt.items()
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}  # there is none yet, or somebody wrote into it


def _path():
    return preferences.user_folder(PACE)
