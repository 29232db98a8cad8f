"""Each term of the loss against its formula in float64."""

import numpy as np
import torch

from core.style import losses
from core.style.losses import (
    Statistics,
    content_scale,
    covariance_loss,
    feature_statistics,
    gram_loss,
    mix,
    published_loss,
    total_variation,
    unnormalised_moments,
    wasserstein_loss,
)


def _features(seed: int = 0) -> torch.Tensor:
    """(9, 11, 6)."""
    return torch.rand(9, 11, 6, generator=torch.Generator().manual_seed(seed)) * 3


def _assert_close(one: Statistics, other: Statistics, tolerance: float = 1e-4):
    torch.testing.assert_close(one.mean, other.mean, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(one.covariance, other.covariance, rtol=tolerance, atol=tolerance)


def test_statistics_are_mean_and_covariance_over_positions():
    rows = _features().flatten(0, 1).T.double().numpy()
    measured = feature_statistics(_features())
    np.testing.assert_allclose(measured.mean.numpy(), rows.mean(1), rtol=1e-5)
    np.testing.assert_allclose(measured.covariance.numpy(), np.cov(rows, bias=True), atol=1e-5)


def test_a_position_counts_as_much_as_its_weight():
    weights = torch.zeros(9, 11)
    weights[2:5, 3:7], weights[6, 6] = 1, 2
    rows = torch.cat([_features()[2:5, 3:7].flatten(0, 1), _features()[6, 6][None], _features()[6, 6][None]])
    weighted = Statistics.of_sums(unnormalised_moments(_features(), weights), weights.sum())
    _assert_close(weighted, Statistics(rows.mean(0), torch.cov(rows.T, correction=0)))


def test_a_metric_is_the_same_as_transformed_features():
    metric = torch.rand(6, 6, generator=torch.Generator().manual_seed(1))
    _assert_close(feature_statistics(_features(), metric), feature_statistics(_features() @ metric.T))


def test_the_gradient_of_the_moments_is_the_numeric_one():
    rows = torch.rand(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).requires_grad_()
    assert torch.autograd.gradcheck(losses._Moments.apply, rows)
    weights = torch.rand(7, 1, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda r: losses._WeightedMoments.apply(r, weights), rows)


def test_the_gradient_of_the_root_trace_is_the_numeric_one():
    spread = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    root = feature_statistics(_features()).root.double()[:5, :5]

    def root_trace(s):
        return losses._RootTrace.apply(s @ s.T + torch.eye(5), root)

    assert torch.autograd.gradcheck(root_trace, spread.requires_grad_())


def test_gram_is_the_second_moment():
    rows = _features().flatten(0, 1)
    torch.testing.assert_close(
        feature_statistics(_features()).gram, rows.T @ rows / len(rows), rtol=1e-4, atol=1e-4
    )


def test_style_losses_follow_their_formulas_and_vanish_on_the_style_itself():
    painted, style = feature_statistics(_features(0)), feature_statistics(_features(2) * 1.3)
    c, cs, m, ms = painted.covariance, style.covariance, painted.mean, style.mean
    expected = (c - cs).norm() ** 2 / cs.norm() ** 2 + (m - ms).norm() ** 2 / cs.trace()
    torch.testing.assert_close(covariance_loss(painted, style), expected)
    g, gs = painted.gram, style.gram
    torch.testing.assert_close(gram_loss(painted, style), (g - gs).norm() ** 2 / gs.norm() ** 2)
    torch.testing.assert_close(published_loss(painted, style), (g - gs).norm() ** 2 / (4 * 6**2))
    # tr (A B)^1/2 by the eigenvalues of A B, in float64.
    cross = np.sqrt(np.linalg.eigvals((cs @ c).double().numpy()).real).sum()
    expected = ((m - ms).norm() ** 2 + c.trace() + cs.trace() - 2 * cross) / cs.trace()
    torch.testing.assert_close(wasserstein_loss(painted, style).item(), expected.item(), rtol=1e-3, atol=1e-4)
    for loss in losses.STYLE_LOSSES.values():
        assert abs(loss(style, style)) < 1e-4


def test_moving_statistics_by_a_share_goes_all_the_way():
    a, b = feature_statistics(_features(0)), feature_statistics(_features(1))
    for share, end in ((0.0, a), (1.0, b)):
        _assert_close(a.lerp(b, share), end)


def test_a_mix_is_the_weighted_average():
    a, b = feature_statistics(_features(0)), feature_statistics(_features(1))
    _assert_close(mix([(a, 1.0), (b, 3.0)]), a.lerp(b, 0.75))
    _assert_close(mix([(a, 0.2)]), a)


def test_an_unrelated_picture_is_twice_as_far_as_the_content_is_spread():
    one, other = torch.randn(2, 64, 64, 8, generator=torch.Generator().manual_seed(3))
    assert abs((one - other).square().mean() / content_scale(one) - 2) < 0.05


def test_total_variation_of_a_slope():
    slope = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 3, 5, 8) * 0.1
    assert abs(total_variation(slope).item() - 0.01) < 1e-6
    assert abs(total_variation(slope, (False, True)).item() - (7 * 0.01 + 0.49) / 8) < 1e-6


def test_grey_has_no_chroma_and_red_has():
    assert losses.chroma(torch.full((1, 3, 2, 2), 0.7)).abs().max() < 1e-6
    red = torch.zeros(1, 3, 2, 2)
    red[:, 0] = 1
    torch.testing.assert_close(losses.chroma(red)[0, :, 0, 0], torch.tensor([-0.168736, 0.5]))


def test_a_flat_picture_has_finite_losses():
    flat = Statistics(torch.zeros(4), torch.zeros(4, 4))
    assert all(torch.isfinite(loss(flat, flat)) for loss in losses.STYLE_LOSSES.values())
    assert content_scale(torch.zeros(3, 3, 2)) > 0
