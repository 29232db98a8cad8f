"""Pictures as arrays and as tensors, their sizes and margins."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

CACHED = 2**18  # numbers: 1 MB of float32, a core's own cache


def to_tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """Array (H, W, C) -> float32 tensor (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None].to(device)


def to_array(picture: Tensor) -> np.ndarray:
    """Tensor (1, C, H, W) -> float32 array (H, W, C), clipped to 0 to 1."""
    return np.ascontiguousarray(picture.detach()[0].clamp(0, 1).permute(1, 2, 0).float().cpu().numpy())


def resize(
    picture: Tensor,
    height: int,
    width: int,
    wrap: tuple[bool, bool] = (False, False),
    limits: tuple[float, float] | None = (0, 1),
) -> Tensor:
    """A picture (1, C, H, W) at another height and width in px, clipped to `limits`.

    It is bicubic, with a low-pass filter where the picture shrinks. `wrap` says for either axis, down and
    across, whether the picture continues at its other edge.
    """
    if picture.shape[-2:] == (height, width):
        return picture
    # What is added at the edges must have a whole number of pixels before and after.
    before, after = [], []
    for old, new, wraps in zip(picture.shape[-2:], (height, width), wrap, strict=True):
        common = math.gcd(old, new)
        least = old // common
        before.append(math.ceil(4 * max(1, old / new) / least) * least if wraps else 0)
        after.append(before[-1] * new // old)
    picture = pad(picture, (before[0], before[1]), wrap)
    resized = F.interpolate(
        picture, (height + 2 * after[0], width + 2 * after[1]), mode="bicubic", antialias=True
    )
    resized = resized if limits is None else resized.clamp(*limits)
    return resized[..., after[0] : after[0] + height, after[1] : after[1] + width]


def pad(picture: Tensor, margins: tuple[int, int], wrap: tuple[bool, bool] = (False, False)) -> Tensor:
    """The picture (B, C, H, W) with a margin in px above and below, and one left and right.

    A margin is mirrored; where the picture wraps it is from the other side.
    """
    for dim, margin, wraps in zip((2, 3), margins, wrap, strict=True):
        length = picture.shape[dim]
        if wraps:  # a small picture goes round more than once
            picture = picture.index_select(
                dim, torch.arange(-margin, length + margin, device=picture.device) % length
            )
        elif margin:
            sides = (0, 0, margin, margin) if dim == 2 else (margin, margin, 0, 0)
            picture = F.pad(picture, sides, mode="reflect" if length > margin else "replicate")
    return picture


def parts(rows: Tensor) -> list[slice]:
    """Slices of rows (..., N, C), each small enough for the processor's caches through several operations.

    A graphics card takes them whole.
    """
    count = rows.shape[-2]
    if rows.device.type != "cpu":
        return [slice(0, count)]
    step = max(CACHED * torch.get_num_threads() * count // max(rows.numel(), 1), 1)
    return [slice(start, start + step) for start in range(0, count, step)]
