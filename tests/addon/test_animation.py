"""Animations from Blender and back into it: real renders and files of a few frames, painted at 64 px."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import small_scene

FIRST, LAST = 7, 9


@pytest.fixture
def moving(pochade, tmp_path):
    """Three frames of 80 x 64 px: a sphere that moves to the right, and settings for a quick painting of them."""
    scene = small_scene()
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 80, 64, 100
    scene.cycles.samples = 1
    scene.frame_start, scene.frame_end, scene.frame_current = FIRST, LAST, 3
    sphere = scene.objects[0]
    for frame, x in ((FIRST, -0.5), (LAST, 0.5)):
        sphere.location.x = x
        sphere.keyframe_insert("location", frame=frame)
    chosen = scene.pochade
    chosen.preset = "starry_night"
    chosen.size, chosen.steps, chosen.coarse_size = 80, 2, 80
    chosen.animation.later_steps = 2
    chosen.animation.folder = str(tmp_path / "painted")
    return scene


def test_renders_are_painted(moving, tmp_path):
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    print(sorted(p.relative_to(tmp_path) for p in tmp_path.rglob("*")))
    assert [file.name for file in sorted((tmp_path / "painted").glob("*.png"))] == ["0007.png", "0008.png", "0009.png"]
