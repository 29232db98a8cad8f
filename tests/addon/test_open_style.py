"""Opening style pictures from disk: good ones, and what else artists' folders hold."""

import bpy
import numpy as np
import pytest
from PIL import Image

pytestmark = pytest.mark.oldest

FORMATS = ("png", "jpg", "webp", "bmp")


@pytest.fixture
def folder(pochade, tmp_path):
    """Whole pictures, and their first halves."""
    pixels = (np.random.default_rng(2).random((72, 80, 3)) * 255).astype(np.uint8)
    for name in FORMATS:
        Image.fromarray(pixels).save(tmp_path / f"whole.{name}")
        data = (tmp_path / f"whole.{name}").read_bytes()
        (tmp_path / f"half.{name}").write_bytes(data[: len(data) // 2])
    Image.fromarray(pixels[..., 0]).save(tmp_path / "whole.pgm")
    for name in ("gif", "ppm", "avif"):
        Image.fromarray(pixels).save(tmp_path / f"whole.{name}")
    for name in ("png", "pgm"):
        (tmp_path / f"letter.{name}").write_text("Dear Theo")
    (tmp_path / "empty.jpg").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize("name", FORMATS)
def test_pictures_open(folder, name):
    assert bpy.ops.pochade.open_style(filepath=str(folder / f"whole.{name}")) == {"FINISHED"}
    chosen = bpy.context.scene.pochade
    assert (chosen.style_kind, chosen.style_image.name, *chosen.style_image.size) == (
        "IMAGE",
        f"whole.{name}",
        80,
        72,
    )


def test_pictures_for_a_style_are_chosen_by_their_thumbnails(pochade):
    kind = bpy.ops.pochade.open_style.get_rna_type()
    assert kind.properties["display_type"].default == "THUMBNAIL" and kind.properties["filter_image"].default


def test_the_same_file_is_opened_once(folder):
    for _ in range(2):
        bpy.ops.pochade.open_style(filepath=str(folder / "whole.png"))
    assert len(bpy.data.images) == 1


@pytest.mark.parametrize("ending", ["gif", "pgm", "ppm", "avif"])
def test_what_blender_does_not_read_opens_too(folder, load, ending):
    """By Pochade's own reader, at every door; and the painting is in that style."""
    file, chosen = folder / f"whole.{ending}", bpy.context.scene.pochade
    assert bpy.ops.pochade.open_style(filepath=str(file)) == {"FINISHED"}
    assert tuple(chosen.style_image.size) == (80, 72) and chosen.style_image.packed_file
    wanted = load("core.files.pictures").read_picture(file)
    pixels = load("addon.blender.images").read_source(bpy.context.scene, chosen.style_image)[..., :3]
    assert np.abs(pixels - wanted).max() < 1 / 255
    chosen.resolution, chosen.size, chosen.steps, chosen.coarse_size = "draft", 64, 1, 64
    assert load("addon.cli.styles").find_style(str(file)).name == "whole"
    bpy.ops.pochade.stylize_files(directory=str(folder), files=[{"name": file.name}])
    assert [path.name for path in (folder / "pochade").iterdir()] == ["whole, whole.png"]
    with pytest.raises(RuntimeError, match=f"whole.{ending} does not say how it was painted: choose a PNG"):
        bpy.ops.pochade.use_settings_of_file(filepath=str(file))


def test_a_dropped_picture_that_blender_does_not_read_is_shown(folder):
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area):
        bpy.ops.pochade.drop_picture(filepath=str(folder / "whole.pgm"), as_style=False)
    assert tuple(area.spaces.active.image.size) == (80, 72)
    assert ".pgm" in bpy.types.POCHADE_FH_picture.bl_file_extensions.split(";")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        *((f"half.{name}", f"half.{name} is damaged or incomplete") for name in FORMATS),
        ("letter.png", "letter.png is no picture that can be read; choose a PNG"),
        ("empty.jpg", "empty.jpg is no picture that can be read"),
        ("letter.pgm", "letter.pgm is no picture that can be read"),
        ("nobody.png", "There is no file"),
        ("n" * 300 + ".png", "There is no file"),
        ("", "There is no file"),
    ],
)
def test_what_is_no_picture_is_said_and_leaves_nothing(folder, name, sentence):
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.open_style(filepath=str(folder / name))
    assert not bpy.data.images
    assert bpy.context.scene.pochade.style_image is None


def test_a_jpeg_with_its_own_thumbnail_is_judged_by_its_end(folder):
    whole = (folder / "whole.jpg").read_bytes()
    with_thumbnail = whole[:2] + b"\xff\xe1" + (len(whole) + 2).to_bytes(2, "big") + whole + whole[2:]
    (folder / "good.jpg").write_bytes(with_thumbnail + b"\0\0appended by a camera")
    (folder / "cut.jpg").write_bytes(with_thumbnail[: -len(whole) // 2])
    assert bpy.ops.pochade.open_style(filepath=str(folder / "good.jpg")) == {"FINISHED"}
    with pytest.raises(RuntimeError, match="cut.jpg is damaged"):
        bpy.ops.pochade.open_style(filepath=str(folder / "cut.jpg"))


def test_a_dropped_picture_becomes_the_style(folder):
    assert bpy.ops.pochade.drop_picture(filepath=str(folder / "whole.png")) == {"FINISHED"}
    assert bpy.context.scene.pochade.style_image.name == "whole.png"
    handler = bpy.types.POCHADE_FH_picture
    assert ".png" in handler.bl_file_extensions.split(";") and ".blend" not in handler.bl_file_extensions
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    for kind, takes in (("IMAGE_EDITOR", True), ("VIEW_3D", False)):
        area.type = kind
        with bpy.context.temp_override(area=area):
            assert bool(handler.poll_drop(bpy.context)) is takes
