"""Warping along optical flow, and where that can be trusted, after Ruder et al. 2016.

Flows are tensors (1, 2, H, W) in pixels, x to the right first, then y down. A backward flow belongs to the
later frame: what is at p there was at p + flow in the earlier one. A forward flow belongs to the earlier
frame: what is at p there will be at p + flow in the later one.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ...style.colour import LUMA

if TYPE_CHECKING:
    import numpy as np

    from .frame_motion import Motion
    from .silhouettes import Silhouettes

# Ruder et al. 2016, equation 5: tolerance, relative to the squared lengths of both flows, and in px².
FB_TOLERANCE = (0.01, 0.5)
# Ruder et al. 2016, equation 6: of the flow's squared gradient, relative to its squared length, and in px².
BOUNDARY_TOLERANCE = (0.01, 0.002)
STILL_SPEED = 0.25  # px a frame, below which an occluded point is taken to be where it was
SAME_DEPTH = 0.1  # relative difference below which two depths are of one surface, seen a frame apart
# For recolouring, as shares of the longer side, of the range 0 to 1 squared, and of the mean of the sums.
RECOLOUR_RADIUS, RECOLOUR_VARIANCE, RECOLOUR_GLOBAL = 1 / 16, 0.002, 1e-3
BLUR_TAPS = 12  # on either side of the centre: 1.5 deviations or more


def coords_grid(flow: Tensor) -> Tensor:
    """The pixel coordinates (1, 2, H, W), x first, that the flow leads to from each pixel."""
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    return flow + torch.stack((x, y))[None]


def warp(picture: Tensor, flow: Tensor, mode: str = "bilinear") -> Tensor:
    """Sample a picture (1, C, H, W) at pixel + flow, edges repeated outside; `mode` as of `grid_sample`."""
    return sample(picture, coords_grid(flow), mode)


def sample(picture: Tensor, coords: Tensor, mode: str = "bilinear") -> Tensor:
    """A picture (1, C, H, W) at these coordinates (1, 2, h, w), likewise."""
    height, width = picture.shape[-2:]
    # (1, h, w, 2), from -1 to 1
    normalised = torch.stack(
        (coords[:, 0] * (2 / max(width - 1, 1)) - 1, coords[:, 1] * (2 / max(height - 1, 1)) - 1), -1
    )
    return F.grid_sample(picture, normalised, mode, "border", align_corners=True)


def inside(flow: Tensor) -> Tensor:
    """Where the flow leads to a pixel inside the frame, (1, 1, H, W), bool."""
    coords, (height, width) = coords_grid(flow), flow.shape[-2:]
    x, y = coords[:, :1], coords[:, 1:]
    return (x >= 0) & (x <= width - 1) & (y >= 0) & (y <= height - 1)


def consistent_mask(backward: Tensor, forward: Tensor) -> Tensor:
    """The forward-backward consistency check: where the later frame shows what the earlier one showed too,
    (1, 1, H, W), bool. Ruder et al. 2016, equation 5.
    """
    warped_forward = warp(forward, backward)  # w~ of the paper
    error = (warped_forward + backward).square().sum(1, keepdim=True)
    lengths = warped_forward.square().sum(1, keepdim=True) + backward.square().sum(1, keepdim=True)
    relative, absolute = FB_TOLERANCE
    return (error <= relative * lengths + absolute) & inside(backward)


def motion_boundary(backward: Tensor) -> Tensor:
    """Where an estimated flow cannot be trusted, (1, 1, H, W), bool: Ruder et al. 2016, equation 6."""
    across = F.pad(backward.diff(dim=3), (0, 1, 0, 0), mode="replicate").square().sum(1, keepdim=True)
    down = F.pad(backward.diff(dim=2), (0, 0, 0, 1), mode="replicate").square().sum(1, keepdim=True)
    relative, absolute = BOUNDARY_TOLERANCE
    return across + down > relative * backward.square().sum(1, keepdim=True) + absolute


def fit_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """The flow (1, 2, height, width) of the picture at another size, in px of that."""
    if flow.shape[-2:] == (height, width):
        return flow
    factors = flow.new_tensor([width / flow.shape[3], height / flow.shape[2]]).view(1, 2, 1, 1)
    return F.interpolate(flow, (height, width), mode="bilinear", antialias=True) * factors


def same_surface(
    backward: Tensor, depths: tuple[Tensor, Tensor] | None, indices: tuple[Tensor, Tensor] | None
) -> Tensor | bool:
    """Where the flow leads to the same object and depth, (1, 1, H, W), bool, or True where neither is known;
    both are pairs (earlier, later) of (1, 1, H, W).

    Needed because the forward-backward check misses disocclusions of less than half a pixel a frame, and a
    trail would stay behind.
    """
    same: Tensor | bool = True
    if indices is not None:
        same = warp(indices[0], backward, "nearest") == indices[1]
    if depths is not None:
        # Between pixels the depth may be any neighbour's; they differ much on a plane at a grazing angle.
        nearest, farthest = -F.max_pool2d(-depths[0], 3, 1, 1), F.max_pool2d(depths[0], 3, 1, 1)
        low, high = (warp(bound, backward, "nearest") for bound in (nearest, farthest))
        same = same & (depths[1] >= low * (1 - SAME_DEPTH)) & (depths[1] <= high * (1 + SAME_DEPTH))
    return same


class Correspondence(NamedTuple):
    """From a frame to the one at `distance` from it: the `flow` (1, 2, h, w), and the consistency weight (1,
    1, h, w), 0 to 1, by which it is compared with that one.
    """

    distance: int
    flow: Tensor
    weight: Tensor


def long_term_correspondences(
    motions: "Iterable[Motion]",
    distances: Sequence[int],
    shape: tuple[int, int],
    device: torch.device,
    max_occlusion: int = 1000,
    silhouettes: "Silhouettes | None" = None,
) -> list[Correspondence]:
    """The correspondences of a frame at these distances, nearest first, at the size `shape`; `motions` lead
    one frame back each, the newest first.

    As in Ruder et al. 2016, equation 9, a farther frame counts only where no nearer one is consistent.
    Differs from the paper: the flow to a farther frame is the concatenation of those in between, not an
    estimate of its own. With exact depths, a point may be occluded in between for `max_occlusion` frames, or
    for ever if it stands still. And with `silhouettes` a frame does not count where one was left, and where
    one mixes pixels, no motion is followed: it may be that of the other side.
    """

    def tensor(array: "np.ndarray") -> Tensor:
        return torch.from_numpy(array).to(device)

    result: list[Correspondence] = []
    claimed: Tensor | float = 0.0  # the sum of the nearer frames' weights, (1, 1, h, w)
    newest: Motion | None = None
    # `backward` (1, 2, H, W) is the flow so far, `step` its last link, `seen` (1, 1, H, W), bool, where it
    # can be trusted, and `occluded` (1, 1, H, W) for how many frames the point has been hidden.
    for distance, motion in zip(range(1, max(distances, default=0) + 1), motions):  # noqa: B905 - there may be fewer motions
        link, link_back = (tensor(flow).permute(2, 0, 1)[None] for flow in (motion.backward, motion.forward))
        linked = consistent_mask(link, link_back) & same_surface(link, *_surfaces(motion, motion, tensor))
        if not motion.exact:
            linked &= ~motion_boundary(link)
        if newest is None:
            newest, backward, step, seen = motion, link, link, linked
            known, occluded = motion.exact and motion.depths is not None, torch.zeros_like(link[:, :1])
        else:
            # An occluded point goes on at its last speed until its surface shows again.
            if silhouettes:
                linked &= ~silhouettes.mixed(motion, device)
            follows = seen & (warp(linked.float(), backward, "nearest") > 0)
            step = torch.where(follows, warp(link, backward), step)
            backward = backward + step
            occluded = torch.where(follows, 0, occluded + 1)
            seen = follows
            if known:
                bridged = (occluded <= max_occlusion) | (step.square().sum(1, keepdim=True) < STILL_SPEED**2)
                seen = seen | bridged & inside(backward) & same_surface(
                    backward, *_surfaces(motion, newest, tensor)
                )
        if distance in distances:
            counts = seen & ~silhouettes.left(backward, motion, newest) if silhouettes else seen
            weight = counts.float()
            if weight.shape[-2:] != shape:
                weight = F.interpolate(weight, shape, mode="bilinear", antialias=True)
            result.append(
                Correspondence(distance, fit_flow(backward, *shape), (weight - claimed).clamp(min=0))
            )
            claimed = claimed + weight
    return result


def _surfaces(
    earlier: "Motion", later: "Motion", tensor: "Callable[[np.ndarray], Tensor]"
) -> tuple[tuple[Tensor, Tensor] | None, tuple[Tensor, Tensor] | None]:
    """Depths and object indices, (1, 1, H, W), of the one motion's earlier frame and the other one's later
    frame; None where either is unknown.
    """

    def pair(
        before: "tuple[np.ndarray, np.ndarray] | None", now: "tuple[np.ndarray, np.ndarray] | None"
    ) -> tuple[Tensor, Tensor] | None:
        if before is None or now is None:
            return None
        return tensor(before[0])[None, None], tensor(now[1])[None, None]

    return pair(earlier.depths, later.depths), pair(earlier.indices, later.indices)


def dilate(mask: Tensor, radius: int) -> Tensor:
    """A mask (1, 1, H, W), 0 to 1, dilated by a square."""
    rows = F.max_pool2d(mask, (1, 2 * radius + 1), 1, (0, radius))
    return F.max_pool2d(rows, (2 * radius + 1, 1), 1, (radius, 0))


def erode(mask: Tensor, radius: int) -> Tensor:
    """A mask (1, 1, H, W), 0 to 1, eroded by a square; the picture's own edges do not erode it."""
    return -dilate(-mask, radius)


