"""A small animation to paint, of three frames of 80 x 64 px: its scene, its folder and its job."""

import bpy
import pytest

from tests.addon.pictures import render, small_scene

NUMBERS = range(7, 10)


@pytest.fixture
def moving(pochade, tmp_path):
    """A red sphere moves to the right before the sky; the settings leave the picture as it is."""
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
    chosen.resolution = "draft"
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
        scene.render.use_motion_blur,
        layer.use_pass_glossy_direct,
        view.view_transform,
        view.look,
        scene.render.image_settings.file_format,
        len(bpy.app.handlers.render_complete),
        len(bpy.data.scenes),
    )


def written(path):
    return {file.name: file.stat().st_mtime_ns for file in path.iterdir() if file.is_file()}


def footage(scene, path):
    """Choose a file as the source."""
    scene.pochade.animation.source, scene.pochade.animation.path = "FILES", str(path)
