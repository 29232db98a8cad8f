"""Picture files: what is read, what is refused, and with which words."""

import numpy as np
import pytest
from PIL import Image

from core.errors import PochadeError
from core.pictures import read_picture, write_picture


def test_a_picture_comes_back_as_it_was_written(tmp_path):
    for channels in (3, 4):
        picture = np.random.default_rng(0).integers(0, 256, (20, 30, channels)).astype(np.float32) / 255
        write_picture(tmp_path / "a.png", picture)
        np.testing.assert_array_equal(read_picture(tmp_path / "a.png"), picture)


def test_a_jpeg_drops_alpha(tmp_path):
    write_picture(tmp_path / "a.jpg", np.ones((16, 16, 4), np.float32))
    assert read_picture(tmp_path / "a.jpg").shape == (16, 16, 3)


def test_grey_palette_and_16_bit_pictures_become_colour(tmp_path):
    grey = Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for image, name in ((grey, "grey.png"), (grey.convert("P"), "palette.png"),
                        (Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257), "deep.png")):
        image.save(tmp_path / name)
        picture = read_picture(tmp_path / name)
        assert picture.shape == (16, 16, 3) and abs(picture[-1, -1, 0] - 1) < 1e-6


def test_a_picture_stands_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned by a quarter
    Image.new("RGB", (40, 20)).save(tmp_path / "turned.jpg", exif=exif)
    assert read_picture(tmp_path / "turned.jpg").shape == (40, 20, 3)


def test_what_is_no_picture_is_named(tmp_path):
    with pytest.raises(PochadeError, match="no picture at"):
        read_picture(tmp_path / "none.png")
    (tmp_path / "notes.png").write_text("a shopping list")
    with pytest.raises(PochadeError, match=r"notes\.png is no picture"):
        read_picture(tmp_path / "notes.png")
    for ending in ("png", "jpg"):
        noise = np.random.default_rng(0).random((64, 64, 3))
        write_picture(tmp_path / f"whole.{ending}", noise)
        data = (tmp_path / f"whole.{ending}").read_bytes()
        (tmp_path / f"half.{ending}").write_bytes(data[:len(data) // 2])
        with pytest.raises(PochadeError, match=f"half.{ending} is damaged"):
            read_picture(tmp_path / f"half.{ending}")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PochadeError, match="Cannot write"):
        write_picture(tmp_path / "none" / "a.png", np.zeros((4, 4, 3)))
