"""Pictures and weights moved along with what they show, after Ruder et al. 2016, "Artistic style transfer for
videos".

Flows are tensors (1, 2, H, W) in pixels, x to the right first, then y down. A backward flow belongs to the
later frame: what is at p there was at p + flow in the earlier one. A forward flow belongs to the earlier
frame.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F
from torch import Tensor

from ..style.colour import LUMA

if TYPE_CHECKING:
    import numpy as np

    from .motion import Motion

OCCLUDED = (
    0.01,
    0.5,
)  # of Ruder et al.: how far there and back may miss, as a share of the squared lengths, and in px squared
STILL = 0.25  # px a frame, below which what is hidden is still where it was
SAME_DEPTH = 0.1  # relative difference below which two depths are of one surface, seen a frame apart


def grid(flow: Tensor) -> Tensor:
    """Where the flow leads from each pixel, (1, 2, H, W), in pixels."""
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    return flow + torch.stack((x, y))[None]


def warp(picture: Tensor, flow: Tensor, mode: str = "bilinear") -> Tensor:
    """Sample a picture (1, C, H, W) at pixel + flow; beyond its edges it goes on as at them. `mode` as of
    `grid_sample`.
    """
    at, (height, width) = grid(flow), flow.shape[-2:]
    at = torch.stack((at[:, 0] * (2 / max(width - 1, 1)) - 1, at[:, 1] * (2 / max(height - 1, 1)) - 1), -1)
    return F.grid_sample(picture, at, mode, "border", align_corners=True)


def inside(flow: Tensor) -> Tensor:
    """Where the flow leads to a pixel of the frame, (1, 1, H, W), true or false."""
    at, (height, width) = grid(flow), flow.shape[-2:]
    return (at[:, :1] >= 0) & (at[:, :1] <= width - 1) & (at[:, 1:] >= 0) & (at[:, 1:] <= height - 1)


def visible(backward: Tensor, forward: Tensor) -> Tensor:
    """Where the later frame shows what the earlier one showed too, (1, 1, H, W): there and back ends where it
    began.

    Ruder et al. 2016, equation 5.
    """
    there = warp(forward, backward)
    missed = (there + backward).square().sum(1, keepdim=True)
    lengths = there.square().sum(1, keepdim=True) + backward.square().sum(1, keepdim=True)
    return (missed <= OCCLUDED[0] * lengths + OCCLUDED[1]) & inside(backward)


def motion_boundary(backward: Tensor) -> Tensor:
    """Where the flow breaks off, (1, 1, H, W): it cannot be trusted there when it is an estimate. Ruder et
    al. 2016, equation 6.
    """
    across = F.pad(backward.diff(dim=3), (0, 1, 0, 0), mode="replicate").square().sum(1, keepdim=True)
    down = F.pad(backward.diff(dim=2), (0, 0, 0, 1), mode="replicate").square().sum(1, keepdim=True)
    return across + down > 0.01 * backward.square().sum(1, keepdim=True) + 0.002


def fit_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """The flow at another size of the picture."""
    if flow.shape[-2:] == (height, width):
        return flow
    factors = flow.new_tensor([width / flow.shape[3], height / flow.shape[2]]).view(1, 2, 1, 1)
    return F.interpolate(flow, (height, width), mode="bilinear", antialias=True) * factors


def same_surface(
    backward: Tensor, depths: tuple[Tensor, Tensor] | None, indices: tuple[Tensor, Tensor] | None
) -> Tensor | bool:
    """Where the flow leads to the object and the depth that it comes from, (1, 1, H, W); both are (1, 1, H,
    W), (earlier, later).

    The test of there and back sees nothing that is uncovered more slowly than half a pixel a frame, and a
    trail would stay behind.
    """
    same: Tensor | bool = True
    if indices is not None:
        same = warp(indices[0], backward, "nearest") == indices[1]
    if depths is not None:
        # Sampled between pixels, a depth may be any of those around: a plane seen from the side has very
        # different ones.
        nearest, farthest = -F.max_pool2d(-depths[0], 3, 1, 1), F.max_pool2d(depths[0], 3, 1, 1)
        low, high = (warp(bound, backward, "nearest") for bound in (nearest, farthest))
        same = same & (depths[1] >= low * (1 - SAME_DEPTH)) & (depths[1] <= high * (1 + SAME_DEPTH))
    return same


def lookback(
    motions: "Iterable[Motion]",
    distances: Sequence[int],
    shape: tuple[int, int],
    device: torch.device,
    bridged: int = 1000,
) -> list[tuple[int, Tensor, Tensor]]:
    """For each distance from a frame, nearest first: the distance, the flow (1, 2, h, w) to the frame so far
    back, and where the frame is to be compared with that one, (1, 1, h, w), 0 to 1.

    `motions` lead one frame back each, the newest first. What a nearer frame shows is left to it: Ruder et
    al. 2016, equation 9. There the flow to a farther frame is estimated directly; here it is put together
    from the steps in between. What is hidden for more than `bridged` frames in between is given up, unless it
    stands still.
    """

    def tensor(array: "np.ndarray") -> Tensor:
        return torch.from_numpy(array).to(device)

    result, claimed, backward, newest = [], 0.0, None, None
    for distance, motion in zip(range(1, max(distances, default=0) + 1), motions):  # noqa: B905 - there may be fewer motions
        there, back = (tensor(flow).permute(2, 0, 1)[None] for flow in (motion.backward, motion.forward))
        linked = visible(there, back) & same_surface(there, *_surfaces(motion, motion, tensor))
        if not motion.exact:  # an estimate blurs where things break off
            linked &= ~motion_boundary(there)
        if newest is None or backward is None:
            newest, backward, step, seen = motion, there, there, linked
            known, hidden = motion.exact and motion.depths is not None, torch.zeros_like(there[:, :1])
        else:
            # What is hidden in between goes on as it came, until the surface shows again.
            follows = seen & (warp(linked.float(), backward, "nearest") > 0)
            step = torch.where(follows, warp(there, backward), step)
            backward = backward + step
            hidden = torch.where(follows, 0, hidden + 1)
            seen = follows
            if known:
                bridges = (hidden <= bridged) | (step.square().sum(1, keepdim=True) < STILL**2)
                seen = seen | bridges & inside(backward) & same_surface(
                    backward, *_surfaces(motion, newest, tensor)
                )
        if distance in distances:
            weight = seen.float()
            weight = (
                F.interpolate(weight, shape, mode="bilinear", antialias=True)
                if weight.shape[-2:] != shape
                else weight
            )
            result.append((distance, fit_flow(backward, *shape), (weight - claimed).clamp(min=0)))
            claimed = claimed + weight
    return result


def _surfaces(
    earlier: "Motion", later: "Motion", tensor: "Callable[[np.ndarray], Tensor]"
) -> list[tuple[Tensor, Tensor] | None]:
    """Depths and object indices (1, 1, H, W) of the one motion's earlier frame and the other one's later
    frame.
    """
    pairs = (earlier.depths, later.depths), (earlier.indices, later.indices)
    return [
        before and now and (tensor(before[0])[None, None], tensor(now[1])[None, None])
        for before, now in pairs
    ]


def grow(mask: Tensor, reach: int) -> Tensor:
    """A mask (1, 1, H, W) with the `reach` pixels around what it covers."""
    return F.max_pool2d(mask, 2 * reach + 1, 1, reach)


def shrink(mask: Tensor, reach: int) -> Tensor:
    """A mask (1, 1, H, W) without the `reach` pixels beside what it does not cover; the picture's edges take
    nothing.
    """
    return -grow(-mask, reach)


def blur(picture: Tensor, reach: float) -> Tensor:
    """A picture (1, C, H, W) averaged by a Gaussian with this deviation in pixels; wide ones at a smaller
    size, which shows nothing.
    """
    factor = max(int(reach / 4), 1)
    small = F.avg_pool2d(picture, factor, ceil_mode=True, count_include_pad=False) if factor > 1 else picture
    offsets = torch.arange(-12, 13, device=picture.device, dtype=picture.dtype)
    kernel = torch.exp(-0.5 * (offsets * factor / reach) ** 2)
    kernel = (kernel / kernel.sum()).repeat(picture.shape[1], 1, 1, 1)
    small = F.conv2d(F.pad(small, (12, 12, 0, 0), mode="replicate"), kernel, groups=picture.shape[1])
    small = F.conv2d(
        F.pad(small, (0, 0, 12, 12), mode="replicate"), kernel.transpose(2, 3), groups=picture.shape[1]
    )
    return F.interpolate(small, picture.shape[-2:], mode="bilinear") if factor > 1 else small


def in_colours_around(content: Tensor, painted: Tensor, known: Tensor) -> Tensor:
    """The content (1, 3, H, W) in the colours that light and dark have around, where `painted` (1, 3, H, W)
    is `known` (1, 1, H, W).

    Each colour is a linear function of the content's luminance, fitted near each pixel, as in the guided
    filter of He et al. 2010. Where painted strokes have little to do with the content that is flat, and
    things could not be told apart; so luminance is given as much contrast as it has around, but no more than
    the content's; and that, as where a painting begins, far from all that is known.
    """

    def luminance(picture: Tensor) -> Tensor:
        return (picture * picture.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)

    y, light = luminance(content), luminance(painted)
    around = torch.cat((torch.ones_like(y), y, y * y, light * light, painted, y * painted), 1) * known
    reach = max(content.shape[-2:]) / 16
    sums = blur(around, reach) + 1e-3 * around.mean(
        (2, 3), keepdim=True
    )  # far from all that is known, what is known at all counts
    count, first, second, lights, colour, product = sums.split((1, 1, 1, 1, 3, 3), 1)
    first, second, lights, colour, product = (
        part / count.clamp(min=1e-9) for part in (first, second, lights, colour, product)
    )
    variance = second - first * first + 0.002
    fitted, new = colour + (product - first * colour) / variance * (y - first), 1 - known
    contrast = ((lights - luminance(colour) ** 2).clamp(min=0) / variance).sqrt().clamp(max=1)
    contrast = 1 + (2 * count).clamp(max=1) * (
        contrast - 1
    )  # at the edge of what is known, half of what is around counts
    missing = contrast * y - luminance(fitted)
    shift, share = blur(torch.cat((missing * new, new), 1), reach).split(1, 1)
    return (fitted + missing - shift / share.clamp(min=1e-6)).clamp(0, 1)
