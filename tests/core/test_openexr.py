"""OpenEXR in a process of its own, as in a Blender whose own OpenEXR is in the way."""

import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from PIL import Image

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


# What a Blender from 4.4 on reads with, which has OpenImageIO, in a process without the engine's OpenEXR.
ALONE = """
import pickle, sys
sys.path.extend(sys.argv[1:3])
sys.modules["OpenEXR"] = None
from core.files import exr, openimageio
from core.files.cryptomatte import read_cryptomattes
del sys.modules["OpenEXR"]
exr.openexr.is_here = lambda: False
try:
    channels, header = exr.read_channels(sys.argv[3])
    names = [matte.names for matte in read_cryptomattes(sys.argv[3])["OBJECT"]]
    found = channels, header.get("cryptomatte/1/manifest"), names
except Exception as error:
    found = type(error).__name__, str(error)
sys.stdout.buffer.write(pickle.dumps(found))
"""


@pytest.fixture(scope="module")
def blenders_own():
    """`blenders_own(path)`: what OpenImageIO of Blender's makes of a file, or the error's type and words."""
    spec = importlib.util.find_spec("bpy")
    folders = [*Path(spec.origin).parent.glob("*/python/lib/python*/site-packages")] if spec else []
    if not folders or not (folders[0] / "OpenImageIO").is_dir():
        pytest.skip("this Blender brings no OpenImageIO for Python")

    def read(path):
        command = [sys.executable, "-c", ALONE, str(Path.cwd()), str(folders[0]), str(path)]
        return pickle.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    return read


RANDOM = np.random.default_rng(2)
PASSES = {
    "Layer.Depth.Z": RANDOM.random((9, 7), np.float32),
    **{f"Layer.Combined.{name}": RANDOM.random((9, 7), np.float32).astype(np.float16) for name in "RGBA"},
    "Layer.CryptoObject00.r": RANDOM.integers(0, 2**31, (9, 7), np.uint32).view(np.float32),
    "Layer.CryptoObject00.g": RANDOM.random((9, 7), np.float32),
    "Layer.Samples.X": RANDOM.integers(0, 2**32, (9, 7), np.uint32),
}
WINDOWS = {
    "whole": {},
    "cropped": {"displayWindow": ((-3, -2), (11, 10))},
    "overscan": {"displayWindow": ((2, 1), (4, 5))},
}


@pytest.mark.parametrize("several_parts", [False, True])
@pytest.mark.parametrize("window", WINDOWS)
def test_blenders_own_library_reads_the_same(blenders_own, tmp_path, several_parts, window):
    header = {"cryptomatte/1/manifest": '{"Cube":"11223344"}'} | {
        key: tuple(np.array(corner, np.int32) for corner in value) for key, value in WINDOWS[window].items()
    }
    path = write_exr(tmp_path / "a.exr", PASSES, header, several_parts)
    wanted, _ = read_channels(path)
    found, manifest, names = blenders_own(path)
    assert found.keys() == wanted.keys() and manifest == header["cryptomatte/1/manifest"]
    for name, channel in wanted.items():
        assert found[name].dtype == channel.dtype and found[name].tobytes() == channel.tobytes(), name
    assert names == [frozenset({"Cube"})]


def test_blenders_own_library_refuses_what_the_engines_does(blenders_own, tmp_path):
    path, names = tmp_path / "a.exr", [f"Layer.{number}.Z" for number in range(4)]
    data = write_exr(
        path, {name: RANDOM.random((40, 40), np.float32) for name in names}, {}, True
    ).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    assert "a.exr is " in blenders_own(path)[1]
    path.write_bytes(b"nothing of the kind")
    assert "a.exr is no OpenEXR file, or damaged" in blenders_own(path)[1]
    Image.new("RGB", (8, 8)).save(tmp_path / "photo.png")
    (tmp_path / "photo.png").rename(path)
    assert "a.exr is no OpenEXR file" in blenders_own(path)[1]
    stereo = OpenEXR.Part({"view": "left", "name": "Layer.Combined-left"}, {"R": np.ones((4, 4), np.float32)})
    OpenEXR.File([stereo]).write(str(path))
    assert "stereo" in blenders_own(path)[1]
