"""Animations from Blender and back into it: real renders and files of three frames of 80 x 64 px.

Where it is the way of the frames that counts, they are painted with no strength: they come out as they were.
"""

from pathlib import Path

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.addon.jobs import drive
from tests.addon.pictures import BYTE, blender_image, picture, read_file, render, small_scene

pytestmark = pytest.mark.oldest

NUMBERS = range(7, 10)


@pytest.fixture
def moving(pochade, tmp_path):
    """A red sphere that moves to the right before the sky, and settings for a painting that leaves it as it
    is.
    """
    scene = small_scene()
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 80, 64, 100
    scene.cycles.samples = 1
    scene.frame_start, scene.frame_end, scene.frame_current = NUMBERS.start, NUMBERS.stop - 1, 3
    sphere = scene.objects[0]
    for frame, x in ((NUMBERS.start, -0.6), (NUMBERS.stop - 1, 0.6)):
        sphere.location.x = x
        sphere.keyframe_insert("location", frame=frame)
    chosen = scene.pochade
    chosen.preset = "starry_night"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.strength = 80, 2, 80, 0
    chosen.animation.later_steps = 2
    chosen.animation.folder = str(tmp_path / "painted")
    return scene


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "painted"


@pytest.fixture
def start(load, moving):
    """`start()`: begin the animation as the button does, in a thread; the job."""
    job, animation = load("addon.job"), load("addon.tasks.animation")

    def start():
        work = animation.Animation(bpy.context)
        return job.start(work.title, work.steps(), keeps="", on_picture=work.show, on_end=work.end)

    yield start
    if job.current():
        job.current().stop("the test is over")


def displayed(scene, path, number):
    """A frame as Blender renders and saves it."""
    before = scene.frame_current
    scene.frame_set(number)
    seen = render(scene, path / f"plain_{number}.png", "16")
    scene.frame_set(before)
    return seen[..., :3]


def state(scene):
    """What a job has to leave as it was."""
    layer, view = scene.view_layers[0], scene.view_settings
    return (
        scene.frame_current,
        layer.use_pass_vector,
        layer.use_pass_z,
        layer.use_pass_object_index,
        layer.use_pass_cryptomatte_object,
        scene.render.use_sequencer,
        view.view_transform,
        view.look,
        scene.render.image_settings.file_format,
        len(bpy.app.handlers.render_complete),
        len(bpy.data.scenes),
    )


def written(path):
    return {file.name: file.stat().st_mtime_ns for file in path.iterdir() if file.is_file()}


def test_renders_are_painted_and_shown(load, moving, folder, tmp_path):
    plain = displayed(moving, tmp_path, 8)
    before = state(moving)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert state(moving) == before
    assert sorted(written(folder)) == ["0007.png", "0008.png", "0009.png"]
    assert np.abs(read_file(folder / "0008.png")[..., :3] - plain).max() <= BYTE
    passes = load("core.files.exr").read_passes(folder / "source" / "0008.exr")
    assert passes.vector[..., 0].min() < -5, "the sphere was farther left in the frame before"
    assert passes.depth.max() == np.float32(1e10)
    image = moving.pochade.result
    assert list(load("addon.blender.results").frames_of(image)) == list(NUMBERS)
    assert image.name == "Scene, The Starry Night"


def test_a_stopped_job_goes_on_where_it_was(moving, folder, start):
    job = start()
    drive(job, until=lambda: (folder / "source" / "0008.exr").exists())
    before = state(moving)[1:6]
    job.cancel()
    drive(job)
    assert job.state == "cancelled"
    assert job.sentence in {
        f"Stopped with {count} of 3 frames rendered; the same command goes on from there" for count in (2, 3)
    }
    assert state(moving)[0] == 3 and state(moving)[1:6] == (False, False, False, False, True) != before
    rendered = written(folder / "source")
    job = start()
    drive(job)
    assert (job.state, job.sentence.split()[:3]) == ("done", ["Painted", "3", "frames"])
    after = written(folder / "source")
    assert {name: after[name] for name in ("0007.exr", "0007.png", "0008.png")} == {
        name: rendered[name] for name in ("0007.exr", "0007.png", "0008.png")
    }


