"""Strips as an animation's source: what is painted is what the strip shows, each frame at its own time."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import blender_image, read_file, small_scene

pytestmark = pytest.mark.oldest

COLOURS = (0.1, 0.9, 0.3, 0.7, 0.5, 0.2)  # of the footage's six frames, far apart for a movie's sake


@pytest.fixture
def editing(load, tmp_path):
    """A scene with an active strip of six pictures from frame 10; the settings leave pictures as they are."""
    scene = small_scene()
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 80, 64, 100
    scene.render.film_transparent = False
    strips = load("addon.blender.compat").strips_of(scene)
    names = ["b.png", "a.png", "c_10.png", "c_2.png", "d.png", "e.png"]
    for name, value in zip(names, COLOURS, strict=True):
        image = blender_image(np.full((64, 80, 4), (value, 0.5, 1 - value, 1), np.float32))
        image.filepath_raw, image.file_format = str(tmp_path / name), "PNG"
        image.save()
        bpy.data.images.remove(image)
    strip = strips.new_image("Cut", str(tmp_path / names[0]), 2, 10)
    for name in names[1:]:
        strip.elements.append(name)
    scene.sequence_editor.active_strip = strip
    chosen = scene.pochade
    chosen.preset = "starry_night"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.strength = 80, 1, 80, 0
    chosen.animation.source, chosen.animation.folder = "STRIP", str(tmp_path / "painted")
    return scene


def shown(scene, path, number):
    """The red of a frame as Blender's own Sequencer renders it."""
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode = "PNG", "RGB"
    scene.frame_start = scene.frame_end = number
    scene.render.filepath = str(path / "seen-")
    bpy.ops.render.render(animation=True)
    return read_file(scene.render.frame_path(frame=number))[..., 0].mean()


def painted(path):
    """The red of each painted frame, by number."""
    return {int(file.stem): read_file(file)[..., 0].mean() for file in sorted(path.glob("*.png"))}


def matches(scene, tmp_path, tolerance):
    """Whether all painted frames are what the Sequencer shows then; their numbers."""
    seen = painted(tmp_path / "painted")
    for number, red in seen.items():
        assert abs(red - shown(scene, tmp_path, number)) < tolerance, number
    return sorted(seen)


CUTS = {
    "whole": (lambda strip: None, range(10, 16)),
    "trimmed": (
        lambda strip: (setattr(strip, "frame_final_start", 12), setattr(strip, "frame_final_end", 15)),
        range(12, 15),
    ),
    "offset": (lambda strip: setattr(strip, "animation_offset_start", 2), range(10, 14)),
    "held": (lambda strip: setattr(strip, "frame_final_end", 18), range(10, 18)),
    "reversed": (
        lambda strip: (setattr(strip, "use_reverse_frames", True), setattr(strip, "frame_final_start", 11)),
        range(11, 16),
    ),
    "strobe": (lambda strip: setattr(strip, "strobe", 2), range(10, 16)),
}


@pytest.mark.parametrize("cut", CUTS)
def test_pictures_are_painted_as_they_are_cut(editing, tmp_path, cut):
    change, numbers = CUTS[cut]
    change(editing.sequence_editor.active_strip)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert matches(editing, tmp_path, 0.005) == list(numbers)


@pytest.fixture
def movie(load, editing, tmp_path):
    """The same six pictures as a movie, the active strip from frame 20 on."""
    bpy.ops.pochade.stylize_animation()
    bpy.ops.pochade.write_movie()
    strips = load("addon.blender.compat").strips_of(editing)
    strip = strips.new_movie("Take", str(tmp_path / "painted" / "animation.mp4"), 3, 20)
    editing.sequence_editor.active_strip = strip
    editing.pochade.animation.folder = str(tmp_path / "painted" / "movie")
    return strip


@pytest.mark.parametrize("cut", ["whole", "trimmed", "reversed", "other rate"])
def test_a_movie_is_painted_as_it_is_cut(editing, movie, tmp_path, cut):
    if cut == "trimmed":
        movie.frame_final_start, movie.frame_final_end = 21, 24
    elif cut == "reversed":
        movie.use_reverse_frames = True
    elif cut == "other rate":
        editing.render.fps = 48
    times = range(movie.frame_final_start, movie.frame_final_end)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    (tmp_path / "painted" / "movie").rename(tmp_path / "taken")
    seen = painted(tmp_path / "taken")
    assert list(seen) == list(times) and len(bpy.data.scenes) == 1
    for number, red in seen.items():
        assert abs(red - shown(editing, tmp_path, number)) < 0.03, number


def test_it_goes_back_into_the_sequencer_above_the_strip(load, editing):
    bpy.ops.pochade.stylize_animation()
    bpy.ops.pochade.send_to_sequencer()
    there = {
        (strip.channel, strip.frame_final_start, strip.frame_final_end)
        for strip in load("addon.blender.compat").strips_of(editing)
    }
    assert there == {(2, 10, 16), (1, 10, 16)} or there == {(2, 10, 16), (3, 10, 16)}


def test_stylize_strip_takes_the_active_one_and_another_folder_for_each(editing, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "edit.blend"))
    chosen = bpy.context.scene.pochade.animation
    chosen.source, chosen.folder = "RENDER", ""
    assert bpy.ops.pochade.stylize_strip() == {"FINISHED"}
    assert (chosen.source, chosen.strip) == ("STRIP", "Cut")
    assert len(list((tmp_path / "pochade" / "Scene_Cut").glob("*.png"))) == 6


def single(strips, path):
    return strips.new_image("Title", str(path / "a.png"), 5, 1)


def early(strips, path):
    strip = next(strip for strip in strips if strip.name == "Cut")
    strip.frame_start = -3
    return strip


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (single, "Title is a single picture: open it in the Image Editor"),
        (early, "Cut begins before frame 0: move it"),
        (
            lambda strips, path: strips.new_scene("Other", bpy.data.scenes.new("Other"), 5, 1),
            "Other is no footage",
        ),
        (
            lambda strips, path: None,
            "Make a movie or an image strip the active one in the Sequencer, or name one",
        ),
    ],
)
def test_what_is_no_footage_is_said(load, editing, tmp_path, make, sentence):
    editing.sequence_editor.active_strip = make(load("addon.blender.compat").strips_of(editing), tmp_path)
    editing.pochade.animation.folder = ""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "edit.blend"))
    for operator in (bpy.ops.pochade.stylize_animation, bpy.ops.pochade.stylize_strip):
        with pytest.raises(RuntimeError, match=sentence):
            operator()


def test_a_strip_by_name_is_found_and_a_lost_one_is_said(load, editing, tmp_path):
    find, chosen = load("addon.shots").find_strip, editing.pochade.animation
    editing.sequence_editor.active_strip = single(load("addon.blender.compat").strips_of(editing), tmp_path)
    chosen.strip = "Cut"
    assert find(editing).name == "Cut"
    assert bpy.ops.pochade.stylize_animation.poll()
    chosen.strip = "Gone"
    with pytest.raises(load("core.errors").PochadeError, match="There is no strip Gone in the Sequencer"):
        find(editing)
    (tmp_path / "c_2.png").unlink()
    chosen.strip = "Cut"
    with pytest.raises(RuntimeError, match="There is no file .*c_2.png"):
        bpy.ops.pochade.stylize_animation()
