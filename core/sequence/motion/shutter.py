"""Motion blur of painted frames: what a frame shows of its motion while the shutter is open.

A renderer's own motion blur hides how things move, so a shot is rendered and painted sharp, and blurred last.
As in McGuire et al. 2012, "A reconstruction filter for plausible motion blur", a pixel gathers along the
longest motion around it, and nearer things blur over farther ones. Differs from the paper: it asks at a row
of moments what is at the pixel then, so that shutters which open or close at the frame itself and curved
motion come out as rendered; nothing is random; and in linear light, for it is light that adds up.
"""

import math
from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...files.light import to_display, to_linear
from .cameras import OUTSIDE
from .flow import SAME_DEPTH, coords_grid, sample

BLOCK = 96  # px a side: each is gathered at as many moments as its own motion asks for
LEAST = 0.25  # px; with less motion in and around it a block stays as it is
PER_PX = 1.0  # moments for each px of the longest motion while the shutter is open
LANDS = 0.75  # px: what is at most so far from a pixel at a moment is seen there


def blur_motion(
    picture: np.ndarray,
    flows: Sequence[np.ndarray],
    depth: np.ndarray | None,
    shutter: tuple[float, float],
    device: torch.device,
) -> np.ndarray:
    """A frame (H, W, 3 or 4), display-referred, 0 to 1, as a camera sees it whose shutter opens and closes at
    these times, in frames from its own.

    `flows`, each (h, w, 2) px, lead from this frame to where its points were one frame before, and will be
    one after; `depth` (h, w). Both are of any size. Where one flow is OUTSIDE, unknown, the other goes on as
    it came; where both are, nothing moves.
    """
    height, width = picture.shape[:2]
    motion = _motion(flows, depth, (height, width)).to(device)
    lengths = torch.cat([_moved(motion, at).square().sum(1, keepdim=True) for at in shutter]).sqrt()
    longest, result = lengths.amax(0)[0], picture.copy()  # (H, W)
    dominant = _dominant(motion, longest, max(math.ceil(longest.max().item()), 1))
    light = torch.from_numpy(_premultiplied(picture)).to(device)
    coords = coords_grid(torch.zeros_like(motion[:, :2]))
    for top in range(0, height, BLOCK):
        for left in range(0, width, BLOCK):
            part = (..., slice(top, top + BLOCK), slice(left, left + BLOCK))
            reach = dominant[part][:, 4].max().item()
            if reach < LEAST:
                continue
            count = math.ceil(PER_PX * reach * _share_open(shutter)) + 1
            opens, closes = shutter
            times = [opens + (closes - opens) * (k + 0.5) / count for k in range(count)]
            seen = _gather(light, motion, coords[part], dominant[part][:, :4], times)
            result[part[1:]] = _displayed(seen[0].permute(1, 2, 0).cpu().numpy())
    return result


def _share_open(shutter: tuple[float, float]) -> float:
    """How much longer the way is while the shutter is open than the longer of those to its ends."""
    return (shutter[1] - shutter[0]) / max(abs(shutter[0]), abs(shutter[1]))


def _motion(flows: Sequence[np.ndarray], depth: np.ndarray | None, shape: tuple[int, int]) -> Tensor:
    """(1, 5, H, W): the flows back and on, x before y, in px of this size, and the depth, 0 where unknown."""
    backward, forward = (np.where(np.abs(flow) < OUTSIDE, flow, np.nan) for flow in flows)
    backward, forward = (
        np.where(np.isnan(one).any(-1, keepdims=True), -other, one)
        for one, other in ((backward, forward), (forward, backward))
    )
    flat = np.zeros(backward.shape[:2], np.float32) if depth is None else depth
    joined = np.dstack((backward, forward, flat)).astype(np.float32)
    motion = torch.from_numpy(np.nan_to_num(joined, posinf=OUTSIDE)).permute(2, 0, 1)[None]
    factors = [shape[1] / motion.shape[3], shape[0] / motion.shape[2]]
    # The nearest one: between a thing's motion and that of what is behind it there is none.
    sized = F.interpolate(motion, shape, mode="nearest-exact")
    return sized * sized.new_tensor([*factors, *factors, 1]).view(1, 5, 1, 1)


