"""The nearest neighbours of a painting's features among those of a style, after Kolkin et al. 2022, "Neural
Neighbor Style Transfer".

Features are compared on a grid of GRID px: at each position those of all matched layers, side by side.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import EncoderArchitecture, stride
from .objects import SHARED_COLOUR, share_colours

GRID = 4  # px from one position to the next
# The convolution of each block whose features are matched; of a block with fewer the last one.
MATCHED = {1: 1, 2: 2, 3: 2, 4: 1}
# Subtracted from the cosine similarity of a key that is used as often as the average: without it one patch of
# the style repeats in flat parts. It is the occurrence penalty of Zhou et al. 2023, "Neural Texture Synthesis
# with Guided Correspondence".
OCCURRENCE_PENALTY = 0.03
ROWS = 2048  # queries that are compared at a time, for the memory that similarities take
ROUNDS = 60  # of `share_out`


def matched_layers(architecture: EncoderArchitecture) -> list[str]:
    """The layers whose features are matched, of the blocks 1 to 4."""
    return [
        f"relu{block}_{min(MATCHED[block], len(widths))}"
        for block, widths in enumerate(architecture.blocks, 1)
        if block in MATCHED
    ]


def pooled(features: Tensor, layer: str) -> Tensor:
    """A layer's features (h, w, C), averaged down to the grid where they are finer than it."""
    factor = GRID // stride(layer)
    if factor <= 1:
        return features
    return F.avg_pool2d(features.permute(2, 0, 1)[None], factor)[0].permute(1, 2, 0)


class GridFeatures:
    """The features of a picture on the grid of `shape` (h, w), from its `pooled` ones (h', w', C) by layer.

    Each layer is divided by its scale, a tensor (); coarser ones are interpolated. With `objects` (h, w), a
    map of them on the grid, the parts of an object share their colour.
    """

    def __init__(
        self,
        features: dict[str, Tensor],
        shape: tuple[int, int],
        scales: dict[str, Tensor],
        objects: Tensor | None = None,
    ):
        self._layers = []  # (h w, C) each
        for layer, scale in scales.items():
            planes = (features[layer] / scale).permute(2, 0, 1)[None]
            if planes.shape[-2:] != shape:
                planes = F.interpolate(planes, shape, mode="bilinear")
            self._layers.append(planes[0].flatten(1).T)
        if objects is not None:  # the finest layer alone tells colours apart
            self._layers[0] = share_colours(self._layers[0], objects, SHARED_COLOUR)

    def mean(self) -> Tensor:
        """(C,)"""
        return torch.cat([layer.mean(0) for layer in self._layers])

    def directions(self, positions: Tensor, centre: Tensor) -> Tensor:
        """The features (n, C) at these positions (n,), less `centre` (C,), scaled to length 1."""
        return F.normalize(torch.cat([layer[positions] for layer in self._layers], 1) - centre, dim=1)


@dataclass(frozen=True)
class Field:
    """The nearest neighbours of each position of a grid (h, w).

    `places` (styles, h, w) are their positions in each style's grid, whose heights and widths are `shapes`;
    `chosen` (h, w) is the number of the style that counts.
    """

    places: Tensor
    chosen: Tensor
    shapes: list[tuple[int, int]]


def search(
    picture: GridFeatures, positions: Tensor, keys: Tensor, centre: Tensor, proposals: Tensor | None = None
) -> tuple[Tensor, Tensor]:
    """The nearest of `keys` (N, C), of length 1, to the picture at each of `positions` (n,): its number, and
    the cosine similarity, both (n,).

    With `proposals` (n, K) only those keys are compared: the coherence search of Ashikhmin 2001,
    "Synthesizing Natural Textures". A second round punishes keys by how often the first one took them.
    """
    penalty = keys.new_zeros(len(keys))
    among = None if proposals is None else proposals.split(ROWS)
    for _ in range(2):
        found = []
        for number, part in enumerate(positions.split(ROWS)):
            queries = picture.directions(part, centre)
            if among is None:
                similar, best = (queries @ keys.T - penalty).max(1)
            else:
                similar = torch.einsum("nc,nkc->nk", queries, keys[among[number]]) - penalty[among[number]]
                similar, best = similar.max(1)
                best = among[number].gather(1, best[:, None])[:, 0]
            found.append((best, similar))
        nearest, similarities = (torch.cat(parts) for parts in zip(*found, strict=True))
        uses = torch.bincount(nearest, minlength=len(keys))
        penalty = OCCURRENCE_PENALTY * len(keys) / max(len(positions), 1) * uses
    return nearest, similarities


def propose(field: Field, number: int, shape: tuple[int, int], keys: tuple[int, int]) -> Tensor:
    """What a `field` of another size, or of this one, proposes for a grid of `shape` (h, w).

    For each position these are the neighbours of the nine around it, moved along: (h w, 9) positions in the
    grid of style `number`, which has `keys` (H, W) now.
    """
    places, (height, width) = field.places[number], field.shapes[number]
    near, offsets = [], []  # down and across: the nine positions, and how far the one is from each
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
    return (rows * keys[1] + columns).flatten(2).flatten(0, 1)


def share_out(similarities: Tensor, weights: list[float]) -> Tensor:
    """Which of several styles each position takes: (n,), from its similarities (n, styles).

    Each style gets as many positions as its weight's share, those that it fits best: offsets are added to the
    similarities until the shares agree.
    """
    wanted = similarities.new_tensor(weights) / sum(weights)
    offsets, step = torch.zeros_like(wanted), 0.5
    for _ in range(ROUNDS if len(weights) > 1 else 0):
        taken = F.one_hot((similarities + offsets).argmax(1), len(weights)).float().mean(0)
        offsets, step = offsets + step * (wanted - taken), 0.95 * step
    return (similarities + offsets).argmax(1)
