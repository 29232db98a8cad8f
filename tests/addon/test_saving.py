"""Save To: paintings as files beside the .blend, which say how they were painted."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.addon.jobs import drive
from tests.addon.pictures import blender_image, picture, read_file, render, same


@pytest.fixture
def saved(settings, photo, tmp_path):
    """The scene's choices, with a saved .blend and Save To at Folder; the photo is in it."""
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    settings.output.save_to = "folder"
    return settings


def pixels(image):
    values = np.empty((image.size[1], image.size[0], image.channels), np.float32)
    image.pixels.foreach_get(values.ravel())
    return values[::-1]


def stylize(name="photo.png"):
    assert bpy.ops.pochade.stylize(image=name) == {"FINISHED"}
    return bpy.context.scene.pochade.result


@pytest.mark.oldest
def test_a_painting_is_a_file_beside_the_blend(saved, tmp_path, load):
    saved.output.save_to = "blend"
    inside = stylize()
    saved.output.save_to = "folder"
    outside = stylize()
    file = tmp_path / "pochade" / "photo, The Starry Night.png"
    assert [*file.parent.iterdir()] == [file]
    assert inside.packed_file and not outside.packed_file
    assert outside.filepath == "//pochade/photo, The Starry Night.png" and outside.source == "FILE"
    assert same(pixels(outside), pixels(inside)) and same(read_file(file), pixels(inside))
    assert load("addon.blender.images").recipe(outside)["source"] == "photo.png"


@pytest.mark.oldest
def test_it_is_there_when_the_blend_is_opened_again(saved, tmp_path):
    painted = pixels(stylize())
    bpy.ops.wm.save_mainfile()
    assert (tmp_path / "shot.blend").stat().st_size < 2_000_000
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert same(pixels(bpy.context.scene.pochade.result), painted)


def test_what_is_there_is_never_overwritten(saved, tmp_path):
    folder = tmp_path / "pochade"
    folder.mkdir()
    (folder / "photo, The Starry Night.png").write_bytes(b"mine")
    first = stylize()
    assert first.filepath == "//pochade/photo, The Starry Night 2.png"
    assert stylize().filepath == first.filepath, "the same painting is the same file"
    saved.seed += 1
    saved.start = "noise"
    assert stylize().filepath == "//pochade/photo, The Starry Night 3.png"
    assert (folder / "photo, The Starry Night.png").read_bytes() == b"mine"
    assert len([*folder.iterdir()]) == 3


def test_the_name_is_the_artists(saved, tmp_path, PochadeError):
    saved.output.file_name = "{style}/{seed} at {size}"
    assert Path(stylize().filepath).name == "The Starry Night_5 at 96x72.png"
    saved.output.file_name = "{stile}"
    with pytest.raises(RuntimeError, match="File Name has {stile}, which stands for nothing"):
        stylize()


def test_a_blend_that_was_never_saved_gets_a_sentence(settings, photo, tmp_path):
    settings.output.save_to = "folder"
    with pytest.raises(RuntimeError, match="Save the .blend first"):
        stylize()
    settings.output.folder = str(tmp_path / "elsewhere")
    assert Path(stylize().filepath).parent == tmp_path / "elsewhere"


@pytest.mark.oldest
def test_a_source_of_floats_becomes_openexr(saved, tmp_path):
    blender_image(picture(96, 72), name="light.exr", float_buffer=True)
    saved.output.save_to = "blend"
    inside = stylize("light.exr")
    saved.output.save_to = "folder"
    outside = stylize("light.exr")
    assert outside.filepath == "//pochade/light, The Starry Night.exr" and outside.is_float
    assert outside.colorspace_settings.name == "Linear Rec.709"
    light = pixels(outside)[..., :3] / np.maximum(pixels(outside)[..., 3:], 1e-6)
    shown = np.where(light <= 0.0031308, 12.92 * light, 1.055 * np.maximum(light, 0) ** (1 / 2.4) - 0.055)
    assert np.abs(shown - pixels(inside)[..., :3]).max() < 1.5 / 255


def test_a_render_becomes_what_the_scene_writes(saved, scene, tmp_path):
    scene.pochade.resolution, scene.pochade.size, scene.pochade.steps = "draft", 64, 1
    scene.render.resolution_percentage = 100
    scene.pochade.output.save_to = "folder"
    render(scene, tmp_path / "frame.png")
    assert bpy.ops.pochade.stylize_render() == {"FINISHED"}
    assert scene.pochade.result.filepath.endswith("Render Result, The Starry Night.png")
    scene.render.image_settings.file_format = "OPEN_EXR"
    assert bpy.ops.pochade.stylize_render() == {"FINISHED"}
    assert scene.pochade.result.filepath.endswith("Render Result, The Starry Night.exr")


def test_where_it_cannot_be_written_it_stays_in_the_blend(saved, tmp_path):
    (tmp_path / "pochade").write_bytes(b"no folder")
    painted = stylize()
    assert painted.packed_file
    assert (tmp_path / "pochade").read_bytes() == b"no folder"


