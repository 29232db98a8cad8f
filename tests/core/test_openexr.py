"""OpenEXR in a process of its own, as in a Blender whose own OpenEXR is in the way."""

import numpy as np
import pytest

from core.files import openexr
from core.files.exr import read_channels
from core.files.pictures import read_picture, write_picture
from tests.core.exr_files import write_exr


@pytest.fixture
def apart(monkeypatch):
    monkeypatch.setattr(openexr, "_clashes", lambda: True)


def test_files_are_the_same(apart, monkeypatch, tmp_path):
    picture = np.random.default_rng(0).random((9, 7, 4), np.float32)
    write_picture(tmp_path / "apart.exr", picture, 32)
    there = read_picture(tmp_path / "apart.exr")
    monkeypatch.undo()
    write_picture(tmp_path / "here.exr", picture, 32)
    np.testing.assert_array_equal(there, read_picture(tmp_path / "here.exr"))


def test_texts_of_the_header_come_along(apart, tmp_path):
    path = write_exr(
        tmp_path / "a.exr", {"A.V": np.ones((4, 4), np.float32)}, {"cryptomatte/1/manifest": "{}"}
    )
    channels, header = read_channels(path)
    assert channels["A.V"].shape == (4, 4) and header["cryptomatte/1/manifest"] == "{}"


def test_a_damaged_file_is_told(apart, tmp_path):
    (tmp_path / "a.exr").write_bytes(b"nothing of the kind")
    with pytest.raises(Exception, match="a.exr is no OpenEXR file, or damaged"):
        read_channels(tmp_path / "a.exr")