def test_only_a_changed_scene_is_rendered_again(moving, folder):
    bpy.ops.pochade.stylize_animation()
    rendered = written(folder / "source")
    moving.pochade.seed, moving.frame_current = 3, 8
    moving.pochade.style_kind, moving.pochade.style_image = "IMAGE", blender_image(picture(), "Style")
    bpy.ops.object.select_all(action="DESELECT")
    bpy.ops.pochade.send_to_compositor()
    bpy.ops.pochade.send_to_sequencer()
    bpy.ops.pochade.stylize_animation()
    assert written(folder / "source") == rendered
    bpy.data.materials["Red"].node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (
        0,
        0.8,
        0,
        1,
    )
    bpy.ops.pochade.stylize_animation()
    assert not set(written(folder / "source").values()) & {
        rendered["0007.exr"],
        rendered["0008.png"],
        rendered["0009.exr"],
    }


def test_what_was_painted_is_not_painted_again(moving, folder, tmp_path):
    moving.view_settings.view_transform = "AgX"
    bpy.ops.pochade.stylize_animation()
    moving.camera.location.x += 0.2
    plain = displayed(moving, tmp_path, 8)
    bpy.ops.pochade.send_to_compositor()
    bpy.ops.pochade.send_to_sequencer()
    assert moving.view_settings.view_transform == "Standard"
    before = state(moving)
    bpy.ops.pochade.stylize_animation()
    assert state(moving) == before
    assert np.abs(read_file(folder / "source" / "0008.png")[..., :3] - plain).max() <= BYTE


def test_a_scene_that_changes_while_it_is_rendered(load, moving, folder):
    before, glow = state(moving), moving.objects[1]

    def change(scene, *_):
        glow.location.x += 0.1

    bpy.app.handlers.render_complete.append(change)
    try:
        with pytest.raises(RuntimeError, match="The scene was changed while its frames were rendered"):
            bpy.ops.pochade.stylize_animation()
    finally:
        bpy.app.handlers.render_complete.remove(change)
    assert state(moving) == before
    assert not (folder / "0007.png").exists()


def test_room_and_folder_are_looked_at_before_anything_is_rendered(moving, folder):
    moving.pochade.size = moving.pochade.finish_size = 16384
    moving.frame_end = 3000
    with pytest.raises(RuntimeError, match="make room or choose another folder"):
        bpy.ops.pochade.stylize_animation()
    assert not list(folder.glob("source/*.exr"))
    folder.with_name("file").write_text("in the way")
    moving.pochade.animation.folder = str(folder.with_name("file") / "painted")
    with pytest.raises(RuntimeError, match="Cannot write"):
        bpy.ops.pochade.stylize_animation()


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (
            lambda scene: setattr(scene.render, "use_motion_blur", True),
            "Motion blur hides how things move: switch Motion Blur off",
        ),
        (lambda scene: setattr(scene, "camera", None), "has no camera"),
        (lambda scene: setattr(scene, "frame_end", 7), "needs two frames or more"),
        (lambda scene: setattr(scene, "frame_step", 2), "set Frame Step to 1"),
        (lambda scene: setattr(scene.render, "use_multiview", True), "stereo"),
        (
            lambda scene: setattr(scene.pochade.animation, "folder", ""),
            "Save the .blend first, or choose a folder",
        ),
        (lambda scene: setattr(scene.pochade.animation, "distances", "near"), "Look Back must be numbers"),
        (lambda scene: setattr(scene.pochade.animation, "source", "FILES"), "Choose the footage"),
    ],
)
def test_what_cannot_be_painted_is_said_before_anything_is_rendered(moving, folder, prepare, sentence):
    prepare(moving)
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.pochade.stylize_animation()
    assert not folder.exists()


def footage(scene, path):
    """Choose a file as the source."""
    scene.pochade.animation.source, scene.pochade.animation.path = "FILES", str(path)


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
    moving.pochade.animation.own_range, moving.pochade.animation.first, moving.pochade.animation.last = (
        True,
        2,
        3,
    )
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


