"""Styles: statistics at any size, from a picture or a preset's table."""

import numpy as np
import pytest
import torch

from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.style.filling import filled
from core.style.losses import Statistics
from core.style.statistics import interpolate, load_table, picture_statistics, save_table
from core.style.styles import style_from_picture

CPU = torch.device("cpu")


def test_a_table_comes_back_within_half_precision(tmp_path, stripes):
    table = {size: picture_statistics(stripes, size, compact_encoder(), CPU) for size in (64, 128)}
    save_table(tmp_path / "t.safetensors", table, "digest")
    back, digest = load_table(tmp_path / "t.safetensors")
    assert digest == "digest" and set(back) == {64, 128}
    for layer, s in table[128].items():
        for got, want in ((back[128][layer].mean, s.mean), (back[128][layer].covariance, s.covariance)):
            assert (got - want).norm() <= 1e-3 * want.norm()


def test_between_two_sizes_statistics_are_between():
    table = {
        64: {"relu1_1": Statistics(torch.zeros(2), torch.zeros(2, 2))},
        256: {"relu1_1": Statistics(torch.ones(2), torch.ones(2, 2))},
    }
    for size, value in ((10, 0.0), (64, 0.0), (128, 0.5), (256, 1.0), (900, 1.0)):
        assert interpolate(table, size)["relu1_1"].mean[0] == pytest.approx(value)


def test_a_transparent_style_is_laid_on_white(stripes):
    clear = np.dstack([stripes, np.zeros(stripes.shape[:2], np.float32)])
    assert (style_from_picture("clear", clear).picture == 1).all()


@pytest.mark.parametrize(
    "bad, words",
    [
        (np.zeros((8, 200, 3)), "too small"),
        (np.zeros((64, 64)), "too small"),
        (np.full((64, 64, 3), np.nan), "invalid pixels"),
    ],
)
def test_an_unusable_style_is_one_sentence(bad, words):
    with pytest.raises(PochadeError, match=words):
        style_from_picture("bad", bad)


def test_what_is_clear_in_a_key_is_filled_with_its_strokes():
    y, x = np.mgrid[:60, :80]
    strokes = np.stack(((x // 3 % 2), (y // 4 % 2), 0 * x), 2).astype(np.float32)
    alpha = np.float32((x > 20) & (x < 50) & (y > 10) & (y < 45))[..., None]
    picture = filled(np.concatenate([np.where(alpha, strokes, 0.5), alpha], 2))
    assert np.array_equal(picture[11:45, 21:50], strokes[11:45, 21:50])
    assert set(np.unique(picture)) == {0, 1}, "nothing but strokes"
    assert np.abs(np.diff(picture, axis=1)).mean() > 0.5 * np.abs(np.diff(strokes, axis=1)).mean()
