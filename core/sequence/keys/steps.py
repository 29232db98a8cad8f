"""In which order a shot with keys is painted. Frames are counted from 0 here, as in `sequence/steps.py`.

The keys' frames come first. Between two keys the frames are painted from both ends inwards, as a chunk is;
before the first key and after the last one, from it outwards. In chunks the anchor frames are painted after
the keys, each from the nearest key or anchor frame on either side, and count as keys from then on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ...settings import AnimationSettings
from ...words import Sentence
from ..steps import ANCHOR_REPEATS, ReferenceFrames, Step, chunk_steps, frames_between, with_held

if TYPE_CHECKING:
    from ..timing import Timetable

REACH = 24  # frames: so far from its own frame a key is moved at once


def keyed_steps(opaque: Mapping[int, bool], table: "Timetable", settings: AnimationSettings) -> list[Step]:
    """A shot with keys at the frames of `opaque`, which says whether they show all of them."""
    keyed, frames = sorted(opaque), range(len(table.shown))
    steps = [*_point_steps(keyed, opaque, table), *_steps_between(keyed, frames, table, settings)]
    pattern = Sentence("Drawing {at} of {count}") if table.held else Sentence("Frame {at} of {count}")
    return with_held(_titled(steps, pattern), table, frames)


def anchor_and_key_steps(points: Sequence[int], opaque: Mapping[int, bool], table: "Timetable") -> list[Step]:
    """The keys' frames and, of the `points`, the anchor frames, which have no key."""
    return _titled(_point_steps(points, opaque, table), Sentence("Anchor {at} of {count}"))


def keyed_chunk_steps(
    number: int, points: Sequence[int], frames: range, table: "Timetable", settings: AnimationSettings
) -> list[Step]:
    """The `frames` of the chunk `number` but the `points`, which are painted already."""
    steps = _steps_between(points, frames, table, settings)
    titled = _titled(steps, Sentence("Chunk {number}, frame {at} of {count}"), number=number)
    return with_held(titled, table, [frame for frame in frames if frame not in points])


def _point_steps(points: Sequence[int], opaque: Mapping[int, bool], table: "Timetable") -> list[Step]:
    """The keys' frames and then the other points, each from the nearest ones on either side that are there;
    first the keys that show all of their frames, for which nothing is painted.
    """
    steps = [Step(number, "", given=True) for number in sorted(opaque) if opaque[number]]
    there, gap = [step.number for step in steps], frames_between(table.drawings)
    left = {*points} - {*there}
    while left:
        number = min(left, key=lambda n: (n not in opaque, min((abs(n - d) for d in there), default=0), n))
        left.remove(number)
        sides = [d for d in there if d < number], [d for d in there if d > number]
        ends = [min(side, key=lambda d: abs(d - number)) for side in sides if side]
        ends.sort(key=lambda d: abs(d - number))
        # Beside another one it is a frame like others, and each repeat would take it farther from that.
        repeats = min([ANCHOR_REPEATS, *(abs(number - end) for end in ends)])
        groups = tuple(_far(number, end) for end in ends) or (ReferenceFrames(-1, ()),)
        steps.append(Step(number, "", groups, repeats, gap=gap))
        there.append(number)
    return steps


def _far(number: int, end: int) -> ReferenceFrames:
    """One far frame as a group of reference frames."""
    distance = abs(end - number)
    return ReferenceFrames(1 if end > number else -1, (distance,), compared=distance)


def _steps_between(
    points: Sequence[int], frames: range, table: "Timetable", settings: AnimationSettings
) -> list[Step]:
    """The drawings among the frames that are no points, from the points that are among them."""
    drawings = [drawing for drawing in table.drawings if drawing in frames]
    inside = [number for number in points if number in frames]
    first, last = (drawings.index(inside[end]) for end in (0, -1))
    steps = _outwards(drawings[first::-1], table, settings)
    for before, after in pairwise(inside):
        between = chunk_steps(1, (before, after), range(before + 1, after), table, settings)
        steps += [step for step in between if not step.shows]
    return steps + _outwards(drawings[last:], table, settings)


def _outwards(drawings: Sequence[int], table: "Timetable", settings: AnimationSettings) -> list[Step]:
    """Drawings one after the other, away from the first one, which is there."""
    back, held, steps = sorted({1, *settings.steps_back()}), set(table.held), []
    gap = frames_between(table.drawings)
    for at, number in enumerate(drawings[1:], 1):
        distances = tuple(abs(number - drawings[at - step]) for step in back if step <= at)
        direction = -1 if number > drawings[0] else 1
        group = ReferenceFrames(direction, distances, compared=distances[0])
        steps.append(Step(number, "", (group,), writes_file=number not in held, gap=gap))
    return steps


def _titled(steps: Sequence[Step], pattern: Sentence, **values: int) -> list[Step]:
    """The steps, called by their places in the order, from 1."""
    count = len(steps)
    return [
        replace(step, title=Sentence(pattern.pattern, at=at, count=count, **values))
        for at, step in enumerate(steps, 1)
    ]
