"""Animations from Blender and back into it: real renders of three frames of 80 x 64 px.

Where it is the way of the frames that counts, they are painted with no strength: they come out as they were.
"""

import bpy
import numpy as np
import pytest
from mathutils import Vector

from tests.addon.jobs import drive
from tests.addon.moving import NUMBERS, displayed, footage, state, written
from tests.addon.pictures import BYTE, blender_image, picture, read_file

pytestmark = pytest.mark.oldest


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


def test_motion_blur_comes_after_painting_and_the_scenes_own_is_given_back(load, moving, folder, tmp_path):
    moving.cycles.samples = 32  # of both, so that noise does not count
    bpy.data.objects.remove(moving.objects["Plane"])  # which is seen through
    moving.camera.location.x, sphere = 0, moving.objects["Sphere"]
    for frame in (6, 8, 10):  # at an even pace
        sphere.location.x = 0.4 * (frame - 8)
        sphere.keyframe_insert("location", frame=frame)
    moving.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.2, 0.3, 0.4, 1)
    moving.render.use_motion_blur, moving.pochade.animation.motion_blur = True, True
    rendered = displayed(moving, tmp_path, 8)
    before = state(moving)
    bpy.ops.pochade.stylize_animation()
    assert state(moving) == before and moving.render.use_motion_blur
    sharp, blurred = (read_file(path / "0008.png")[..., :3] for path in (folder / "source", folder))
    assert np.abs(blurred - rendered).mean() < min(2 * BYTE, 0.6 * np.abs(sharp - rendered).mean())
    sources = written(folder / "source")
    moving.render.motion_blur_shutter, moving.render.motion_blur_position = 1.5, "START"
    bpy.ops.pochade.stylize_animation()
    assert written(folder / "source") == sources, "it was rendered sharp"
    assert np.abs(read_file(folder / "0008.png")[..., :3] - blurred).mean() > 2 * BYTE


def test_renders_tell_what_is_mirrored_where_something_can_be(load, moving, folder):
    read, before = load("core.files.exr").read_passes, state(moving)
    bpy.ops.pochade.stylize_animation()
    assert read(folder / "source" / "0008.exr").mirrored is None, "nothing is a mirror"
    moving.objects["Sphere"].active_material.node_tree.nodes["Principled BSDF"].inputs[
        "Metallic"
    ].default_value = 1
    bpy.ops.pochade.stylize_animation()
    assert state(moving) == before
    passes = read(folder / "source" / "0008.exr")
    assert passes.mirrored[32, 20] > 0.9 and passes.depth[32, 20] < 10
    assert passes.mirrored[:5, -5:].max() < 0.1, "of the sky there is none"


def test_a_stopped_job_goes_on_where_it_was(moving, folder, start):
    moving.render.use_motion_blur = True
    job = start()
    drive(job, until=lambda: (folder / "source" / "0008.exr").exists())
    assert not moving.render.use_motion_blur
    before = state(moving)[1:6]
    job.cancel()
    drive(job)
    assert job.state == "cancelled"
    assert job.sentence in {
        f"Stopped with {count} of 3 frames of Scene rendered; the same command goes on from there"
        for count in (2, 3)
    }
    assert moving.render.use_motion_blur
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


def test_renders_from_files_are_the_same(load, moving, folder, tmp_path):
    moving.view_settings.view_transform = "AgX"
    bpy.ops.pochade.stylize_animation()
    rendered = read_file(folder / "0008.png")
    (folder / "source").rename(tmp_path / "renders")
    footage(moving, tmp_path / "renders" / "0007.exr")
    moving.pochade.animation.folder = str(tmp_path / "again")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert np.abs(read_file(tmp_path / "again" / "0008.png") - rendered)[..., :3].max() <= 0.1 * BYTE


@pytest.mark.parametrize("crop", [False, True])
def test_the_camera_says_where_far_things_are(load, moving, crop):
    camera_of = load("addon.shots.cameras").camera_of
    from bpy_extras.object_utils import world_to_camera_view

    camera, render = moving.camera, moving.render
    camera.rotation_euler = (1.3, 0.2, 0.4)
    camera.scale = (2, 1, 3)
    camera.data.shift_x = 0.1
    render.pixel_aspect_y = 1.5
    render.use_border = render.use_crop_to_border = crop
    render.border_min_x = 0.25
    render.border_max_x = 0.75
    render.border_min_y = 0.25
    render.border_max_y = 0.75
    bpy.context.view_layer.update()
    seen_from = camera_of(moving)
    rows = np.array(seen_from.to_camera)[:, :3]
    for direction in ((0, 0, -1), (0.1, 0.2, -1), (-0.2, 0.1, -1)):
        world = camera.matrix_world.to_3x3() @ Vector(direction)
        seen = world_to_camera_view(moving, camera, camera.matrix_world.translation + 1e5 * world)
        x, y, w = rows @ np.array(world)
        left, top = (20, 16) if crop else (0, 0)
        assert w > 0
        places = np.array((x / w, y / w)) * seen_from.focal + seen_from.centre
        assert tuple(places) == pytest.approx(
            (80 * seen.x - left - 0.5, 64 * (1 - seen.y) - top - 0.5), abs=0.01
        )
    camera.data.type = "PANO"
    assert camera_of(moving) is None


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
        engine, "stylize_animation", lambda given: looks.extend(given.looks) or stylize_animation(given)
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


def test_a_painted_frame_opened_elsewhere_gives_its_own_settings(load, moving, folder):
    chosen = moving.pochade
    for frame, strength in ((7, 0.25), (9, 0.75)):
        chosen.strength = strength
        chosen.keyframe_insert("strength", frame=frame)
    chosen.seed = 4
    bpy.ops.pochade.stylize_animation()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    chosen = bpy.context.scene.pochade
    for name, strength in (("0009.png", 0.75), ("0007.png", 0.25)):
        chosen.result = bpy.data.images.load(str(folder / name))
        assert bpy.ops.pochade.use_settings() == {"FINISHED"}
        assert (chosen.strength, chosen.seed, chosen.preset_id) == (strength, 4, "starry_night")
    chosen.result.source, chosen.strength = "SEQUENCE", 1
    assert bpy.ops.pochade.use_settings() == {"FINISHED"} and chosen.strength == 0.25
