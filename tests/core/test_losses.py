"""Each term of the loss against its formula in float64."""

import numpy as np
import pytest
import torch

from core.still import layers
from core.style import losses
from core.style.losses import (
    Statistics,
    content_scale,
    feature_statistics,
    mix,
    total_variation,
    unnormalised_moments,
)


def _features(seed: int = 0) -> torch.Tensor:
    """(9, 11, 6), float64."""
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(9, 11, 6, dtype=torch.float64, generator=generator) * 3


def _gaussian(features: torch.Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Mean and covariance by NumPy."""
    rows = features.flatten(0, 1).numpy()
    return rows.mean(0), np.cov(rows.T, bias=True)


def _assert_close(one: Statistics, other: Statistics, tolerance: float = 1e-10):
    torch.testing.assert_close(one.mean, other.mean, rtol=tolerance, atol=tolerance)
    torch.testing.assert_close(one.covariance, other.covariance, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-5)])
def test_statistics_are_mean_and_covariance_over_positions(dtype, tolerance):
    mean, covariance = _gaussian(_features())
    measured = feature_statistics(_features().to(dtype))
    np.testing.assert_allclose(measured.mean.numpy(), mean, rtol=tolerance)
    np.testing.assert_allclose(measured.covariance.numpy(), covariance, atol=tolerance)


def test_a_batch_has_the_sums_of_each_of_its_pictures():
    pictures = torch.stack([_features(0), _features(1)])
    batch = unnormalised_moments(pictures.flatten(1, 2))
    for number, picture in enumerate(pictures):
        for sums, own in zip(batch, unnormalised_moments(picture.flatten(0, 1)), strict=True):
            torch.testing.assert_close(sums[number], own)
        torch.testing.assert_close(content_scale(pictures)[number], content_scale(picture))


def test_a_position_counts_as_much_as_its_weight():
    weights = torch.zeros(9, 11, dtype=torch.float64)
    weights[2:5, 3:7], weights[6, 6] = 1, 2
    rows = torch.cat([_features()[2:5, 3:7].flatten(0, 1), _features()[6, 6][None], _features()[6, 6][None]])
    weighted = Statistics.of_sums(
        unnormalised_moments(_features().flatten(0, 1), weights.flatten()), weights.sum()
    )
    _assert_close(weighted, Statistics(rows.mean(0), torch.cov(rows.T, correction=0)))


def test_a_metric_is_the_same_as_transformed_features():
    metric = torch.rand(6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    _assert_close(feature_statistics(_features(), metric), feature_statistics(_features() @ metric.T))


def test_the_gradient_of_the_moments_is_the_numeric_one(monkeypatch):
    monkeypatch.setattr("core.compute.tensors.CACHED", 1)  # one line at a time
    features = torch.rand(2, 3, 7, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    weights = torch.zeros(5, 4, dtype=torch.float64)
    weights[1, 2:], weights[4, 3] = 0.7, 0.3
    assert torch.autograd.gradcheck(
        lambda f: layers._Sums.apply(f, (slice(1, 6), slice(2, 6)), [None, weights], []),
        features.requires_grad_(),
    )


def test_the_gradient_of_the_root_trace_is_the_numeric_one():
    spread = torch.randn(5, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(6))
    root = feature_statistics(_features()).root[:5, :5]

    def root_trace(s):
        return losses._RootTrace.apply(s @ s.T + torch.eye(5), root)

    assert torch.autograd.gradcheck(root_trace, spread.requires_grad_())


def test_gram_is_the_second_moment():
    rows = _features().flatten(0, 1).numpy()
    gram = feature_statistics(_features()).gram.numpy()
    np.testing.assert_allclose(gram, rows.T @ rows / len(rows), rtol=1e-12)


def test_style_losses_follow_their_formulas_and_vanish_on_the_style_itself():
    features, style_features = _features(0), _features(2) * 1.3
    painted, style = feature_statistics(features), feature_statistics(style_features)
    (m, c), (ms, cs) = _gaussian(features), _gaussian(style_features)
    g, gs = c + np.outer(m, m), cs + np.outer(ms, ms)
    # tr (C_s^1/2 C C_s^1/2)^1/2 by the eigenvalues of C_s C, which has the same ones.
    cross = np.sqrt(np.linalg.eigvals(cs @ c).real).sum()
    expected = {
        "covariance": np.square(c - cs).sum() / np.square(cs).sum() + np.square(m - ms).sum() / np.trace(cs),
        "wasserstein": (np.square(m - ms).sum() + np.trace(c) + np.trace(cs) - 2 * cross) / np.trace(cs),
        "gram": np.square(g - gs).sum() / np.square(gs).sum(),
        "published": np.square(g - gs).sum() / (4 * 6**2),
    }
    assert expected.keys() == losses.STYLE_LOSSES.keys()
    for name, loss in losses.STYLE_LOSSES.items():
        assert loss(painted, style).item() == pytest.approx(expected[name], rel=1e-10), name
        assert abs(loss(style, style)) < 1e-12, name


def test_in_float32_the_losses_are_nearly_the_same():
    exact = [feature_statistics(f) for f in (_features(0), _features(2) * 1.3)]
    rough = [feature_statistics(f.float()) for f in (_features(0), _features(2) * 1.3)]
    for name, loss in losses.STYLE_LOSSES.items():
        assert loss(*rough).dtype == torch.float32
        assert loss(*rough).item() == pytest.approx(loss(*exact).item(), rel=1e-4), name
        assert abs(loss(rough[1], rough[1])) < 1e-4, name


def test_moving_statistics_by_a_share_goes_all_the_way():
    a, b = feature_statistics(_features(0)), feature_statistics(_features(1))
    for share, end in ((0.0, a), (1.0, b)):
        _assert_close(a.lerp(b, share), end)


def test_a_mix_is_the_weighted_average():
    a, b = feature_statistics(_features(0)), feature_statistics(_features(1))
    _assert_close(mix([(a, 1.0), (b, 3.0)]), a.lerp(b, 0.75))
    _assert_close(mix([(a, 0.2)]), a)


def test_an_unrelated_picture_is_twice_as_far_as_the_content_is_spread():
    generator = torch.Generator().manual_seed(3)
    one, other = torch.randn(2, 64, 64, 8, dtype=torch.float64, generator=generator)
    assert abs((one - other).square().mean() / content_scale(one) - 2) < 0.05


def test_total_variation_of_a_slope():
    slope = torch.arange(8, dtype=torch.float64).view(1, 1, 1, 8).expand(1, 3, 5, 8) * 0.1
    assert abs(total_variation(slope).item() - 0.01) < 1e-12
    assert abs(total_variation(slope, (False, True)).item() - (7 * 0.01 + 0.49) / 8) < 1e-12


def test_grey_has_no_chroma_and_red_has():
    assert losses.chroma(torch.full((1, 3, 2, 2), 0.7, dtype=torch.float64)).abs().max() < 1e-12
    red = torch.zeros(1, 3, 2, 2, dtype=torch.float64)
    red[:, 0] = 1
    expected = torch.tensor([-0.168736, 0.5], dtype=torch.float64)
    torch.testing.assert_close(losses.chroma(red)[0, :, 0, 0], expected)


def test_a_flat_picture_has_finite_losses():
    flat = Statistics(torch.zeros(4), torch.zeros(4, 4))
    assert all(torch.isfinite(loss(flat, flat)) for loss in losses.STYLE_LOSSES.values())
    assert content_scale(torch.zeros(3, 3, 2)) > 0
