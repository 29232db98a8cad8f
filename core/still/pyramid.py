"""One size at which a painting is compared with its targets: how it is padded, cut into tiles and encoded.

Style statistics are sums over positions. So a large picture is walked twice: first the tiles' sums are added
up, then each tile is propagated back with the gradient of the style loss with respect to those sums. A tile
is cut with a halo, as wide as its features see. The result is the gradient of the whole picture, in the
memory of one tile.
"""

import math
from collections.abc import Generator, Iterable, Sequence
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.precision import half_precision
from ..compute.sizes import MARGIN
from ..compute.tensors import pad
from ..compute.tiles import ALIGNMENT, Tile, spans
from ..encoders.network import Encoder, stride
from ..settings import Settings
from ..style.areas import Area
from ..style.neighbours import Field
from .layers import GramSums, TileFeatures, measure
from .neighbours import NeighbourTerm
from .terms import ContentTerm, StyleTerm, content_weights, neighbour_weights, style_weights

# Down and across, by the setting "seamless".
WRAPS = {"off": (False, False), "horizontal": (False, True), "both": (True, True)}


class TiledEncoder:
    """The features of pictures of one size, `shape` (h, w) in px, with their margins and cut into tiles."""

    def __init__(
        self, shape: tuple[int, int], encoder: Encoder, settings: Settings, tile: int | None, published: bool
    ):
        self.shape, self.network, self.pooling = shape, encoder, settings.pooling
        self.wrap = WRAPS[settings.seamless]
        self.radius = encoder.architecture.receptive_field_radius()
        # Where the picture wraps, the margin is as wide as the features see: none of the picture's own ones
        # meets the zero padding at the margin's end.
        least = 0 if published else MARGIN
        down, across = (
            math.ceil(self.radius / ALIGNMENT) * ALIGNMENT if wraps else least for wraps in self.wrap
        )
        self.margins = down, across
        self.tiles = [
            Tile(down, across)
            for down in spans(shape[0], self.margins[0], tile or shape[0], self.radius)
            for across in spans(shape[1], self.margins[1], tile or shape[1], self.radius)
        ]

    def padded(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, h, w) with their margins: (B, 3, h + 2 m, w + 2 n)."""
        return pad(pictures, self.margins, self.wrap)

    def encode(self, cut: Tensor, tile: Tile, layers: Iterable[str]) -> TileFeatures:
        """A tile's own features, from what it cuts out of the padded picture."""
        if not layers:
            return TileFeatures({}, {}, {})
        with half_precision(cut.device):
            features = self.network.trunk(cut, set(layers), self.pooling)
        inside = {layer: tile.inside(f, stride(layer)) for layer, f in features.items()}
        places = {layer: tile.place(own, stride(layer), self.margins) for layer, own in inside.items()}
        return TileFeatures(features, inside, places)


