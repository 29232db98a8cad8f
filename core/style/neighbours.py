"""The nearest neighbours of a painting's features among those of a style, after Kolkin et al. 2022, "Neural
Neighbor Style Transfer".

Features are compared on a grid of GRID px: each position's features of all matched layers side by side, (C,).
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import EncoderArchitecture, stride

GRID = 4  # px from one position to the next
# Subtracted from the cosine similarity of a position that is used as often as the average: without it one
# patch of the style repeats in flat parts (the occurrence penalty of Zhou et al. 2023, "Neural Texture
# Synthesis with Guided Correspondence").
OCCURRENCE_PENALTY = 0.03
ROWS = 2048  # positions that are compared at a time, for the memory that similarities take
# The convolution of each block whose features are matched; of a block with fewer the last one.
MATCHED = {1: 1, 2: 2, 3: 2, 4: 1}


def matched_layers(architecture: EncoderArchitecture) -> list[str]:
    """The layers whose features are matched, of the blocks 1 to 4."""
    return [
        f"relu{block}_{min(MATCHED[block], len(widths))}"
        for block, widths in enumerate(architecture.blocks, 1)
        if block in MATCHED
    ]


@dataclass(frozen=True)
class Field:
    """The neighbours of each position of a grid (h, w).

    `places` (styles, h, w) are their indices in each style's grid, and `styles` (h, w) the number of the one
    that counts. `shapes` are the heights and widths of the styles' grids.
    """

    places: Tensor
    styles: Tensor
    shapes: list[tuple[int, int]]


def pooled(features: Tensor, layer: str) -> Tensor:
    """A layer's features (h, w, C), averaged down to the grid where they are finer than it."""
    factor = GRID // stride(layer)
    if factor <= 1:
        return features
    return F.avg_pool2d(features.permute(2, 0, 1)[None], factor)[0].permute(1, 2, 0)


def on_grid(features: dict[str, Tensor], shape: tuple[int, int], scales: dict[str, Tensor]) -> Tensor:
    """`pooled` features (h, w, C), each divided by its layer's scale, side by side: (H, W, sum of C).

    `shape` is the grid's height and width; coarser layers are interpolated.
    """
    parts = []
    for layer, scale in scales.items():
        planes = features[layer].permute(2, 0, 1)[None] / scale
        if planes.shape[-2:] != shape:
            planes = F.interpolate(planes, shape, mode="bilinear")
        parts.append(planes[0])
    return torch.cat(parts).permute(1, 2, 0)


def search(queries: Tensor, keys: Tensor) -> tuple[Tensor, Tensor]:
    """The nearest of `keys` (N, C) for each of `queries` (n, C), all of length 1: its index, and the cosine
    similarity, both (n,).

    A second round punishes keys by how often the first one took them.
    """
    penalty = queries.new_zeros(len(keys))
    for last in (False, True):
        found = [(part @ keys.T - penalty).max(1) for part in queries.split(ROWS)]
        best = torch.cat([indices for _, indices in found])
        if not last:
            penalty = _occurrence(best, len(keys))
    return best, torch.cat([values for values, _ in found])


def search_among(queries: Tensor, keys: Tensor, proposals: Tensor) -> tuple[Tensor, Tensor]:
    """As `search`, among the `proposals` (n, K) for each query, indices of keys.

    This is the coherence search of Ashikhmin 2001, "Synthesizing Natural Textures".
    """
    similar = torch.cat(
        [
            torch.einsum("nc,nkc->nk", part, keys[among])
            for part, among in zip(queries.split(ROWS), proposals.split(ROWS), strict=True)
        ]
    )
    best = proposals.gather(1, similar.argmax(1, keepdim=True))[:, 0]
    punished = similar - _occurrence(best, len(keys))[proposals]
    value, place = punished.max(1, keepdim=True)
    return proposals.gather(1, place)[:, 0], value[:, 0]


def _occurrence(best: Tensor, count: int) -> Tensor:
    """The penalty of each of `count` keys, from the indices that were taken: (count,)."""
    uses = torch.bincount(best, minlength=count).float()
    return OCCURRENCE_PENALTY * count / max(len(best), 1) * uses


def propose(field: Field, number: int, shape: tuple[int, int], keys: tuple[int, int]) -> Tensor:
    """What a `field` of another size, or of this one, proposes for a grid of `shape` (h, w): for each
    position the neighbours of the nine around it, moved along.

    The result (h, w, 9) are indices in the grid of style `number`, of `keys` (H, W) positions.
    """
    places, (height, width) = field.places[number], field.shapes[number]
    near, offsets = [], []  # down and across: the nine positions, and how far they are from the one
    for side, coarse in zip(shape, places.shape, strict=True):
        centre = (torch.arange(side, device=places.device) + 0.5) * (coarse / side)
        around = centre.long()[:, None] + torch.arange(-1, 2, device=places.device)
        near.append(around.clamp(0, coarse - 1))
        offsets.append(centre[:, None] - (near[-1] + 0.5))
    around = places[near[0][:, None, :, None], near[1][None, :, None, :]]
    rows, columns = (
        ((place + 0.5 + offset) * (new / old)).long().clamp(0, new - 1)
        for place, offset, new, old in (
            (around // width, offsets[0][:, None, :, None], keys[0], height),
            (around % width, offsets[1][None, :, None, :], keys[1], width),
        )
    )
    return (rows * keys[1] + columns).flatten(2)
