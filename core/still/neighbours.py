"""The style term by nearest neighbours: each feature of the painting approaches a real one of the style."""

import math
from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import Encoder, stride
from ..style.neighbours import GRID, Field, GridFeatures, pooled, propose, search, share_out
from ..style.objects import at_size
from ..style.regions import Area
from .terms import TileFeatures

# Pairs of positions up to which all are compared; above it only those that a coarser size proposes.
EXHAUSTIVE = 2**26


# What the finest layer counts in finding neighbours, where the others count 1. It alone tells colours apart:
# of flat parts the others only see that they are flat, and a lake would be found in the sky's paper.
COLOUR = 3.0


class _CosineDistance(torch.autograd.Function):
    """The sum over rows (N, C) of 1 - the cosine of the angle to `directions` (N, C), which have length 1."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, directions: Tensor) -> Tensor:
        lengths = rows.norm(dim=1, keepdim=True).clamp(min=1e-6)
        cosines = torch.einsum("nc,nc->n", rows, directions)[:, None] / lengths
        ctx.save_for_backward(rows, directions, lengths, cosines)
        return len(rows) - cosines.sum()

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        rows, directions, lengths, cosines = ctx.saved_tensors
        return (rows * (cosines / lengths) - directions) * (upstream / lengths), None


class NeighbourTerm:
    """The mean cosine distance of the painting's features to their nearest neighbours in the style, by layer.

    Features are taken less the style's mean. `layers` are weights, `transforms` as in `StyleTerm`, `shape` is
    the picture's (h, w). Below full `strength` (0 to 1) the targets lie between the source's features and
    their neighbours. Differs from Kolkin et al. 2022: one field of neighbours serves all layers, each at its
    own stride, so that nothing is interpolated in the loop.
    """

    def __init__(
        self, layers: dict[str, float], transforms: dict[str, Tensor], shape: tuple[int, int], strength: float
    ):
        self.layers, self.transforms, self.shape, self.strength = layers, transforms, shape, strength
        self.grid = (max(shape[0] // GRID, 1), max(shape[1] // GRID, 1))
        self.field: Field | None = None
        self._objects: Tensor | None = None  # on the grid (h, w), see core.style.objects
        self._collected: dict[
            str, Tensor
        ] = {}  # the picture's pooled features (h, w, C), while it is matched
        self._source: dict[str, Tensor] = {}  # the source's features (h, w, C), below full strength
        self._targets: dict[str, Tensor] = {}  # what `_directions` found for a picture that is taken whole

    @torch.no_grad()
    def set_areas(self, areas: Sequence[Area]) -> None:
        """Take the picture's areas: each position belongs to the one that covers most of it."""
        # The first of several with the same styles is the largest.
        unique = {
            tuple((id(style), weight) for style, weight in area.styles): area for area in reversed(areas)
        }
        shares = [
            torch.ones(self.grid) if area.mask is None else F.adaptive_avg_pool2d(area.mask, self.grid)[0, 0]
            for area in unique.values()
        ]
        owners = torch.stack([share.to(shares[-1].device) for share in shares]).argmax(0).flatten()
        self.styles = list(
            {id(style): style for area in unique.values() for style, _ in area.styles}.values()
        )
        numbers = {id(style): number for number, style in enumerate(self.styles)}
        # The positions (n,) of each area, and its styles' numbers with their weights.
        self.areas = [
            (
                (owners == number).nonzero()[:, 0],
                [(numbers[id(style)], weight) for style, weight in area.styles],
            )
            for number, area in enumerate(unique.values())
        ]

    def set_objects(self, objects: Tensor) -> None:
        """Take a map of objects (H, W): one object asks for one colour."""
        self._objects = at_size(objects, *self.grid)

    @torch.no_grad()
    def measure_styles(self, encoder: Encoder, side: float, pooling: str) -> None:
        """Take the features of the styles' pictures with a longer side of `side` px."""
        device, layers = encoder.mean.device, set(self.layers)
        found = [style.features(encoder, side, device, layers, pooling) for style in self.styles]
        maps = {layer: [self._transformed(layer, f[layer]) for f in found] for layer in self.layers}
        self.sizes = {layer: [tuple(f.shape[:2]) for f in maps[layer]] for layer in self.layers}
        # All styles' features by layer, (N, C), one style's after the other's.
        self.features = {layer: torch.cat([f.flatten(0, 1) for f in maps[layer]]) for layer in self.layers}
        self.means = {layer: f.mean(0) for layer, f in self.features.items()}
        self.scales = {
            layer: (f - self.means[layer]).square().sum(1).mean().sqrt().clamp(min=1e-6)
            for layer, f in self.features.items()
        }
        finest = next(iter(self.layers))
        self.scales[finest] = self.scales[finest] / COLOUR
        at_grid = next(layer for layer in reversed(self.layers) if stride(layer) <= GRID)
        self.grids = [
            tuple(side // (GRID // stride(at_grid)) for side in size) for size in self.sizes[at_grid]
        ]
        grids = [
            GridFeatures(
                {layer: pooled(maps[layer][number], layer) for layer in self.layers}, shape, self.scales
            )
            for number, shape in enumerate(self.grids)
        ]
        self.centre = torch.stack([grid.mean() for grid in grids]).mean(0)
        self.keys = [
            grid.directions(torch.arange(math.prod(shape), device=device), self.centre)
            for grid, shape in zip(grids, self.grids, strict=True)
        ]

    def collect(self, features: TileFeatures) -> None:
        """Take a tile's features of the picture that is to be matched."""
        for layer in self.layers:
            step = max(GRID, stride(layer))
            part = pooled(self._transformed(layer, features.own[layer]), layer)
            self._put(self._collected, layer, part, features.places[layer], step)

    def keep_source(self, features: TileFeatures) -> None:
        """Take a tile's features of the source."""
        for layer in self.layers:
            part = self._transformed(layer, features.own[layer])
            self._put(self._source, layer, part, features.places[layer], stride(layer))

    def _put(
        self, maps: dict[str, Tensor], layer: str, part: Tensor, place: tuple[slice, slice], step: int
    ) -> None:
        """Put a tile's features (h, w, C), `step` px from each other, where they belong."""
        if layer not in maps:
            maps[layer] = part.new_zeros(self.shape[0] // step, self.shape[1] // step, part.shape[-1])
        top, left = (side.start * stride(layer) // step for side in place)
        maps[layer][top : top + part.shape[0], left : left + part.shape[1]] = part

    @torch.no_grad()
    def match(self, coarser: Field | None) -> None:
        """Find the nearest neighbours of the picture that was collected.

        Where there are too many pairs of positions, only what the last field and the `coarser` one propose is
        compared.
        """
        picture = GridFeatures(self._collected, self.grid, self.scales, self._objects)
        self._collected.clear()
        self._targets.clear()
        known = [field for field in (coarser, self.field) if field]
        places = torch.zeros(
            len(self.styles), math.prod(self.grid), dtype=torch.long, device=self.centre.device
        )
        chosen = torch.zeros_like(places[0])
        for positions, styles in self.areas:
            similarities = []
            for number, _ in styles:
                keys, proposals = self.keys[number], None
                if known and len(keys) * math.prod(self.grid) > EXHAUSTIVE:
                    proposals = torch.cat(
                        [propose(field, number, self.grid, self.grids[number])[positions] for field in known],
                        1,
                    )
                places[number, positions], similar = search(picture, positions, keys, self.centre, proposals)
                similarities.append(similar)
            numbers = torch.tensor([number for number, _ in styles], device=places.device)
            chosen[positions] = numbers[share_out(torch.stack(similarities, 1), [w for _, w in styles])]
        self.field = Field(places.unflatten(1, self.grid), chosen.view(self.grid), self.grids)

    def loss(self, features: TileFeatures) -> Tensor:
        """A tile's part of the term."""
        loss = torch.zeros(())
        for layer, weight in self.layers.items():
            if weight:
                rows = (self._transformed(layer, features.own[layer]) - self.means[layer]).flatten(0, 1)
                distances = _CosineDistance.apply(rows, self._directions(layer, features.places[layer]))
                count = math.prod(side // stride(layer) for side in self.shape)
                loss = loss + weight / count * distances
        return loss

    def _directions(self, layer: str, place: tuple[slice, slice]) -> Tensor:
        """The targets of a layer at a `place`, less the style's mean, of length 1: (N, C)."""
        if layer in self._targets:
            return self._targets[layer]
        targets = self.features[layer][self._neighbours(layer, place)]
        if self.strength < 1:
            targets = self._source[layer][place].flatten(0, 1).lerp(targets, self.strength)
        targets = F.normalize(targets - self.means[layer], dim=1)
        if len(targets) == math.prod(side // stride(layer) for side in self.shape):
            self._targets[layer] = targets
        return targets

    def _neighbours(self, layer: str, place: tuple[slice, slice]) -> Tensor:
        """The rows of `features` that the field gives to a layer at a `place`: (N,).

        A coarser layer takes the neighbour at its cell's centre, of a finer one each position the same part
        of it.
        """
        assert self.field is not None
        device = self.centre.device
        coarser, finer = max(stride(layer) // GRID, 1), max(GRID // stride(layer), 1)
        at, within = [], []
        for side, length in zip(place, self.grid, strict=True):
            here = torch.arange(side.start, side.stop, device=device)
            at.append((here // finer * coarser + coarser // 2).clamp(max=length - 1))
            within.append(here % finer)
        cells = at[0][:, None], at[1][None]
        chosen = self.field.chosen[cells]
        positions = self.field.places[chosen, cells[0], cells[1]]
        widths = torch.tensor([width for _, width in self.grids], device=device)[chosen]
        sizes = torch.tensor(self.sizes[layer], device=device)
        starts = sizes.prod(1).cumsum(0) - sizes.prod(1)
        rows = positions // widths // coarser * finer + within[0][:, None]
        columns = positions % widths // coarser * finer + within[1][None]
        rows = torch.minimum(rows, sizes[chosen, 0] - 1)
        columns = torch.minimum(columns, sizes[chosen, 1] - 1)
        return (starts[chosen] + rows * sizes[chosen, 1] + columns).flatten()

    def _transformed(self, layer: str, features: Tensor) -> Tensor:
        transform = self.transforms.get(layer)
        return features if transform is None else features @ transform.T
