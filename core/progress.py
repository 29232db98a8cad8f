"""What a running job tells its driver between two evaluations."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .words import Sentence

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Progress:
    """One step of a job.

    `fraction` (0 to 1) counts work, not steps: a step at full size costs more than one at a coarse size.
    `step` of `steps` counts evaluations, iterations or frames, and `loss` is the newest one; a job without
    them leaves them out. `preview()` gives the picture so far, float32 (H, W, 3 or 4), enlarged to the
    painting's size; call it only when somebody looks, and only before the generator is resumed. `until` says
    what is reached at a fraction of 1, where that is not the job's end.
    """

    message: str
    fraction: float = 0.0
    step: int = 0
    steps: int = 0
    loss: float | None = None
    preview: "Callable[[], np.ndarray] | None" = None
    until: str = ""


@dataclass
class FilesJob:
    """How a job paints files, and its outcome so far. With `leaves_out` a picture that cannot be read or
    painted does not end the job: `failed` has a sentence for it. With `holds_objects` each thing in a render
    with Cryptomatte is painted as one.
    """

    leaves_out: bool = False
    holds_objects: bool = True
    written: list[Path] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


Painting = Generator[Progress, None, "np.ndarray"]


class Watched:
    """A generator to step through with `for`; what it returned is its `result` then."""

    def __init__(self, steps: Generator[Any, None, Any]):
        self.result: Any = None
        self._steps = steps

    def __iter__(self) -> Iterator:
        self.result = yield from self._steps


def finish(steps: Generator[Progress, None, Any]) -> Any:
    """Run a job to its end, unwatched, for its result."""
    watched = Watched(steps)
    for _ in watched:
        pass
    return watched.result


def part_of_work(
    steps: Generator[Progress, None, Any], number: int, count: int, what: str
) -> Generator[Progress, None, Any]:
    """The job `number`, from 0, of `count`, as a part of all the work; `what` begins its messages."""
    watched = Watched(steps)
    for progress in watched:
        yield replace(
            progress,
            fraction=(number + progress.fraction) / count,
            message=Sentence("{what}: {message}", what=what, message=progress.message),
        )
    return watched.result
