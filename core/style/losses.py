"""The terms that a painting minimises: style, content and total variation, one formula each."""

from collections.abc import Mapping
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
    def of_sums(
        cls, sums: tuple[Tensor, Tensor], count: float, transform: Tensor | None = None
    ) -> "Statistics":
        """From the unnormalised moments of one picture over `count` positions.

        `sums` have the shapes (C,) and (C, C). Features are multiplied by `transform` (C, C), if any.
        """
        mean, second = sums[0] / count, sums[1] / count
        plain = cls(mean, second - mean.outer(mean))
        return plain if transform is None else plain.transformed(transform)

    def transformed(self, matrix: Tensor) -> "Statistics":
        """The statistics of the features multiplied by `matrix` (C, C)."""
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
    """The weighted average of statistics."""
    total = sum(weight for _, weight in parts)
    return Statistics(
        cast("Tensor", sum(s.mean * (w / total) for s, w in parts)),
        cast("Tensor", sum(s.covariance * (w / total) for s, w in parts)),
    )


def unnormalised_moments(rows: Tensor, weights: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Unnormalised first and second moments over rows (..., N, C): the sums x (..., C) and x x^T (..., C, C).

    `weights` (N,) counts each row that much; where it is 0 nothing is computed. The second moment over the
    number of positions is the Gram matrix of Gatys et al. 2015.
    """
    if weights is None:
        return rows.sum(-2), rows.mT @ rows
    here = weights.nonzero()[:, 0]
    rows = rows.index_select(-2, here)
    weighted = rows * weights[here, None]
    return weighted.sum(-2), weighted.mT @ rows


def moments_gradient(rows: Tensor, first: Tensor, slope: Tensor, weights: Tensor | None = None) -> Tensor:
    """The gradient of `unnormalised_moments` of rows (B, N, C), of the same shape.

    `first` (B, C) is the loss's gradient with respect to the first moment, and `slope` (B, C, C) the one with
    respect to the second plus its transpose: one matrix product, where autograd takes two.
    """
    if weights is None:
        return torch.baddbmm(first[:, None], rows, slope)
    here = weights.nonzero()[:, 0]
    found = torch.baddbmm(first[:, None], rows.index_select(-2, here), slope)
    return torch.zeros_like(rows).index_copy_(-2, here, found.mul_(weights[here, None]))


def feature_statistics(features: Tensor, transform: Tensor | None = None) -> Statistics:
    """Statistics of features (H, W, C), multiplied by `transform` (C, C) where there is one."""
    return Statistics.of_sums(
        unnormalised_moments(features.flatten(0, 1)), features.shape[0] * features.shape[1], transform
    )


def transformed(features: Tensor, layer: str, transforms: Mapping[str, Tensor]) -> Tensor:
    """Features (..., C) of a layer after its transform (C, C), where it has one."""
    return features @ transforms[layer].T if layer in transforms else features


def metrics(transforms: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The matrices M (C, C) of which x^T M x is the squared length of a transformed x, by layer."""
    return {layer: transform.T @ transform for layer, transform in transforms.items()}


def covariance_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|C - C_s|^2 / |C_s|^2 + |m - m_s|^2 / tr C_s.

    Differs from Gatys et al. 2015: a Gram matrix is dominated by the features' mean, its largest eigenvector.
    With the mean apart, brush strokes and colours both count.
    """
    return (painted.covariance - style.covariance).square().sum() / style.covariance.square().sum().clamp(
        min=1e-12
    ) + (painted.mean - style.mean).square().sum() / style.covariance.trace().clamp(min=1e-6)


def gram_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|G - G_s|^2 / |G_s|^2.

    Differs from Gatys et al. 2015: relative, so that layers balance without weights set by hand.
    """
    return (painted.gram - style.gram).square().sum() / style.gram.square().sum().clamp(min=1e-12)


def published_loss(painted: Statistics, style: Statistics) -> Tensor:
    """1 / (4 N^2) |G - G_s|^2 for N channels, as in Gatys et al. 2015.

    Their G is a sum over M positions, which they divide by M as well.
    """
    return 0.25 * (painted.gram - style.gram).square().mean()


class _RootTrace(torch.autograd.Function):
    """tr (S C S)^1/2 of a covariance C (N, N) and the symmetric `root` S (N, N) of another one.

    It has its own gradient, S (S C S)^-1/2 S / 2, for autograd's of `eigh` does not stay finite.
    """

    @staticmethod
    def forward(ctx: Any, covariance: Tensor, root: Tensor) -> Tensor:
        # The roots of the small eigenvalues dominate the gradient: float64 where the device has it.
        exact = torch.float32 if root.device.type in ("mps", "xpu") else torch.float64
        values, vectors = torch.linalg.eigh((root @ covariance @ root).to(exact))
        values = values.clamp(min=1e-6 * values[-1].clamp(min=1e-12)).sqrt()
        ctx.save_for_backward(values.to(root.dtype), root @ vectors.to(root.dtype))
        return values.sum().to(root.dtype)

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None]:
        values, vectors = ctx.saved_tensors
        return upstream / 2 * (vectors / values) @ vectors.T, None


def wasserstein_loss(painted: Statistics, style: Statistics) -> Tensor:
    """Squared Wasserstein-2 distance of the Gaussians, over tr C_s.

    It is |m - m_s|^2 + tr (C + C_s - 2 (C_s^1/2 C C_s^1/2)^1/2).
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
    """What squared errors of features (H, W, C) are divided by: then 0 is identical and 2 unrelated.

    The result is a tensor (), or (B,) for a batch (B, H, W, C). It is the variance over positions, at least a
    tenth of the features' energy: a flat picture has no variance, and nothing could be painted on it.
    """
    each = (-3, -2, -1)
    spread = (content - content.mean((-3, -2), keepdim=True)).square().mean(each)
    return torch.maximum(spread, 0.1 * content.square().mean(each)).clamp(min=1e-6)


def total_variation(picture: Tensor, wrap: tuple[bool, bool] = (False, False)) -> Tensor:
    """Squared differences between neighbouring pixels of (B, C, H, W), as in Johnson et al. 2016.

    It is the mean over vertical neighbours plus the mean over horizontal ones. `wrap` says for either axis,
    down and across, whether the first pixel is the last one's neighbour.
    """
    down, across = (
        (picture.roll(-1, dim) - picture if wraps else picture.diff(dim=dim)).square().mean()
        for dim, wraps in zip((2, 3), wrap, strict=True)
    )
    return down + across


def chroma(picture: Tensor) -> Tensor:
    """Cb and Cr (B, 2, H, W) of RGB pictures (B, 3, H, W), after ITU-R BT.601, each from -0.5 to 0.5."""
    weights = picture.new_tensor([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    return (weights @ picture.flatten(2)).view(len(picture), 2, *picture.shape[2:])