class PyramidLevel:
    """Pictures of `shape` (B, 3, H, W) downscaled by `factor`: 1, 2, 4 ..., and the terms of the loss there.

    Content is compared where `factor` is 1. With `published` the padding, the normalised filters and the
    content loss are those of Gatys et al. 2015.
    """

    def __init__(
        self,
        factor: int,
        shape: Sequence[int],
        encoder: Encoder,
        settings: Settings,
        tile: int | None,
        published: bool,
    ):
        self.factor, self.settings, self.published = factor, settings, published
        count, _, height, width = shape
        self.encoder = TiledEncoder((height // factor, width // factor), encoder, settings, tile, published)
        self.transforms = dict(encoder.metrics)
        self.style = StyleTerm(style_weights(encoder, settings), settings.loss, self.transforms)
        content_layers = content_weights(encoder, settings) if factor == 1 else {}
        self.content = ContentTerm(content_layers, self.transforms, published)
        matched = neighbour_weights(encoder, settings) if factor == 1 else {}
        batch = count, height, width
        self.neighbours = NeighbourTerm(matched, self.transforms, batch, settings.strength)
        self._local = self.neighbours, self.content

    @torch.no_grad()
    def set_targets(self, content: Tensor, areas: list[Area], share: float, style_side: float) -> None:
        """Take the features that the content is to keep, and the statistics that its areas are to get.

        `content` (B, 3, H, W) has the full size, `style_side` is the longer side in px at which styles are
        measured, and `share` what an area of weight 1 counts.
        """
        self.style.set_areas(areas, share, self.encoder.shape, self.encoder.radius / 2)
        blended = self.settings.strength < 1
        sums = self._encode_content(content, with_style=blended or self.published)
        if self.published:
            _normalise(self, sums)
        self.content.measure_spread()
        network, pooling = self.encoder.network, self.settings.pooling
        self.neighbours.set_styles(areas, network, style_side, pooling)
        self.style.set_targets(areas, network, style_side, pooling)
        if blended:  # strength moves the targets: at 0 they are the content's own statistics
            self.style.blend_targets(sums, self.settings.strength)

    def set_objects(self, objects: Tensor) -> None:
        """Hold the objects of a map (H, W) together."""
        self.content.set_objects(objects)
        self.neighbours.set_objects(objects)

    @torch.no_grad()
    def set_content(self, content: Tensor) -> None:
        """Take other pictures of the same shape (B, 3, H, W) for the content; style targets stay."""
        self.content.features.clear()
        self._encode_content(content, with_style=False)
        self.content.measure_spread()
        if self.neighbours.layers:
            (tile,) = self.encoder.tiles
            finest = list(self.neighbours.layers)[:1]
            self.neighbours.keep_colours(self.encoder.encode(tile.cut(self._padded(content)), tile, finest))

    @torch.no_grad()
    def match(self, picture: Tensor, coarser: Field | None) -> Generator[None, None, None]:
        """Find the nearest neighbours of `picture` (1, 3, H, W); yields after each tile."""
        if not self.neighbours.layers:
            return
        padded = self._padded(picture)
        for tile in self.encoder.tiles:
            self.neighbours.collect(self.encoder.encode(tile.cut(padded), tile, self.neighbours.layers))
            yield
        self.neighbours.match(coarser)

    def terms(self, pictures: Tensor, rng: np.random.Generator | None = None) -> tuple[Tensor, Tensor]:
        """The style and the content term of pictures (B, 3, H, W), taken whole.

        With `rng` their nearest neighbours are found first, as `NeighbourTerm.match` says.
        """
        (tile,) = self.encoder.tiles
        features = self.encoder.encode(tile.cut(self._padded(pictures)), tile, self.layers)
        if rng is not None and self.neighbours.layers:
            with torch.no_grad():
                self.neighbours.collect(features)
            self.neighbours.match(None, rng)
        moments, (neighbours, content) = measure(features, self.style.weights_at, self._local)
        return self.style.loss(moments) + neighbours, content

    def evaluate(self, picture: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The loss here and its gradient with respect to `picture` (1, 3, H, W); yields after each tile."""
        if not self.layers:
            return picture.new_zeros(()), torch.zeros_like(picture)
        x = picture.detach().requires_grad_()
        if len(self.encoder.tiles) > 1:
            return (yield from self._evaluate_tiles(x))
        loss = torch.add(*self.terms(x))
        (gradient,) = torch.autograd.grad(loss, x)
        yield
        return loss.detach(), gradient

    def _evaluate_tiles(self, x: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
        padded = self._padded(x)
        sums: GramSums = {}
        for tile in self.encoder.tiles:
            with torch.no_grad():
                features = self.encoder.encode(tile.cut(padded), tile, self.style.layers)
                sums = _add(sums, measure(features, self.style.weights_at)[0])
            yield
        leaves = [tensor.requires_grad_() for pair in sums.values() for tensor in pair]
        loss = self.style.loss(sums)
        slopes = torch.autograd.grad(loss, leaves) if leaves else ()

        loss, upstream = loss.detach(), torch.zeros_like(padded)
        for tile in self.encoder.tiles:
            cut = tile.cut(padded).detach().requires_grad_()
            features = self.encoder.encode(cut, tile, self.layers)
            # The sums' values do not matter: this stand-in has the gradient of the whole style loss.
            moments, terms = measure(features, self.style.weights_at, self._local)
            local = cast(Tensor, sum(terms))
            own = [tensor for pair in moments.values() for tensor in pair]
            linear = [(slope * tensor).sum() for slope, tensor in zip(slopes, own, strict=True)]
            tile.cut(upstream).add_(torch.autograd.grad(sum(linear) + local, cut)[0])
            loss = loss + local.detach()
            yield
        (gradient,) = torch.autograd.grad(padded, x, upstream)
        return loss, gradient

    @property
    def layers(self) -> set[str]:
        return {*self.style.layers, *self.content.layers, *self.neighbours.layers}

    def _padded(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W), downscaled, with their margins."""
        small = F.avg_pool2d(pictures, self.factor) if self.factor > 1 else pictures
        return self.encoder.padded(small)

    def _encode_content(self, content: Tensor, with_style: bool) -> GramSums:
        """Keep the content's features; its style sums too, where they are asked for."""
        padded = self._padded(content)
        sums: GramSums = {}
        layers = self.layers if with_style else set(self.content.layers)
        for tile in self.encoder.tiles:
            features = self.encoder.encode(tile.cut(padded), tile, layers)
            if with_style:
                sums = _add(sums, measure(features, self.style.weights_at)[0])
            self.content.keep(features, self.encoder.shape)
            if self.settings.strength < 1:
                self.neighbours.keep_source(features)
        return sums


def _normalise(level: PyramidLevel, sums: GramSums) -> None:
    """Divide filters by their mean activation, as Gatys et al. 2015 do, but over this content."""
    for layer in level.layers - level.encoder.network.metrics.keys():
        kept = level.content.features.get(layer)
        if kept is None:
            count = sum(counts[layer] for counts in level.style.counts)
            parts = [first[0] for (_, of), (first, _) in sums.items() if of == layer]
            mean = cast(Tensor, sum(parts)) / count
        else:
            mean = kept.mean((0, 1))
        # One picture may leave a filter nearly idle: its noise must not outweigh all else.
        level.transforms[layer] = (1 / mean.clamp(min=0.2 * mean.mean())).diag()


def _add(one: GramSums, other: GramSums) -> GramSums:
    return {
        key: (one[key][0] + sums[0], one[key][1] + sums[1]) if key in one else sums
        for key, sums in other.items()
    }
