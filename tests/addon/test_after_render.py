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


@pytest.fixture
def shot(scene, tmp_path):
    """A scene of three frames that move, rendered into tmp_path/frames, and saved."""
    scene.render.resolution_percentage, scene.frame_start, scene.frame_end = 100, 4, 6
    scene.render.filepath = str(tmp_path / "frames" / "shot_")
    scene.render.image_settings.file_format = "PNG"
    scene.pochade.animation.later_steps = 1
    scene.camera.keyframe_insert("location", frame=4)
    scene.camera.location.x += 0.2
    scene.camera.keyframe_insert("location", frame=6)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    return scene


def painted_in(tmp_path):
    return sorted(path.name for path in (tmp_path / "pochade" / "Scene").glob("*.png"))


@pytest.mark.oldest
@pytest.mark.parametrize("form", ["PNG", "OPEN_EXR_MULTILAYER"])
def test_a_rendered_animation_is_painted_frame_by_frame(shot, load, tmp_path, form):
    if form != "PNG":
        for name, value in (load("addon.blender.compat").MULTILAYER_IMAGE | {"file_format": form}).items():
            setattr(shot.render.image_settings, name, value)
        shot.view_layers[0].use_pass_vector = shot.view_layers[0].use_pass_z = True
    bpy.ops.render.render(animation=True)
    assert len([*(tmp_path / "frames").iterdir()]) == 3
    assert painted_in(tmp_path) == ["0004.png", "0005.png", "0006.png"]
    assert load("addon.blender.results").frames_of(shot.pochade.result) == range(4, 7)
    assert shot.pochade.animation.source == "FILES"
    shot.frame_set(5)
    bpy.ops.render.render()
    assert load("addon.blender.images").recipe(shot.pochade.result)["source"] == "Render Result", (
        "a still again"
    )


def test_an_animation_whose_frames_are_gone_says_so(shot, tmp_path, caplog):
    def remove(*_):
        for path in (tmp_path / "frames").iterdir():
            path.unlink()

    bpy.app.handlers.render_complete.insert(0, remove)
    try:
        bpy.ops.render.render(animation=True)
    finally:
        bpy.app.handlers.render_complete.remove(remove)
    assert not painted_in(tmp_path) and "shot_0004.png is not there" in caplog.text


def test_a_rendered_movie_is_painted_as_well(shot, load, tmp_path):
    for name, value in (load("addon.blender.compat").MOVIE | {"file_format": "FFMPEG"}).items():
        setattr(shot.render.image_settings, name, value)
    bpy.ops.render.render(animation=True)
    assert len([*(tmp_path / "frames").iterdir()]) == 1
    assert painted_in(tmp_path) == ["0001.png", "0002.png", "0003.png"]