def test_a_cancelled_painting_leaves_no_file(saved, begin, tmp_path):
    saved.steps = 1000
    running = begin()
    drive(running, until=lambda: running.picture is not None)
    running.cancel()
    drive(running)
    assert not (tmp_path / "pochade").exists()
    running = begin()
    drive(running, until=lambda: running.picture is not None)
    running.cancel(keep=True)
    drive(running)
    assert [*(tmp_path / "pochade").glob("*.png")], running.sentence


@pytest.mark.oldest
@pytest.mark.parametrize("door", ["file", "shown", "packed"])
@pytest.mark.parametrize("ending", ["png", "exr"])
def test_a_file_gives_its_settings_and_styles_to_another_blend(saved, tmp_path, load, ending, door):
    blender_image(picture(96, 72), name="light.exr", float_buffer=True)
    saved.mix.add()
    saved.mix[0].preset, saved.mix[0].weight, saved.weight = "udnie", 0.25, 0.75
    saved.strength, saved.seed = 0.6, 7
    file = bpy.path.abspath(stylize("photo.png" if ending == "png" else "light.exr").filepath)
    before = load("addon.scene.properties").read_settings(bpy.context.scene)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    chosen = bpy.context.scene.pochade
    if door == "file":
        assert bpy.ops.pochade.use_settings_of_file(filepath=file) == {"FINISHED"}
    else:
        chosen.result = bpy.data.images.load(file)
        if door == "packed":
            chosen.result.pack()
            Path(file).unlink()
        assert bpy.ops.pochade.use_settings() == {"FINISHED"}
    assert load("addon.scene.properties").read_settings(bpy.context.scene) == before
    assert chosen.preset_id == "starry_night" and chosen.weight == 0.75
    assert [(style.preset_id, style.weight) for style in chosen.mix] == [("udnie", 0.25)]


def test_a_shown_file_that_is_no_painting_says_so(saved, tmp_path):
    image = blender_image(picture(96, 72), name="plain")
    image.filepath_raw, image.file_format = str(tmp_path / "plain.png"), "PNG"
    image.save()
    bpy.context.scene.pochade.result = bpy.data.images.load(str(tmp_path / "plain.png"))
    with pytest.raises(RuntimeError, match="plain.png does not say how it was painted"):
        bpy.ops.pochade.use_settings()


def test_a_file_from_elsewhere_finds_presets_by_their_names(saved, tmp_path, load, photo):
    recipes = load("core.files.recipes")
    photo.save_render(str(tmp_path / "theirs.png"))
    values = load("core.settings.values").as_table(load("core.settings").Settings(seed=9))
    choices = [
        ["", "Udnie", 0.5],
        ["library/theirs", "The Great Wave off Kanagawa", 2],
        ["", "unknown", 1],
        ["", "Udnie", -1],
    ]
    choices += [[1, 2, 3], "udnie", ["udnie", "Udnie", 1e300]]
    made = {"source": "photo", "style": "Udnie + more", "choices": choices, "settings": values}
    recipes.add(tmp_path / "theirs.png", made)
    assert bpy.ops.pochade.use_settings_of_file(filepath=str(tmp_path / "theirs.png")) == {"FINISHED"}
    assert (saved.preset_id, saved.weight, saved.seed) == ("udnie", 0.5, 9)
    assert [style.preset_id for style in saved.mix] == ["great_wave"]


@pytest.mark.parametrize(
    "theirs, why",
    [
        ({"steps": 10**400}, "Steps must be"),
        ({"no_such": 1}, "There is no setting named no_such"),
        ({"seed": "7"}, "Seed must be"),
    ],
)
def test_settings_that_are_none_change_nothing(saved, tmp_path, load, photo, theirs, why):
    photo.save_render(str(tmp_path / "theirs.png"))
    made = {"source": "", "style": "", "choices": [["udnie", "", 1]], "settings": theirs}
    load("core.files.recipes").add(tmp_path / "theirs.png", made)
    with pytest.raises(RuntimeError, match=why):
        bpy.ops.pochade.use_settings_of_file(filepath=str(tmp_path / "theirs.png"))
    assert saved.preset_id == "starry_night" and saved.seed == 5


def test_stylize_files_writes_recipes(saved, tmp_path, load, photo):
    photo.save_render(str(tmp_path / "photo.png"))
    bpy.ops.pochade.stylize_files(directory=str(tmp_path), files=[{"name": "photo.png"}])
    (file,) = (tmp_path / "pochade").glob("*.png")
    found = load("core.files.recipes").read(file)
    assert (found["source"], found["style"], found["settings"]["seed"]) == (
        "photo.png",
        "The Starry Night",
        5,
    )
    assert json.loads(json.dumps(found["choices"])) == [["", "The Starry Night", 1.0]]
