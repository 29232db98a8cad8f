"""Keys moved to other frames of their shot, each at once and not from frame to frame: so they stay sharp."""

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from ..job import SequenceJob
from ..motion.flow import dilate, erode
from ..motion.frame_motion import Motion
from ..prior import PaintedFrames, Prior
from ..sources import Sources
from ..steps import ReferenceFrames, Step
from .placed import PlacedKey
from .steps import REACH

FIRMNESS = 20.0  # times the temporal weight of what a key shows: the hand is not repainted
STRIP = 1 / 48  # of the longer side: half the width of what is narrow beside a key's things
MIDDLE = 1 / 3  # of the way from one key to the next: here one gives way to the other


class MovedKeys:
    """What the keys of a job show of its other frames."""

    def __init__(self, job: SequenceJob, sources: Sources, motion: Callable[[int, int], Motion]):
        self._keyed, self._sources = list(job.keyed), sources
        self._placed = lru_cache(maxsize=2)(self._place)
        self._frames = PaintedFrames(sources.at_finished_size, self._painting, motion, REACH, 0.0)

    def at(self, number: int) -> Prior | None:
        """What the nearest keys on either side show of a frame; `age` is 1 + their alpha there. None where
        none is within REACH.
        """
        before = max((key for key in self._keyed if key < number), default=None)
        after = min((key for key in self._keyed if key > number), default=None)
        near = [end for end in (before, after) if end is not None and abs(end - number) <= REACH]
        found = [self.moved(end, number) for end in near]
        if len(found) < 2:
            return found[0] if found else None
        way = ((number - near[0]) / (near[1] - near[0]) - MIDDLE) / (1 - 2 * MIDDLE)
        way = min(max(way, 0.0), 1.0)
        return _either(found[0], found[1], way * way * (3 - 2 * way))

    def over(self, prior: Prior, number: int, age: float) -> tuple[Prior, Tensor | float]:
        """What reference frames say of a frame, with the keys over it, of this visibility age; and how many
        times as firmly as usual it is held to that, (1, 1, h, w).
        """
        moved = self.at(number)
        if not moved:
            return prior, 1.0
        share = shows(moved)
        return prior.under(moved.start, share, age), 1 + (FIRMNESS - 1) * share

    def moved(self, key: int, number: int) -> Prior:
        """What one key shows of a frame, however far it is."""
        distance = abs(key - number)
        group = ReferenceFrames(1 if key > number else -1, (distance,), compared=distance)
        return self._frames.gather(Step(number, ""), group)

    def _painting(self, _: int | str, number: int) -> Tensor:
        """A key as a painting that has its alpha in the place of a visibility age."""
        key = self._placed(number)
        return torch.cat((key.colours, key.alpha), 1)

    def _place(self, number: int) -> PlacedKey:
        key = self._sources.key(number)
        assert key  # asked for frames with a key alone
        return key


def shows(moved: Prior) -> Tensor:
    """How far moved keys say what a frame looks like, (1, 1, h, w), 0 to 1: not where the light has changed
    since, for that is no longer what was painted.
    """
    return (moved.age - 1).clamp(0, 1) * moved.constancy


def _either(one: Prior, other: Prior, share: float) -> Prior:
    """Two moved keys, the other one with a `share`, 0 to 1, where both show something."""
    weights = (1 - share) * shows(one), share * shows(other)
    # Where the one that counts shows nothing, the other one does.
    weights = weights[0] + 1e-3 * shows(one), weights[1] + 1e-3 * shows(other)
    part = weights[1] / (weights[0] + weights[1]).clamp(min=1e-9)
    return Prior(
        *(
            torch.lerp(getattr(one, name), getattr(other, name), part)
            for name in ("target", "coverage", "start", "constancy", "age")
        )
    )


def without_strips(anew: Tensor) -> Tensor:
    """What is painted anew, (1, 1, h, w), 0 to 1, without what is narrow: painted coarsely at first, a strip
    beside a thing would get that one's colours.
    """
    radius = max(round(STRIP * max(anew.shape[-2:])), 1)
    return dilate(erode(anew, radius), radius)
