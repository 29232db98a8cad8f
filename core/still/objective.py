"""The loss of a painting at one size and its exact gradient, for the whole picture or tile by tile."""

from collections.abc import Generator, Iterator
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.sizes import MARGIN
from ..encoders.network import Encoder
from ..settings import Settings
from ..style.areas import Area
from ..style.losses import chroma, total_variation
from ..style.neighbours import Field
from .pyramid import PyramidLevel
from .terms import STATISTICS_SHARE, style_weights


class Terms(NamedTuple):
    """The parts of the loss, each a tensor ()."""

    smoothness: Tensor
    style: Tensor
    content: Tensor


class Objective:
    """The loss of a painting, or of a batch of them, and its gradient.

    `content` (B, 3, h, w) is the source at this size, `side` the length in px of the longer side. `tile` is
    the side of tiles in px, None to take the picture whole; a batch is taken whole. `published` follows Gatys
    et al. 2015 in the padding, the filters' normalisation and the content loss too; by default where the
    style loss is "published".

    Differs from Gatys et al. 2016: style is compared at full and at half size, which keeps the large shapes
    that were found at coarser sizes while the fine ones are painted.
    """

    statistics_share = STATISTICS_SHARE

    def __init__(
        self,
        content: Tensor,
        areas: list[Area],
        side: float,
        settings: Settings,
        encoder: Encoder,
        tile: int | None = None,
        published: bool | None = None,
    ):
        self.settings, self.tile = settings, tile
        self._areas, self._side, self._encoder = areas, side, encoder
        published = settings.loss == "published" if published is None else published
        shape = content.shape[-2], content.shape[-1]
        factors = [2**k for k in range(settings.compared_sizes) if k == 0 or min(shape) >> k >= MARGIN]
        whole = self.statistics_share if settings.loss == "neighbours" else 1.0
        share = whole / len(factors) / max(sum(style_weights(encoder, settings).values()), 1e-6)
        self.levels = [
            PyramidLevel(factor, content.shape, encoder, settings, tile, published) for factor in factors
        ]
        for level in self.levels:
            level.set_targets(content, areas, share, side / level.factor * settings.style_scale)
        self._temporal: tuple[Tensor, Tensor] | None = None

    def set_content(self, content: Tensor) -> None:
        """Take another batch of sources of the same shape (B, 3, h, w); style targets stay.

        Only where `settings.strength` is 1: below it the targets follow from the content.
        """
        for level in self.levels:
            level.set_content(content)

    def set_objects(self, objects: Tensor) -> None:
        """Hold the objects of a map (H, W) of any size together, see core.style.objects."""
        for level in self.levels:
            level.set_objects(objects)

    def set_ids(self, ids: Tensor) -> None:
        """Paint what is seen where, by ids (H, W) of any size, like the same things in the styles."""
        for level in self.levels:
            level.neighbours.set_ids(ids)

    def add_temporal_loss(self, target: Tensor, weight: Tensor) -> None:
        """Keep the picture near `target` (1, 3, h, w), each pixel with its `weight` (1, 1, h, w).

        This is the temporal loss of Ruder et al. 2016: the mean of weight x (x - target)^2.
        """
        self._temporal = target, weight

    @property
    def field(self) -> Field | None:
        """The nearest neighbours that were found last, where the style loss has any."""
        return self.levels[0].neighbours.field

    def match(self, picture: Tensor, coarser: Field | None = None) -> Generator[None, None, None]:
        """Find the nearest neighbours of `picture` (1, 3, h, w), where the style loss has any, with what the
        `coarser` field proposes; yields after each tile.

        Where nothing proposes any for a large picture, they are first found at half its size.
        """
        needs_proposals = coarser is None and self.field is None and self.levels[0].neighbours.is_large
        if needs_proposals and min(picture.shape[-2:]) >= 4 * MARGIN:
            half = F.avg_pool2d(picture, 2)
            smaller = Objective(half, self._areas, self._side / 2, self.settings, self._encoder, self.tile)
            yield from smaller.match(half)
            coarser = smaller.field
        yield from self.levels[0].match(picture, coarser)

    def terms(self, pictures: Tensor, rng: np.random.Generator | None = None) -> Terms:
        """The terms for pictures (B, 3, h, w), the mean over the batch, to be propagated back by autograd.

        With `rng` the nearest neighbours are found first, among random positions of the styles.
        """
        smoothness = sum(self._smoothness(pictures), start=pictures.new_zeros(()))
        style = content = pictures.new_zeros(())
        for level in self.levels:
            level_style, level_content = level.terms(pictures, rng)
            style, content = style + level_style, content + level_content
        return Terms(smoothness, style, content)

    def evaluate(self, picture: Tensor) -> Generator[None, None, tuple[Tensor, Tensor]]:
        """The loss of `picture` (1, 3, h, w) and its gradient, of the same shape.

        Yields after each tile, so that a job can stop there.
        """
        x = picture.detach().requires_grad_()
        loss, gradient = picture.new_zeros(()), torch.zeros_like(picture)
        for term in self._smoothness(x):
            gradient += torch.autograd.grad(term, x)[0]
            loss = loss + term.detach()
        if self._temporal:
            target, weight = self._temporal
            weighted = weight * (picture - target)
            loss = loss + (weighted * (picture - target)).mean()
            gradient = gradient.add_(weighted, alpha=2 / picture.numel())
        for level in self.levels:
            level_loss, level_gradient = yield from level.evaluate(picture)
            loss, gradient = loss + level_loss, gradient.add_(level_gradient)
        return loss, gradient

    def _smoothness(self, pictures: Tensor) -> Iterator[Tensor]:
        """The total variation of all colours, and that of the chroma, each with its weight.

        The encoder hardly sees single pixels' colours, and an optimiser fills with speckle what is not seen.
        """
        s, wrap = self.settings, self.levels[0].encoder.wrap
        if s.smoothness:
            yield s.smoothness * total_variation(pictures, wrap)
        if s.colour_smoothness:
            yield s.colour_smoothness * total_variation(chroma(pictures), wrap)
