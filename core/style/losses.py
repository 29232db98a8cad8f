"""The terms that a painting minimises: style, content and total variation, one formula each."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import torch
from torch import Tensor


@dataclass(frozen=True)
class Statistics:
    """A layer's features as a Gaussian: `mean` (C,) and `covariance` (C, C)."""

    mean: Tensor
    covariance: Tensor

    @classmethod
    def of_sums(cls, sums: tuple[Tensor, Tensor], count: float, metric: Tensor | None = None) -> "Statistics":
        """From what `moments` added up over `count` positions, brought into the coordinates of `metric` (C,
        C).
        """
        mean, second = sums[0] / count, sums[1] / count
        plain = cls(mean, second - mean.outer(mean))
        return plain if metric is None else plain.through(metric)

    def through(self, matrix: Tensor) -> "Statistics":
        """Those of the features multiplied by `matrix` (C, C)."""
        return Statistics(matrix @ self.mean, matrix @ self.covariance @ matrix.T)

    @cached_property
    def gram(self) -> Tensor:
        """Second moment (C, C): the Gram matrix of Gatys et al. 2015 over the number of positions."""
        return self.covariance + self.mean.outer(self.mean)

    @cached_property
    def root(self) -> Tensor:
        """The covariance's symmetric square root (C, C)."""
        values, vectors = torch.linalg.eigh(self.covariance)
        return vectors * values.clamp(min=0).sqrt() @ vectors.T

    def lerp(self, other: "Statistics", share: float) -> "Statistics":
        """These statistics moved towards `other` by `share` (0 to 1)."""
        return Statistics(self.mean.lerp(other.mean, share), self.covariance.lerp(other.covariance, share))

    def to(self, device: torch.device) -> "Statistics":
        return Statistics(self.mean.to(device), self.covariance.to(device))


def mix(parts: list[tuple[Statistics, float]]) -> Statistics:
    """The weighted average of statistics: what all of them together pull towards."""
    total = sum(weight for _, weight in parts)
    return Statistics(
        cast("Tensor", sum(s.mean * (w / total) for s, w in parts)),
        cast("Tensor", sum(s.covariance * (w / total) for s, w in parts)),
    )


class _Moments(torch.autograd.Function):
    """Sums over rows (..., N, C); with its own gradient, for autograd's takes two matrix products where one
    does.
    """

    @staticmethod
    def forward(ctx: Any, rows: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows)
        return rows.sum(-2), rows.mT @ rows

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> Tensor:
        (rows,) = ctx.saved_tensors
        add = torch.addmm if rows.dim() == 2 else torch.baddbmm
        return add(first.unsqueeze(-2), rows, second + second.mT)


class _WeightedMoments(torch.autograd.Function):
    """The same with a weight for each row (N, 1)."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows, weights)
        weighted = rows * weights
        return weighted.sum(0), weighted.T @ rows

    @staticmethod
    def backward(ctx: Any, first: Tensor, second: Tensor) -> tuple[Tensor, None]:
        rows, weights = ctx.saved_tensors
        return torch.addmm(first, rows, second + second.T) * weights, None


def moments(features: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Sums of features (H, W, C), or several pictures' (B, H, W, C), over their positions: x (C,) and x x^T
    (C, C).

    `weights` (H, W) counts each position that much; where it is 0 nothing is computed.
    """
    rows = features.flatten(-3, -2)
    if weights is None:
        return _Moments.apply(rows)
    here = weights.flatten().nonzero()[:, 0]
    return _WeightedMoments.apply(rows[here], weights.flatten()[here, None])


def measure(features: Tensor, metric: Tensor | None = None) -> Statistics:
    """Statistics of features (H, W, C), in the coordinates of `metric` (C, C)."""
    return Statistics.of_sums(moments(features), features.shape[0] * features.shape[1], metric)


