"""In which order a shot's frames are painted, and from which other frames each of them.

Frames are counted from 0 here. In one go, each frame has the frames before it as its reference frames. In
chunks, every so many frames one is an *anchor frame*, a keyframe of the sequence: the anchor frames are
painted first, in order, each from the one before it. A chunk is the frames between two anchor frames. It is
painted from both ends inwards, and each of its frames has two groups of reference frames: its neighbours on
the nearer end's side, and the frame that the other end has come to. So both ends agree where they meet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ..settings import AnimationSettings, Settings
from ..words import Sentence
from .shot import chunk_count

if TYPE_CHECKING:
    from ..style.styles import Style

# Repeats of an anchor frame's painting: its disocclusions pass the ramp-up and the rest its warm-up, so that
# it differs from its neighbours no more than they do from each other.
ANCHOR_REPEATS = 5
MAX_FAR_WEIGHT = 3  # of a chunk's far end: while a frame is painted, it drifts back to its own strokes


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings."""

    styles: "tuple[tuple[Style, float], ...]"
    settings: Settings


@dataclass(frozen=True)
class ReferenceFrames:
    """Painted frames on one side of a frame, at `distances` from it, nearest first: before it in the shot
    where `direction` is -1, after it where it is 1.

    Brightness constancy is checked against the one at the distance `compared`. `weight` multiplies the
    inverse distance by which a farther group is blended with the nearest one.
    """

    direction: int
    distances: tuple[int, ...]
    compared: int = 1
    weight: int = 1


@dataclass(frozen=True)
class Step:
    """The painting of the frame `number` in the pass `pass_index`, called `title` in messages.

    `references` are its groups of reference frames, the nearest first. It is painted `repeats` times, each
    time from its last result. In the pass that `writes_file` the result is the frame's file.
    """

    number: int
    title: str
    references: tuple[ReferenceFrames, ...]
    repeats: int = 1
    pass_index: int = 0
    writes_file: bool = True

    @property
    def long_range(self) -> bool:
        """Whether it has reference frames, but none of them is adjacent."""
        return min((distance for group in self.references for distance in group.distances), default=1) > 1


def steps_in_order(count: int, settings: AnimationSettings) -> list[Step]:
    """A shot of `count` frames: once a pass, forwards and backwards in turn, from the frames just passed."""
    steps = []
    for pass_index in range(settings.passes):
        backwards = pass_index % 2 == 1
        for at in range(count):
            title = Sentence("Frame {at} of {count}", at=at + 1, count=count)
            if settings.passes > 1:
                title = Sentence(
                    "Pass {number}, frame {at} of {count}", number=pass_index + 1, at=at + 1, count=count
                )
            distances = tuple(distance for distance in settings.steps_back() if distance <= at)
            steps.append(
                Step(
                    count - 1 - at if backwards else at,
                    title,
                    (ReferenceFrames(1 if backwards else -1, distances),),
                    pass_index=pass_index,
                    writes_file=pass_index == settings.passes - 1,
                )
            )
    return steps


def anchor_numbers(frames: int, size: int) -> list[int]:
    """The first frame, the last, and those between, evenly spread, for chunks of at most `size` frames."""
    count = chunk_count(frames, size)
    return sorted({(k * (frames - 1) + count // 2) // count for k in range(count + 1)})


def anchor_steps(anchors: Sequence[int]) -> list[Step]:
    """The anchor frames, each from the one before it."""
    steps = [
        Step(anchors[0], Sentence("Anchor 1 of {count}", count=len(anchors)), (ReferenceFrames(-1, ()),))
    ]
    for at, (before, anchor) in enumerate(pairwise(anchors), 2):
        distance = anchor - before
        references = ReferenceFrames(-1, (distance,), compared=distance)
        steps.append(
            Step(
                anchor,
                Sentence("Anchor {at} of {count}", at=at, count=len(anchors)),
                (references,),
                ANCHOR_REPEATS,
            )
        )
    return steps


def chunk_steps(number: int, frames: range, settings: AnimationSettings) -> list[Step]:
    """The frames of the chunk `number`, between its two anchor frames: from both ends inwards, in turn."""
    first, last = frames.start - 1, frames.stop  # the anchor frames
    left, right = first, last  # the frames that either end has come to
    back = {1, *settings.steps_back()}
    steps: list[Step] = []
    while right - left > 1:
        title = Sentence(
            "Chunk {number}, frame {at} of {count}", number=number, at=len(steps) + 1, count=len(frames)
        )
        direction = 1 if len(steps) % 2 else -1
        if direction == 1:
            right -= 1
            frame, painted = right, last - right
        else:
            left += 1
            frame, painted = left, left - first
        gap = right - left
        near = ReferenceFrames(direction, tuple(sorted(distance for distance in back if distance <= painted)))
        # Next to an anchor frame, and where both ends meet, the far one has no additional weight: a single
        # frame would have to make up for the whole difference.
        far = ReferenceFrames(-direction, (gap,), compared=gap, weight=min(painted, gap, MAX_FAR_WEIGHT))
        steps.append(Step(frame, title, (near, far)))
    return steps


def arrays_needed(steps: Sequence[Step], done: int) -> set[tuple[int, int]]:
    """The results of the first `done` steps that the later ones read, by pass and frame."""
    read = {
        (step.pass_index, step.number + group.direction * distance)
        for step in steps[done:]
        for group in step.references
        for distance in group.distances
    }
    read |= {(step.pass_index - 1, step.number) for step in steps[done:]}
    return read & {(step.pass_index, step.number) for step in steps[:done]}
