"""The nearest neighbours of a painting's features among those of a style, after Kolkin et al. 2022, "Neural
Neighbor Style Transfer".

Features are compared on a grid of GRID px: at each position those of all matched layers, side by side.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import Encoder, EncoderArchitecture, stride
from .losses import metrics, transformed
from .objects import SHARED_COLOUR, at_size, share_colours
from .styles import Style

GRID = 4  # px from one position to the next
# The convolution of each block whose features are matched; of a block with fewer the last one.
MATCHED = {1: 1, 2: 2, 3: 2, 4: 1}
# What the finest layer counts in finding neighbours, where others count 1. It alone tells colours apart: of
# flat parts the others only see that they are flat, and a lake would be found in the sky's paper.
COLOUR = 2.0
# Subtracted from the cosine similarity of a key that is used as often as the average: without it one patch of
# the style repeats in flat parts. It is the occurrence penalty of Zhou et al. 2023, "Neural Texture Synthesis
# with Guided Correspondence".
OCCURRENCE_PENALTY = 0.03
# Queries that are compared at a time: with all keys, for the memory that similarities take, and with what is
# proposed, for the processor's cache.
ROWS, PROPOSED_ROWS = 2048, 512
ROUNDS = 60  # of `share_out`
LEAST_KEYS = 16  # of a thing in a style, from which on it is painted by those alone


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


def length_and_dual(offsets: Tensor, metric: Tensor | None) -> tuple[Tensor, Tensor]:
    """The lengths (..., 1) of offsets x (..., C) by the metric M (C, C), x^T M x being the square, and M x.

    Without a metric they are Euclidean.
    """
    dual = offsets if metric is None else offsets @ metric
    return (offsets * dual).sum(-1, keepdim=True).sqrt().clamp(min=1e-6), dual


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


class StyleFeatures:
    """The features of several styles among which neighbours are found: of their pictures with a longer side
    of `side` px, by layer, compared after a layer's transform (C, C) where there is one.

    `rows` (N, C) by layer has those of one style after the other's, and `means` (C,) their mean. `grids` are
    the heights and widths of the styles' grids, `keys` (H W, C) what is compared there, and `ids` (H W,)
    those of the styles that have some.
    """

    def __init__(
        self,
        styles: Sequence[Style],
        layers: Sequence[str],
        transforms: Mapping[str, Tensor],
        encoder: Encoder,
        side: float,
        pooling: str,
    ):
        device = encoder.mean.device
        found = [style.features(encoder, side, device, set(layers), pooling) for style in styles]
        maps = {
            layer: [transformed(features[layer], layer, transforms) for features in found] for layer in layers
        }
        self.rows = {layer: torch.cat([f[layer].flatten(0, 1) for f in found]) for layer in layers}
        self.means = {layer: rows.mean(0) for layer, rows in self.rows.items()}
        self.metrics = metrics(transforms)
        self._sizes = {
            layer: torch.tensor([f.shape[:2] for f in maps[layer]], device=device) for layer in layers
        }
        self.scales = {
            layer: length_and_dual(rows - self.means[layer], self.metrics.get(layer))[0]
            .square()
            .mean()
            .sqrt()
            for layer, rows in self.rows.items()
        }
        self.scales[layers[0]] = self.scales[layers[0]] / COLOUR
        at_grid = next(layer for layer in reversed(layers) if stride(layer) <= GRID)
        factor = GRID // stride(at_grid)
        self.grids = [(f.shape[0] // factor, f.shape[1] // factor) for f in maps[at_grid]]
        grids = [
            GridFeatures({layer: pooled(maps[layer][n], layer) for layer in layers}, shape, self.scales)
            for n, shape in enumerate(self.grids)
        ]
        self.centre = torch.stack([grid.mean() for grid in grids]).mean(0)
        self.keys = [
            grid.directions(torch.arange(math.prod(shape), device=device), self.centre)
            for grid, shape in zip(grids, self.grids, strict=True)
        ]
        self.ids = [
            None if style.ids is None else at_size(torch.from_numpy(style.ids).to(device), *shape).flatten()
            for style, shape in zip(styles, self.grids, strict=True)
        ]

    def directed(self, layer: str, targets: Tensor) -> Tensor:
        """The duals of targets (N, C), less the mean, over their lengths: see `length_and_dual`."""
        lengths, dual = length_and_dual(targets - self.means[layer], self.metrics.get(layer))
        return dual / lengths

    def neighbours(self, field: "Field", layer: str, place: tuple[slice, slice]) -> Tensor:
        """The `rows` of a layer that the field gives to a `place`, rows and columns of its features: (N,).

        A coarser layer takes the neighbour at its cell's centre, of a finer one each position the same part
        of it.
        """
        coarser, finer = max(stride(layer) // GRID, 1), max(GRID // stride(layer), 1)
        at, within = [], []
        for side, length in zip(place, field.chosen.shape, strict=True):
            here = torch.arange(side.start, side.stop, device=field.chosen.device)
            at.append((here // finer * coarser + coarser // 2).clamp(max=length - 1))
            within.append(here % finer)
        cells = at[0][:, None], at[1][None]
        chosen = field.chosen[cells]
        positions = field.places[chosen, cells[0], cells[1]]
        widths = torch.tensor([width for _, width in self.grids], device=chosen.device)[chosen]
        sizes = self._sizes[layer]
        starts = sizes.prod(1).cumsum(0) - sizes.prod(1)
        rows = positions // widths // coarser * finer + within[0][:, None]
        columns = positions % widths // coarser * finer + within[1][None]
        rows = torch.minimum(rows, sizes[chosen, 0] - 1)
        columns = torch.minimum(columns, sizes[chosen, 1] - 1)
        return (starts[chosen] + rows * sizes[chosen, 1] + columns).flatten()


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
    known = None if proposals is None else _similar_to(picture, positions, keys, centre, proposals)
    for _ in range(2):
        if proposals is None or known is None:
            found = [
                (picture.directions(part, centre) @ keys.T).sub_(penalty).max(1)
                for part in positions.split(ROWS)
            ]
            similarities, nearest = (torch.cat(parts) for parts in zip(*found, strict=True))
        else:
            similarities, best = (known - penalty[proposals]).max(1)
            nearest = proposals.gather(1, best[:, None])[:, 0]
        uses = torch.bincount(nearest, minlength=len(keys))
        penalty = OCCURRENCE_PENALTY * len(keys) / max(len(positions), 1) * uses
    return nearest, similarities


def search_by_id(
    picture: GridFeatures, positions: Tensor, ids: Tensor, keys: Tensor, key_ids: Tensor, centre: Tensor
) -> tuple[Tensor, Tensor]:
    """As `search`, but each position, of which `ids` (n,) say what is there, takes a key of the same thing;
    one of any thing where fewer than LEAST_KEYS show it. `key_ids` (N,) are those of the keys.
    """
    found, similar = torch.zeros_like(positions), keys.new_zeros(len(positions))
    counted = (key_ids >= 0).nonzero()[:, 0]
    for one in ids.unique():
        here, same = (ids == one).nonzero()[:, 0], (key_ids == one).nonzero()[:, 0]
        among = same if len(same) >= LEAST_KEYS else counted
        nearest, similar[here] = search(picture, positions[here], keys[among], centre)
        found[here] = among[nearest]
    return found, similar


def _similar_to(
    picture: GridFeatures, positions: Tensor, keys: Tensor, centre: Tensor, proposals: Tensor
) -> Tensor:
    """The cosine similarities (n, K) of the picture at `positions` (n,) to the `proposals` (n, K) there."""
    found = []
    for part, among in zip(positions.split(PROPOSED_ROWS), proposals.split(PROPOSED_ROWS), strict=True):
        proposed = keys.index_select(0, among.flatten()).view(*among.shape, -1)
        found.append((proposed * picture.directions(part, centre)[:, None]).sum(-1))
    return torch.cat(found)


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
