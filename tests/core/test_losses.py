"""Each term of the loss against its formula in float64."""

import numpy as np
import torch

from core import losses
from core.losses import Statistics, content_loss, covariance_loss, gram_loss, measure, total_variation


def _features(seed: int = 0) -> torch.Tensor:
    return torch.rand(1, 6, 9, 11, generator=torch.Generator().manual_seed(seed)) * 3


def test_statistics_are_mean_and_covariance_over_positions():
    rows = _features()[0].flatten(1).double().numpy()
    mean, covariance = measure(_features())
    np.testing.assert_allclose(mean.numpy(), rows.mean(1), rtol=1e-5)
    np.testing.assert_allclose(covariance.numpy(), np.cov(rows, bias=True), atol=1e-5)


def test_a_metric_is_the_same_as_transformed_features():
    metric = torch.rand(6, 6, generator=torch.Generator().manual_seed(1))
    direct = measure(torch.einsum("ij,bjhw->bihw", metric, _features()))
    for a, b in zip(measure(_features(), metric), direct, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_the_gradient_of_the_moments_is_the_numeric_one():
    rows = torch.rand(7, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(5)).requires_grad_()
    assert torch.autograd.gradcheck(losses._Moments.apply, rows)


def test_gram_is_the_second_moment():
    rows = _features()[0].flatten(1)
    torch.testing.assert_close(measure(_features()).gram(), rows @ rows.T / rows.shape[1], rtol=1e-4, atol=1e-4)


def test_style_losses_follow_their_formulas_and_vanish_on_the_style_itself():
    painted, style = measure(_features(0)), measure(_features(2) * 1.3)
    c, cs, m, ms = painted.covariance, style.covariance, painted.mean, style.mean
    expected = (c - cs).norm() ** 2 / cs.norm() ** 2 + (m - ms).norm() ** 2 / cs.trace()
    torch.testing.assert_close(covariance_loss(painted, style), expected)
    g, gs = painted.gram(), style.gram()
    torch.testing.assert_close(gram_loss(painted, style), (g - gs).norm() ** 2 / gs.norm() ** 2)
    assert covariance_loss(style, style) == 0 and gram_loss(style, style) == 0


def test_moving_statistics_by_a_share_goes_all_the_way():
    a, b = measure(_features(0)), measure(_features(1))
    for share, end in ((0.0, a), (1.0, b)):
        for got, want in zip(a.lerp(b, share), end, strict=True):
            torch.testing.assert_close(got, want)


def test_content_loss_is_zero_on_itself_and_two_for_an_unrelated_picture():
    big = torch.randn(2, 1, 8, 64, 64, generator=torch.Generator().manual_seed(3))
    assert content_loss(big[0], big[0]) == 0
    assert abs(content_loss(big[1], big[0]).item() - 2) < 0.05


def test_total_variation_of_a_slope():
    slope = torch.arange(8.0).view(1, 1, 1, 8).expand(1, 3, 5, 8) * 0.1
    assert abs(total_variation(slope).item() - 0.01) < 1e-6


def test_grey_has_no_chroma_and_red_has():
    assert losses.chroma(torch.full((1, 3, 2, 2), 0.7)).abs().max() < 1e-6
    red = torch.zeros(1, 3, 2, 2)
    red[:, 0] = 1
    torch.testing.assert_close(losses.chroma(red)[0, :, 0, 0], torch.tensor([-0.168736, 0.5]))


def test_a_flat_picture_has_finite_losses():
    flat = Statistics(torch.zeros(4), torch.zeros(4, 4))
    assert torch.isfinite(covariance_loss(flat, flat)) and torch.isfinite(gram_loss(flat, flat))
    assert torch.isfinite(content_loss(torch.zeros(1, 2, 3, 3), torch.zeros(1, 2, 3, 3)))
