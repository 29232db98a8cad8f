"""Contact sheets: complete, labelled, small where they must be, and never painted twice."""

import numpy as np
import pytest
from PIL import Image

from core.presets.preset import find_preset
from core.settings import Settings
from docs import pictures, sheets

QUICK = Settings(resolution="draft", size=64, coarse_size=64, steps=1)


@pytest.fixture
def sheet(content, tmp_path):
    def paint(base=QUICK, values=("off", "luminance")):
        return sheets.paint_sheet(
            [find_preset("udnie"), find_preset("great_wave")], content, "keep_colours", values, base, tmp_path
        )

    return paint


def test_a_sheet_has_a_row_for_each_style_and_a_column_for_each_value(sheet, tmp_path):
    pixels = np.asarray(sheet())
    tiles = [pixels[row : row + 66, column : column + 68] for row in (0, 66) for column in (0, 68)]
    assert pixels.shape == (132, 136, 3)
    assert all((tile[:16] < 128).any() for tile in tiles), "every tile has its label"
    assert len({tile.tobytes() for tile in tiles}) == 4 == len(list(tmp_path.iterdir()))


def test_only_what_has_changed_is_painted_again(sheet, tmp_path):
    def kept():
        return {(path.name, path.stat().st_mtime_ns) for path in tmp_path.iterdir()}

    first = sheet()
    tiles = kept()
    assert np.array_equal(first, sheet()) and kept() == tiles
    sheet(Settings(size=64, coarse_size=64, steps=2), ("off",))
    assert tiles < kept() and len(kept()) == 6


def test_a_picture_for_the_documentation_is_small(tmp_path):
    noise = np.random.default_rng(0).random((500, 600, 3), np.float32)
    pictures.write_small(noise, tmp_path / "noise.jpg", 1000)
    assert (tmp_path / "noise.jpg").stat().st_size <= pictures.BYTES and Image.open(
        tmp_path / "noise.jpg"
    ).width == 1000


def test_pictures_stand_apart_in_a_grid():
    laid = pictures.grid(
        [[np.zeros((4, 6, 3), np.float32)] * 3, [np.zeros((4, 6, 3), np.float32)] * 3], gap=2
    )
    assert laid.shape == (10, 22, 3) and laid[4:6].all() and laid[:, 6:8].all() and not laid[:4, :6].any()
