"""A render's passes from OpenEXR files: as Blender 4.x and 5.x lay them out, and broken ones."""

import numpy as np
import pytest

from core.errors import PochadeError
from core.files.exr import read_beauty, read_channels, read_passes
from tests.core.exr_files import passes_channels, write_exr


@pytest.fixture
def arrays():
    """Vector (12, 16, 4), depth and index (12, 16) of random numbers."""
    random = np.random.default_rng(0)
    return (
        random.random((12, 16, 4), np.float32),
        random.random((12, 16), np.float32),
        random.random((12, 16), np.float32),
    )


@pytest.mark.parametrize("several_parts", [False, True])
@pytest.mark.parametrize(
    ("layer", "index_name"), [("ViewLayer.", "IndexOB"), ("Far.Left.", "Object Index"), ("", "IndexOB")]
)
def test_passes_by_blenders_names(tmp_path, arrays, several_parts, layer, index_name):
    channels = passes_channels(*arrays, layer, index_name) | {
        f"{layer}Combined.{name}": np.full((12, 16), ord(name), np.float16) for name in "RGBA"
    }
    file = write_exr(tmp_path / "a.exr", channels, several_parts=several_parts)
    passes, picture = read_passes(file), read_beauty(file)
    for found, wanted in zip((passes.vector, passes.depth, passes.index), arrays, strict=True):
        assert np.array_equal(found, wanted)
    assert picture.dtype == np.float32
    assert picture[3, 5].tolist() == [ord(name) for name in "RGBA"]


@pytest.mark.parametrize("several_parts", [False, True])
def test_the_view_layers_and_what_the_compositor_made_of_them(tmp_path, arrays, several_parts):
    vector, depth, _ = arrays
    channels = {
        "A Depth.Depth.Z": depth,
        "Composite.Combined.R": depth,
        "Composite.Combined.G": depth,
        "Composite.Combined.B": depth,
        **passes_channels(vector, layer="B."),
        "C.Combined.R": -depth,
        "C.Combined.G": -depth,
        "C.Combined.B": -depth,
        **passes_channels(-vector, layer="C."),
    }
    path = write_exr(tmp_path / "a.exr", channels, several_parts=several_parts)
    assert np.array_equal(read_passes(path).vector, vector), "those of the first that has them"
    assert np.array_equal(read_beauty(path), np.dstack([depth] * 3))


@pytest.mark.parametrize("several_parts", [False, True])
@pytest.mark.parametrize("order", ["far, near, bare", "bare, near, far", "near, far, bare"])
def test_of_several_view_layers_the_nearest_counts(tmp_path, arrays, several_parts, order):
    vector, near, index = arrays
    near = np.where(near < 0.5, np.float32(3), np.float32(1e10))
    far = np.full_like(near, 5)
    bare = np.full_like(near, 4.999)  # as far as the far one, to a hair
    bare[:2] = 1
    layers = {
        "near": passes_channels(vector, near, index + 1, "Composite."),
        "far": passes_channels(-vector, far, layer="Far."),
        "bare": {"Bare.Depth.Z": bare},
    }
    channels = {key: array for name in order.split(", ") for key, array in layers[name].items()}
    passes = read_passes(write_exr(tmp_path / "a.exr", channels, several_parts=several_parts))
    in_front, clear = near[2:] < 5, slice(2, None)
    wanted = np.where(in_front[..., None], vector[clear], -vector[clear])
    assert np.array_equal(passes.vector[clear], wanted)
    assert np.array_equal(passes.depth[clear], np.where(in_front, 3, 5))
    assert np.array_equal(passes.index[clear], np.where(in_front, index[clear] + 1, 0))
    assert np.isnan(passes.vector[:2]).all() and (passes.depth[:2] == 1).all()


def test_a_plain_picture_has_no_passes(tmp_path, arrays):
    file = write_exr(tmp_path / "a.exr", dict(zip("RGB", arrays[0].transpose(2, 0, 1), strict=False)))
    passes = read_passes(file)
    assert np.array_equal(read_beauty(file), arrays[0][..., :3])
    assert passes.vector is passes.depth is passes.index is None


@pytest.mark.parametrize("several_parts", [False, True])
def test_a_file_that_is_not_whole_is_refused(tmp_path, arrays, several_parts):
    path = write_exr(tmp_path / "a.exr", passes_channels(*arrays), several_parts=several_parts)
    data = path.read_bytes()
    for broken in (data[:-1], data[: len(data) // 2], data[:40], b"", b"Dear Theo, " * 99):
        path.write_bytes(broken)
        with pytest.raises(PochadeError, match="a.exr is .*damaged.*: render the frame again"):
            read_channels(path)
    for name in ("nobody.exr", "n" * 300 + ".exr", "a\0.exr"):
        with pytest.raises(PochadeError, match="There is no OpenEXR file at"):
            read_passes(tmp_path / name)


def windows(data, display):
    """A header's windows, (left, top, right, bottom) each, with the last column and row."""
    return {
        name: (np.array(box[:2], np.int32), np.array(box[2:], np.int32))
        for name, box in (("dataWindow", data), ("displayWindow", display))
    }


@pytest.mark.parametrize("several_parts", [False, True])
def test_a_picture_lies_in_its_display_window(tmp_path, arrays, several_parts):
    """Renderers crop what is empty around a thing, and render beyond the edges."""
    vector, depth, _ = arrays  # 12 x 16
    rgb = dict(zip(("L.Combined.R", "L.Combined.G", "L.Combined.B"), vector.transpose(2, 0, 1), strict=False))
    channels = passes_channels(vector, depth, layer="L.") | rgb
    header = windows((-3, 5, 12, 16), (0, 0, 19, 29))
    file = write_exr(tmp_path / "a.exr", channels, header, several_parts)
    passes, picture = read_passes(file), read_beauty(file)
    assert picture.shape == (30, 20, 3) and passes.vector.shape == (30, 20, 4)
    assert np.array_equal(picture[5:17, :13], vector[:, 3:, :3])
    assert np.array_equal(passes.depth[5:17, :13], depth[:, 3:])
    assert not picture[:5].any() and not picture[:, 13:].any() and not passes.vector[17:].any()
    assert (passes.depth[:5] == 1e10).all(), "far away"
    nowhere = write_exr(tmp_path / "b.exr", rgb, windows((40, 40, 55, 51), (0, 0, 19, 29)))
    assert not read_beauty(nowhere).any()
    overscan = write_exr(tmp_path / "c.exr", rgb, windows((-4, -2, 11, 9), (0, 0, 7, 7)))
    assert np.array_equal(read_beauty(overscan), vector[2:10, 4:12, :3])
    endless = write_exr(tmp_path / "d.exr", rgb, windows((0, 0, 15, 11), (0, 0, 2**20, 2**20)))
    with pytest.raises(PochadeError, match="d.exr has 1048577 x 1048577 pixels"):
        read_beauty(endless)
