"""The style term by nearest neighbours: each feature of the painting approaches a real one of the style."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import Encoder, stride
from ..style.areas import Area
from ..style.losses import transformed
from ..style.neighbours import (
    GRID,
    Field,
    GridFeatures,
    StyleFeatures,
    length_and_dual,
    pooled,
    propose,
    search,
    search_by_id,
    share_out,
)
from ..style.objects import at_size
from ..style.styles import Style
from .layers import TileFeatures

# Pairs of positions up to which all are compared; above it only those that a coarser size proposes.
EXHAUSTIVE = 2**26
# Positions of a style that are compared where others are drawn each time.
DRAWN = 2048
# The source's share in the colours of what a network's painting is found by. It is to keep
# halos from finding halos by their own colours.
SOURCE_COLOUR = 0.5


@dataclass(frozen=True)
class CosineDistance:
    """The sum over positions of 1 - the cosine of the angle to their targets, as seen from `centre` (C,).

    Angles are those of `metric` (C, C), see `length_and_dual`; the `directions` (M, C) are targets' duals
    over their lengths, and `numbers` (B, N) says which one a position has.
    """

    centre: Tensor
    metric: Tensor | None
    directions: Tensor
    numbers: Tensor

    def __call__(self, rows: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        numbers = self.numbers[:, part].flatten()
        offsets, direction = rows - self.centre, self.directions.index_select(0, numbers).view_as(rows)
        lengths, dual = length_and_dual(offsets, self.metric)
        cosines = (offsets * direction).sum(-1, keepdim=True) / lengths
        gradient = dual.mul_(cosines / lengths).sub_(direction).div_(lengths)
        return (1 - cosines).sum((1, 2)), gradient


class NeighbourTerm:
    """The mean cosine distance of the painting's features to their nearest neighbours in the style, by layer.

    Features are taken less the style's mean. `layers` are weights, `transforms` as in `StyleTerm`, `shape` is
    that of the pictures (B, h, w); a batch is taken whole, as one tall picture. Below full `strength` (0 to
    1) the targets lie between the source's features and their neighbours. Differs from Kolkin et al. 2022:
    one field of neighbours serves all layers, each at its own stride, so that nothing is interpolated in the
    loop.
    """

    def __init__(
        self, layers: dict[str, float], transforms: dict[str, Tensor], shape: Sequence[int], strength: float
    ):
        self.layers, self.transforms, self.strength = layers, transforms, strength
        self.count, self.shape = shape[0], (shape[0] * shape[1], shape[2])  # the tall picture's (h, w)
        self.grid = (max(self.shape[0] // GRID, 1), max(self.shape[1] // GRID, 1))
        self.field: Field | None = None
        self._objects: Tensor | None = None  # on the grid (h, w), see core.style.objects
        self._ids: Tensor | None = None  # on the grid (h, w), see core.style.regions.Parts
        # The picture's pooled features (h, w, C), while it is matched.
        self._collected: dict[str, Tensor] = {}
        self._colours: Tensor | None = None  # the source's finest pooled features (h, w, C), if they count
        self._source: dict[str, Tensor] = {}  # the source's features (h, w, C), below full strength
        self._numbers: dict[str, Tensor] = {}  # what the field gives to a picture that is taken whole

    @torch.no_grad()
    def set_styles(self, areas: Sequence[Area], encoder: Encoder, side: float, pooling: str) -> None:
        """Take the picture's areas and their styles' pictures, with a longer side of `side` px."""
        if not self.layers:
            return
        styles, self.areas = _share_grid(areas, self.grid, encoder.mean.device)
        self.style = StyleFeatures(styles, list(self.layers), self.transforms, encoder, side, pooling)
        if self.strength == 1:  # the targets are the style's own features
            self.style.rows = {layer: self.style.directed(layer, f) for layer, f in self.style.rows.items()}

    def set_objects(self, objects: Tensor) -> None:
        """Take a map of objects (H, W): one object asks for one colour."""
        self._objects = at_size(objects, *self.grid)

    def set_ids(self, ids: Tensor) -> None:
        """Take ids (H, W) of what is seen where: it is painted like the same things in the styles."""
        self._ids = at_size(ids, *self.grid).flatten()

    @property
    def is_large(self) -> bool:
        """Whether there are too many pairs of positions to compare all of them."""
        return bool(self.layers) and any(map(self._are_too_many, self.style.keys))

    def _are_too_many(self, keys: Tensor) -> bool:
        return len(keys) * math.prod(self.grid) > EXHAUSTIVE

    def collect(self, features: TileFeatures) -> None:
        """Take a tile's features of the picture that is to be matched."""
        for layer in self.layers:
            step = max(GRID, stride(layer))
            part = pooled(transformed(features.tall(layer), layer, self.transforms), layer)
            self._put(self._collected, layer, part, features.places[layer], step)

    def keep_colours(self, features: TileFeatures) -> None:
        """Take the finest layer's features of the source of a picture that is taken whole."""
        layer = next(iter(self.layers))
        self._colours = pooled(transformed(features.tall(layer), layer, self.transforms), layer)

    def keep_source(self, features: TileFeatures) -> None:
        """Take a tile's features of the source."""
        for layer in self.layers:
            self._put(self._source, layer, features.tall(layer), features.places[layer], stride(layer))

    def _put(
        self, maps: dict[str, Tensor], layer: str, part: Tensor, place: tuple[slice, slice], step: int
    ) -> None:
        """Put a tile's features (h, w, C), `step` px from each other, where they belong."""
        if layer not in maps:
            maps[layer] = part.new_zeros(self.shape[0] // step, self.shape[1] // step, part.shape[-1])
        top, left = (side.start * stride(layer) // step for side in place)
        maps[layer][top : top + part.shape[0], left : left + part.shape[1]] = part

    @torch.no_grad()
    def match(self, coarser: Field | None, rng: np.random.Generator | None = None) -> None:
        """Find the nearest neighbours of the picture that was collected.

        Where there are too many pairs of positions, only what the last field and the `coarser` one propose is
        compared. With `rng` it is DRAWN random positions of each style, and nothing is proposed.
        """
        style, count = self.style, math.prod(self.grid)
        if self._colours is not None:
            layer = next(iter(self.layers))
            self._collected[layer] = self._collected[layer].lerp(self._colours, SOURCE_COLOUR)
        picture = GridFeatures(self._collected, self.grid, style.scales, self._objects)
        self._collected.clear()
        self._numbers.clear()
        known = [field for field in (coarser, self.field) if field and rng is None]
        places = torch.zeros(len(style.keys), count, dtype=torch.long, device=style.centre.device)
        chosen = torch.zeros_like(places[0])
        for positions, styles in self.areas:
            similarities = []
            for number, _ in styles:
                keys, proposals = style.keys[number], None
                if known and self._are_too_many(keys):
                    shapes = self.grid, style.grids[number]
                    proposals = torch.cat([propose(f, number, *shapes)[positions] for f in known], 1)
                if rng is not None and len(keys) > DRAWN:
                    drawn = torch.from_numpy(rng.choice(len(keys), DRAWN, replace=False)).to(keys.device)
                    found, similar = search(picture, positions, keys[drawn], style.centre)
                    found = drawn[found]
                elif (ids := style.ids[number]) is not None and self._ids is not None and proposals is None:
                    own = self._ids[positions]
                    found, similar = search_by_id(picture, positions, own, keys, ids, style.centre)
                else:
                    found, similar = search(picture, positions, keys, style.centre, proposals)
                places[number, positions] = found
                similarities.append(similar)
            numbers = torch.tensor([number for number, _ in styles], device=places.device)
            chosen[positions] = numbers[share_out(torch.stack(similarities, 1), [w for _, w in styles])]
        self.field = Field(places.unflatten(1, self.grid), chosen.view(self.grid), style.grids)

    def distance(self, layer: str, place: tuple[slice, slice]) -> tuple[CosineDistance, float]:
        """The distance of a layer at a place, and what it counts."""
        directions, numbers = self._directions(layer, place)
        distance = CosineDistance(
            self.style.means[layer], self.style.metrics.get(layer), directions, numbers.view(self.count, -1)
        )
        return distance, self.layers[layer] / math.prod(side // stride(layer) for side in self.shape)

    def _directions(self, layer: str, place: tuple[slice, slice]) -> tuple[Tensor, Tensor]:
        """The targets of a layer at a `place`, for `CosineDistance`: `directions`, and `numbers` (N,)."""
        if self.field is None:
            raise ValueError("The picture has to be matched before its loss is known")
        if self.count > 1:
            place = slice(0, self.shape[0] // stride(layer)), place[1]
        numbers = self._numbers.get(layer)
        if numbers is None:
            numbers = self.style.neighbours(self.field, layer, place)
        if len(numbers) == math.prod(side // stride(layer) for side in self.shape):
            self._numbers[layer] = numbers
        if self.strength == 1:
            return self.style.rows[layer], numbers
        found = self.style.rows[layer][numbers]
        targets = self._source[layer][place].flatten(0, 1).lerp(found, self.strength)
        return self.style.directed(layer, targets), torch.arange(len(numbers), device=numbers.device)


def _share_grid(
    areas: Sequence[Area], grid: tuple[int, int], device: torch.device
) -> tuple[list[Style], list[tuple[Tensor, list[tuple[int, float]]]]]:
    """All styles; and each area's positions (n,) on a grid (h, w), with its styles' numbers and weights.

    A position belongs to the area that covers most of it. Areas with the same styles are one.
    """
    shares: dict[tuple, Tensor] = {}
    mixes = {}
    for area in areas:
        mix = tuple((id(style), weight) for style, weight in area.styles)
        share = (
            torch.ones(grid, device=device)
            if area.mask is None
            else F.adaptive_avg_pool2d(area.mask, grid)[0, 0]
        )
        shares[mix] = torch.maximum(shares[mix], share) if mix in shares else share
        mixes[mix] = area.styles
    owners = torch.stack([*shares.values()]).argmax(0).flatten()
    styles = {id(style): style for mix in mixes.values() for style, _ in mix}
    numbers = {key: number for number, key in enumerate(styles)}
    return list(styles.values()), [
        ((owners == number).nonzero()[:, 0], [(numbers[id(style)], weight) for style, weight in mix])
        for number, mix in enumerate(mixes.values())
    ]
