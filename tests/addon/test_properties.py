"""The scene's settings are the engine's: same names, limits and defaults, read and written."""

import warnings
from dataclasses import fields, replace

import bpy
import pytest

pytestmark = pytest.mark.oldest


@pytest.fixture
def properties(load):
    return load("addon.scene.properties")


@pytest.fixture
def settings(load):
    return load("core.settings").Settings()


def test_an_untouched_scene_has_the_defaults(properties, settings):
    assert properties.read_settings(bpy.context.scene) == settings


def _another_value(field):
    """A value other than the default: the last other choice, or an odd one towards the farther limit."""
    meta, default = field.metadata, field.default
    if "choices" in meta:
        return [value for value in meta["choices"] if value != default][-1]
    if field.type is str:
        return "another"
    farther = max(meta["low"], meta["high"], key=lambda limit: abs(limit - default))
    value = float(f"{default + 0.377 * (farther - default):.3g}")
    return round(value) if field.type is int else value


def test_settings_come_back_as_they_were_written(properties, settings):
    written = replace(settings, **{field.name: _another_value(field) for field in fields(settings)})
    assert all(getattr(written, field.name) != field.default for field in fields(written)), (
        "every field must be tried"
    )
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
    for field in fields(settings):
        assert shown[field.name].name
        assert shown[field.name].description
        assert [item.identifier for item in getattr(shown[field.name], "enum_items", ())] == [
            *field.metadata.get("choices", ())
        ]
    assert shown["size"].subtype == "PIXEL"
    assert shown["strength"].subtype == "FACTOR"
    assert shown["style_scale"].soft_max == 3
    assert shown["colour_match"].description.endswith("Matters with Keep Colors: Off / Palette / Reverse"), (
        "why it is dimmed"
    )


def test_finish_size_takes_the_sources_longer_side(planes):
    chosen, render = planes.pochade, planes.render
    bpy.ops.render.render()
    render.resolution_x, render.resolution_y, render.resolution_percentage = 300, 1000, 50
    chosen.source = "RENDER"
    assert bpy.ops.pochade.match_size() == {"FINISHED"}
    assert chosen.finish_size == 500
    assert bpy.ops.pochade.match_size(setting="size") == {"FINISHED"}
    assert chosen.size == 500


@pytest.mark.skipif(bpy.app.version < (4, 5), reason="from 4.5 on Blender asks for it")
def test_paths_may_begin_at_the_blend(pochade, tmp_path):
    scene = bpy.context.scene
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    fields = [(scene.pochade.animation, "folder"), (scene.pochade.animation, "path")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for group, name in [*fields, (scene.pochade.instant, "photos")]:
            setattr(group, name, "//somewhere")
    for kind in bpy.types.Operator.__subclasses__():
        if kind.__module__.startswith(pochade.__name__):
            for name, field in kind.bl_rna.properties.items():
                if getattr(field, "subtype", "") in ("FILE_PATH", "DIR_PATH"):
                    assert field.is_path_supports_blend_relative, (kind.__name__, name)
