"""Picture files: what is read, what is refused, and with which words."""

import os
import struct
import sys
import zlib

import cv2
import numpy as np
import OpenEXR
import pytest
from PIL import Image

from core.compute.machine import Machine, use_machine
from core.errors import PochadeError
from core.files.pictures import read_picture, to_linear, write_picture
from core.sequence.shot import FORMATS
from tests.core.dpx_files import dpx
from tests.core.exr_files import write_exr


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
    for image, name in (
        (grey, "grey.png"),
        (grey.convert("P"), "palette.png"),
        (Image.fromarray(np.arange(256, dtype=np.uint16).reshape(16, 16) * 257), "deep.png"),
    ):
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
        (tmp_path / f"half.{ending}").write_bytes(data[: len(data) // 2])
        with pytest.raises(PochadeError, match=f"half.{ending} is damaged"):
            read_picture(tmp_path / f"half.{ending}")


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(PochadeError, match="Cannot write"):
        write_picture(tmp_path / "none" / "a.png", np.zeros((4, 4, 3)))


def test_16_bits_come_back_to_the_last_one(tmp_path):
    pytest.importorskip("cv2")
    levels = np.arange(65536, dtype=np.float32).reshape(256, 256) / 65535
    for picture in (
        np.stack([levels, levels.T, levels[::-1]], axis=2),
        np.stack([levels, levels.T, levels[::-1], levels], axis=2),
    ):
        write_picture(tmp_path / "wörk.png", picture, FORMATS["png16"].bits)
        np.testing.assert_array_equal(read_picture(tmp_path / "wörk.png"), picture)
        with Image.open(tmp_path / "wörk.png") as seen_by_another:
            assert np.abs(np.asarray(seen_by_another, np.float32) / 255 - picture).max() < 1 / 200


def test_open_exr_holds_linear_light_as_blender_expects_it(tmp_path):
    straight = np.float32([[[0.5, 0.02, 1, 1], [1, 0.5, 0, 0.5]]]).repeat(2, axis=0)
    write_picture(tmp_path / "a.exr", straight)
    channels = OpenEXR.File(str(tmp_path / "a.exr"), separate_channels=True).channels()
    stored = np.stack([channels[name].pixels for name in "RGBA"], axis=2)
    assert stored.dtype == np.float32
    np.testing.assert_allclose(
        stored[0], [[0.21404114, 0.02 / 12.92, 1, 1], [0.5, 0.10702057, 0, 0.5]], atol=1e-6
    )
    for picture in (straight, straight[..., :3]):
        write_picture(tmp_path / "b.exr", picture)
        np.testing.assert_allclose(read_picture(tmp_path / "b.exr"), picture, atol=1e-6)


def test_an_exr_file_that_is_no_picture_is_named(tmp_path):
    write_picture(tmp_path / "whole.exr", np.random.default_rng(0).random((64, 64, 3)))
    data = (tmp_path / "whole.exr").read_bytes()
    (tmp_path / "half.exr").write_bytes(data[: len(data) // 2])
    with pytest.raises(PochadeError, match=r"half\.exr is .*damaged"):
        read_picture(tmp_path / "half.exr")
    with pytest.raises(PochadeError, match="no OpenEXR file at"):
        read_picture(tmp_path / "none.exr")
    header = {"compression": OpenEXR.NO_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"Depth.V": np.zeros((8, 8), np.float32)}).write(str(tmp_path / "depth.exr"))
    with pytest.raises(PochadeError, match="no channels R, G and B"):
        read_picture(tmp_path / "depth.exr")


@pytest.mark.skipif(sys.platform == "win32", reason="has no such limit")
@pytest.mark.parametrize("form", FORMATS)
def test_what_cannot_be_written_to_its_end_leaves_the_old_file(tmp_path, form):
    """As on a full disk: the system breaks off in the middle of the file."""
    import resource

    if form == "png16":
        pytest.importorskip("cv2")
    path = tmp_path / f"a{FORMATS[form].ending}"
    noise = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    for picture in (noise, noise[:8, :8]):  # a small file is written only when it is closed
        write_picture(path, picture, FORMATS[form].bits)
        size = path.stat().st_size
        write_picture(path, picture / 2, FORMATS[form].bits)
        before = path.read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (size - 1, limits[1]))
        try:
            with pytest.raises(PochadeError, match="Cannot write"):
                write_picture(path, picture, FORMATS[form].bits)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


def test_a_name_that_tells_no_format_is_one_sentence(tmp_path):
    with pytest.raises(PochadeError, match=r"\.sketch tells no format"):
        write_picture(tmp_path / "a.sketch", np.zeros((4, 4, 3)))
    assert not list(tmp_path.iterdir())


EPS = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 20 20\n(trace) (w) file closefile\nshowpage\n%%EOF\n"


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.tif", "a.eps", "a"])
def test_a_picture_that_is_a_program_is_not_run(tmp_path, monkeypatch, name):
    """Pillow would hand it to Ghostscript, whatever its name."""
    started = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    for program in ("gs", "gswin32c", "gswin64c"):
        (tmp_path / "bin" / program).write_text(f"#!/bin/sh\ntouch '{started}'\necho 10.0\n")
        (tmp_path / "bin" / program).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)  # found once, and remembered
    (tmp_path / name).write_text(EPS)
    with pytest.raises(PochadeError, match="is no picture that can be read"):
        read_picture(tmp_path / name)
    assert not started.exists()


def png_of_zeros(side):
    """A PNG that is small until it is decoded."""
    packer = zlib.compressobj(9)
    data = b"".join(packer.compress(bytes(1 + 3 * side)) for _ in range(side)) + packer.flush()
    parts = (b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", data), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )


def test_a_picture_larger_than_memory_allows_is_not_decoded(tmp_path, monkeypatch):
    path = tmp_path / "large.png"
    path.write_bytes(png_of_zeros(2000))
    with use_machine(Machine(memory=0.2)):
        assert read_picture(path).shape == (2000, 2000, 3)
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", lambda *_: pytest.fail("it was decoded"))
    with (
        use_machine(Machine(memory=0.1)),
        pytest.raises(
            PochadeError, match="2000 x 2000 pixels, which take 0.1 GB, and Memory Limit .* raise it"
        ),
    ):
        read_picture(path)
    monkeypatch.setattr("core.files.room.free_memory", lambda: 1000)
    with pytest.raises(PochadeError, match="are free: close other programs, or make the picture smaller"):
        read_picture(path)


@pytest.mark.parametrize("apart", [False, True])
def test_an_exr_larger_than_memory_allows_is_not_decoded(tmp_path, monkeypatch, apart):
    path = tmp_path / "large.exr"
    write_exr(path, {name: np.zeros((1000, 2000), np.float16) for name in "RGB"})
    monkeypatch.setattr("core.files.openexr._clashes", lambda: apart)
    assert read_picture(path).shape == (1000, 2000, 3)
    with use_machine(Machine(memory=0.05)), pytest.raises(PochadeError, match="2000 x 1000 .* Memory Limit"):
        read_picture(path)


def test_parts_of_several_sizes_lie_in_one_picture_and_deep_ones_are_one_sentence(tmp_path):
    small, large = np.ones((8, 8), np.float32), np.zeros((16, 16), np.float32)
    path = tmp_path / "a.exr"
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    sizes = [(np.int32([0, 0]), np.int32([side - 1, side - 1])) for side in (16, 8)]
    parts = [
        OpenEXR.Part({**header, "displayWindow": sizes[0], "dataWindow": size}, found, name)
        for size, found, name in zip(sizes, ({"R": large, "G": large}, {"B": small}), "ab", strict=True)
    ]
    OpenEXR.File(parts).write(str(path))
    picture = read_picture(path)
    assert picture.shape == (16, 16, 3) and (picture[:8, :8, 2] > 0.99).all() and picture.sum() < 65
    deep = np.empty((4, 4), object)
    for row in range(4):
        for column in range(4):
            deep[row, column] = np.ones((row + column) % 3 + 1, np.float32)
    header = {"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}
    OpenEXR.File(header, dict.fromkeys("RGB", deep)).write(str(path))
    with pytest.raises(PochadeError, match="deep"):
        read_picture(path)


@pytest.mark.parametrize("depth", [8, 16])
def test_a_png_without_data_is_one_sentence(tmp_path, depth):
    head = struct.pack(">IIBBBBB", 10, 10, depth, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IEND", b"")]
    data = b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\n" + data)
    with pytest.raises(PochadeError, match="a.png is damaged"):
        read_picture(tmp_path / "a.png")


RAMP = np.repeat(np.linspace(0, 1, 90, dtype=np.float32)[None], 64, axis=0)


def with_opencv(ending, values):
    plain = [cv2.IMWRITE_TIFF_COMPRESSION, 1] if ending == ".tiff" else []
    return cv2.imencode(ending, np.repeat(values[..., None], 3, axis=2), plain)[1].tobytes()


def as_exr(path, **parts):
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(
        [OpenEXR.Part({**header, "name": name}, found, name) for name, found in parts.items()]
    ).write(str(path))


LIGHT = to_linear(RAMP)
COLOUR = LIGHT[..., None].repeat(3, axis=2)
DEEP = np.rint(RAMP * 65535).astype(np.uint16)
FORMATS_OF_ALL_KINDS = {
    "float.tif": lambda path: Image.fromarray(RAMP).save(path),
    "float_colour.tif": lambda path: path.write_bytes(with_opencv(".tiff", RAMP)),
    "deep.tif": lambda path: Image.fromarray(DEEP).save(path),
    "deep_colour.tif": lambda path: path.write_bytes(with_opencv(".tiff", DEEP)),
    "deep.png": lambda path: path.write_bytes(with_opencv(".png", DEEP)),
    "deep.pgm": lambda path: path.write_bytes(b"P5\n90 64\n65535\n" + DEEP.astype(">u2").tobytes()),
    "1023.pgm": lambda path: path.write_bytes(
        b"P5\n90 64\n1023\n" + np.rint(RAMP * 1023).astype(">u2").tobytes()
    ),
    "sky.hdr": lambda path: path.write_bytes(with_opencv(".hdr", LIGHT)),
    "y.exr": lambda path: write_exr(path, {"Y": LIGHT}),
    "half_y.exr": lambda path: write_exr(path, {"Y": LIGHT.astype(np.float16)}),
    "lower.exr": lambda path: write_exr(path, {f"C.{name}": LIGHT for name in "rgb"}),
    "no_ending": lambda path: write_exr(path, dict.fromkeys("RGB", LIGHT)),
    "c.exr": lambda path: as_exr(path, N={"RGB": COLOUR * 0}, albedo={"RGB": COLOUR * 0}, C={"RGB": COLOUR}),
    "rgba.exr": lambda path: as_exr(path, rgba={"RGB": COLOUR}, depth={"depth.Z": LIGHT * 0}),
    "beauty.exr": lambda path: as_exr(path, Beauty={"RGB": COLOUR}, diffuse={"RGB": COLOUR * 0}),
    "composite.exr": lambda path: write_exr(
        path,
        {
            f"{layer}.{name}": light
            for layer, light in (("Fg.Combined", LIGHT * 0), ("Composite.Combined", LIGHT))
            for name in "RGB"
        },
    ),
    "named_composite.exr": lambda path: write_exr(
        path,
        {
            f"{layer}.Combined.{name}": light
            for layer, light in (("Bg", LIGHT), ("Composite", LIGHT * 0))
            for name in "RGB"
        }
        | {f"{layer}.Vector.{name}": LIGHT * 0 for layer in ("Bg", "Composite") for name in "XYZW"},
    ),
    "vray.exr": lambda path: write_exr(
        path, {**dict.fromkeys("RGB", LIGHT), **{f"velocity.{name}": LIGHT * 0 for name in "XYZ"}}
    ),
    "8.dpx": lambda path: path.write_bytes(dpx(RAMP, 8, 0, 0, ">")),
    "10.dpx": lambda path: path.write_bytes(dpx(RAMP, 10, 1, 6, ">")),
    "10_packed.dpx": lambda path: path.write_bytes(dpx(RAMP, 10, 0, 6, "<")),
    "12.dpx": lambda path: path.write_bytes(dpx(LIGHT, 12, 1, 2, "<")),
    "16.dpx": lambda path: path.write_bytes(dpx(LIGHT, 16, 0, 2, ">")),
}


@pytest.mark.parametrize("name", FORMATS_OF_ALL_KINDS)
def test_a_ramp_is_as_grey_in_each_format(tmp_path, name):
    FORMATS_OF_ALL_KINDS[name](tmp_path / name)
    picture = read_picture(tmp_path / name)
    assert picture.shape == (64, 90, 3) and picture.dtype == np.float32
    # 8 bits of light, or 10 in the shadows, are coarse.
    assert np.abs(picture.mean((0, 1)) - 0.5).max() < 0.003
    assert np.abs(picture - RAMP[..., None]).max() < 0.05


def test_film_densities_become_what_is_displayed(tmp_path):
    white, black = (np.full((8, 8), code / 1023) for code in (685, 95))
    (tmp_path / "film.dpx").write_bytes(dpx(np.concatenate([white, black]), 10, 1, 3, ">"))
    picture = read_picture(tmp_path / "film.dpx")
    assert np.abs(picture[:8] - 1).max() < 0.01 and np.abs(picture[8:]).max() < 0.01


def test_what_only_openimageio_knows_is_read_by_it(tmp_path):
    oiio = pytest.importorskip("OpenImageIO", reason="Blender's programs have it from 4.4 on")
    file = oiio.ImageOutput.create(str(tmp_path / "a.iff"))
    file.open(str(tmp_path / "a.iff"), oiio.ImageSpec(90, 64, 4, "uint8"))
    file.write_image(np.stack([RAMP / 2] * 3 + [np.full_like(RAMP, 0.5)], axis=2))
    file.close()
    picture = read_picture(tmp_path / "a.iff")
    assert np.abs(picture - np.stack([RAMP] * 3 + [np.full_like(RAMP, 0.5)], axis=2)).max() < 0.01


def test_parts_of_which_none_is_the_picture_are_named(tmp_path):
    as_exr(tmp_path / "a.exr", N={"RGB": COLOUR}, albedo={"RGB": COLOUR})
    with pytest.raises(PochadeError, match="several pictures, N, albedo, and none is named"):
        read_picture(tmp_path / "a.exr")


@pytest.mark.parametrize("ending", [".exr", ".tif"])
def test_broken_numbers_are_black_or_white(tmp_path, ending):
    broken = np.full((8, 8), 0.5, np.float32)
    broken[0, :3] = np.nan, np.inf, -np.inf
    if ending == ".exr":
        write_exr(tmp_path / "a.exr", dict.fromkeys("RGB", broken))
    else:
        Image.fromarray(broken).save(tmp_path / "a.tif")
    picture = read_picture(tmp_path / f"a{ending}")
    assert np.allclose(picture[0, :3, 0], [0, 1, 0]) and np.isfinite(picture).all()


def test_a_picture_that_only_opencv_reads_is_not_decoded_where_memory_has_no_room(tmp_path):
    (tmp_path / "a.hdr").write_bytes(with_opencv(".hdr", LIGHT).replace(b"-Y 64 +X 90", b"-Y 90000 +X 90000"))
    (tmp_path / "a.dpx").write_bytes(dpx(RAMP, 8, 0, 0, ">"))
    with use_machine(Machine(memory=1e-4)):
        for name in ("a.hdr", "a.dpx"):
            with pytest.raises(PochadeError, match="pixels, which take"):
                read_picture(tmp_path / name)
    for ending, data in ((".hdr", with_opencv(".hdr", LIGHT)), (".dpx", dpx(RAMP, 10, 1, 0, ">"))):
        (tmp_path / f"cut{ending}").write_bytes(data[: len(data) // 3])
        with pytest.raises(PochadeError, match="cut"):
            read_picture(tmp_path / f"cut{ending}")