def _moved(motion: Tensor, time: float) -> Tensor:
    """By how much points are displaced (1, 2, h, w) at this time: on the parabola through three places."""
    backward, forward = motion[:, :2], motion[:, 2:4]
    return (forward - backward) * (time / 2) + (forward + backward) * (time * time / 2)


def _dominant(motion: Tensor, lengths: Tensor, tile: int) -> Tensor:
    """Of each pixel the flows, and their length, of the pixel that moves farthest in its tile and those
    around: (1, 5, H, W). McGuire et al. 2012, section 2.2, TileMax and NeighborMax.
    """
    height, width = lengths.shape
    longest, places = F.max_pool2d(lengths[None, None], tile, tile, ceil_mode=True, return_indices=True)
    longest, tiles = F.max_pool2d(longest, 3, 1, 1, return_indices=True)
    pixels = places.flatten()[tiles]
    flows = motion[0, :4].flatten(1)[:, pixels[0, 0]][None]
    found = torch.cat((flows, longest), 1).repeat_interleave(tile, 2).repeat_interleave(tile, 3)
    return found[..., :height, :width]


def _gather(
    light: Tensor, motion: Tensor, coords: Tensor, dominant: Tensor, times: Sequence[float]
) -> Tensor:
    """The mean over the times of what is at `coords` (1, 2, h, w) then, (1, C, h, w)."""
    own = sample(motion, coords, "nearest")
    total = light.new_zeros(1, light.shape[1], *coords.shape[-2:])
    for time in times:
        ways = [_came_from(motion, coords, guess, time) for guess in (own, dominant)]
        (here, lands, depth), (there, arrives, farther) = ways
        # What neither way finds was hidden, and is like what is around it: what lies behind, on the way.
        behind = -_moved(own, time)
        hides = sample(motion[:, 4:], coords + behind, "nearest") < own[:, 4:] * (1 - SAME_DEPTH)
        here = torch.where(lands, here, torch.where(hides, torch.zeros_like(behind), behind))
        nearer = (farther < depth * (1 - SAME_DEPTH)).float() + (farther <= depth * (1 + SAME_DEPTH))
        share = torch.where(lands, nearer / 2, 1) * arrives
        total += torch.lerp(sample(light, coords + here), sample(light, coords + there), share)
    return total / len(times)


def _came_from(motion: Tensor, coords: Tensor, guess: Tensor, time: float) -> tuple[Tensor, Tensor, Tensor]:
    """Where the point is in the frame that is at a pixel at this time, as an offset (1, 2, h, w); whether it
    is there at all, (1, 1, h, w), bool; and its depth. Begins with the pixel's way by the motion `guess`.
    """
    offset = -_moved(sample(motion, coords - _moved(guess, time), "nearest"), time)
    found = sample(motion, coords + offset, "nearest")
    lands = (offset + _moved(found, time)).square().sum(1, keepdim=True) <= LANDS**2
    return offset, lands, found[:, 4:]


def _premultiplied(picture: np.ndarray) -> np.ndarray:
    """Display-referred (H, W, 3 or 4) as linear light (1, 3 or 4, H, W)."""
    colours, alpha = to_linear(picture[..., :3]), picture[..., 3:]
    linear = np.dstack((colours * alpha, alpha)) if alpha.size else colours
    return np.ascontiguousarray(np.moveaxis(linear, -1, 0), np.float32)[None]


def _displayed(linear: np.ndarray) -> np.ndarray:
    """The way back, (H, W, 3 or 4)."""
    colours, alpha = linear[..., :3], linear[..., 3:]
    if not alpha.size:
        return to_display(colours)
    opaque = np.divide(colours, alpha, out=np.zeros_like(colours), where=alpha > 0)
    return np.dstack((to_display(opaque), alpha))
