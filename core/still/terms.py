"""The style term and the content term of one pyramid level, for the whole picture or summed up tile by tile.

Both serve one picture, whose features have the shape (h, w, C), or a batch of them, (B, h, w, C).
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from ..encoders.network import Encoder, stride
from ..settings import Settings
from ..style.areas import Area, position_weights
from ..style.losses import STYLE_LOSSES, Statistics, content_scale, metrics, mix, transformed
from ..style.neighbours import matched_layers
from ..style.objects import border_weights
from .layers import GramSums, TileFeatures

# With the style loss by nearest neighbours: what the statistics weigh beside it, for they alone know how much
# of each colour and pattern there is; and what the content weight is multiplied by, so that the same weight
# keeps about as much of the drawing.
STATISTICS_SHARE, CONTENT_FACTOR = 0.6, 3.0


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

    def weights_at(self, layer: str, place: tuple[slice, slice]) -> list[Tensor | None]:
        """What positions of a layer at a place count for each area, (h, w); None where all count alike."""
        if layer not in self.layers:
            return []
        return [weights[layer][place] if weights else None for weights in self.position_weights]

    def blend_targets(self, sums: GramSums, strength: float) -> None:
        """Move every area's own statistics, of one picture, towards the targets by `strength`, 0 to 1."""
        for number, targets in enumerate(self.targets):
            for layer, target in targets.items():
                first, second = sums[number, layer]
                own = self._statistics(number, layer, (first[0], second[0]))
                targets[layer] = own.lerp(target, strength)

    def loss(self, sums: GramSums) -> Tensor:
        """The weighted distances; of a batch, their mean."""
        terms = []
        for number, (area_weight, targets) in enumerate(zip(self.area_weights, self.targets, strict=True)):
            for layer, weight in self.layers.items():
                distances = [
                    self.distance(self._statistics(number, layer, one), targets[layer])
                    for one in zip(*sums[number, layer], strict=True)
                ]
                terms.append(area_weight * weight * torch.stack(distances).mean())
        return torch.stack(terms).sum() if terms else torch.zeros(())

    def _statistics(self, number: int, layer: str, sums: tuple[Tensor, Tensor]) -> Statistics:
        return Statistics.of_sums(sums, self.counts[number][layer], self.transforms.get(layer))


@dataclass(frozen=True)
class SquaredDistance:
    """The sum over positions of x^T M x, of their offsets x from `others` (B, N, C), by M (C, C).

    `weights` (N, 1) counts each position that much.
    """

    others: Tensor
    metric: Tensor | None = None
    weights: Tensor | None = None

    def __call__(self, rows: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        offsets = rows - self.others[:, part]
        dual = offsets if self.metric is None else offsets @ self.metric
        dual = dual if self.weights is None else dual * self.weights[part]
        return (offsets * dual).sum((1, 2)), dual.mul_(2)


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
            part = features.own(layer)
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
            layer: 0.5 if self.published else 1 / content_scale(transformed(features, layer, self.transforms))
            for layer, features in self.features.items()
        }

    def distance(self, layer: str, place: tuple[slice, slice]) -> tuple[SquaredDistance, Tensor | float]:
        """The squared error of a layer at a place, and what it counts; of a batch, each picture."""
        content, weights = self.features[layer], self._weights.get(layer)
        kept = content[(..., *place, slice(None))].flatten(-3, -2)
        distance = SquaredDistance(
            kept if kept.dim() == 3 else kept[None],
            self._metrics.get(layer),
            None if weights is None else weights[place].flatten(0, 1),
        )
        return distance, self.layers[layer] * self._factors[layer] / content.numel()
