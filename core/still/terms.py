"""The style term and the content term of one pyramid level, for the whole picture or summed up tile by tile.

Both serve one picture, whose features have the shape (h, w, C), or a batch of them, (B, h, w, C).
"""

import math
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.tensors import parts
from ..encoders.network import Encoder, stride
from ..settings import Settings
from ..style.losses import STYLE_LOSSES, Statistics, content_scale, metrics, mix, unnormalised_moments
from ..style.neighbours import matched_layers
from ..style.objects import border_weights
from ..style.regions import Area, position_weights

# With the style loss by nearest neighbours: what the statistics weigh beside it, for they alone know how much
# of each colour and pattern there is; and what the content weight is multiplied by, so that the same weight
# keeps about as much of the drawing.
STATISTICS_SHARE, CONTENT_FACTOR = 0.6, 3.0

# Unnormalised moments by an area's number and a layer.
GramSums = dict[tuple[int, str], tuple[Tensor, Tensor]]


class TileFeatures(NamedTuple):
    """A tile's own features by layer, (h, w, C) or (B, h, w, C), and their rows and columns in the whole."""

    own: dict[str, Tensor]
    places: dict[str, tuple[slice, slice]]

    def joined(self) -> "TileFeatures":
        """Those of a batch that was taken whole as those of one tall picture; of one picture the same."""
        if not self.own or next(iter(self.own.values())).dim() == 3:
            return self
        own = {layer: f.flatten(0, 1) for layer, f in self.own.items()}
        return TileFeatures(
            own, {layer: (slice(0, len(f)), self.places[layer][1]) for layer, f in own.items()}
        )


def style_weights(encoder: Encoder, settings: Settings) -> dict[str, float]:
    """Style layers and their weights; layers of weight 0 are left out."""
    weights = {
        layer: weight * getattr(settings, f"style_{layer[4]}")
        for layer, weight in encoder.architecture.style_layers.items()
    }
    return {layer: weight for layer, weight in weights.items() if weight}


def neighbour_weights(encoder: Encoder, settings: Settings) -> dict[str, float]:
    """The layers whose nearest neighbours count, and their weights, which add up to 1.

    None count with other losses, or where all weights are 0.
    """
    if settings.loss != "neighbours":
        return {}
    weights = {
        layer: getattr(settings, f"style_{layer[4]}") for layer in matched_layers(encoder.architecture)
    }
    total = sum(weights.values())
    return {layer: weight / total for layer, weight in weights.items()} if total else {}


def content_weights(encoder: Encoder, settings: Settings) -> dict[str, float]:
    """Content layers and their weights, which add up to the content weight; none where that is 0.

    `settings.detail` (0 to 1) moves weight from the deepest layer to the others.
    """
    if not settings.content_weight:
        return {}
    layers = encoder.architecture.content_layers
    deepest = max(layers)
    leaning = {
        layer: weight * (2 - 2 * settings.detail if layer == deepest else 2 * settings.detail)
        for layer, weight in layers.items()
    }
    leaning = {layer: weight for layer, weight in leaning.items() if weight} or {deepest: 1.0}
    whole = settings.content_weight * (CONTENT_FACTOR if settings.loss == "neighbours" else 1.0)
    return {layer: whole * weight / sum(leaning.values()) for layer, weight in leaning.items()}


