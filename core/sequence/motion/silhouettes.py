"""Where paint must not be carried along because a silhouette beside it is gone.

What is painted beside a thing, a halo or an outline, is there because of the thing. And a pixel at its edge
is a mixture: its motion may be the background's, and its paint the thing's.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from .flow import SAME_DEPTH, dilate, erode, motion_boundary, warp
from .frame_motion import Motion

# How far the strokes around a thing reach beyond its silhouette, as a share of the longer side.
HALO = 0.01
MIXED = 2  # px of the painting, at least of the motion too, in which a silhouette's pixels are mixtures


@dataclass(frozen=True)
class Silhouettes:
    """What the silhouettes of a shot say of its pixels; `side` is the painting's longer side in px. Strokes
    around a thing reach as far as `halo`, a share of that.
    """

    side: int
    halo: float = HALO

    def left(self, backward: Tensor, earlier: Motion, later: Motion) -> Tensor:
        """Where a silhouette was near in the one motion's earlier frame, to which `backward` (1, 2, H, W)
        leads, and none is near in the other one's later frame: (1, 1, H, W), bool.

        Two distances count: that of mixed pixels and that of halos. Of a farther frame mixed pixels are left
        in any case: what moves with a thing's edge is seen in the nearest frame, and elsewhere another
        silhouette may be near by now.
        """
        longer = max(backward.shape[-2:])
        then, now = _silhouettes(earlier.reversed(), backward.device), _silhouettes(later, backward.device)
        left = torch.zeros_like(now, dtype=torch.bool)
        for radius in (self._mixed(longer), max(round(self.halo * longer), 1)):
            was_near = warp(dilate(then, radius), backward, "nearest") > 0
            left |= was_near & (dilate(now, radius) == 0)
        if earlier is not later:
            left |= warp(dilate(then, self._mixed(longer)), backward, "nearest") > 0
        return left

    def mixed(self, motion: Motion, device: torch.device) -> Tensor:
        """The pixels of a motion's later frame that a silhouette mixes: (1, 1, H, W), bool."""
        silhouettes = _silhouettes(motion, device)
        return dilate(silhouettes, self._mixed(max(silhouettes.shape[-2:]))) > 0

    def _mixed(self, longer: int) -> int:
        return max(round(MIXED * longer / self.side), MIXED)


def _silhouettes(motion: Motion, device: torch.device) -> Tensor:
    """1 where another surface begins beside a pixel of a motion's later frame, else 0: (1, 1, H, W).

    By object index and by depth, or where a shot has neither, by the flow.
    """

    def tensor(array: np.ndarray) -> Tensor:
        return torch.from_numpy(array).to(device)[None, None]

    if motion.depths is None and motion.indices is None:
        return motion_boundary(torch.from_numpy(motion.backward).to(device).permute(2, 0, 1)[None]).float()
    found = torch.zeros(1, 1, *motion.backward.shape[:2], device=device)
    if motion.indices is not None:
        index = tensor(motion.indices[1])
        found = (dilate(index, 1) != erode(index, 1)).float()
    return found if motion.depths is None else torch.maximum(found, _steps(tensor(motion.depths[1])))


def _steps(depth: Tensor) -> Tensor:
    """1 where a depth (1, 1, H, W) has a step, else 0. Inverse depth is linear over any plane, also one at a
    grazing angle: only a step bends it.
    """
    inverse = 1 / depth.clamp(min=1e-6)
    limit = SAME_DEPTH * dilate(inverse, 1)
    steps = torch.zeros_like(depth)
    for dim in (2, 3):
        inner = depth.shape[dim] - 2
        bent = inverse.diff(n=2, dim=dim).abs() > limit.narrow(dim, 1, inner)
        steps.narrow(dim, 1, inner).add_(bent)
    return steps.clamp_(max=1)
