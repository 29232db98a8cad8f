"""Regions: each part in its own style, nothing across the borders, and untouched parts to the bit."""

import numpy as np
import pytest
import torch

from core.encoders.network import compact_encoder
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.areas import divide
from core.style.regions import Region, feather
from core.style.statistics import picture_statistics
from core.style.styles import style_from_picture
from tests.core.conftest import _stripes

CPU = torch.device("cpu")
RED = style_from_picture("red", _stripes(128, 128, 16, (0.9, 0.2, 0.1), (0.4, 0.0, 0.0)))
BLUE = style_from_picture("blue", _stripes(128, 128, 7, (0.0, 0.1, 0.5), (0.3, 0.6, 1.0))[:, ::-1].copy())


def _distance(picture: np.ndarray, style) -> float:
    """How far a picture's mean and covariance are from a style's, averaged over the layers."""
    own, wanted = (picture_statistics(p, 96, compact_encoder(), CPU) for p in (picture, style.picture))
    return float(
        np.mean(
            [((own[k].mean - s.mean).square().sum() / s.covariance.trace()).item() for k, s in wanted.items()]
        )
    )


def _half(content, soft=0):
    x = np.arange(content.shape[1], dtype=np.float32)[None].repeat(content.shape[0], 0)
    return np.clip((64 - x) / soft + 0.5, 0, 1).astype(np.float32) if soft else (x < 64).astype(np.float32)


def test_each_region_takes_its_own_style(content, finish):
    regions = [
        Region("left", _half(content), ((RED, 1.0),)),
        Region("right", 1 - _half(content), ((BLUE, 1.0),)),
    ]
    painted, _ = finish(
        stylize_image(content, RED, Settings(size=128, coarse_size=64, steps=30), "cpu", regions=regions)
    )
    left, right = painted[:, :60], painted[:, 68:]
    assert _distance(left, RED) < 0.5 * _distance(left, BLUE)
    assert _distance(right, BLUE) < 0.7 * _distance(right, RED)
    assert (left[..., 0] > left[..., 2]).mean() > 0.85 and (right[..., 2] > right[..., 0]).mean() > 0.85


@pytest.mark.parametrize("soft", [0, 8])
def test_an_untouched_region_is_the_source_to_the_bit(content, finish, soft):
    mask = _half(content, soft)
    settings = Settings(size=128, coarse_size=64, steps=8)
    painted, progress = finish(stylize_image(content, BLUE, settings, "cpu", regions=[Region("left", mask)]))
    np.testing.assert_array_equal(painted[mask == 1], content[mask == 1])
    np.testing.assert_array_equal(progress[3].preview()[mask == 1], content[mask == 1])
    assert np.abs(painted - content)[mask == 0].mean() > 0.03


def test_where_masks_overlap_they_share(content):
    everywhere = np.ones(content.shape[:2], np.float32)
    areas, part = divide(
        ((RED, 1.0),), [Region("a", everywhere, ((RED, 1.0),)), Region("b", everywhere)], CPU
    )
    assert (areas[0].mask == 0.5).all() and (part == 0.5).all() and (areas[-1].mask == 0).all()


def test_no_region_is_the_whole_picture():
    areas, part = divide(((RED, 1.0),), [], CPU)
    assert len(areas) == 1 and areas[0].mask is None and part is None


@pytest.fixture
def half():
    mask = np.zeros((40, 60), np.float32)
    mask[:, :30] = 1
    return mask


@pytest.mark.parametrize("reach", [0.5, 2, 6.5])
def test_a_soft_edge_ends_where_it_says(half, reach):
    soft, whole = feather(half, reach), int(np.ceil(reach))
    assert soft.dtype == np.float32
    assert (soft[:, : 30 - whole] == 1).all(), "to the bit, at the picture's own edge too"
    assert (soft[:, 30 + whole :] == 0).all()
    assert (np.diff(soft, axis=1) <= 0).all()
    assert np.abs(soft + feather(1 - half, reach) - 1).max() < 1e-4
    assert (soft == feather(half.T, reach).T).all()


def test_no_soft_edge_leaves_the_mask(half):
    assert (feather(half, 0) == half).all()


def test_rounding_errors_are_inside(half):
    assert set(np.unique(feather(half * np.float32(0.999999), 0))) == {0, 1}


def test_only_untouched_regions_keep_the_source(half):
    cpu, style = torch.device("cpu"), ((None, 1.0),)
    areas, painted = divide(style, [Region("left", half, style)], cpu)
    assert (len(areas), painted) == (2, None)
    areas, painted = divide(style, [Region("left", half)], cpu)
    assert len(areas) == 1
    assert (painted[0, 0].numpy() == 1 - half).all()
