"""The painting of a sequence's frames, each from those that were painted before it.

A frame starts from the one before it, moved along, and is kept near it, and near farther ones where those
show more, while it is painted: Ruder et al. 2016. Differs from the paper: motion comes from the renderer
where it can; later frames are painted at half and full size, with few evaluations, for they only complete
what moved; and the pictures are moved by bicubic sampling, for bilinear washes strokes out.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from ..compute.tensors import fit, resize, to_array, to_tensor
from ..encoders.network import Encoder
from ..errors import PochadeError
from ..files.checkpoint import JobFolder
from ..files.pictures import FORMATS, read_picture, write_picture
from ..instant.apply import paint_areas, show
from ..progress import Progress, Watched
from ..settings import AnimationSettings, Settings
from ..still.stylize import Level, Start, later_schedule, paint_picture, schedule
from ..style.colour import ColourStatistics, colour_statistics_by_region, luminance
from ..style.content import check_picture
from ..style.regions import Region
from ..style.styles import Style
from .flow import blur, fit_flow, grow, in_colours_around, lookback, shrink, visible, warp
from .motion import Motion
from .shot import Frame, Shot

# of an instant painting, where an earlier one shows; the rest is new, for what is moved again and again gets
# soft
HELD = 0.9
CUT = 0.25  # where less of a frame than this was seen before it is painted anew
ADULT = 6  # frames after which what came into sight is painted like the rest
LIGHT = (
    0.03,
    0.12,
    # change of a steady thing's colour, 0 to 1, from which its painting may change, and from which nothing
    # holds it
)
LIGHT_REACH = 3  # px over which that change is averaged: noise is none
# times that what is painted anew is painted: the next frame would differ from it more than later ones do
SETTLED = 3
RIM = 0.01  # of the longer side: how far the strokes around a thing reach beyond it
MOTION_ROOM = 2 << 30  # bytes of motion that are held rather than read or estimated again
PALETTE_FRAMES, PALETTE_SIDE = (
    8,
    256,
)  # frames of a shot, and px of their longer side, whose colours stand for all


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings."""

    styles: tuple[tuple[Style, float], ...]
    settings: Settings


@dataclass(frozen=True)
class Side:
    """Painted frames on one side of a frame, which it is painted from: `back` is -1 where they come before it
    in the shot, and 1 where they come after it; they are at these `distances`, nearest first. At the distance
    `lit` the source's light is compared. A side that is not the nearest pulls `pull` times as hard as its
    distance says.
    """

    back: int
    distances: tuple[int, ...]
    lit: int = 1
    pull: int = 1


@dataclass(frozen=True)
class Step:
    """One frame's turn, `number` counted from 0: `what` it is called, and what it is painted from, the
    nearest side first.

    It is painted `times` times, each time from what it was the time before; SETTLED times where none of them
    shows it. `turn` is the pass, and `last` the one that makes the file.
    """

    number: int
    what: str
    sides: tuple[Side, ...]
    times: int = 1
    turn: int = 0
    last: bool = True

    @property
    def leaps(self) -> bool:
        """Whether all that it is painted from is far from it in the shot."""
        return min((distance for side in self.sides for distance in side.distances), default=1) > 1


@dataclass(frozen=True)
class Before:
    """What painted frames show of a frame, moved to where it is now, each (1, C, h, w).

    `target` is their painting where `coverage` says that there is any, and `begun` the same with what the
    source's colours have changed there; they have not where it is `steady`, 0 to 1; `age` is the number of
    frames that each pixel has been painted, with this one.
    """

    target: Tensor
    coverage: Tensor
    begun: Tensor
    steady: Tensor
    age: Tensor

    def trimmed(self) -> "Before":
        """As it counts after a leap: without slivers, in which a surface is seen that was seen at a slant,
        and without the strokes around what stood before something else, for they are painted over what has
        come into sight beside them.
        """
        rim = max(round(RIM * max(self.coverage.shape[-2:])), 1)
        closed = shrink(grow(self.coverage, 1), 1)  # thin lines that nothing shows are of the sampling
        parts = torch.cat((self.target, self.begun, self.steady, self.age - 1), 1)
        around = blur(parts * self.coverage, 1) / blur(self.coverage, 1).clamp(min=1e-6)
        target, begun, steady, age = torch.where(self.coverage > 0, parts, around).split((3, 3, 1, 1), 1)
        coverage = closed * blur(shrink(closed, rim), rim / 2)
        return Before(target, coverage, begun, steady, 1 + coverage * age)


