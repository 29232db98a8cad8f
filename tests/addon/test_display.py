"""The viewport's light is displayed as Blender displays it."""

import bpy
import numpy as np
import pytest


@pytest.mark.parametrize("view", ("AgX", "Standard", "Filmic"))
def test_the_table_is_the_scenes_display_transform(load, view):
    scene = bpy.context.scene
    scene.view_settings.view_transform, scene.view_settings.exposure = view, 0.5
    light = np.exp2(np.random.default_rng(1).uniform(-9, 5, (40, 50, 3))).astype(np.float32)
    image = load("addon.shots.files").linear_image(light)
    expected = load("addon.blender.images").read_source(scene, image)[..., :3]
    bpy.data.images.remove(image)
    shown = load("addon.viewport.display").DisplayTransform(scene)(light)
    assert np.abs(shown - expected).mean() < 1 / 255
    assert np.quantile(np.abs(shown - expected), 0.99) < 8 / 255  # brightest saturated colours are farther
