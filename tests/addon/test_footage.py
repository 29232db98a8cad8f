"""Image sequences and movies, painted by an animation whose strength is 0: they come out as they were."""

from pathlib import Path

import bpy
import numpy as np
import pytest
from PIL import Image

from tests.addon.jobs import drive
from tests.addon.moving import footage, state, written
from tests.addon.pictures import BYTE, blender_image, picture, read_file
from tests.core.exr_files import write_exr

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


@pytest.mark.parametrize(
    "names", [("p_-0001.png", "p_0000.png", "p_0001.png"), ("photo_0001.jp2", "photo_0002.jp2")]
)
def test_frames_have_the_numbers_of_their_files(load, moving, folder, tmp_path, names):
    write, read = (getattr(load("core.files.pictures"), f"{verb}_picture") for verb in ("write", "read"))
    for place, name in enumerate(names):
        write(tmp_path / name, np.full((64, 80, 3), (place + 1) / 5, np.float32))
    footage(moving, tmp_path / names[-1])
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    numbers = [-1, 0, 1] if len(names) == 3 else [1, 2]
    seen = [read(folder / f"{number:04}.png").mean() for number in numbers]
    assert np.allclose(seen, [(place + 1) / 5 for place in range(len(names))], atol=0.01)
    files = load("addon.blender.results").files_of(moving.pochade.result)
    assert [path.name for path in files] == [f"{number:04}.png" for number in numbers]


def test_of_numbers_beyond_blenders_frames_the_last_digits_count(load, moving, folder, tmp_path):
    write = load("core.files.pictures").write_picture
    for number in (20240601123456, 20240601123457):
        write(tmp_path / f"shot_{number}.png", np.full((64, 80, 3), 0.5, np.float32))
    footage(moving, tmp_path / "shot_20240601123456.png")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert sorted(written(folder)) == ["123456.png", "123457.png"]
    write(tmp_path / "shot_9.png", np.full((64, 80, 3), 0.5, np.float32))
    with pytest.raises(RuntimeError, match="larger than Blender's frames can be: rename"):
        bpy.ops.pochade.stylize_animation()


FORMATS = {
    "float.tif": lambda path, ramp: Image.fromarray(ramp).save(path),
    "deep.pgm": lambda path, ramp: path.write_bytes(
        b"P5 80 64 65535\n" + np.rint(ramp * 65535).astype(">u2").tobytes()
    ),
    "y.exr": lambda path, ramp: write_exr(path, {"Y": to_linear(ramp)}),
}


def to_linear(values):
    """The inverse of the sRGB curve."""
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)


@pytest.mark.parametrize("name", FORMATS)
def test_frames_of_any_format_are_as_bright(load, moving, folder, tmp_path, name):
    ramp = np.repeat(np.linspace(0, 1, 80, dtype=np.float32)[None], 64, axis=0)
    ending = name.partition(".")[2]
    for number in (1, 2):
        FORMATS[name](tmp_path / f"p{number}.{ending}", ramp)
    footage(moving, tmp_path / f"p1.{ending}")
    moving.view_settings.view_transform = "Standard"
    moving.pochade.animation.motion = "dis"
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    painted = load("core.files.pictures").read_picture(folder / "0002.png")[..., :3]
    assert np.abs(painted.mean((0, 1)) - 0.5).max() < 0.003 and np.abs(painted[..., 0] - ramp).max() < 0.01


@pytest.mark.parametrize("space", ["byte", "data"])
@pytest.mark.parametrize("name", ["float.tif", "y.exr"])
def test_a_mask_works_alike_in_stills_and_animations(load, moving, tmp_path, name, space):
    ending = name.partition(".")[2]
    ramp = np.repeat(np.linspace(0, 1, 80, dtype=np.float32)[None], 64, axis=0)
    for number in (1, 2):
        FORMATS[name](tmp_path / f"mask_{number}.{ending}", ramp)
    mask = bpy.data.images.load(str(tmp_path / f"mask_1.{ending}"))
    mask.source = "SEQUENCE"
    names = load("addon.blender.colour_names")
    if space == "data":
        mask.colorspace_settings.name = names.data_space()
    bpy.ops.pochade.add_item(items="regions")
    region = moving.pochade.regions[0]
    region.kind, region.mask, region.style_kind, region.soft = "MASK", mask, "NONE", 0
    regions, source = load("addon.styles.regions"), np.zeros((64, 80, 3), np.float32)
    moving.frame_set(1)
    (still,), (moved,) = (
        regions.make(regions.plan(moving, False, sequences), source, None, 1 if sequences else None)
        for sequences in (False, True)
    )
    assert np.abs(still.mask - moved.mask).max() < 0.005
    assert abs(moved.mask.mean() - (0.5 if space == "byte" or ending == "tif" else 0.31)) < 0.01


def movie_with_alpha(path, folder):
    """Three frames, clear in the middle third, made by Blender."""
    frames = bpy.data.scenes.new("Frames")
    strips = load_strips(frames)
    array = np.full((64, 80, 4), 0.8, np.float32)
    array[:, :, 3] = np.where(np.arange(80) // 27 == 1, 0, 1)
    image = blender_image(array)
    image.filepath_raw, image.file_format = str(folder / "clear.png"), "PNG"
    image.save()
    strips.new_image("Clear", str(folder / "clear.png"), 1, 1).frame_final_duration = 3
    render = frames.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 80, 64, 100
    frames.frame_start, frames.frame_end, frames.view_settings.view_transform = 1, 3, "Standard"
    if bpy.app.version >= (5, 0):
        render.image_settings.media_type = "VIDEO"
    render.image_settings.file_format = "FFMPEG"
    render.ffmpeg.format, render.ffmpeg.codec = "QUICKTIME", "QTRLE"
    render.image_settings.color_mode = "RGBA"
    render.use_file_extension, render.filepath = False, str(path)
    with bpy.context.temp_override(scene=frames):
        bpy.ops.render.render(animation=True)
    bpy.data.scenes.remove(frames)
    return array


def load_strips(scene):
    editor = scene.sequence_editor_create()
    return editor.strips if hasattr(editor, "strips") else editor.sequences


def test_a_movies_alpha_is_kept(load, moving, folder, tmp_path):
    array = movie_with_alpha(tmp_path / "clear.mov", tmp_path)
    footage(moving, tmp_path / "clear.mov")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    painted = load("core.files.pictures").read_picture(folder / "0002.png")
    assert painted.shape == (64, 80, 4)
    assert np.abs(painted[..., 3] - array[..., 3]).max() < BYTE
    assert np.abs(painted[:, :20, :3] - 0.8).max() < 2 * BYTE


@pytest.mark.parametrize("name", ["take {v2}", "{blend_name}"])
def test_braces_in_a_folders_name_are_no_template(moving, photos, tmp_path, name):
    folder = tmp_path / name
    moving.pochade.animation.folder = str(folder)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert bpy.ops.pochade.write_movie() == {"FINISHED"}
    footage(moving, (folder / "animation.mp4").rename(folder / "other.mp4"))
    moving.pochade.animation.folder = str(folder / "again")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert sorted(written(folder / "again")) == [f"{number:04}.png" for number in photos]
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [name]


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