def meet(near: Before, far: Before, distance: int, pull: int) -> Before:
    """What both sides show; where both do, by the inverse of their distances, which are 1 and this one, times
    the far one's pull.
    """
    share = pull * far.coverage / (distance * near.coverage + pull * far.coverage).clamp(min=1e-6)
    # The far side's light is that of another time. It counts as it would look now, and `steady` is of the
    # near one where that shows.
    return Before(
        torch.lerp(near.target, far.begun, share),
        torch.maximum(near.coverage, far.coverage),
        torch.lerp(near.begun, far.begun, share),
        torch.lerp(near.steady, far.steady, share),
        torch.lerp(near.age, far.age, share),
    )


@dataclass
class Studio:
    """Everything that painting a shot, or some frames of it, takes. `others` are kept pictures that another
    job has, by number.
    """

    shot: Shot
    looks: Sequence[Look]
    settings: AnimationSettings
    encoder: Encoder
    device: torch.device
    motion: Callable[[Frame, Frame], Motion]
    job: JobFolder
    regions: Callable[[Frame], Sequence[Region]]
    others: Mapping[int, Callable[[], np.ndarray]] = field(default_factory=dict)
    _size: tuple[int, int] = (0, 0)  # height and width of all frames
    _sources: int = 2
    _contents: dict[int, np.ndarray] = field(
        default_factory=dict
    )  # the sources read last: a frame's, and those it is painted from

    def paint(self, steps: Sequence[Step]) -> Generator[Progress, None, None]:
        """Paint what the job has not done yet of these steps, always the same."""
        settings, job, bits = self.settings, self.job, FORMATS[self.settings.file_format].bits
        content, names = self._content(0), file_names(self.shot, settings)
        self._size = height, width = content.shape[0], content.shape[1]
        sides = max((len(step.sides) for step in steps), default=1)
        count, reach = len(job.files), max(settings.steps_back())
        kept = count if settings.passes > 1 or job.keeps else min(count, sides * reach)
        job.check_room(
            int(np.prod(self._finished))
            * (16 * kept + (count - len(job.painted)) * content.shape[2] * bits // 8)
        )
        self._sources = 2 * sides
        farthest = max(
            (side.distances[-1] for step in steps for side in step.sides if side.distances), default=1
        )
        held = max(min(farthest, MOTION_ROOM // (32 * height * width)), reach) if sides > 1 else reach
        self.motion = lru_cache(maxsize=held)(self.motion)
        if job.restarted:
            yield Progress(job.restarted, step=0, steps=len(steps), preview=lambda: content)
        palettes = self._palettes()

        efforts = self._efforts(steps)
        for at in range(job.done, len(steps)):
            step, done = steps[at], sum(efforts[:at])
            painting = Watched(self._paint_frame(step, palettes))
            for progress in painting:
                yield replace(
                    progress,
                    step=at,
                    steps=len(steps),
                    message=f"{step.what}: {progress.message}",
                    fraction=min((done + efforts[at] * progress.fraction) / sum(efforts), 1.0),
                )
            picture, raw = painting.result
            job.save(step.turn, step.number, raw)
            if step.last:
                write_picture(job.folder / names[step.number], picture, bits)
            job.advance(names[step.number] if step.last else "")
            if not job.keeps:
                job.keep_only(self._wanted(steps, at + 1))
        job.finish()

    def _efforts(self, steps: Sequence[Step]) -> list[int]:
        """The evaluations that each step takes, weighted by their size."""
        settings, (height, width) = self.looks[0].settings, self._size
        if settings.method != "optimised":
            return [1] * len(steps)
        aspect = max(height, width) / min(height, width)

        def later(leaps: bool = False) -> list[Level]:
            return later_schedule(settings, aspect, self.settings.later_steps, leaps)

        def effort(levels: list[Level]) -> int:
            return sum(level.side**2 * level.steps for level in levels)

        begun = [bool(step.turn) or any(side.distances for side in step.sides) for step in steps]
        return [
            effort(later(step.leaps) if begins else schedule(settings, aspect))
            + effort(later()) * (self._times(step, begins) - 1)
            for step, begins in zip(steps, begun, strict=True)
        ]

    def _times(self, step: Step, begins: bool) -> int:
        """How many times a frame is painted, if it begins with others or is painted anew."""
        if len(self.shot.frames) == 1:
            return 1
        return step.times if begins else SETTLED

    def _wanted(self, steps: Sequence[Step], done: int) -> set[tuple[int, int]]:
        """The kept pictures, by pass and number, that the steps from here on begin with."""
        needed = {
            (step.turn, step.number + side.back * distance)
            for step in steps[done:]
            for side in step.sides
            for distance in side.distances
        }
        needed |= {(step.turn - 1, step.number) for step in steps[done:]}
        return needed & {(step.turn, step.number) for step in steps[:done]}

    def _paint_frame(
        self, step: Step, palettes: Sequence[ColourStatistics] | None
    ) -> Generator[Progress, None, tuple[np.ndarray, np.ndarray]]:
        """One frame in one pass: the painting, and what the next frames begin with, (4, h, w): the float
        picture and its age.
        """
        number = step.number
        look, content = self.looks[number], self._content(number)
        if content.shape[:2] != self._size:
            raise PochadeError(
                f"Frame {self.shot.frames[number].number} has another size than the first one; "
                "choose frames of one size"
            )
        check_picture(content, look.settings)
        if look.settings.method == "instant":
            return (yield from self._paint_instantly(step, palettes))
        start, age = self._start(step)
        times = self._times(step, start is not None)
        for done in range(times):
            painting = Watched(
                paint_picture(
                    content,
                    look.styles,
                    look.settings,
                    self.encoder,
                    self.regions(self.shot.frames[number]),
                    palettes,
                    start,
                )
            )
            for progress in painting:
                yield replace(progress, fraction=(done + progress.fraction) / times)
            picture, raw = painting.result
            raw = raw.clamp(0, 1)
            if done < times - 1:
                age = age + 1
                target = self._there_and_back(raw, number)
                start = self._held(target, target, torch.ones_like(age), age)
        return picture, torch.cat((raw, age), 1)[0].cpu().numpy()

    def _paint_instantly(
        self, step: Step, palettes: Sequence[ColourStatistics] | None
    ) -> Generator[Progress, None, tuple[np.ndarray, np.ndarray]]:
        """As `_paint_frame`, by networks: what was seen before stays as it was painted, but for a little of
        the new painting.
        """
        number = step.number
        look, regions = self.looks[number], self.regions(self.shot.frames[number])
        original = to_array(resize(to_tensor(self._content(number), self.device), *self._finished))
        painted = yield from paint_areas(original, look.styles, look.settings, self.device, regions, palettes)
        before = self._before(step)
        held = HELD * before.coverage * before.steady
        raw = torch.lerp(to_tensor(painted, self.device), before.target, held)
        picture = show(to_array(raw), original, look.settings)
        yield Progress(f"Painting at {max(self._finished)} px", fraction=1.0, preview=lambda: picture)
        return picture, torch.cat((raw, before.age), 1)[0].cpu().numpy()

    def _start(self, step: Step) -> tuple[Start | None, Tensor]:
        """Where a frame begins, None where it has nothing to begin with, and how many frames long each pixel
        has been painted.
        """
        content, before = self._at_size(step.number), self._before(step)
        own = self._kept(step.turn - 1, step.number) if step.turn else None
        if own is None and before.coverage.mean() < CUT:
            return None, torch.full_like(before.coverage, ADULT)
        age = before.age
        if own is None:
            picture = torch.lerp(
                in_colours_around(content, before.target, before.coverage), before.begun, before.coverage
            )
        # Ruder et al. 2016, section 4.4: a later pass begins halfway between its own picture and its
        # neighbour's
        else:
            picture = torch.lerp(own[:, :3], before.begun, before.coverage / (1 + before.coverage))
            age = torch.full_like(before.coverage, ADULT)
        return self._held(
            picture.clamp(0, 1),
            before.target,
            (0.5 if step.turn else 1.0) * before.coverage * before.steady,
            age,
            step.leaps,
        ), age

    def _held(
        self, picture: Tensor, target: Tensor, firmly: Tensor, age: Tensor, leaps: bool = False
    ) -> Start:
        """A start that is kept near a target, the more firmly the longer it has been painted."""
        settings, grown = self.settings, (age / ADULT).clamp(max=1)
        return Start(
            picture,
            target,
            settings.temporal_weight * firmly * grown,
            1 - grown,
            settings.later_steps,
            settings.early_stop,
            leaps,
        )

    def _there_and_back(self, picture: Tensor, number: int) -> Tensor:
        """A frame's picture (1, 3, h, w) moved to a frame beside it and back: painted again as it stands it
        would be sharper than those that are moved along, and the frames beside it would differ from it the
        most.
        """
        motion = self._motion(number + 1 if number + 1 < len(self.shot.frames) else number - 1, number)
        back, there = (
            fit_flow(torch.from_numpy(flow).to(self.device).permute(2, 0, 1)[None], *picture.shape[-2:])
            for flow in (motion.backward, motion.forward)
        )
        moved = warp(warp(picture, there, "bicubic"), back, "bicubic").clamp(0, 1)
        return torch.where(visible(back, there), moved, picture)

    def _before(self, step: Step) -> Before:
        """What the frames that were painted before this one show of it."""
        near, *opposite = (self._seen_from(step, side) for side in step.sides)
        for far, side in zip(opposite, step.sides[1:], strict=True):
            near = meet(near, far, side.distances[0], side.pull)
        return near.trimmed() if step.leaps else near

    def _seen_from(self, step: Step, side: Side) -> Before:
        """What the painted frames on one side show of a frame."""
        number, back, content = step.number, side.back, self._at_size(step.number)
        shape, reach = (content.shape[-2], content.shape[-1]), max(side.distances, default=0)
        motions = (
            self._motion(earlier, earlier - back)
            for earlier in range(number + back, number + back * (reach + 1), back)
        )
        found, coverage, change = (
            content.new_zeros(1, 4, *shape),
            content.new_zeros(1, 1, *shape),
            torch.zeros_like(content),
        )
        for distance, flow, seen in lookback(
            motions, side.distances, shape, self.device, max(self.settings.steps_back())
        ):
            found += seen * warp(self._kept(step.turn, number + back * distance), flow, "bicubic")
            coverage += seen
            if distance == side.lit:
                change = blur(
                    seen * (content - warp(self._at_size(number + back * distance), flow)), LIGHT_REACH
                )
        found /= coverage.clamp(min=1e-6)
        target, age = found[:, :3].clamp(0, 1), coverage * found[:, 3:].clamp(min=0) + 1
        # Light and shadow move over things without moving them: where the source changes so does the
        # painting, and nothing holds it.
        steady = 1 - ((change.abs().amax(1, keepdim=True) - LIGHT[0]) / (LIGHT[1] - LIGHT[0])).clamp(0, 1)
        return Before(target, coverage, target + (1 - steady) * change, steady, age)

    def _motion(self, one: int, other: int) -> Motion:
        """From the frame `other` to its neighbour `one`, whichever comes first."""
        frames = self.shot.frames
        if one < other:
            return self.motion(frames[one], frames[other])
        return self.motion(frames[other], frames[one]).reversed()

    def _kept(self, turn: int, number: int) -> Tensor:
        kept = self.others[number]() if number in self.others else self.job.load(turn, number)
        return torch.from_numpy(kept).to(self.device)[None]

    def _content(self, number: int) -> np.ndarray:
        if number not in self._contents:
            for older in [*self._contents][: 1 - self._sources]:
                del self._contents[older]
            self._contents[number] = read_picture(self.shot.frames[number].picture)
        return self._contents[number]

    @property
    def _finished(self) -> tuple[int, int]:
        """Height and width of the finished painting."""
        settings = self.looks[0].settings
        return fit(*self._size, settings.finish_size or settings.size)

    def _at_size(self, number: int) -> Tensor:
        """A frame's source (1, 3, h, w), at the size of the finished painting."""
        settings, content = self.looks[number].settings, self._content(number)[..., :3]
        if settings.keep_colours == "luminance":
            content = np.repeat(luminance(content)[..., None], 3, axis=2)
        return resize(to_tensor(content, self.device), *self._finished)

    def _palettes(self) -> list[ColourStatistics] | None:
        """The colours of the whole shot, where the painting is to keep them: one frame's own would change
        from frame to frame.
        """
        if self.looks[0].settings.keep_colours == "off":
            return None
        chosen = sorted(
            {round(k * (len(self.shot.frames) - 1) / (PALETTE_FRAMES - 1)) for k in range(PALETTE_FRAMES)}
        )
        pictures, masks = [], []
        for number in chosen:
            content = self._content(number)
            size = fit(content.shape[0], content.shape[1], min(PALETTE_SIDE, max(content.shape)))
            small = [
                to_array(resize(to_tensor(array, self.device), *size))
                for array in (
                    content,
                    *(region.mask[..., None] for region in self.regions(self.shot.frames[number])),
                )
            ]
            pictures.append(small[0])
            masks.append(small[1:])
        regions = [Region("", np.concatenate(mask)[..., 0]) for mask in zip(*masks, strict=True)]
        return colour_statistics_by_region(np.concatenate(pictures), regions)


def file_names(shot: Shot, settings: AnimationSettings) -> list[str]:
    """The painted frames' names."""
    return [f"{frame.number:04}{FORMATS[settings.file_format].ending}" for frame in shot.frames]