def covariance_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|C - C_s|^2 / |C_s|^2 + |m - m_s|^2 / tr C_s.

    Differs from Gatys et al. 2015: a Gram matrix is ruled by the features' mean, its largest eigenvector;
    with the mean apart, brush strokes and palette both count.
    """
    return (painted.covariance - style.covariance).square().sum() / style.covariance.square().sum().clamp(
        min=1e-12
    ) + (painted.mean - style.mean).square().sum() / style.covariance.trace().clamp(min=1e-6)


def gram_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|G - G_s|^2 / |G_s|^2. Differs from Gatys et al. 2015: relative, so that layers balance without
    hand-set weights.
    """
    return (painted.gram - style.gram).square().sum() / style.gram.square().sum().clamp(min=1e-12)


def published_loss(painted: Statistics, style: Statistics) -> Tensor:
    """1 / (4 N^2) |G - G_s|^2 for N channels, as Gatys et al. 2015 have it (their G is a sum over M
    positions, over M again).
    """
    return 0.25 * (painted.gram - style.gram).square().mean()


class _RootTrace(torch.autograd.Function):
    """tr (S C S)^1/2 for symmetric S; its gradient is S (S C S)^-1/2 S / 2, which autograd's of `eigh` cannot
    keep finite.
    """

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, root: Tensor) -> Tensor:
        exact = (
            torch.float32 if root.device.type in ("mps", "xpu") else torch.float64
        )  # the small eigenvalues' roots rule the gradient
        values, vectors = torch.linalg.eigh((root @ covariance @ root).to(exact))
        values = values.clamp(min=1e-6 * values[-1].clamp(min=1e-12)).sqrt()
        ctx.save_for_backward(values.to(root.dtype), root @ vectors.to(root.dtype))
        return values.sum().to(root.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        values, vectors = ctx.saved_tensors
        return upstream / 2 * (vectors / values) @ vectors.T, None


def wasserstein_loss(painted: Statistics, style: Statistics) -> Tensor:
    """Squared Wasserstein-2 distance of the Gaussians, over tr C_s: |m - m_s|^2 + tr (C + C_s - 2 (C_s^1/2 C
    C_s^1/2)^1/2).
    """
    distance = (
        (painted.mean - style.mean).square().sum()
        + painted.covariance.trace()
        + style.covariance.trace()
        - 2 * _RootTrace.apply(painted.covariance, style.root)
    )
    return distance / style.covariance.trace().clamp(min=1e-6)


STYLE_LOSSES = {
    "covariance": covariance_loss,
    "wasserstein": wasserstein_loss,
    "gram": gram_loss,
    "published": published_loss,
}


def content_scale(content: Tensor) -> Tensor:
    """What squared errors of features (H, W, C) are measured by: then 0 is identical and 2 unrelated.

    A flat picture has no variance to speak of: a tenth of the features' energy stands in, or nothing could be
    painted on it.
    """
    spread = (content - content.mean((0, 1))).square().mean()
    return torch.maximum(spread, 0.1 * content.square().mean()).clamp(min=1e-6)


def total_variation(picture: Tensor, wrap: tuple[bool, bool] = (False, False)) -> Tensor:
    """Squared differences between neighbouring pixels of (1, C, H, W), as in Johnson et al. 2016, the mean
    down plus the mean across.

    `wrap` says for either axis, down and across, whether its last pixel has the first one for a neighbour.
    """
    down, across = (
        (picture.roll(-1, dim) - picture if wraps else picture.diff(dim=dim)).square().mean()
        for dim, wraps in zip((2, 3), wrap, strict=True)
    )
    return down + across


def chroma(picture: Tensor) -> Tensor:
    """Cb and Cr (B, 2, H, W) of an RGB picture (B, 3, H, W), after ITU-R BT.601, each from -0.5 to 0.5."""
    weights = picture.new_tensor([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    return (weights @ picture.flatten(2)).view(len(picture), 2, *picture.shape[2:])
