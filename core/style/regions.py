"""Parts of a picture that are painted in styles of their own, after Gatys et al. 2017."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import stride
from .styles import Style

LEAST_SHARE = 0.2  # of a region's weight that must be left for an erosion to be taken


@dataclass(frozen=True)
class Region:
    """A part of the source and its styles with their weights; without styles it stays unpainted.

    `mask` is float32 (H, W), the source's size, top row first: 1 inside, 0 outside, between at soft edges.
    Overlapping masks are normalised to a sum of 1. What none covers is painted in the painting's own styles.
    """

    name: str
    mask: np.ndarray
    styles: tuple[tuple[Style, float], ...] = ()


def feather(mask: np.ndarray, radius: float) -> np.ndarray:
    """A mask (H, W), 0 to 1, blurred by a Gaussian with a deviation of `radius` / 2 px, cut off at `radius`.

    The result is float32 in steps of 16 bits: rounding errors do not keep a pixel from being 1 or 0.
    """
    whole = int(np.ceil(radius))
    if whole:
        offsets = np.arange(-whole, whole + 1)
        kernel = np.where(np.abs(offsets) <= radius, np.exp(-2 * (offsets / radius) ** 2), 0)
        kernel = (kernel / kernel.sum()).astype(np.float32)
        for _ in range(2):  # along the columns, then along the rows
            padded, count = np.pad(mask, ((whole, whole), (0, 0)), "edge"), len(mask)
            mask = sum(
                weight * padded[start : start + count] for start, weight in enumerate(kernel) if weight
            ).T
    return (np.rint(np.clip(mask, 0, 1) * 65535) / 65535).astype(np.float32)


@dataclass(frozen=True)
class Parts:
    """What is known of a source's parts: its regions, and its map of objects as in core.style.objects."""

    regions: Sequence[Region] = ()
    objects: np.ndarray | None = None


WHOLE = Parts()


@dataclass(frozen=True)
class Area:
    """A region as the engine sees it: a mask (1, 1, H, W), None for the whole picture, its styles with their
    weights, and what it weighs in the style loss.
    """

    mask: Tensor | None
    styles: tuple[tuple[Style, float], ...]
    weight: float = 1.0


def divide(
    styles: tuple[tuple[Style, float], ...], regions: Sequence[Region], device: torch.device
) -> tuple[list[Area], Tensor | None]:
    """The areas that are painted, and the part of the picture that they make up.

    The last area is what no region covers, in `styles`. The part is a mask (1, 1, H, W), None for everything.
    """
    if not regions:
        return [Area(None, styles)], None
    arrays = [torch.from_numpy(np.ascontiguousarray(region.mask, np.float32)) for region in regions]
    masks = torch.stack(arrays)[:, None, None].to(device).clamp(0, 1)  # (regions, 1, 1, H, W)
    masks = masks / masks.sum(0).clamp(min=1)
    areas = [Area(mask, region.styles) for mask, region in zip(masks, regions, strict=True) if region.styles]
    untouched = [mask for mask, region in zip(masks, regions, strict=True) if not region.styles]
    return [*areas, Area(1 - masks.sum(0), styles)], 1 - sum(untouched) if untouched else None


def position_weights(mask: Tensor, layer: str, radius: float) -> Tensor:
    """How much each position of a layer counts for a region: (h / stride, w / stride), 0 to 1.

    `mask` (1, 1, h, w) has the picture's size. As in Gatys et al. 2017 it is eroded, by `radius` px, so that
    no position counts that sees across the border. Differs in that a narrow region is eroded less.
    """
    weights = F.avg_pool2d(mask, stride(layer))
    for cells in (round(radius / stride(layer) * share) for share in (1, 0.5, 0.25)):
        eroded = weights
        for size in ((2 * cells + 1, 1), (1, 2 * cells + 1)):
            # Erosion. max_pool2d pads with minus infinity, so the picture's own edge is no border.
            eroded = -F.max_pool2d(-eroded, size, stride=1, padding=(size[0] // 2, size[1] // 2))
        if eroded.sum() > LEAST_SHARE * weights.sum():
            return eroded[0, 0]
    return weights[0, 0]
