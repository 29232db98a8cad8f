"""Pictures and weights moved along with what they show, after Ruder et al. 2016, "Artistic style transfer for videos".

Flows are tensors (1, 2, H, W) in pixels, x to the right first, then y down. A backward flow belongs to the later frame:
what is at p there was at p + flow in the earlier one. A forward flow belongs to the earlier frame.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

OCCLUDED = (0.01, 0.5)  # of Ruder et al.: how far there and back may miss, as a share of the squared lengths, and in px squared
SAME_DEPTH = 0.1  # relative difference below which two depths are of one surface, seen a frame apart
BLUR = 3  # px: how wide the weights' edges are softened


def grid(flow: Tensor) -> Tensor:
    """Where the flow leads from each pixel, (1, 2, H, W), in pixels."""
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij")
    return flow + torch.stack((x, y))[None]


def warp(picture: Tensor, flow: Tensor, mode: str = "bilinear") -> Tensor:
    """Sample a picture (1, C, H, W) at pixel + flow; beyond its edges it goes on as at them. `mode` as of `grid_sample`."""
    at, (height, width) = grid(flow), flow.shape[-2:]
    at = torch.stack((at[:, 0] * (2 / max(width - 1, 1)) - 1, at[:, 1] * (2 / max(height - 1, 1)) - 1), -1)
    return F.grid_sample(picture, at, mode, "border", align_corners=True)


def inside(flow: Tensor) -> Tensor:
    """Where the flow leads to a pixel of the frame, (1, 1, H, W), true or false."""
    at, (height, width) = grid(flow), flow.shape[-2:]
    return ((at[:, :1] >= 0) & (at[:, :1] <= width - 1) & (at[:, 1:] >= 0) & (at[:, 1:] <= height - 1))


def compose(later: Tensor, earlier: Tensor) -> Tensor:
    """The backward flow over two stretches, of which `later` comes first; or a forward flow, its first stretch first."""
    return later + warp(earlier, later)


def visible(backward: Tensor, forward: Tensor) -> Tensor:
    """Where the later frame shows what the earlier one showed too, (1, 1, H, W): there and back ends where it began.

    Ruder et al. 2016, equation 5.
    """
    there = warp(forward, backward)
    missed = (there + backward).square().sum(1, keepdim=True)
    lengths = there.square().sum(1, keepdim=True) + backward.square().sum(1, keepdim=True)
    return (missed <= OCCLUDED[0] * lengths + OCCLUDED[1]) & inside(backward)


def motion_boundary(backward: Tensor) -> Tensor:
    """Where the flow breaks off, (1, 1, H, W): it cannot be trusted there when it is an estimate. Ruder et al. 2016, equation 6."""
    across = F.pad(backward.diff(dim=3), (0, 1, 0, 0), mode="replicate").square().sum(1, keepdim=True)
    down = F.pad(backward.diff(dim=2), (0, 0, 0, 1), mode="replicate").square().sum(1, keepdim=True)
    return across + down > 0.01 * backward.square().sum(1, keepdim=True) + 0.002


def fit_flow(flow: Tensor, height: int, width: int) -> Tensor:
    """The flow at another size of the picture."""
    if flow.shape[-2:] == (height, width):
        return flow
    factors = flow.new_tensor([width / flow.shape[3], height / flow.shape[2]]).view(1, 2, 1, 1)
    return F.interpolate(flow, (height, width), mode="bilinear", antialias=True) * factors
