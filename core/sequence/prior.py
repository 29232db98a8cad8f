"""What the frames painted before say of a frame: gathered along their motion, weighted and blended.

All tensors here are (1, C, h, w) at the size of the finished painting. A frame's *visibility age* is, pixel
by pixel, for how many frames what it shows has been painted; disocclusions begin with 1.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .motion.flow import (
    blur,
    consistent_mask,
    dilate,
    erode,
    fit_flow,
    long_term_correspondences,
    recolour_disocclusions,
    warp,
)
from .motion.frame_motion import Motion
from .motion.silhouettes import HALO, Silhouettes
from .recolour import recolour_by_object
from .steps import ReferenceFrames, Step

# Brightness constancy: change of the source's colours along the motion, 0 to 1, up to which the temporal loss
# holds in full, and from which it does not hold at all.
CONSTANT, CHANGED = 0.03, 0.12
# The same of single pixels for what is seen in a mirror: it moves through a surface that stays as bright.
STILL_MIRRORED, MOVING_MIRRORED = 0.01, 0.05
CHANGE_SIGMA = 3  # px: the change is averaged over a Gaussian so wide, which noise does not survive
# Of a network's painting: change of its colours, 0 to 1, up to which it is held, and what is added to that
# for each unit of the source's contrast around; in px, the Gaussians that both are measured with.
SAME_PAINT, PAINT_OF_CONTRAST = 0.03, 2.0
PAINT_SIGMA, CONTRAST_SIGMA = 4, 8


def constant_painting(anew: Tensor, held: Tensor, source: Tensor) -> Tensor:
    """Where a network's painting may be held, (1, 1, h, w), 0 to 1; it is painted `anew`, was `held` so far,
    and shows `source`, all (1, 3, h, w).

    What a network paints around a thing reaches far, and must go with it: so it is let go where the network
    would paint another colour now. Where the source has contrast, a network paints the same thing a little
    differently in every frame, and is held all the more.
    """
    contrast = (
        (blur(source.square(), CONTRAST_SIGMA) - blur(source, CONTRAST_SIGMA).square()).clamp(min=0).sqrt()
    )
    same = SAME_PAINT + PAINT_OF_CONTRAST * contrast.amax(1, keepdim=True)
    change = blur(anew - held, PAINT_SIGMA).abs().amax(1, keepdim=True)
    # From the first limit on less and less, and not at all from thrice that.
    return erode(1 - ((change - same) / (2 * same)).clamp(0, 1), PAINT_SIGMA)


@dataclass(frozen=True)
class Prior:
    """What reference frames show of a frame, warped to it.

    `target` (3 channels) is their painting, where `coverage` (1) says that there is any: the sum of their
    consistency weights. `start` (3) is that with the change of the source's colours added, and `constancy`
    (1) is the brightness-constancy mask, 1 where they have not changed; both 0 to 1. `age` (1) is the
    visibility age, this frame included.
    """

    target: Tensor
    coverage: Tensor
    start: Tensor
    constancy: Tensor
    age: Tensor

    def under(self, picture: Tensor, alpha: Tensor, age: float) -> "Prior":
        """This with a `picture` (1, 3, h, w) of the visibility age `age` over it, as far as `alpha`
        (1, 1, h, w), 0 to 1, says.
        """
        coverage = alpha + self.coverage * (1 - alpha)
        share = alpha / coverage.clamp(min=1e-6)
        return Prior(
            torch.lerp(self.target, picture, share),
            coverage,
            torch.lerp(self.start, picture, share),
            torch.lerp(self.constancy, torch.ones_like(share), share),
            torch.lerp(self.age, torch.full_like(share, age), share),
        )

    def without_slivers_and_halos(self) -> "Prior":
        """With the coverage that counts where no reference frame is adjacent: without slivers, which show a
        surface that was seen at a grazing angle, and without silhouette halos, strokes around an occluder
        that do not belong to what is disoccluded next to it.
        """
        radius = max(round(HALO * max(self.coverage.shape[-2:])), 1)
        closed = erode(dilate(self.coverage, 1), 1)  # closes the thin gaps that come from sampling
        values = torch.cat((self.target, self.start, self.constancy, self.age - 1), 1)
        around = blur(values * self.coverage, 1) / blur(self.coverage, 1).clamp(min=1e-6)
        target, start, constancy, age = torch.where(self.coverage > 0, values, around).split((3, 3, 1, 1), 1)
        coverage = closed * blur(erode(closed, radius), radius / 2)
        return Prior(target, coverage, start, constancy, 1 + coverage * age)


def blend(near: Prior, far: Prior, distance: float, weight: int) -> Prior:
    """Both groups of reference frames; where both cover a pixel, weighted by their inverse distances, 1 and
    `distance`, the far one's times `weight`.
    """
    share = weight * far.coverage / (distance * near.coverage + weight * far.coverage).clamp(min=1e-6)
    # The far group's painting is in the light of another time: it counts with the change of light added, and
    # the near group alone tells of constancy where it covers the pixel.
    return Prior(
        torch.lerp(near.target, far.start, share),
        torch.maximum(near.coverage, far.coverage),
        torch.lerp(near.start, far.start, share),
        torch.lerp(near.constancy, far.constancy, share),
        torch.lerp(near.age, far.age, share),
    )


@dataclass(frozen=True)
class PaintedFrames:
    """Access to what has been painted, by the frames' numbers, counted from 0.

    `source` gives a frame's source (1, 3, h, w), `painting` the result of a pass and frame, (1, 4, h, w): the
    picture and its visibility age; `motion` leads from its second frame to the first, an adjacent one.
    `max_occlusion` is that of `long_term_correspondences`, and `halo` that of `Silhouettes`. With `ids`, as
    `Sources.ids`, objects are told apart.
    """

    source: Callable[[int], Tensor]
    painting: Callable[[int | str, int], Tensor]
    motion: Callable[[int, int], Motion]
    max_occlusion: int
    halo: float = HALO
    ids: Callable[[int], np.ndarray | None] | None = None

    def prior(self, step: Step) -> Prior:
        """What all its reference frames say of a step's frame."""
        prior, *farther = (self.gather(step, group) for group in step.references)
        for far, group in zip(farther, step.references[1:], strict=True):
            prior = blend(prior, far, group.distances[0] / step.references[0].distances[0], group.weight)
        return prior.without_slivers_and_halos() if step.long_range else prior

    def gather(self, step: Step, group: ReferenceFrames) -> Prior:
        """What one group of reference frames says of a step's frame."""
        number, direction, source = step.number, group.direction, self.source(step.number)
        height, width = source.shape[-2:]
        links = max(group.distances, default=0)
        motions = (
            self.motion(reference, reference - direction)
            for reference in range(number + direction, number + direction * (links + 1), direction)
        )
        painting = source.new_zeros(1, 4, height, width)
        coverage, change = source.new_zeros(1, 1, height, width), torch.zeros_like(source)
        difference, passing = torch.zeros_like(source), torch.zeros_like(coverage)
        for distance, flow, weight in long_term_correspondences(
            motions,
            group.distances,
            (height, width),
            source.device,
            self.max_occlusion,
            Silhouettes(max(height, width), self.halo),
        ):
            reference = number + direction * distance
            painting += weight * warp(self.painting(step.pass_index, reference), flow, "bicubic")
            coverage += weight
            if distance == group.compared:
                difference = weight * (source - warp(self.source(reference), flow))
                change = blur(difference, CHANGE_SIGMA)
                passing = _passes_in_mirrors(self.motion(number + direction, number), difference)
        painting /= coverage.clamp(min=1e-6)
        target, age = painting[:, :3].clamp(0, 1), coverage * painting[:, 3:].clamp(min=0) + 1
        # Light and shadow pass over things without moving them: where the source's colours change, the
        # painting changes with them, and the temporal loss lets go. In a mirror pixel by pixel.
        largest = change.abs().amax(1, keepdim=True)
        constancy = 1 - ((largest - CONSTANT) / (CHANGED - CONSTANT)).clamp(0, 1)
        constancy = constancy * (1 - passing)
        start = target + torch.lerp((1 - constancy) * change, difference, passing)
        return Prior(target, coverage, start, constancy, age)

    def start(self, number: int, target: Tensor, coverage: Tensor, start: Tensor) -> Tensor:
        """`start` as far as `coverage` goes, and else the source, recoloured like `target` around it; with
        `ids` like the same objects.
        """
        source, objects = self.source(number), self.objects(number) if self.ids else None
        if objects is None:
            recoloured = recolour_disocclusions(source, target, coverage)
        else:
            recoloured = recolour_by_object(source, target, coverage, objects)
        return torch.lerp(recoloured, start, coverage).clamp(0, 1)

    def objects(self, number: int) -> Tensor | None:
        """Numbers of the objects that a frame shows, (1, 1, h, w); None where the renderer does not tell."""
        source, ids = self.source(number), self.ids(number) if self.ids else None
        if ids is None:
            indices = self.motion(number - 1 if number else 1, number).indices
            ids = indices[1] if indices else None
        if ids is None:
            return None
        labels = np.unique(ids, return_inverse=True)[1].reshape(ids.shape)
        here = torch.from_numpy(labels.astype(np.float32)).to(source.device)[None, None]
        return F.interpolate(here, source.shape[-2:], mode="nearest")

    def round_trip(self, picture: Tensor, number: int, neighbour: int) -> Tensor:
        """A frame's picture (1, 3, h, w) warped to a neighbour and back, where that is consistent: as soft as
        the pictures that other frames get by warping. Painted again as it is, it would be sharper, and the
        neighbours would differ most from it.
        """
        motion, shape = self.motion(neighbour, number), picture.shape[-2:]
        backward, forward = (
            fit_flow(_planes(flow, picture.device), *shape) for flow in (motion.backward, motion.forward)
        )
        resampled = warp(warp(picture, forward, "bicubic"), backward, "bicubic").clamp(0, 1)
        return torch.where(consistent_mask(backward, forward), resampled, picture)

    def stays(self, number: int, neighbour: int) -> Tensor:
        """Where no silhouette is beside a frame's pixels that a neighbour leaves: (1, 1, h, w), 0 to 1."""
        motion, source = self.motion(number, neighbour), self.source(number)
        backward, forward = (_planes(flow, source.device) for flow in (motion.backward, motion.forward))
        left = Silhouettes(max(source.shape[-2:])).left(backward, motion, motion)
        return 1 - F.interpolate(
            warp(left.float(), forward, "nearest"), source.shape[-2:], mode="bilinear", antialias=True
        )


def _planes(flow: np.ndarray, device: torch.device) -> Tensor:
    """A flow (H, W, 2) as (1, 2, H, W)."""
    return torch.from_numpy(flow).to(device).permute(2, 0, 1)[None]


def _passes_in_mirrors(motion: Motion, difference: Tensor) -> Tensor | float:
    """Where the later frame shows something in a mirror or through glass that moves on, unlike the surface:
    the share of such light, as far as the `difference` along the motion, (1, 3, h, w), says that it does.
    """
    if motion.mirrored is None:
        return torch.zeros_like(difference[:, :1])
    share = torch.from_numpy(motion.mirrored[1]).to(difference.device)[None, None]
    share = F.interpolate(share, difference.shape[-2:], mode="bilinear", antialias=True)
    change = blur(difference.abs().amax(1, keepdim=True), CHANGE_SIGMA)
    return share * ((change - STILL_MIRRORED) / (MOVING_MIRRORED - STILL_MIRRORED)).clamp(0, 1)
