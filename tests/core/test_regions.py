"""Masks and what becomes of them."""

import numpy as np
import pytest
import torch

from core.regions import Region, divide, soften


@pytest.fixture
def half():
    mask = np.zeros((40, 60), np.float32)
    mask[:, :30] = 1
    return mask


@pytest.mark.parametrize("reach", [0.5, 2, 6.5])
def test_a_soft_edge_ends_where_it_says(half, reach):
    soft, whole = soften(half, reach), int(np.ceil(reach))
    assert soft.dtype == np.float32
    assert (soft[:, :30 - whole] == 1).all(), "to the bit, at the picture's own edge too"
    assert (soft[:, 30 + whole:] == 0).all()
    assert (np.diff(soft, axis=1) <= 0).all()
    assert np.abs(soft + soften(1 - half, reach) - 1).max() < 1e-4
    assert (soft == soften(half.T, reach).T).all()


def test_no_soft_edge_leaves_the_mask(half):
    assert (soften(half, 0) == half).all()


def test_rounding_errors_are_inside(half):
    assert set(np.unique(soften(half * np.float32(0.999999), 0))) == {0, 1}


def test_only_untouched_regions_keep_the_source(half):
    cpu, style = torch.device("cpu"), ((None, 1.0),)
    areas, painted = divide(style, [Region("left", half, style)], cpu)
    assert (len(areas), painted) == (2, None)
    areas, painted = divide(style, [Region("left", half)], cpu)
    assert len(areas) == 1
    assert (painted[0, 0].numpy() == 1 - half).all()
