"""The scene's settings are the engine's: same names, limits and defaults, there and back."""

from dataclasses import asdict, fields, replace

import bpy
import pytest


@pytest.fixture
def properties(load):
    return load("addon.properties")


@pytest.fixture
def settings(load):
    return load("core.settings").Settings()


def test_an_untouched_scene_has_the_defaults(properties, settings):
    assert properties.read_settings(bpy.context.scene) == settings


def test_settings_come_back_as_they_were_written(properties, settings):
    written = replace(settings, size=1080, strength=0.7, style_scale=1.3, content_weight=0.015, smoothness=0.1,
                      colour_smoothness=1.5, start="noise", keep_colours="reverse", colour_match="cholesky", seed=2**31 - 1,
                      encoder="vgg19", loss="gram",
                      optimizer="adam", steps=300, coarse_size=64, history=7, learning_rate=0.0001)
    assert all(getattr(written, f.name) != f.default for f in fields(written)), "every field must be tried"
    properties.write_settings(bpy.context.scene, written)
    assert properties.read_settings(bpy.context.scene) == written


def test_settings_survive_saving(properties, settings, tmp_path):
    written = replace(settings, size=777, content_weight=0.015, loss="gram")
    properties.write_settings(bpy.context.scene, written)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert properties.read_settings(bpy.context.scene) == written


def test_sliders_keep_the_limits(properties, settings):
    for field in fields(settings):
        if "low" not in field.metadata:
            continue
        for beyond, limit in ((-1, "low"), (2**31 - 1, "high")):
            setattr(bpy.context.scene.pochade, field.name, field.type(beyond))
            assert getattr(properties.read_settings(bpy.context.scene), field.name) == field.metadata[limit]


def test_the_panel_explains_every_setting(properties, settings):
    shown = bpy.context.scene.pochade.bl_rna.properties
    for name in asdict(settings):
        assert shown[name].name
        assert shown[name].description
    assert shown["size"].subtype == "PIXEL"
    assert shown["strength"].subtype == "FACTOR"
    assert shown["style_scale"].soft_max == 3
    assert [item.identifier for item in shown["loss"].enum_items] == ["covariance", "gram"]
