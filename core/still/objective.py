"""What a painting at one size minimises, and its exact gradient, for the whole picture at once or tile by
tile.

Style statistics are sums over positions. So a large picture is walked twice: first the tiles' sums are added
up, then each tile is propagated back with the gradient of the style loss with respect to those sums. A tile
is cut with as much around it as its features see; the result is the gradient of the whole picture in the
memory of one tile.
"""

import math
from collections.abc import Callable, Generator
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.precision import half_precision
from ..compute.tensors import pad
from ..compute.tiles import ALIGNMENT, Tile, spans
from ..encoders.network import MARGIN, Encoder, stride
from ..settings import Settings
from ..style.losses import STYLE_LOSSES, Statistics, chroma, content_scale, mix, moments, total_variation
from ..style.regions import Area, position_weights

WRAPS = {
    "off": (False, False),
    "horizontal": (False, True),
    "both": (True, True),
}  # down and across, by the setting "seamless"
Sums = dict[
    tuple[int, str], tuple[Tensor, Tensor]
]  # of an area, by its number, and a layer: what `moments` gives


class Scale:
    """The picture at full size or shrunk, and what its features are compared with there."""

    def __init__(
        self, shrink: int, shape: tuple[int, int], encoder: Encoder, settings: Settings, tile: int | None
    ):
        self.shrink, self.encoder, self.settings = shrink, encoder, settings
        self.shape = tuple(side // shrink for side in shape)
        self.wrap = WRAPS[settings.seamless]
        reach = encoder.architecture.reach()
        least = 0 if settings.loss == "published" else MARGIN
        # What wraps is seen as far as the features see, so that no position meets the padding at the margin's
        # end.
        margin_down, margin_across = (
            math.ceil(reach / ALIGNMENT) * ALIGNMENT if wraps else least for wraps in self.wrap
        )
        self.margins = margin_down, margin_across
        self.tiles = [
            Tile(down, across)
            for down in spans(self.shape[0], self.margins[0], tile or self.shape[0], reach)
            for across in spans(self.shape[1], self.margins[1], tile or self.shape[1], reach)
        ]
        self.style_layers = style_weights(encoder, settings)
        self.content_layers = (
            content_weights(encoder, settings) if shrink == 1 and settings.content_weight else {}
        )
        self.metrics = dict(encoder.metrics)
        self.content: dict[str, Tensor] = {}
        self.content_scales: dict[str, Tensor] = {}
        self.weights: list[dict[str, Tensor] | None] = []
        self.counts: list[dict[str, float]] = []
        self.targets: list[dict[str, Statistics]] = []

    def padded(self, picture: Tensor) -> Tensor:
        small = F.avg_pool2d(picture, self.shrink) if self.shrink > 1 else picture
        return pad(small, self.margins, self.wrap)

    def encode(self, cut: Tensor, tile: Tile, layers: set[str]) -> dict[str, Tensor]:
        """A tile's own features, from what it cuts out of the padded picture."""
        if not layers:
            return {}
        with half_precision(cut.device):
            features = self.encoder.trunk(cut, layers, self.settings.pooling)
        return {layer: tile.own(f, stride(layer)) for layer, f in features.items()}

    def sums(self, features: dict[str, Tensor], tile: Tile) -> Sums:
        """What a tile contributes to every area's statistics."""
        found = {}
        for number, weights in enumerate(self.weights):
            for layer in self.style_layers:
                place = tile.place(stride(layer), self.margins, features[layer])
                found[number, layer] = moments(features[layer], weights[layer][place] if weights else None)
        return found

    def statistics(self, sums: Sums) -> list[dict[str, Statistics]]:
        """Every area's statistics, by layer."""
        return [
            {
                layer: Statistics.of_sums(sums[number, layer], counts[layer], self.metrics.get(layer))
                for layer in self.style_layers
            }
            for number, counts in enumerate(self.counts)
        ]

    @torch.no_grad()
    def aim(self, content: Tensor, areas: list[Area], style_side: float) -> None:
        """Take the features that the content (1, 3, h, w) is to keep, and the statistics that its areas are
        to get.
        """
        encoder, settings = self.encoder, self.settings
        for area in areas:
            if area.mask is None:
                self.weights.append(None)
                self.counts.append(
                    {
                        layer: math.prod(side // stride(layer) for side in self.shape)
                        for layer in self.style_layers
                    }
                )
                continue
            mask = F.interpolate(area.mask, self.shape, mode="bilinear", antialias=True)
            weights = {
                layer: position_weights(mask, layer, encoder.architecture.reach() / 2)
                for layer in self.style_layers
            }
            self.weights.append(weights)
            self.counts.append({layer: max(w.sum().item(), 1e-6) for layer, w in weights.items()})

        padded = self.padded(content)
        sums: Sums = {}
        for tile in self.tiles:
            features = self.encode(tile.cut(padded), tile, {*self.style_layers, *self.content_layers})
            sums = _add(sums, self.sums(features, tile))
            for layer in self.content_layers:
                kept = self._in_metric(layer, features[layer])
                whole = self.content.setdefault(
                    layer, kept.new_empty(*(side // stride(layer) for side in self.shape), kept.shape[2])
                )
                whole[tile.place(stride(layer), self.margins, kept)] = kept
        if settings.loss == "published":
            self._normalise(sums)
        self.content_scales = {layer: content_scale(f) for layer, f in self.content.items()}
        normalised = self.metrics.keys() - encoder.metrics.keys()
        for area, own in zip(areas, self.statistics(sums), strict=True):
            parts = [
                (style.statistics(encoder, style_side, content.device, settings.pooling), weight)
                for style, weight in area.styles
            ]
            parts = [
                (
                    {
                        layer: one.through(self.metrics[layer]) if layer in normalised else one
                        for layer, one in s.items()
                    },
                    weight,
                )
                for s, weight in parts
            ]
            # Strength moves the goal itself: at 0 it is the source's own statistics, and nothing is left to
            # do.
            self.targets.append(
                {
                    layer: own[layer].lerp(
                        mix([(s[layer], weight) for s, weight in parts]), settings.strength
                    )
                    for layer in self.style_layers
                }
            )

    def _normalise(self, sums: Sums) -> None:
        """Divide every filter by its mean activation, as Gatys et al. 2015 do: they over a set of photos,
        this over the content.
        """
        for layer in {*self.style_layers, *self.content_layers} - self.encoder.metrics.keys():
            kept = self.content.get(layer)
            if kept is None:
                count = sum(counts[layer] for counts in self.counts)
                parts = [first for (_, of), (first, _) in sums.items() if of == layer]
                mean = cast(Tensor, sum(parts)) / count
            else:
                mean = kept.mean((0, 1))
            # One picture may leave a filter as good as idle, which a set of photos does not: noise must not
            # be all that it shows.
            self.metrics[layer] = (1 / mean.clamp(min=0.2 * mean.mean())).diag()
            if kept is not None:
                self.content[layer] = kept @ self.metrics[layer].T

    def _in_metric(self, layer: str, features: Tensor) -> Tensor:
        metric = self.metrics.get(layer)
        return features if metric is None else features @ metric.T

    def _content_loss(self, features: dict[str, Tensor], tile: Tile) -> Tensor | float:
        """A tile's part of the content loss: squared errors over the content's own spread, so that 0 is
        identical and 2 unrelated.

        As published by Gatys et al. 2015 it is half the squared error; but the mean, as in the authors' code,
        not the sum, with which the ratio of the weights would hang on the picture's size.
        """
        loss = 0.0
        for layer, weight in self.content_layers.items():
            content = self.content[layer]
            kept = content[tile.place(stride(layer), self.margins, features[layer])]
            error = (self._in_metric(layer, features[layer]) - kept).square().sum()
            loss = (
                loss
                + weight
                * error
                * (0.5 if self.settings.loss == "published" else 1 / self.content_scales[layer])
                / content.numel()
            )
        return loss

    def evaluate(
        self, picture: Tensor, style_loss: "Callable[[Scale, list[dict[str, Statistics]]], Tensor]"
    ) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The loss at this scale and its gradient with respect to `picture` (1, 3, h, w); yields after each
        tile.
        """
        layers = {*self.style_layers, *self.content_layers}
        if not layers:
            return picture.new_zeros(()), torch.zeros_like(picture)
        x = picture.detach().requires_grad_()
        padded = self.padded(x)
        if len(self.tiles) == 1:
            (tile,) = self.tiles
            features = self.encode(tile.cut(padded), tile, layers)
            loss = style_loss(self, self.statistics(self.sums(features, tile))) + self._content_loss(
                features, tile
            )
            (gradient,) = torch.autograd.grad(loss, x)
            yield
            return loss.detach(), gradient

        sums: Sums = {}
        for tile in self.tiles:
            with torch.no_grad():
                sums = _add(
                    sums, self.sums(self.encode(tile.cut(padded), tile, set(self.style_layers)), tile)
                )
            yield
        leaves = {key: (x.requires_grad_(), xx.requires_grad_()) for key, (x, xx) in sums.items()}
        loss = style_loss(self, self.statistics(leaves))
        flat = [t for pair in leaves.values() for t in pair]
        slopes = (
            dict(zip(leaves, zip(*[iter(torch.autograd.grad(loss, flat))] * 2, strict=True), strict=True))
            if flat
            else {}
        )
        loss, upstream = loss.detach(), torch.zeros_like(padded)
        for tile in self.tiles:
            cut = tile.cut(padded).detach().requires_grad_()
            features = self.encode(cut, tile, layers)
            content = self._content_loss(features, tile)
            # The sums' own values do not matter here: this stand-in has the gradient of the whole picture's
            # style loss.
            linear = sum(
                (s * t).sum()
                for key, pair in self.sums(features, tile).items()
                for s, t in zip(slopes[key], pair, strict=True)
            )
            tile.cut(upstream).add_(torch.autograd.grad(linear + content, cut)[0])
            loss = loss + (content.detach() if isinstance(content, Tensor) else content)
            yield
        (gradient,) = torch.autograd.grad(padded, x, upstream)
        return loss, gradient


def _add(one: Sums, other: Sums) -> Sums:
    return {
        key: (one[key][0] + sums[0], one[key][1] + sums[1]) if key in one else sums
        for key, sums in other.items()
    }


def style_weights(encoder: Encoder, settings: Settings) -> dict[str, float]:
    """Style layers and their weights, but for those that are 0."""
    weights = {
        layer: weight * getattr(settings, f"style_{layer[4]}")
        for layer, weight in encoder.architecture.style_layers.items()
    }
    return {layer: weight for layer, weight in weights.items() if weight}


def content_weights(encoder: Encoder, settings: Settings) -> dict[str, float]:
    """Content layers and their weights, which add up to the content weight: `detail` shifts it from the
    deepest to the others.
    """
    layers = encoder.architecture.content_layers
    deepest = max(layers)
    leaning = {
        layer: weight * (2 - 2 * settings.detail if layer == deepest else 2 * settings.detail)
        for layer, weight in layers.items()
    }
    leaning = {layer: weight for layer, weight in leaning.items() if weight} or {deepest: 1.0}
    return {
        layer: settings.content_weight * weight / sum(leaning.values()) for layer, weight in leaning.items()
    }


class Objective:
    """The loss of a picture (1, 3, h, w), whose longer side is `side` px, and its gradient.

    `content` (1, 3, h, w) is the source at this size. `tile` is the side of tiles in px, None to take the
    picture whole. Differs from Gatys et al. 2016: style is compared at full and at half size, which keeps the
    large shapes that were found at coarser sizes while the fine ones are painted.
    """

    def __init__(
        self,
        content: Tensor,
        areas: list[Area],
        side: int,
        settings: Settings,
        encoder: Encoder,
        tile: int | None = None,
    ):
        self.settings, self.tile = settings, tile
        shape = content.shape[-2], content.shape[-1]
        shrinks = [2**k for k in range(settings.compared_sizes) if k == 0 or min(shape) >> k >= MARGIN]
        self.scales = [Scale(shrink, shape, encoder, settings, tile) for shrink in shrinks]
        self.share = 1 / len(shrinks) / max(sum(self.scales[0].style_layers.values()), 1e-6)
        for scale in self.scales:
            scale.aim(content, areas, side / scale.shrink * settings.style_scale)
        self.weights = [self.share * area.weight for area in areas]
        self.held: tuple[Tensor, Tensor] | None = None

    def hold(self, target: Tensor, weight: Tensor) -> None:
        """Keep the picture near `target` (1, 3, h, w), each pixel as firmly as `weight` (1, 1, h, w) says:
        the temporal loss of Ruder et al. 2016, the mean of weight x (x - target)^2.
        """
        self.held = target, weight

    def evaluate(self, picture: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The loss and its gradient (1, 3, h, w); yields after each tile, so that a job can stop there."""
        loss, gradient = self._smoothness(picture)
        if self.held:
            target, weight = self.held
            off = weight * (picture - target)
            loss = loss + (off * (picture - target)).mean()
            gradient = gradient.add_(off, alpha=2 / picture.numel())
        for scale in self.scales:
            one, its_gradient = yield from scale.evaluate(picture, self._style_loss)
            loss, gradient = loss + one, gradient.add_(its_gradient)
        return loss, gradient

    def _style_loss(self, scale: Scale, statistics: list[dict[str, Statistics]]) -> Tensor:
        compare = STYLE_LOSSES[self.settings.loss]
        terms = [
            of_area * weight * compare(painted[layer], target[layer])
            for of_area, painted, target in zip(self.weights, statistics, scale.targets, strict=True)
            for layer, weight in scale.style_layers.items()
        ]
        return torch.stack(terms).sum() if terms else torch.zeros(())

    def _smoothness(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        """The total variation's part: of all colours, and of the chroma alone."""
        s, wrap = self.settings, self.scales[0].wrap
        loss, gradient = picture.new_zeros(()), torch.zeros_like(picture)
        # The encoder hardly sees single pixels' colours, and an optimiser fills with speckle whatever is not
        # seen.
        for weight, view in ((s.smoothness, lambda x: x), (s.colour_smoothness, chroma)):
            if weight:
                x = picture.detach().requires_grad_()
                term = weight * total_variation(view(x), wrap)
                gradient += torch.autograd.grad(term, x)[0]
                loss = loss + term.detach()
        return loss, gradient