def test_renders_from_files_are_the_same(load, moving, folder, tmp_path):
    moving.view_settings.view_transform = "AgX"
    bpy.ops.pochade.stylize_animation()
    rendered = read_file(folder / "0008.png")
    (folder / "source").rename(tmp_path / "renders")
    footage(moving, tmp_path / "renders" / "0007.exr")
    moving.pochade.animation.folder = str(tmp_path / "again")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert np.abs(read_file(tmp_path / "again" / "0008.png") - rendered)[..., :3].max() <= 0.1 * BYTE


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


@pytest.mark.parametrize("crop", [False, True])
def test_the_camera_says_where_far_things_are(load, moving, crop):
    camera_of, render_size = load("addon.shots.cameras").camera_of, load("addon.blender.images").render_size
    from bpy_extras.object_utils import world_to_camera_view

    camera, render = moving.camera, moving.render
    camera.rotation_euler, camera.scale, camera.data.shift_x, render.pixel_aspect_y = (
        (1.3, 0.2, 0.4),
        (2, 1, 3),
        0.1,
        1.5,
    )
    render.use_border = render.use_crop_to_border = crop
    render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y = (
        0.25,
        0.75,
        0.25,
        0.75,
    )
    bpy.context.view_layer.update()
    rows = np.array(camera_of(moving, render_size(render)).direction_to_pixel)
    for direction in ((0, 0, -1), (0.1, 0.2, -1), (-0.2, 0.1, -1)):
        world = camera.matrix_world.to_3x3() @ Vector(direction)
        seen = world_to_camera_view(moving, camera, camera.matrix_world.translation + 1e5 * world)
        x, y, w = rows @ np.array(world)
        left, top = (20, 16) if crop else (0, 0)
        assert w > 0
        assert (x / w, y / w) == pytest.approx(
            (80 * seen.x - left - 0.5, 64 * (1 - seen.y) - top - 0.5), abs=0.01
        )
    camera.data.type = "ORTHO"
    assert camera_of(moving, (80, 64)) is None


def test_strength_and_weights_are_keyframed_and_a_region_follows_its_object(
    load, moving, folder, start, monkeypatch
):
    chosen = moving.pochade
    moving.frame_end = 8
    bpy.ops.pochade.add_item(items="mix")
    chosen.mix[0].preset = "great_wave"
    bpy.ops.pochade.add_item(items="regions")
    region = chosen.regions[0]
    region.kind, region.target, region.style_kind, region.soft = "OBJECT", moving.objects[0].name, "NONE", 0
    bpy.ops.pochade.add_item(items="regions")
    unseen = chosen.regions[1]
    unseen.kind, unseen.target, unseen.preset = "OBJECT", "Somebody who comes in later", "udnie"
    for frame, strength, weight in ((7, 1, 0.5), (8, 0, 0)):
        chosen.strength, chosen.mix[0].weight = strength, weight
        chosen.keyframe_insert("strength", frame=frame)
        chosen.mix[0].keyframe_insert("weight", frame=frame)
    looks, engine = [], load("core.sequence.animation")
    stylize_animation = engine.stylize_animation
    monkeypatch.setattr(
        engine,
        "stylize_animation",
        lambda shot, given, *rest, **options: (
            looks.extend(given) or stylize_animation(shot, given, *rest, **options)
        ),
    )
    job = start()
    drive(job)
    assert job.state == "done", job.sentence
    assert [[(style.name, round(weight, 3)) for style, weight in look.styles] for look in looks] == [
        [("The Starry Night", 1), ("The Great Wave off Kanagawa", 0.5)],
        [("The Starry Night", 1)],
    ]
    sources, painted = (
        [read_file(path / f"{number:04}.png")[..., :3] for number in (7, 8)]
        for path in (folder / "source", folder)
    )
    assert np.abs(sources[1] - painted[1]).max() <= BYTE, "no strength"
    change = np.abs(sources[0] - painted[0]).mean(axis=-1)
    rows, columns = np.nonzero(sources[0][..., 0] > 2 * sources[0][..., 1])
    middle = int(np.median(rows)), int(np.median(columns))
    assert change[middle] <= BYTE, "the sphere stays as it is"
    assert change[:6, :6].mean() > 5 * BYTE, "the sky is painted"


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
    moving.pochade.strength, moving.pochade.steps = (
        1,
        1000,
    )  # no machine paints so many before there is a preview
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
