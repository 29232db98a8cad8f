"""The terms that a painting minimises: style, content and total variation, one formula each."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor


class Statistics(NamedTuple):
    """A layer's features as a Gaussian: `mean` (C,) and `covariance` (C, C)."""

    mean: Tensor
    covariance: Tensor

    def gram(self) -> Tensor:
        """Second moment (C, C): the Gram matrix of Gatys et al. 2015 over the number of positions."""
        return self.covariance + self.mean.outer(self.mean)

    def lerp(self, other: "Statistics", share: float) -> "Statistics":
        """These statistics moved towards `other` by `share` (0 to 1)."""
        return Statistics(*(a.lerp(b, share) for a, b in zip(self, other, strict=True)))


class _Moments(torch.autograd.Function):
    """Mean (C,) and second moment (C, C) of rows (N, C); its own gradient, for autograd's takes two products for one."""

    @staticmethod
    def forward(ctx, rows: Tensor) -> tuple[Tensor, Tensor]:
        ctx.save_for_backward(rows)
        return rows.mean(0), rows.T @ rows / len(rows)

    @staticmethod
    def backward(ctx, mean: Tensor, second: Tensor) -> Tensor:
        rows, = ctx.saved_tensors
        return torch.addmm(mean / len(rows), rows, (second + second.T) / len(rows))


def measure(features: Tensor, metric: Tensor | None = None) -> Statistics:
    """Statistics of features (1, C, H, W), in float32, brought into the coordinates of `metric` (C, C)."""
    mean, second = _Moments.apply(features.permute(0, 2, 3, 1).flatten(0, 2).float())
    covariance = second - mean.outer(mean)
    if metric is None:
        return Statistics(mean, covariance)
    return Statistics(metric @ mean, metric @ covariance @ metric.T)


def covariance_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|C - C_s|^2 / |C_s|^2 + |m - m_s|^2 / tr C_s.

    Differs from Gatys et al. 2015: a Gram matrix is ruled by the features' mean, its largest eigenvector; with the
    mean apart, brush strokes and palette both count.
    """
    return ((painted.covariance - style.covariance).square().sum() / style.covariance.square().sum().clamp(min=1e-12)
            + (painted.mean - style.mean).square().sum() / style.covariance.trace().clamp(min=1e-6))


def gram_loss(painted: Statistics, style: Statistics) -> Tensor:
    """|G - G_s|^2 / |G_s|^2. Differs from Gatys et al. 2015: relative, so that layers balance without hand-set weights."""
    target = style.gram()
    return (painted.gram() - target).square().sum() / target.square().sum().clamp(min=1e-12)


STYLE_LOSSES = {"covariance": covariance_loss, "gram": gram_loss}


def content_loss(painted: Tensor, content: Tensor) -> Tensor:
    """Squared error of features (1, C, H, W) over the content features' variance; 0 is identical, 2 unrelated.

    A flat picture has no variance to speak of: a tenth of the features' energy stands in, or nothing could be painted on it.
    """
    spread = (content - content.mean((2, 3), keepdim=True)).square().mean()
    return (painted - content).square().mean() / torch.maximum(spread, 0.1 * content.square().mean()).clamp(min=1e-6)


def total_variation(picture: Tensor) -> Tensor:
    """Mean squared difference between neighbouring pixels of (1, C, H, W), as in Johnson et al. 2016."""
    return picture.diff(dim=2).square().mean() + picture.diff(dim=3).square().mean()


def chroma(picture: Tensor) -> Tensor:
    """Cb and Cr (B, 2, H, W) of an RGB picture (B, 3, H, W), after ITU-R BT.601, each from -0.5 to 0.5."""
    weights = picture.new_tensor([[-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
    return F.conv2d(picture, weights[..., None, None])