class StyleTerm:
    """The distance of every area's style statistics from their targets, weighted by area and layer.

    `transforms` are linear transforms (C, C) of the layers' features, by layer; layers without one are
    compared as they are.
    """

    def __init__(self, layers: dict[str, float], loss: str, transforms: dict[str, Tensor]):
        self.layers, self.transforms = layers, transforms
        self.distance = STYLE_LOSSES["covariance" if loss == "neighbours" else loss]
        self.area_weights: list[float] = []
        self.position_weights: list[dict[str, Tensor] | None] = []  # (h, w) by layer; None: all count alike
        self.counts: list[dict[str, float]] = []  # the sums of the position weights
        self.targets: list[dict[str, Statistics]] = []

    def set_areas(self, areas: list[Area], share: float, shape: tuple[int, int], radius: float) -> None:
        """Take the areas of a picture of `shape` (h, w).

        `share` is what an area of weight 1 counts. Masks are eroded by `radius` px, see `position_weights`.
        """
        self.area_weights = [share * area.weight for area in areas]
        for area in areas:
            if area.mask is None:
                self.position_weights.append(None)
                self.counts.append(
                    {layer: math.prod(side // stride(layer) for side in shape) for layer in self.layers}
                )
                continue
            mask = F.interpolate(area.mask, shape, mode="bilinear", antialias=True)
            weights = {layer: position_weights(mask, layer, radius) for layer in self.layers}
            self.position_weights.append(weights)
            self.counts.append({layer: max(w.sum().item(), 1e-6) for layer, w in weights.items()})

    def set_targets(self, areas: list[Area], encoder: Encoder, side: float, pooling: str) -> None:
        """Take the statistics of the areas' styles, measured with a longer side of `side` px."""
        normalised = self.transforms.keys() - encoder.metrics.keys()
        for area in areas:
            parts = []
            for style, weight in area.styles:
                statistics = style.statistics(encoder, side, encoder.mean.device, pooling)
                for layer in normalised & statistics.keys():
                    statistics[layer] = statistics[layer].transformed(self.transforms[layer])
                parts.append((statistics, weight))
            self.targets.append({layer: mix([(s[layer], w) for s, w in parts]) for layer in self.layers})

    def sums(self, features: TileFeatures) -> GramSums:
        """What a tile's features contribute to the statistics of every area."""
        found = {}
        for number, weights in enumerate(self.position_weights):
            for layer in self.layers:
                part = weights[layer][features.places[layer]] if weights else None
                found[number, layer] = unnormalised_moments(features.own[layer], part)
        return found

    def blend_targets(self, sums: GramSums, strength: float) -> None:
        """Move every area's own statistics, of one picture, towards the targets by `strength`, 0 to 1."""
        for number, targets in enumerate(self.targets):
            for layer, target in targets.items():
                own = self._statistics(number, layer, sums[number, layer])
                targets[layer] = own.lerp(target, strength)

    def loss(self, sums: GramSums) -> Tensor:
        """The weighted distances; of a batch, their mean."""
        terms = []
        for number, (area_weight, targets) in enumerate(zip(self.area_weights, self.targets, strict=True)):
            for layer, weight in self.layers.items():
                first, second = sums[number, layer]
                batched = first.dim() == 2
                pictures = zip(first, second, strict=True) if batched else [(first, second)]
                distances = [
                    self.distance(self._statistics(number, layer, one), targets[layer]) for one in pictures
                ]
                terms.append(area_weight * weight * torch.stack(distances).mean())
        return torch.stack(terms).sum() if terms else torch.zeros(())

    def _statistics(self, number: int, layer: str, sums: tuple[Tensor, Tensor]) -> Statistics:
        return Statistics.of_sums(sums, self.counts[number][layer], self.transforms.get(layer))


class _SquaredDistance(torch.autograd.Function):
    """The sum over rows (B, N, C) of x^T M x, of their offsets x from `others` (B, N, C) and M (C, C): (B,).

    `weights` (N, 1) counts each row that much. The gradient comes with the value, for it takes the same
    matrix product, and is given away once.
    """

    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, others: Tensor, metric: Tensor | None, weights: Tensor | None
    ) -> Tensor:
        gradient, total = torch.empty_like(rows), rows.new_zeros(len(rows))
        for part in parts(rows):
            offsets = rows[:, part] - others[:, part]
            dual = offsets if metric is None else offsets @ metric
            dual = dual if weights is None else dual * weights[part]
            total += (offsets * dual).sum((1, 2))
            torch.mul(dual, 2, out=gradient[:, part])
        ctx.gradient = gradient
        return total

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None, None]:
        gradient, ctx.gradient = ctx.gradient, None
        return gradient.mul_(upstream[:, None, None]), None, None, None


class ContentTerm:
    """The squared error of features against the content's, by layer.

    It is divided by the content's own spread: 0 is identical and 2 unrelated. With `published` it is half the
    squared error of Gatys et al. 2015; but the mean, as in the authors' code, not the sum, with which the
    ratio of the weights would depend on the picture's size.
    """

    def __init__(self, layers: dict[str, float], transforms: dict[str, Tensor], published: bool):
        self.layers, self.transforms, self.published = layers, transforms, published
        self.features: dict[str, Tensor] = {}  # the content's: (h, w, C) or (B, h, w, C)
        self._factors: dict[str, Tensor | float] = {}  # of the squared error; () or (B,)
        self._weights: dict[str, Tensor] = {}  # of positions (h, w, 1); without one all count 1

    def keep(self, features: TileFeatures, shape: tuple[int, int]) -> None:
        """Put a tile's features of the content, a picture of `shape` (h, w), where they belong."""
        for layer in self.layers:
            part = features.own[layer]
            height, width = (side // stride(layer) for side in shape)
            if layer not in self.features:
                whole = part.new_empty(*part.shape[:-3], height, width, part.shape[-1])
                self.features[layer] = whole
            rows, columns = features.places[layer]
            self.features[layer][..., rows, columns, :] = part

    def set_objects(self, objects: Tensor) -> None:
        """Take a map of objects (H, W): the drawing of their borders is kept more firmly."""
        for layer, features in self.features.items():
            self._weights[layer] = border_weights(objects, *features.shape[-3:-1])[..., None]

    def measure_spread(self) -> None:
        """Set what squared errors are multiplied by, once all features are kept."""
        self._metrics = metrics(self.transforms)
        self._factors = {
            layer: 0.5 if self.published else 1 / content_scale(self._transformed(layer, features))
            for layer, features in self.features.items()
        }

    def loss(self, features: TileFeatures) -> Tensor:
        """A tile's part of the term; of a batch, the mean."""
        loss = torch.zeros(())
        for layer, weight in self.layers.items():
            content = self.features[layer]
            rows, columns = features.places[layer]
            own, kept = (
                f.flatten(-3, -2).view(-1, math.prod(f.shape[-3:-1]), f.shape[-1])
                for f in (features.own[layer], content[..., rows, columns, :])
            )
            weights = self._weights[layer][rows, columns].flatten(0, 1) if layer in self._weights else None
            errors = _SquaredDistance.apply(own, kept, self._metrics.get(layer), weights)
            loss = loss + (weight * errors * self._factors[layer]).sum() / content.numel()
        return loss

    def _transformed(self, layer: str, features: Tensor) -> Tensor:
        transform = self.transforms.get(layer)
        return features if transform is None else features @ transform.T
