"""What the terms of the loss read of a layer's features, and the one gradient that all of them give it.

Features stay in the type that they were computed in. They are read in parts, as float32, each small enough
for the processor's cache through all that is done with it: a large picture's features are slow to read, and
copies of them slower.
"""

from collections.abc import Iterable, Sequence
from functools import reduce
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor

from ..compute.tensors import parts
from ..style.losses import moments_gradient, unnormalised_moments

# Unnormalised moments of the pictures of a batch, (B, C) and (B, C, C), by an area's number and a layer.
GramSums = dict[tuple[int, str], tuple[Tensor, Tensor]]


class TileFeatures(NamedTuple):
    """Features by layer (B, C, h, w), of a tile and its halo.

    `inside` are the rows and columns of the tile's own part, and `places` what they are in the whole picture
    without its margin.
    """

    features: dict[str, Tensor]
    inside: dict[str, tuple[slice, slice]]
    places: dict[str, tuple[slice, slice]]

    def own(self, layer: str) -> Tensor:
        """The tile's own part as float32, (B, h, w, C); (h, w, C) of one picture."""
        return _own(self.features[layer], self.inside[layer]).float().contiguous().squeeze(0)

    def tall(self, layer: str) -> Tensor:
        """`own`, with the pictures of a batch below each other, (B h, w, C)."""
        return self.own(layer).flatten(0, -3)


class Distance(Protocol):
    """A sum over the positions of a tile's own part, and its gradient."""

    def __call__(self, rows: Tensor, part: slice) -> tuple[Tensor, Tensor]:
        """What `rows` (B, n, C), the positions `part`, add to the sum: (B,); the gradient has their shape."""


class LocalTerm(Protocol):
    """A term that is a sum over positions."""

    layers: dict[str, float]

    def distance(self, layer: str, place: tuple[slice, slice]) -> tuple[Distance, Tensor | float]:
        """The distance of a layer's features at this place, and what it counts: (), or (B,)."""


class PositionWeights(Protocol):
    """What the positions of a layer count in the statistics, (h, w) for each area; None: all alike."""

    def __call__(self, layer: str, place: tuple[slice, slice]) -> list[Tensor | None]: ...


class _Sums(torch.autograd.Function):
    """Of features (B, C, h, w): the unnormalised moments for each of `weights` (n,), then each distance (B,).

    The gradients of the distances come with their values, while rows are in the processor's cache.
    """

    @staticmethod
    def forward(
        ctx: Any,
        features: Tensor,
        inside: tuple[slice, slice],
        weights: Sequence[Tensor | None],
        distances: Sequence[Distance],
    ) -> tuple[Tensor, ...]:
        own = _own(features, inside)
        gradients = [torch.empty_like(own, memory_format=torch.contiguous_format) for _ in distances]
        sums: list[Tensor] = []
        for lines, part in _parts(own):
            rows = _rows(own[:, lines])
            found = [total for w in weights for total in unnormalised_moments(rows, _at(w, part))]
            for distance, gradient in zip(distances, gradients, strict=True):
                value, slope = distance(rows, part)
                gradient[:, lines] = slope.view(gradient[:, lines].shape)
                found.append(value)
            sums = [a.add_(b) for a, b in zip(sums, found, strict=True)] if sums else found
        ctx.save_for_backward(features, *gradients)
        ctx.inside, ctx.weights = inside, weights
        return tuple(sums)

    @staticmethod
    def backward(ctx: Any, *upstream: Tensor) -> tuple[Tensor, None, None, None]:
        features, *gradients = ctx.saved_tensors
        whole = torch.empty_like(features, memory_format=torch.channels_last).zero_()
        own, target = _own(features, ctx.inside), _own(whole, ctx.inside)
        # In the features' own type: what bfloat16 rounds here is a hundredth of what it rounds in the
        # convolutions. In float16 small numbers would vanish.
        kind = torch.float32 if features.dtype == torch.float16 else features.dtype
        count = 2 * len(ctx.weights)
        factors = [factor.to(kind)[:, None, None] for factor in upstream[count:]]
        firsts = [first.to(kind) for first in upstream[:count:2]]
        slopes = [(second + second.mT).to(kind) for second in upstream[1:count:2]]
        for lines, part in _parts(own):
            rows = own[:, lines].to(kind).flatten(1, 2)
            found = [
                moments_gradient(rows, first, slope, _at(w, part))
                for first, slope, w in zip(firsts, slopes, ctx.weights, strict=True)
            ]
            found += [
                gradient[:, lines].to(kind).flatten(1, 2) * factor
                for gradient, factor in zip(gradients, factors, strict=True)
            ]
            total = reduce(Tensor.add_, found)
            target[:, lines] = total.view(target[:, lines].shape)
        return whole, None, None, None


def measure(
    features: TileFeatures, weights: PositionWeights, terms: Sequence[LocalTerm] = ()
) -> tuple[GramSums, list[Tensor]]:
    """A tile's part of the moments that `weights` ask for, and of the terms; of a batch the terms' sum."""
    moments: GramSums = {}
    totals = [torch.zeros(()) for _ in terms]
    for layer, whole in features.features.items():
        place = features.places[layer]
        areas = weights(layer, place)
        local = [(n, *term.distance(layer, place)) for n, term in enumerate(terms) if term.layers.get(layer)]
        if not areas and not local:
            continue
        found = _Sums.apply(whole, features.inside[layer], areas, [distance for _, distance, _ in local])
        for number in range(len(areas)):
            moments[number, layer] = found[2 * number], found[2 * number + 1]
        for (n, _, factor), value in zip(local, found[2 * len(areas) :], strict=True):
            totals[n] = totals[n] + (factor * value).sum()
    return moments, totals


def _own(features: Tensor, inside: tuple[slice, slice]) -> Tensor:
    """Rows and columns of features (B, C, H, W), seen as (B, h, w, C)."""
    return features[(..., *inside)].permute(0, 2, 3, 1)


def _parts(own: Tensor) -> Iterable[tuple[slice, slice]]:
    """Lines of features (B, h, w, C) to be read at a time, and which positions they are."""
    width = own.shape[2]
    for lines in parts(own.flatten(2)):
        yield lines, slice(lines.start * width, lines.stop * width)


def _rows(lines: Tensor) -> Tensor:
    """Lines (B, h, w, C) as rows (B, n, C) of float32 at least."""
    return lines.to(torch.promote_types(lines.dtype, torch.float32)).flatten(1, 2)


def _at(weights: Tensor | None, part: slice) -> Tensor | None:
    return None if weights is None else weights.flatten()[part]
