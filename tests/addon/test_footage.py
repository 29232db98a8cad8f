"""Image sequences and movies, painted by an animation whose strength is 0: they come out as they were."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.addon.jobs import drive
from tests.addon.moving import footage, state, written
from tests.addon.pictures import BYTE, blender_image, picture, read_file

pytestmark = pytest.mark.oldest


@pytest.fixture
def photos(moving, tmp_path):
    """Four numbered PNG files, and their pictures."""
    pictures = {}
    for number in range(1, 5):
        array = picture(80, 64, seed=number)
        array[..., 3] = 1
        image = blender_image(array)
        image.filepath_raw, image.file_format = str(tmp_path / f"photo_{number:02}.png"), "PNG"
        image.save()
        pictures[number] = array[..., :3]
    footage(moving, tmp_path / "photo_03.png")
    return pictures


def test_an_image_sequence_is_painted(moving, photos, folder):
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert sorted(written(folder)) == ["0001.png", "0002.png", "0003.png", "0004.png"]
    for number, array in photos.items():
        assert np.abs(read_file(folder / f"{number:04}.png")[..., :3] - array).max() < 0.01 * BYTE
    assert state(moving)[-1] == 1


def test_part_of_a_sequence(load, moving, photos, folder):
    moving.pochade.animation.own_range = True
    moving.pochade.animation.first = 2
    moving.pochade.animation.last = 3
    bpy.ops.pochade.stylize_animation()
    assert sorted(written(folder)) == ["0002.png", "0003.png"]
    moving.pochade.animation.last = 6
    with pytest.raises(RuntimeError, match="There are no frames from 2 to 6"):
        bpy.ops.pochade.stylize_animation()


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda path: (path / "photo_02.png").unlink(), "Frame 2 is missing"),
        (lambda path: (path / "photo_02.png").write_bytes(b"nothing"), "photo_02.png is damaged"),
        (
            lambda path: blender_image(picture(64, 64)).save_render(str(path / "photo_02.png")),
            "Frame 2 has another size, 64 x 64 px",
        ),
        (lambda path: (path / "photo_03.png").unlink(), "There is no file .*photo_03.png"),
        (
            lambda path: setattr(bpy.context.scene.pochade.animation, "folder", str(path)),
            "would overwrite the footage",
        ),
        (
            lambda path: footage(bpy.context.scene, (path / "photo_01.png").rename(path / "photo.png")),
            "photo.png has no number in its name",
        ),
        (
            lambda path: footage(bpy.context.scene, (path / "photo_01.png").rename(path / "photo.avi")),
            "photo.avi is no movie",
        ),
    ],
)
def test_a_broken_sequence_is_said(moving, photos, tmp_path, spoil, sentence):
    spoil(tmp_path)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.stylize_animation()
    assert state(moving)[-1] == 1, "no scene is left"


def test_a_movie_is_painted(moving, photos, folder, tmp_path):
    for number in photos:
        blender_image(np.full((64, 80, 4), (number / 5, 0.5, 0.2, 1), np.float32)).save_render(
            str(tmp_path / f"photo_{number:02}.png")
        )
    moving.view_settings.view_transform = "Standard"
    bpy.ops.pochade.stylize_animation()
    bpy.ops.pochade.write_movie()
    footage(moving, folder / "animation.mp4")
    moving.pochade.animation.folder = str(tmp_path / "again")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    for number in photos:
        seen = read_file(tmp_path / "again" / f"{number:04}.png")[..., :3]
        assert np.abs(seen - read_file(folder / f"{number:04}.png")[..., :3]).mean() < 0.02


def test_a_mask_may_be_an_image_sequence(load, moving, photos, tmp_path):
    regions = load("addon.styles.regions")
    mask = bpy.data.images.load(str(tmp_path / "photo_01.png"))
    mask.source = "SEQUENCE"
    bpy.ops.pochade.add_item(items="regions")
    region = moving.pochade.regions[0]
    region.kind, region.mask, region.style_kind, region.soft = "MASK", mask, "NONE", 0
    plans = regions.plan(moving, False, sequences=True)
    for number, array in photos.items():
        (made,) = regions.make(plans, array, None, number)
        assert np.abs(made.mask - array @ (0.2126, 0.7152, 0.0722)).max() < 0.01


def test_every_frame_is_previewed_and_the_sequence_takes_its_place(load, moving, photos, start):
    # No machine paints so many before there is a preview.
    moving.pochade.strength, moving.pochade.steps = (1, 1000)
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    space = area.spaces.active
    with bpy.context.temp_override(area=area, space_data=space):
        job = start()
    drive(job, until=lambda: space.image)
    assert tuple(space.image.size) == (80, 64)
    job.cancel()
    drive(job)
    assert job.state == "cancelled" and not space.image
    moving.pochade.steps = 2
    with bpy.context.temp_override(area=area, space_data=space):
        job = start()
    drive(job)
    assert job.state == "done", job.sentence
    image, user = space.image, space.image_user
    assert image == moving.pochade.result
    assert (user.frame_start, user.frame_duration, user.frame_offset, user.use_auto_refresh) == (
        1,
        4,
        0,
        True,
    )
    assert [other.name for other in bpy.data.images if "Starry" in other.name] == [image.name], (
        "the preview is gone"
    )


def test_the_folder_beside_the_blend(moving, photos, tmp_path):
    moving.pochade.animation.folder = ""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.pochade.stylize_animation()
    assert (tmp_path / "pochade" / "Scene" / "0004.png").exists()
    assert moving.pochade.result.filepath == str(Path("//pochade/Scene/0001.png"))
