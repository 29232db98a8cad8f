"""Stylize after Render, in the background; tests/gui/sessions/render.py has it in a window."""

import bpy
import pytest

from tests.addon.pictures import small_scene


@pytest.fixture
def scene(load):
    scene = small_scene()
    scene.render.resolution_percentage = 100
    chosen = scene.pochade
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.after_render = 64, 1, 64, True
    return scene


@pytest.mark.oldest
def test_a_finished_render_is_painted_at_once(load, scene):
    bpy.ops.render.render()
    result = scene.pochade.result
    assert result and tuple(result.size) == (64, 48)
    assert load("addon.blender.images").recipe(result)["source"] == "Render Result"
    bpy.ops.render.render()
    assert scene.pochade.result not in (None, result)


def test_the_render_menu_paints_the_render(scene):
    scene.pochade.after_render = False
    with pytest.raises(RuntimeError, match="There is no render yet; render the frame first"):
        bpy.ops.pochade.stylize_render()
    bpy.ops.render.render()
    assert bpy.ops.pochade.stylize_render() == {"FINISHED"}
    assert tuple(scene.pochade.result.size) == (64, 48)


def test_it_is_an_option_of_the_scene(scene):
    scene.pochade.after_render = False
    bpy.ops.render.render()
    assert scene.pochade.result is None


def test_what_cannot_be_painted_does_not_stop_the_render(scene, caplog):
    scene.pochade.style_kind = "IMAGE"
    assert bpy.ops.render.render() == {"FINISHED"}
    assert scene.pochade.result is None
    assert "The render was not painted: Open a style picture, or pick a preset" in caplog.text
