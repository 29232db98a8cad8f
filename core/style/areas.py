"""Regions as the engine sees them: masks on the device, and what their positions count."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import stride
from .regions import Region, mask_shares
from .styles import Style

LEAST_SHARE = 0.2  # of a region's weight that must be left for an erosion to be taken


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
    rest, *masks = (
        torch.from_numpy(share)[None, None].to(device)
        for share in mask_shares(regions[0].mask.shape, regions)
    )
    areas = [Area(mask, region.styles) for mask, region in zip(masks, regions, strict=True) if region.styles]
    untouched = [mask for mask, region in zip(masks, regions, strict=True) if not region.styles]
    return [*areas, Area(rest, styles)], 1 - torch.stack(untouched).sum(0) if untouched else None


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
