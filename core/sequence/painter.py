"""The painting of one frame of a sequence, after Ruder et al. 2016.

A frame starts from its reference frames, warped to it, and the temporal loss keeps it near them. Differs from
the paper: motion comes from the renderer where possible; later frames are painted at quarter, half and full
size with few evaluations, for they only complete what the warped ones leave open; and pictures are warped by
bicubic sampling, for bilinear sampling washes strokes out.
"""

from collections.abc import Generator
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..compute.tensors import resize, to_array, to_tensor
from ..encoders.network import Encoder
from ..instant.apply import paint_areas, show
from ..instant.by_torch import ByTorch
from ..progress import Progress, Watched
from ..still.paint import FrameConstraint, paint_picture
from ..style.content import check_picture
from ..style.regions import Parts
from ..words import Sentence
from .boil import boiled, held_by
from .fades import fade
from .holds import Holds
from .job import SequenceJob
from .keys.moved import MovedKeys, without_strips
from .keys.placed import PlacedKey
from .keys.strokes import KeyStrokes
from .prior import PaintedFrames, Prior, constant_painting
from .sources import Sources
from .steps import PICTURE, Step
from .workload import repeats_of

CUT_COVERAGE = 0.25  # mean; a frame of which less was seen before is painted anew, as after a cut
RAMP_UP_FRAMES = 6  # visibility age from which a pixel is held in full, and its style counts with the rest
# Share of warped earlier frames in a frame that networks paint; repeated warping alone blurs ever more.
TEMPORAL_BLEND = 0.9

Painted = tuple[np.ndarray, np.ndarray | None]
"""A frame's painting, (H, W, 3 or 4), and what later frames start from, (4, h, w): the picture before colours
were restored, and its visibility age; None of a frame that shows other ones' paintings.
"""


