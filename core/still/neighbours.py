"""The style loss by nearest neighbours: each feature of the painting approaches a real one of the style."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import Encoder, stride
from ..style.neighbours import GRID, Field, on_grid, pooled, propose, search, search_among
from ..style.regions import Area
from ..style.styles import Style  # noqa: F401
from .terms import TileFeatures

import os

LIMIT = int(
    os.environ.get("LIMIT", 16384 * 4096)
)  # pairs of positions; with more only those that a coarser size proposes are compared


def EXHAUSTIVE(shape, keys):
    return shape[0] * shape[1] * len(keys) <= LIMIT


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
    """The mean cosine distance between the painting's features and their nearest neighbours in the style,
    both less the style's mean, by layer.

    `layers` are weights; `transforms` as in `StyleTerm`. Differs from Kolkin et al. 2022: one field of
    neighbours serves all layers, each at its own stride, and is found anew a few times a size.
    """

    def __init__(self, layers: dict[str, float], transforms: dict[str, Tensor], strength: float):
        self.layers, self.transforms, self.strength = layers, transforms, strength
        self.field: Field | None = None
        self._picture: dict[str, Tensor] = {}
        self.source: dict[str, Tensor] = {}  # below full strength the source's features (h, w, C)

    @torch.no_grad()
    def set_styles(  # noqa: PLR0913
        self, areas: Sequence[Area], encoder: Encoder, side: float, shape: tuple[int, int], pooling: str
    ) -> None:
        """Take the styles of the areas of a picture of `shape` (h, w), measured at `side` px."""
        self.shape = shape
        grid = tuple(max(length // GRID, 1) for length in shape)
        parts = {
            tuple((id(style), weight) for style, weight in area.styles): area for area in reversed(areas)
        }
        device = encoder.mean.device
        shares = [
            torch.ones(grid, device=device)
            if area.mask is None
            else F.interpolate(area.mask, grid, mode="area")[0, 0]
            for area in parts.values()
        ]
        owners = torch.stack(shares).argmax(0)
        styles = {id(style): style for area in parts.values() for style, _ in area.styles}
        numbers = {key: number for number, key in enumerate(styles)}
        self.parts = [
            (owners == number, [(numbers[id(style)], weight) for style, weight in area.styles])
            for number, area in enumerate(parts.values())
        ]
        found = [
            self._transformed(style.features(encoder, side, device, set(self.layers), pooling))
            for style in styles.values()
        ]
        rows = {layer: [f[layer].flatten(0, 1) for f in found] for layer in self.layers}
        self.means = {layer: torch.cat(parts).mean(0) for layer, parts in rows.items()}
        scales = {
            layer: (torch.cat(parts) - self.means[layer]).square().sum(1).mean().sqrt().clamp(min=1e-6)
            for layer, parts in rows.items()
        }
        self.scales = scales
        coarse = [{layer: pooled(f[layer], layer) for layer in self.layers} for f in found]
        on_grid_layer = max((layer for layer in self.layers if stride(layer) <= GRID), key=stride)
        grids = [on_grid(f, tuple(f[on_grid_layer].shape[:2]), scales) for f in coarse]
        self.centre = torch.cat([g.flatten(0, 1) for g in grids]).mean(0)
        self.grids = [tuple(g.shape[:2]) for g in grids]
        self.keys = [F.normalize(g.flatten(0, 1) - self.centre, dim=1) for g in grids]
        # Every layer's features of all styles, one style after the other.
        self.rows = {layer: torch.cat(parts) for layer, parts in rows.items()}
        self.maps = {layer: [tuple(f[layer].shape[:2]) for f in found] for layer in self.layers}

    def collect(self, features: TileFeatures) -> None:
        """Take a tile's features of the picture that is to be matched."""
        for layer in self.layers:
            part = pooled(self._transform(layer, features.own[layer]), layer)
            factor = max(GRID // stride(layer), 1)
            places = tuple(
                slice(p.start // factor, p.start // factor + n)
                for p, n in zip(features.places[layer], part.shape, strict=False)
            )
            self._put(self._picture, layer, part, max(GRID, stride(layer)), places)

    def keep_source(self, features: TileFeatures) -> None:
        """Take a tile's features of the source."""
        for layer in self.layers:
            self._put(
                self.source,
                layer,
                self._transform(layer, features.own[layer]),
                stride(layer),
                features.places[layer],
            )

    def _put(self, maps, layer, part, step, places):
        if layer not in maps:
            maps[layer] = part.new_zeros(*(side // step for side in self.shape), part.shape[-1])
        maps[layer][places] = part

    @torch.no_grad()
    def match(self, coarser: Field | None) -> None:
        """Find the neighbours of a picture's `pooled` features (h, w, C).

        Where there are too many pairs of positions, only what the last field and the `coarser` one propose is
        compared.
        """
        shape = tuple(max(length // GRID, 1) for length in self.shape)
        queries = F.normalize(on_grid(self._picture, shape, self.scales) - self.centre, dim=-1)
        places = torch.zeros(len(self.keys), *shape, dtype=torch.long, device=queries.device)
        styles = torch.zeros(shape, dtype=torch.long, device=queries.device)
        known = [field for field in (coarser, self.field) if field]
        for here, weighted in self.parts:
            among, similar = queries[here], []
            for number, _ in weighted:
                keys = self.keys[number]
                if not known or EXHAUSTIVE(shape, keys):
                    best, value = search(among, keys)
                else:
                    proposals = [propose(field, number, shape, self.grids[number])[here] for field in known]
                    best, value = search_among(among, keys, torch.cat(proposals, 1))
                places[number][here] = best
                similar.append(value)
            numbers = torch.tensor([number for number, _ in weighted], device=queries.device)
            choice = _share_out(torch.stack(similar, 1), [weight for _, weight in weighted])
            styles[here] = numbers[choice]
        self.field = Field(places, styles, self.grids)
        self._picture.clear()
        self._cache: dict[str, Tensor] = {}

    def loss(self, features: TileFeatures) -> Tensor:
        """A tile's part of the term."""
        loss = torch.zeros(())
        for layer, weight in self.layers.items():
            own = self._transform(layer, features.own[layer])
            down, across = features.places[layer]
            height, width = (side // stride(layer) for side in self.shape)
            directions = self._directions(layer, down, across)
            distance = _CosineDistance.apply((own - self.means[layer]).flatten(0, 1), directions)
            loss = loss + weight / (height * width) * distance
        return loss

    def _directions(self, layer: str, down: slice, across: slice) -> Tensor:
        """The targets of a layer in a tile, less the style's mean, of length 1: (N, C)."""
        whole = (down.stop - down.start, across.stop - across.start) == tuple(
            side // stride(layer) for side in self.shape
        )
        if whole and layer in self._cache:
            return self._cache[layer]
        field = self.field
        device = field.styles.device
        y = torch.arange(down.start, down.stop, device=device)
        x = torch.arange(across.start, across.stop, device=device)
        s = stride(layer)
        chosen = field.places.gather(0, field.styles[None])[0]
        widths = torch.tensor([w for _, w in field.shapes], device=device)[field.styles]
        rows, columns = chosen // widths, chosen % widths
        if s >= GRID:
            k = s // GRID
            at = tuple((i * k + k // 2).clamp(max=n - 1) for i, n in zip((y, x), rows.shape, strict=True))
            style = field.styles[at[0]][:, at[1]]
            ty, tx = (part[at[0]][:, at[1]] // k for part in (rows, columns))
        else:
            k = GRID // s
            at = tuple((i // k).clamp(max=n - 1) for i, n in zip((y, x), rows.shape, strict=True))
            style = field.styles[at[0]][:, at[1]]
            ty = rows[at[0]][:, at[1]] * k + (y % k)[:, None]
            tx = columns[at[0]][:, at[1]] * k + (x % k)
        maps = torch.tensor(self.maps[layer], device=device)
        starts = torch.cat([maps.new_zeros(1), (maps[:, 0] * maps[:, 1]).cumsum(0)[:-1]])
        ty, tx = torch.minimum(ty, maps[:, 0][style] - 1), torch.minimum(tx, maps[:, 1][style] - 1)
        index = starts[style] + ty * maps[:, 1][style] + tx
        target = self.rows[layer][index.flatten()]
        if self.strength < 1:
            target = self.source[layer][down, across].flatten(0, 1).lerp(target, self.strength)
        target = F.normalize(target - self.means[layer], dim=1)
        if whole:
            self._cache[layer] = target
        return target

    def _transformed(self, features: dict[str, Tensor]) -> dict[str, Tensor]:
        return {layer: self._transform(layer, f) for layer, f in features.items()}

    def _transform(self, layer: str, features: Tensor) -> Tensor:
        transform = self.transforms.get(layer)
        return features if transform is None else features @ transform.T


def _share_out(similar: Tensor, weights: list[float]) -> Tensor:
    """Which of several styles each position takes, (n,), from its similarities (n, styles): each style as
    many positions as its weight's share, where it fits best.

    The similarities' offsets are found by rounds of Newton-like steps on the shares.
    """
    if len(weights) == 1:
        return similar.new_zeros(len(similar), dtype=torch.long)
    wanted = similar.new_tensor(weights) / sum(weights)
    offsets, step = torch.zeros_like(wanted), 0.1
    for _ in range(60):
        shares = F.one_hot((similar + offsets).argmax(1), len(weights)).float().mean(0)
        offsets, step = offsets + step * (wanted - shares), step * 0.95
    return (similar + offsets).argmax(1)
