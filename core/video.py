"""A sequence painted so that it does not flicker, after Ruder et al. 2016, "Artistic style transfer for videos".

A frame starts from the one before it, moved along, and is kept near it, and near farther ones where those show more, while it is
painted. Differs from the paper: motion comes from the renderer where it can; later frames are painted at half and full size, with few
evaluations, for they only complete what moved; and the pictures are moved by bicubic sampling, for bilinear washes strokes out.
"""

import hashlib
import json
from collections.abc import Callable, Generator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from .colour import Palette, luminance, measure_palettes
from .encoders import COMPACT, Encoder, load_encoder
from .errors import PochadeError
from .flow import blur, in_colours_around, lookback, warp
from .instant.apply import paint_areas, show
from .job_folder import JobFolder
from .motion import Motion, choose_motion
from .pictures import FORMATS, read_picture, write_picture
from .progress import Progress, Watched
from .regions import Region
from .settings import AnimationSettings, Settings
from .shot import Frame, Shot
from .styles import Style
from .stylize import Start, later_schedule, paint_picture, schedule
from .tensors import choose_device, fit, resize, to_array, to_tensor
from .work import at_work, check_picture

HELD = 0.9  # of an instant painting, where an earlier one shows; the rest is new, for what is moved again and again gets soft
CUT = 0.25  # where less of a frame than this was seen before it is painted anew
ADULT = 6  # frames after which what came into sight is painted like the rest
LIGHT = 0.03, 0.12  # change of a steady thing's colour, 0 to 1, from which its painting may change, and from which nothing holds it
LIGHT_REACH = 3  # px over which that change is averaged: noise is none
PALETTE_FRAMES, PALETTE_SIDE = 8, 256  # frames of a shot, and px of their longer side, whose colours stand for all


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings."""

    styles: tuple[tuple[Style, float], ...]
    settings: Settings


@dataclass(frozen=True)
class PaintedShot:
    """The painted frames' files, and what the artist is to know: that an older job was dropped, say; "" for nothing."""

    files: list[Path]
    note: str


def stylize_animation(shot: Shot, looks: Sequence[Look], settings: AnimationSettings, folder: Path, device: str = "auto", *,
                      regions: Callable[[Frame], Sequence[Region]] = lambda frame: (), regions_identity: str = "",
                      encoder_file: Path = COMPACT, raft_file: Path | None = None) -> Generator[Progress, None, PaintedShot]:
    """Paint a shot into `folder`, one Look a frame, in files named by the frames' numbers.

    `regions` gives a frame's regions, always as many in the same order; `regions_identity` says which they are. Close the generator
    to cancel, or have the process killed: the same call goes on where that one ended, and ends with the same pictures. When anything
    that they depend on has changed it begins anew. Raises PochadeError for what an artist can put right.
    """
    kind = FORMATS[settings.file_format]
    kind.library()
    if not shot.frames:
        raise PochadeError("There is no frame to paint; choose a range of frames")
    if len({(s.method, s.size, s.finish_size, s.keep_colours, s.seamless) for s in (look.settings for look in looks)}) > 1:
        raise PochadeError("Method, Size, Finish Size, Keep Colours and Seamless must be the same in all frames; remove their keyframes")
    if looks[0].settings.method == "instant":
        settings = replace(settings, passes=1)  # a second pass would paint the same again
    where, encoder = choose_device(device), load_encoder(encoder_file)
    motion = choose_motion(settings.motion, shot.frames, raft_file, where)
    identity = {"source": shot.identity, **_identity_of(looks), "animation settings": asdict(settings), "encoder": encoder.digest,
                "regions": regions_identity}
    names = [f"{frame.number:04}{kind.ending}" for frame in shot.frames]
    with JobFolder(folder, identity, names) as job, at_work(encoder, where, looks[0].settings.size):
        if job.finished:
            return PaintedShot([folder / name for name in names], "All frames were painted already")
        studio = _Studio(shot, looks, settings, encoder, where, motion, job, regions)
        yield from studio.paint(names, kind.bits)
        return PaintedShot([folder / name for name in names], job.restarted)


@dataclass(frozen=True)
class Before:
    """What earlier frames show of a frame, moved to where it is now, each (1, C, h, w).

    `target` is their painting where `coverage` says that there is any, `change` by how much the source's colours have changed there
    and `steady` where they have not, 0 to 1; `age` is the number of frames that each pixel has been painted, with this one.
    """

    target: Tensor
    coverage: Tensor
    change: Tensor
    steady: Tensor
    age: Tensor