class Painter:
    """Paints the frames of a job, each from what `frames` gives of those painted before."""

    def __init__(self, job: SequenceJob, encoder: Encoder, sources: Sources, frames: PaintedFrames):
        self._job, self._encoder, self._sources, self._frames = job, encoder, sources, frames
        self._colours = sources.colours()
        self._holds = Holds(job, sources, partial(frames.painting, PICTURE))
        self._keys = MovedKeys(job, sources, frames.motion)
        self._strokes = KeyStrokes(job, sources)

    def paint(self, step: Step) -> Generator[Progress, None, Painted]:
        """One frame in one pass."""
        if step.shows:
            picture = self._holds.show(step.number)
            yield Progress(Sentence("Shown again"), fraction=1.0, preview=lambda: picture)
            return picture, None
        settings = self._sources.settings(step.number)
        check_picture(self._sources.picture(step.number), settings)
        key = self._sources.key(step.number)
        if key and step.given:
            return (yield from self._take(key))
        paint = self._apply_networks if settings.method == "instant" else self._optimise
        picture, result = yield from paint(step, key)
        picture = fade(picture, self._sources.exposure(step.number))
        return key.over(picture) if key else picture, result

    def _take(self, key: PlacedKey) -> Generator[Progress, None, Painted]:
        """A key that shows all of its frame, as it is."""
        picture = key.alone(self._sources.channels)
        yield Progress(Sentence("As in the key {name}", name=key.name), fraction=1.0, preview=lambda: picture)
        age = torch.full_like(key.alpha, RAMP_UP_FRAMES)
        return picture, torch.cat((key.colours, age), 1)[0].cpu().numpy()

    def _optimise(self, step: Step, key: PlacedKey | None) -> Generator[Progress, None, Painted]:
        number, last = step.number, len(self._job.shot.frames) - 1
        styles, settings = self._strokes.styles(number), self._sources.settings(number)
        objects = self._job.objects(self._job.shot.frames[number])
        ids, keyed = self._strokes.ids(number), bool(self._job.keyed)
        parts = Parts(self._sources.regions(number), objects, ids, keyed)
        constraint, age = self._constraint(step, key)
        repeats = repeats_of(step, constraint is None, last + 1)
        for done in range(repeats):
            painting = Watched(
                paint_picture(
                    self._sources.lit(number),
                    styles,
                    settings,
                    self._encoder,
                    parts,
                    self._colours,
                    constraint,
                )
            )
            for progress in painting:
                yield replace(progress, fraction=(done + progress.fraction) / repeats)
            picture, raw = painting.result
            raw = raw.clamp(0, 1)  # (1, 3, h, w)
            raw = key.over_tensor(raw) if key else raw
            if done < repeats - 1:
                neighbour = number + 1 if number < last else number - 1
                target = self._frames.round_trip(raw, number, neighbour)
                start, stays = target, torch.ones_like(age)
                if constraint is None:
                    # The next frame paints anew what has a silhouette beside it in this one alone.
                    stays = self._frames.stays(number, neighbour)
                    start = self._frames.start(number, target, stays, target)
                age = age * stays + 1
                constraint = self._constrain(start, target, stays, age, 1 - stays)
        return picture, torch.cat((raw, age), 1)[0].cpu().numpy()

    def _apply_networks(self, step: Step, key: PlacedKey | None) -> Generator[Progress, None, Painted]:
        """In the place of a temporal loss, the painting is blended with the warped earlier ones."""
        device, size = self._sources.device, self._sources.finished_size
        styles, settings = self._strokes.styles(step.number), self._sources.settings(step.number)
        content = to_array(resize(to_tensor(self._sources.lit(step.number), device), *size))
        # A network has no strokes to begin with: what it paints is shifted.
        shifted, held = self._boiled(step.number, to_tensor(content[..., :3], device))
        shifted = np.concatenate((to_array(shifted), content[..., 3:]), 2)
        regions = self._sources.regions(step.number)
        painted = yield from paint_areas(shifted, styles, settings, ByTorch(device), regions, self._colours)
        prior, firmness = self._keys.over(self._frames.prior(step), step.number, RAMP_UP_FRAMES)
        anew = to_tensor(painted, device)
        holds: Tensor | float = 1.0  # to a key, whose colours a network may never paint
        if not self._job.keyed:
            holds = constant_painting(anew, prior.target, self._sources.at_finished_size(step.number))
        blend = held * (1 - (1 - TEMPORAL_BLEND) / firmness)
        raw = torch.lerp(anew, prior.target, blend * prior.coverage * prior.constancy * holds)
        raw = key.over_tensor(raw) if key else raw
        picture = show(to_array(raw), content, settings)
        yield Progress(
            Sentence("Painting at {size} px", size=max(size)), fraction=1.0, preview=lambda: picture
        )
        return picture, torch.cat((raw, prior.age), 1)[0].cpu().numpy()

    def _constraint(self, step: Step, key: PlacedKey | None) -> tuple[FrameConstraint | None, Tensor]:
        """What a frame starts from and is held to, None where it is painted anew; and its visibility age."""
        prior, firmness = self._keys.over(self._frames.prior(step), step.number, RAMP_UP_FRAMES)
        if step.pass_index:
            return self._constraint_of_later_pass(step, prior)
        if prior.coverage.mean() < CUT_COVERAGE:
            return None, torch.full_like(prior.coverage, RAMP_UP_FRAMES)
        if key:
            prior = prior.under(key.colours, key.alpha, RAMP_UP_FRAMES)
        start = self._frames.start(step.number, prior.target, prior.coverage, prior.start)
        picture, held = self._boiled(step.number, start)
        weight = held * prior.coverage * prior.constancy * firmness
        anew = 1 - prior.coverage
        if self._job.keyed:
            anew = without_strips(anew)
        return self._constrain(picture, prior.target, weight, prior.age, anew, step.long_range), prior.age

    def _boiled(self, number: int, picture: Tensor) -> tuple[Tensor, float]:
        """What a drawing begins with, (1, 3, h, w), and the share by which it is held to the ones before."""
        boil, seed = self._job.looks[number].timing.boil, self._sources.settings(number).seed
        if not boil:
            return picture, 1.0
        drawing = self._job.timetable.drawings.index(number)
        return boiled(picture, boil, seed, drawing), held_by(boil)

    def _constraint_of_later_pass(self, step: Step, prior: Prior) -> tuple[FrameConstraint, Tensor]:
        """As Ruder et al. 2016, section 4.4: halfway between its own picture and the warped ones."""
        own = self._frames.painting(step.pass_index - 1, step.number)[:, :3]
        picture = torch.lerp(own, prior.start, prior.coverage / (1 + prior.coverage)).clamp(0, 1)
        age = torch.full_like(prior.coverage, RAMP_UP_FRAMES)
        held = held_by(self._job.looks[step.number].timing.boil)
        weight = 0.5 * held * prior.coverage * prior.constancy
        anew = torch.zeros_like(age)
        return self._constrain(picture, prior.target, weight, age, anew, step.long_range), age

    def _constrain(
        self,
        picture: Tensor,
        target: Tensor,
        weight: Tensor,
        age: Tensor,
        anew: Tensor,
        long_range: bool = False,
    ) -> FrameConstraint:
        """A constraint whose weight, (1, 1, h, w), 0 or more, grows with the visibility age."""
        settings, ramp = self._job.settings, (age / RAMP_UP_FRAMES).clamp(max=1)
        return FrameConstraint(
            picture,
            target,
            settings.temporal_weight * weight * ramp,
            1 - ramp,
            anew,
            settings.later_steps,
            settings.early_stop,
            long_range,
        )
