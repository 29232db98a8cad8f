"""Drawings that are held, from Blender's keyframes and cameras: real renders, painted with no strength."""

import bpy
import numpy as np
import pytest

from tests.addon.moving import displayed
from tests.addon.pictures import BYTE, read_file

NAMES = ["0007.png", "0008.png", "0009.png"]


def paint(folder):
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    return [read_file(folder / name)[..., :3] for name in NAMES]


@pytest.fixture
def travelling(moving):
    """The camera moves sideways, too."""
    for frame, x in ((7, 0.0), (9, 0.4)):
        moving.camera.location.x = x
        moving.camera.keyframe_insert("location", frame=frame)
    return moving


def test_on_twos_and_by_keyframes(moving, folder):
    moving.pochade.animation.hold = 2
    one, two, three = paint(folder)
    assert (one == two).all() and (two != three).any()
    for frame, hold in ((7, 1), (8, 2)):
        moving.pochade.animation.hold = hold
        moving.pochade.animation.keyframe_insert("hold", frame=frame)
    one, two, three = paint(folder)
    assert (one != two).any() and (two == three).all()


def test_a_held_drawing_follows_the_camera_and_the_sphere_waits(travelling, folder, tmp_path):
    chosen = travelling.pochade.animation
    chosen.hold, chosen.held = 2, "camera"
    held = paint(folder)[1]
    sphere = travelling.objects[0]
    moved = displayed(travelling, tmp_path, 8)
    sphere.animation_data_clear()
    sphere.location.x = -0.6  # as in frame 7
    right = displayed(travelling, tmp_path, 8)
    off, judder = np.abs(held - right).mean(), np.abs(held - moved).mean()
    assert off < judder / 3, (off, judder)


def test_a_region_on_twos_before_a_camera_on_ones(travelling, folder, tmp_path):
    chosen = travelling.pochade
    bpy.ops.pochade.switch_on_cryptomatte()
    region = chosen.regions.add()
    region.kind, region.target, region.style_kind, region.hold = (
        "OBJECT",
        travelling.objects[0].name,
        "NONE",
        2,
    )
    chosen.animation.held = "camera"
    painted = paint(folder)[1]
    travelling.objects[0].animation_data_clear()
    travelling.objects[0].location.x = -0.6
    right = displayed(travelling, tmp_path, 8)
    assert np.abs(painted - right).mean() < 4 * BYTE


def test_footage_has_no_camera_to_follow(moving, folder, tmp_path):
    paint(folder)
    moving.pochade.animation.source, moving.pochade.animation.path = "FILES", str(folder / NAMES[0])
    moving.pochade.animation.folder = str(tmp_path / "again")
    moving.pochade.animation.hold, moving.pochade.animation.held = 2, "camera"
    with pytest.raises(RuntimeError, match="does not tell where its camera is"):
        bpy.ops.pochade.stylize_animation()


def test_what_is_typed_is_above_the_keyframes(command, moving, folder, tmp_path):
    moving.pochade.animation.keyframe_insert("hold", frame=7)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert command("animate", "--hold", "3")[0] == 0
    one, two, three = (read_file(folder / name) for name in NAMES)
    assert (one == two).all() and (two == three).all()