@dataclass
class _Studio:
    """Everything that painting a shot takes."""

    shot: Shot
    looks: Sequence[Look]
    settings: AnimationSettings
    encoder: Encoder
    device: torch.device
    motion: Callable[[Frame, Frame], Motion]
    job: JobFolder
    regions: Callable[[Frame], Sequence[Region]]
    _size: tuple[int, int] = (0, 0)  # height and width of all frames
    _contents: dict[int, np.ndarray] = field(default_factory=dict)  # the two sources read last: a frame's, and the one's before it

    def paint(self, names: Sequence[str], bits: int) -> Generator[Progress, None, None]:
        """Paint what the job has not done yet: all frames once a pass, forwards, then backwards, and so on."""
        count, settings, job = len(names), self.settings, self.job
        content = self._content(0)
        self._size = height, width = content.shape[:2]
        room = int(np.prod(self._finished))
        kept = count if settings.passes > 1 else min(count, max(settings.steps_back()))
        job.check_room(room * (16 * kept + (count - len(job.painted)) * content.shape[2] * bits // 8))
        self.motion = lru_cache(maxsize=max(settings.steps_back()))(self.motion)
        if job.restarted:
            yield Progress(0, count * settings.passes, 0.0, 0.0, job.restarted, lambda: content)
        palettes = self._palettes()

        aspect = max(height, width) / min(height, width)
        first = later = 1
        if self.looks[0].settings.method == "optimised":
            first, later = (sum(level.side ** 2 * level.steps for level in levels) for levels in (
                schedule(self.looks[0].settings, aspect), later_schedule(self.looks[0].settings, aspect, settings.later_steps)))
        total = first + later * (count * settings.passes - 1)
        for step in range(job.done, count * settings.passes):
            done, effort = (first + later * (step - 1), later) if step else (0, first)
            turn, at = divmod(step, count)
            number = count - 1 - at if turn % 2 else at
            what = f"Frame {at + 1} of {count}" if settings.passes == 1 else f"Pass {turn + 1}, frame {at + 1} of {count}"
            painting = Watched(self._paint_frame(number, turn, palettes))
            for progress in painting:
                yield replace(progress, step=step, steps=count * settings.passes, message=f"{what}: {progress.message}",
                              fraction=min((done + effort * progress.fraction) / total, 1.0))
            picture, raw = painting.result
            job.save(turn, number, raw)
            if turn == settings.passes - 1:
                write_picture(job.folder / names[number], picture, bits)
            job.advance(names[number] if turn == settings.passes - 1 else "")
            job.keep_only(self._wanted(step + 1))
        job.finish()

    def _wanted(self, step: int) -> list[tuple[int, int]]:
        """The kept pictures, by pass and number, that the steps from here on begin with."""
        count = len(self.shot.frames)
        turn, at = divmod(step, count)
        order = range(count) if turn % 2 == 0 else range(count - 1, -1, -1)
        here = order[:at] if turn < self.settings.passes - 1 else order[max(at - max(self.settings.steps_back()), 0):at]
        return [(turn, number) for number in here] + [(turn - 1, number) for number in order[at:] if turn]

    def _paint_frame(self, number: int, turn: int, palettes: Sequence[Palette] | None
                     ) -> Generator[Progress, None, tuple[np.ndarray, np.ndarray]]:
        """One frame in one pass: the painting, and what the next frames begin with, (4, h, w): the float picture and its age."""
        look, content = self.looks[number], self._content(number)
        if content.shape[:2] != self._size:
            raise PochadeError(f"Frame {self.shot.frames[number].number} has another size than the first one; choose frames of one size")
        check_picture(content, look.settings)
        if look.settings.method == "instant":
            return (yield from self._paint_instantly(number, palettes))
        start, age = self._start(number, turn)
        picture, raw = yield from paint_picture(content, look.styles, look.settings, self.encoder, self.device,
                                                self.regions(self.shot.frames[number]), palettes, start)
        return picture, torch.cat((raw.clamp(0, 1), age), 1)[0].cpu().numpy()

    def _paint_instantly(self, number: int, palettes: Sequence[Palette] | None
                         ) -> Generator[Progress, None, tuple[np.ndarray, np.ndarray]]:
        """As `_paint_frame`, by networks: what was seen before stays as it was painted, but for a little of the new painting."""
        look, regions = self.looks[number], self.regions(self.shot.frames[number])
        original = to_array(resize(to_tensor(self._content(number), self.device), *self._finished))
        painted = yield from paint_areas(original, look.styles, look.settings, self.device, regions, palettes)
        before = self._before(number, 0)
        held = HELD * before.coverage * before.steady
        raw = torch.lerp(to_tensor(painted, self.device), before.target, held)
        picture = show(to_array(raw), original, look.settings)
        yield Progress(1, 1, 1.0, 0.0, f"Painting at {max(self._finished)} px", lambda: picture)
        return picture, torch.cat((raw, before.age), 1)[0].cpu().numpy()

    def _start(self, number: int, turn: int) -> tuple[Start | None, Tensor]:
        """Where a frame begins, None where it has nothing to begin with, and how many frames long each pixel has been painted."""
        settings, content, before = self.settings, self._at_size(number), self._before(number, turn)
        own = self._kept(turn - 1, number) if turn else None
        if own is None and before.coverage.mean() < CUT:
            return None, torch.full_like(before.coverage, ADULT)
        begun, age = before.target + (1 - before.steady) * before.change, before.age
        if own is None:
            picture = torch.lerp(in_colours_around(content, before.target, before.coverage), begun, before.coverage)
        else:  # Ruder et al. 2016, section 4.4: a later pass begins halfway between its own picture and its neighbour's
            picture = torch.lerp(own[:, :3], begun, before.coverage / (1 + before.coverage))
            age = torch.full_like(before.coverage, ADULT)
        grown = (age / ADULT).clamp(max=1)
        weight = settings.temporal_weight * (0.5 if turn else 1.0) * before.coverage * before.steady * grown
        return Start(picture.clamp(0, 1), before.target, weight, 1 - grown, settings.later_steps, settings.early_stop), age

    def _before(self, number: int, turn: int) -> "Before":
        """What the frames that were painted before this one show of it."""
        back = -1 if turn % 2 == 0 else 1  # from a frame to the one painted before it
        settings, content = self.settings, self._at_size(number)
        shape = content.shape[-2:]
        motions = []
        for earlier in range(number + back, number + back * (max(settings.steps_back()) + 1), back):
            if not 0 <= earlier < len(self.shot.frames):
                break
            motions.append(self._motion(earlier, earlier - back))
        found, coverage, change = content.new_zeros(1, 4, *shape), content.new_zeros(1, 1, *shape), torch.zeros_like(content)
        for distance, flow, seen in lookback(motions, settings.steps_back(), shape, self.device):
            found += seen * warp(self._kept(turn, number + back * distance), flow, "bicubic")
            coverage += seen
            if distance == 1:
                change = blur(seen * (content - warp(self._at_size(number + back), flow)), LIGHT_REACH)
        found /= coverage.clamp(min=1e-6)
        target, age = found[:, :3].clamp(0, 1), coverage * found[:, 3:].clamp(min=0) + 1
        # Light and shadow move over things without moving them: where the source changes so does the painting, and nothing holds it.
        steady = 1 - ((change.abs().amax(1, keepdim=True) - LIGHT[0]) / (LIGHT[1] - LIGHT[0])).clamp(0, 1)
        return Before(target, coverage, change, steady, age)

    def _motion(self, one: int, other: int) -> Motion:
        """From the frame `other` to its neighbour `one`, whichever comes first."""
        frames = self.shot.frames
        if one < other:
            return self.motion(frames[one], frames[other])
        return self.motion(frames[other], frames[one]).reversed()

    def _kept(self, turn: int, number: int) -> Tensor:
        return torch.from_numpy(self.job.load(turn, number)).to(self.device)[None]

    def _content(self, number: int) -> np.ndarray:
        if number not in self._contents:
            for older in [*self._contents][:-1]:
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

    def _palettes(self) -> list[Palette] | None:
        """The colours of the whole shot, where the painting is to keep them: one frame's own would change from frame to frame."""
        if self.looks[0].settings.keep_colours == "off":
            return None
        chosen = sorted({round(k * (len(self.shot.frames) - 1) / (PALETTE_FRAMES - 1)) for k in range(PALETTE_FRAMES)})
        pictures, masks = [], []
        for number in chosen:
            content = self._content(number)
            size = fit(*content.shape[:2], min(PALETTE_SIDE, max(content.shape)))
            small = [to_array(resize(to_tensor(array, self.device), *size)) for array in (
                content, *(region.mask[..., None] for region in self.regions(self.shot.frames[number])))]
            pictures.append(small[0])
            masks.append(small[1:])
        regions = [Region("", np.concatenate(mask)[..., 0]) for mask in zip(*masks, strict=True)]
        return measure_palettes(np.concatenate(pictures), regions)


def _identity_of(looks: Sequence[Look]) -> dict[str, object]:
    """What tells these looks from others, by the artist's names of the parts."""
    known = {id(style): style for look in looks for style, _ in look.styles}
    learnt = (lambda style: style.network_bytes()) if looks[0].settings.method == "instant" else (lambda style: b"")
    digests = {key: hashlib.sha256(style.picture.tobytes() + style.digest.encode() + learnt(style)).hexdigest()[:16]
               for key, style in known.items()}
    styles = [[[style.name, digests[id(style)], weight] for style, weight in look.styles] for look in looks]
    settings = [asdict(look.settings) for look in looks]
    first = styles[0], settings[0]
    same = all(each == first for each in zip(styles, settings, strict=True))
    keyframes = "" if same else hashlib.sha256(json.dumps([styles, settings]).encode()).hexdigest()[:16]
    return {"styles": first[0], "settings": first[1], "keyframes": keyframes}
