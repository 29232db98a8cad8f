"""In which order a shot's frames are painted, and from which other frames each of them.

Frames are counted from 0 here. Only *drawings* are painted; the others are held, see `timing.py`. In one go,
each frame has the frames before it as its reference frames. In chunks, every so many frames one is an *anchor
frame*, a keyframe of the sequence: the anchor frames are painted first, in order, each from the one before
it. A chunk is the frames between two anchor frames. It is painted from both ends inwards, and each of its
frames has two groups of reference frames: its neighbours on the nearer end's side, and the frame that the
other end has come to. So both ends agree where they meet.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ..settings import AnimationSettings, Settings, TimingSettings
from ..words import Sentence
from .shot import chunk_count

if TYPE_CHECKING:
    from ..style.styles import Style
    from .timing import Timetable

# Repeats of an anchor frame's painting: its disocclusions pass the ramp-up and the rest its warm-up, so that
# it differs from its neighbours no more than they do from each other.
ANCHOR_REPEATS = 5
PICTURE = "picture"  # the kind of array that has a frame's finished painting, for frames that show it
MAX_FAR_WEIGHT = 3  # of a chunk's far end: while a frame is painted, it drifts back to its own strokes


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings; and how long drawings
    are held, in each region for `region_holds` frames, 0 for as long as the rest. `keys` is what the strokes
    of the keys near the frame count in the style, together.
    """

    styles: "tuple[tuple[Style, float], ...]"
    settings: Settings
    timing: TimingSettings = TimingSettings()
    region_holds: tuple[int, ...] = ()
    keys: float = 0.0


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

    `references` are its groups of reference frames, the nearest first; drawings follow each other every `gap`
    frames or less. It is painted `repeats` times, each time from its last result. In the pass that
    `writes_file` the result is the frame's file. A step that `shows` drawings paints nothing: the frame's
    file is made of theirs. One that is `given` is a key that shows all of its frame, and is taken as it is.
    """

    number: int
    title: str
    references: tuple[ReferenceFrames, ...] = ()
    repeats: int = 1
    pass_index: int = 0
    writes_file: bool = True
    gap: int = 1
    shows: frozenset[int] = frozenset()
    given: bool = False

    @property
    def long_range(self) -> bool:
        """Whether it has reference frames, but none of them is adjacent."""
        return (
            min((distance for group in self.references for distance in group.distances), default=1) > self.gap
        )


def steps_in_order(table: "Timetable", settings: AnimationSettings) -> list[Step]:
    """A shot's drawings: once a pass, forwards and backwards in turn, from the drawings just passed. Held
    frames are shown in the last pass.
    """
    steps, drawings = [], table.drawings
    count, held, gap = len(drawings), set(table.held), frames_between(drawings)
    frames = Sentence("Frame {at} of {count}") if not held else Sentence("Drawing {at} of {count}")
    for pass_index in range(settings.passes):
        backwards = pass_index % 2 == 1
        order = drawings[::-1] if backwards else drawings
        for at, number in enumerate(order):
            title = Sentence(frames, at=at + 1, count=count)
            if settings.passes > 1:
                title = Sentence(
                    "Pass {number}, frame {at} of {count}", number=pass_index + 1, at=at + 1, count=count
                )
            distances = tuple(abs(number - order[at - back]) for back in settings.steps_back() if back <= at)
            steps.append(
                Step(
                    number,
                    title,
                    (_nearest_first(1 if backwards else -1, distances),),
                    pass_index=pass_index,
                    writes_file=pass_index == settings.passes - 1 and number not in held,
                    gap=gap,
                )
            )
    return with_held(steps, table, range(len(table.shown)))


def with_held(steps: Sequence[Step], table: "Timetable", frames: Sequence[int]) -> list[Step]:
    """The steps with those that show the held ones of `frames`, each as soon as what it needs is painted."""
    painted = {step.number: at for at, step in enumerate(steps)}  # the last pass counts
    after: dict[int, list[Step]] = {}
    for number in table.held:
        if number in frames:
            needed = frozenset(table.needed(number))
            title = Sentence("Frame {at} of {count}, held", at=number + 1, count=len(table.shown))
            at = max((painted.get(drawing, -1) for drawing in needed), default=-1)
            after.setdefault(at, []).append(Step(number, title, shows=needed))
    ordered = after.get(-1, [])
    for at, step in enumerate(steps):
        ordered += [step, *after.get(at, [])]
    return ordered


def _nearest_first(direction: int, distances: Sequence[int]) -> ReferenceFrames:
    return ReferenceFrames(direction, tuple(distances), compared=min(distances, default=1))


def frames_between(drawings: Sequence[int]) -> int:
    """Frames from one drawing to the next, at most."""
    return max((b - a for a, b in pairwise(drawings)), default=1)


def anchor_numbers(table: "Timetable", size: int) -> list[int]:
    """The first frame, the last, and those between, evenly spread, for chunks of at most `size` frames: one
    more than there are chunks. Each is the last one up to there that is drawn in all its parts, so that no
    chunk shows what another one has drawn; where drawings are held for long two may be the same.
    """
    frames = len(table.shown)
    count = chunk_count(frames, size)
    even = [(k * (frames - 1) + count // 2) // count for k in range(count + 1)]
    return [max(drawing for drawing in table.whole if drawing <= number) for number in even]


def anchor_steps(anchors: Sequence[int], table: "Timetable") -> list[Step]:
    """The anchor frames, each from the one before it."""
    anchors = sorted(set(anchors))
    held, gap = set(table.held), frames_between(table.drawings)
    first, count = ReferenceFrames(-1, ()), len(anchors)
    steps = [Step(anchors[0], Sentence("Anchor 1 of {count}", count=count), (first,))]
    for at, (before, anchor) in enumerate(pairwise(anchors), 2):
        references = _nearest_first(-1, (anchor - before,))
        title = Sentence("Anchor {at} of {count}", at=at, count=count)
        steps.append(Step(anchor, title, (references,), ANCHOR_REPEATS))
    return [replace(step, gap=gap, writes_file=step.number not in held) for step in steps]


def chunk_steps(
    number: int, ends: tuple[int, int], frames: Sequence[int], table: "Timetable", settings: AnimationSettings
) -> list[Step]:
    """The `frames` of the chunk `number`. Its drawings between its `ends`, two anchor frames, are painted
    from both inwards, in turn; those after the shot's last anchor frame in order.
    """
    drawings = [drawing for drawing in table.drawings if drawing in (*ends, *frames)]
    held, gap, back = set(table.held), frames_between(table.drawings), sorted({1, *settings.steps_back()})
    left, right = 0, drawings.index(ends[1])  # the drawings that either end has come to
    last, count = right, len(drawings) - len(set(ends))
    steps: list[Step] = []

    def add(at: int, direction: int, painted: int, far: int | None = None) -> None:
        frame = drawings[at]
        title = Sentence(
            "Chunk {number}, frame {at} of {count}", number=number, at=len(steps) + 1, count=count
        )
        distances = [abs(frame - drawings[at + direction * step]) for step in back if step <= painted]
        references = [_nearest_first(direction, distances)]
        if far is not None:
            # Next to an anchor frame, and where both ends meet, the far one has no additional weight: a
            # single frame would have to make up for the whole difference.
            distance, weight = abs(drawings[far] - frame), min(painted, abs(far - at), MAX_FAR_WEIGHT)
            references.append(ReferenceFrames(-direction, (distance,), distance, weight))
        steps.append(Step(frame, title, tuple(references), writes_file=frame not in held, gap=gap))

    while right - left > 1:
        if len(steps) % 2:
            right -= 1
            add(right, 1, last - right, left)
        else:
            left += 1
            add(left, -1, left, right)
    for at in range(last + 1, len(drawings)):
        add(at, -1, at)
    return with_held(steps, table, frames)


Array = tuple[int | str, int]
"""What is kept of a painted frame: its result, by the pass and the frame's number, or its PICTURE."""


def arrays_read(step: Step) -> set[Array]:
    """The arrays that a step reads."""
    read: set[Array] = {
        (step.pass_index, step.number + group.direction * distance)
        for group in step.references
        for distance in group.distances
    }
    read |= {(PICTURE, drawing) for drawing in step.shows}
    return read | ({(step.pass_index - 1, step.number)} if step.pass_index else set())


def steps_left(
    steps: Sequence[Step], done: int, is_there: Callable[[Step], bool], has: Callable[[Array], bool]
) -> list[int]:
    """Which steps are to be taken after the first `done` ones, in order: those whose file `is_there` not, and
    those that make arrays which others read and which nobody `has`.
    """
    left, missing = list[int](), set[Array]()
    for at in reversed(range(done, len(steps))):
        step = steps[at]
        made = {(step.pass_index, step.number), (PICTURE, step.number)}
        if (step.writes_file and not is_there(step)) or (not step.shows and made & missing):
            left.insert(0, at)
            missing |= {array for array in arrays_read(step) if not has(array)}
    return left