def blur(picture: Tensor, sigma: float) -> Tensor:
    """A picture (1, C, H, W) blurred by a Gaussian with this deviation in px. A wide one is computed at a
    smaller size, which makes no visible difference.
    """
    factor = max(int(sigma / 4), 1)
    small = F.avg_pool2d(picture, factor, ceil_mode=True, count_include_pad=False) if factor > 1 else picture
    offsets = torch.arange(-BLUR_TAPS, BLUR_TAPS + 1, device=picture.device, dtype=picture.dtype)
    kernel = torch.exp(-0.5 * (offsets * factor / sigma) ** 2)
    kernel = (kernel / kernel.sum()).repeat(picture.shape[1], 1, 1, 1)  # (C, 1, 1, taps)
    small = F.conv2d(
        F.pad(small, (BLUR_TAPS, BLUR_TAPS, 0, 0), mode="replicate"), kernel, groups=picture.shape[1]
    )
    small = F.conv2d(
        F.pad(small, (0, 0, BLUR_TAPS, BLUR_TAPS), mode="replicate"),
        kernel.transpose(2, 3),
        groups=picture.shape[1],
    )
    return F.interpolate(small, picture.shape[-2:], mode="bilinear") if factor > 1 else small


def recolour_disocclusions(content: Tensor, painted: Tensor, known: Tensor) -> Tensor:
    """Recolour the content (1, 3, H, W) like the painting (1, 3, H, W) around it; `painted` counts where
    `known` (1, 1, H, W), 0 to 1, says so.

    Around each pixel a linear map from the content's luminance I to the painting's RGB p is fitted, as in the
    guided filter of He et al. 2010: p = a I + b. Where painted strokes have little to do with the content, a
    is near 0 and things could not be told apart. So luminance is then given the contrast that the painting
    has around, at most the content's own, and faded to that far from known pixels, where a painting would
    begin with the content.
    """

    def luminance(picture: Tensor) -> Tensor:
        return (picture * picture.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True)

    I, painted_luminance = luminance(content), luminance(painted)  # (1, 1, H, W)  # noqa: E741 - He's name
    products = torch.cat(
        (torch.ones_like(I), I, I * I, painted_luminance * painted_luminance, painted, I * painted), 1
    )
    products = products * known  # (1, 10, H, W)
    radius = RECOLOUR_RADIUS * max(content.shape[-2:])
    # Far from all known pixels their mean over the picture counts.
    sums = blur(products, radius) + RECOLOUR_GLOBAL * products.mean((2, 3), keepdim=True)
    share, *sums_of = sums.split((1, 1, 1, 1, 3, 3), 1)
    mean_I, corr_I, mean_luminance2, mean_p, corr_Ip = (part / share.clamp(min=1e-9) for part in sums_of)
    var_I = corr_I - mean_I * mean_I + RECOLOUR_VARIANCE
    cov_Ip = corr_Ip - mean_I * mean_p
    a = cov_Ip / var_I
    fitted = mean_p + a * (I - mean_I)  # a I + b, with b = mean_p - a mean_I
    unknown = 1 - known
    contrast = ((mean_luminance2 - luminance(mean_p) ** 2).clamp(min=0) / var_I).sqrt().clamp(max=1)
    # Full from the border of the known pixels on, where half of the neighbourhood is known.
    contrast = 1 + (2 * share).clamp(max=1) * (contrast - 1)
    missing = contrast * I - luminance(fitted)
    # The shift keeps the mean luminance of the unknown neighbourhood as fitted.
    shift, unknown_share = blur(torch.cat((missing * unknown, unknown), 1), radius).split(1, 1)
    return (fitted + missing - shift / unknown_share.clamp(min=1e-6)).clamp(0, 1)
