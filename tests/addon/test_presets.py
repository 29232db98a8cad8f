"""Picking styles, and keeping them in the .blend."""

import json

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.oldest


@pytest.fixture
def presets(load):
    return load("addon.styles.presets")


@pytest.fixture
def stores(load):
    return load("addon.styles.stores")


@pytest.fixture
def chosen(presets):
    """The scene's choices."""
    return bpy.context.scene.pochade


@pytest.fixture
def picture():
    """A style picture that nobody has saved."""
    image = bpy.data.images.new("strokes.png", 48, 32)
    image.pixels.foreach_set(strokes()[::-1].ravel())
    return image


def strokes():
    """The picture's pixels (32, 48, 4), opaque, top row first."""
    pixels = np.random.default_rng(1).random((32, 48, 4), np.float32)
    pixels[..., 3] = 1
    return pixels


@pytest.fixture
def recommending(presets, stores, monkeypatch):
    """A picker of three presets: one recommends nothing, the others what their names say."""
    entries = [
        presets.Entry("plain", "Plain", stores.FACTORY),
        presets.Entry("gram", "Gram", stores.FACTORY, settings={"loss": "gram", "content_weight": 0.3}),
        presets.Entry("large", "Large", stores.FACTORY, settings={"style_scale": 1.7}),
    ]
    monkeypatch.setattr(stores.FACTORY, "list", lambda: entries)


def test_every_factory_preset_can_be_picked(presets, stores, chosen):
    entries = stores.entries()
    assert len(entries) >= 6
    for entry in entries:
        chosen.preset = entry.id
        assert chosen.preset == entry.id
        assert presets.chosen_style(bpy.context.scene.pochade).name == entry.name
        assert entry.preset.thumbnail.is_file()


def test_picking_sets_what_the_preset_recommends_and_no_more(chosen, recommending):
    chosen.steps = 77
    chosen.preset = "gram"
    assert (chosen.loss, round(chosen.content_weight, 6), chosen.steps, chosen.style_scale) == (
        "gram",
        0.3,
        77,
        1,
    )


def test_the_next_preset_does_not_inherit(chosen, recommending):
    chosen.preset = "gram"
    chosen.content_weight = 0.5
    chosen.preset = "large"
    assert chosen.loss == "neighbours", "the last preset's recommendation must go"
    assert chosen.content_weight == 0.5, "what the artist set must stay"
    assert round(chosen.style_scale, 6) == 1.7
    chosen.preset = "plain"
    assert chosen.style_scale == 1


@pytest.mark.parametrize("kind", ["unsaved", "file", "factory"])
def test_saved_presets_survive_the_file(presets, chosen, picture, tmp_path, kind):
    if kind == "factory":
        chosen.preset = "starry_night"
    else:
        chosen.style_kind, chosen.style_image = "IMAGE", picture
    if kind == "file":
        picture.filepath_raw, picture.file_format = str(tmp_path / "strokes.png"), "PNG"
        picture.save()
        picture.source = "FILE"
    chosen.steps, chosen.content_weight = 33, 0.015
    assert bpy.ops.pochade.save_preset(name="Mine") == {"FINISHED"}
    (tmp_path / "strokes.png").unlink(missing_ok=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))

    chosen = bpy.context.scene.pochade
    assert (chosen.style_kind, chosen.preset) == ("PRESET", "image:Mine")
    chosen.steps = 5
    chosen.preset = "image:Mine"
    assert chosen.steps == 33
    assert round(chosen.content_weight, 6) == 0.015
    entry = presets.chosen_style(bpy.context.scene.pochade)
    assert entry.name == "Mine"
    style = presets.load_style(bpy.context.scene, entry)()
    if kind == "factory":
        assert style.table, "the statistics of the preset that it was made from"
    else:
        assert np.abs(style.picture - strokes()[..., :3]).max() < 0.005


def test_a_preset_of_a_preset_keeps_the_picture(presets, stores, chosen, picture):
    chosen.style_kind, chosen.style_image = "IMAGE", picture
    bpy.ops.pochade.save_preset(name="First")
    chosen.steps = 12
    bpy.ops.pochade.save_preset(name="Second")
    first, second = (
        presets.images.read_source(bpy.context.scene, bpy.data.images[name]) for name in ("First", "Second")
    )
    assert (first == second).all()
    assert picture.get(stores.KEY) is None


@pytest.mark.parametrize(
    ("note", "word"),
    [
        ("no JSON", "damaged"),
        ("[]", "damaged"),
        (7, "damaged"),
        ("{}", "damaged"),
        ('{"format": "1"}', "damaged"),
        (json.dumps({"format": 1, "name": 3, "settings": {}}), "damaged"),
        (json.dumps({"format": 1, "name": "X", "settings": {"tomorrow": 1}}), "damaged"),
        (json.dumps({"format": 1, "name": "X", "settings": {"steps": "many"}}), "damaged"),
        (json.dumps({"format": 1, "name": "X", "settings": []}), "damaged"),
        (json.dumps({"format": 2, "whatever": []}), "newer Pochade"),
    ],
)
def test_broken_and_newer_presets_say_so(presets, stores, load, chosen, picture, note, word):
    picture[stores.KEY] = note
    before = load("addon.scene.properties").read_settings(bpy.context.scene)
    chosen.preset = f"image:{picture.name}"
    assert load("addon.scene.properties").read_settings(bpy.context.scene) == before
    with pytest.raises(load("core.errors").PochadeError, match=word):
        presets.chosen_style(bpy.context.scene.pochade)
    with pytest.raises(RuntimeError, match=word):
        bpy.ops.pochade.save_preset(name="Copy")


def test_a_broken_factory_preset_does_not_take_the_others_along(presets, stores, load, tmp_path, monkeypatch):
    for name in ("broken", "newer"):
        (tmp_path / name).mkdir()
    (tmp_path / "broken" / "preset.json").write_text("{")
    (tmp_path / "newer" / "preset.json").write_text('{"format": 99}')
    monkeypatch.setattr(load("core.presets.preset"), "FACTORY", tmp_path)
    try:
        stores.unregister()
        stores.register()
        assert [entry.problem.rpartition(";")[0] for entry in stores.entries()] == [
            "The preset broken is broken (Expecting property name enclosed in double quotes: line 1 "
            "column 2 (char 1))",
            "The preset newer was made by a newer Pochade",
        ]
    finally:
        monkeypatch.undo()
        stores.unregister()
        stores.register()


def test_a_deleted_preset_falls_back_to_the_first(stores, chosen, picture):
    chosen.style_kind, chosen.style_image = "IMAGE", picture
    bpy.ops.pochade.save_preset(name="Mine")
    bpy.data.images.remove(bpy.data.images["Mine"])
    assert chosen.preset == stores.entries()[0].id


def test_no_style_picture_is_said(presets, load, chosen):
    chosen.style_kind = "IMAGE"
    with pytest.raises(load("core.errors").PochadeError, match="Open a style picture"):
        presets.chosen_style(bpy.context.scene.pochade)


def test_a_style_picture_whose_file_is_gone(presets, load, chosen, picture, tmp_path):
    picture.filepath_raw, picture.file_format = str(tmp_path / "gone.png"), "PNG"
    picture.save()
    (tmp_path / "gone.png").unlink()
    chosen.style_kind, chosen.style_image = "IMAGE", bpy.data.images.new("x", 8, 8)
    chosen.style_image.source, chosen.style_image.filepath = "FILE", str(tmp_path / "gone.png")
    with pytest.raises(RuntimeError, match="check that its file"):
        bpy.ops.pochade.save_preset(name="Copy")
    assert "Copy" not in bpy.data.images


@pytest.fixture
def linked(presets, chosen, picture, tmp_path):
    """A preset "Mine" that is linked from library.blend, with 11 steps."""
    chosen.style_kind, chosen.style_image, chosen.steps = "IMAGE", picture, 11
    bpy.ops.pochade.save_preset(name="Mine")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, target):
        target.images = ["Mine"]
    return target.images[0]


def save_another(name):
    """A preset of this file, with 22 steps and a black picture."""
    chosen = bpy.context.scene.pochade
    chosen.style_kind = "IMAGE"
    chosen.style_image = bpy.data.images.new("black.png", 16, 16)
    chosen.steps = 22
    bpy.ops.pochade.save_preset(name=name)
    return chosen


def reopen(tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    return bpy.context.scene.pochade


def picked(presets):
    """Id, steps and brightest value of the picked preset."""
    entry = presets.chosen_style(bpy.context.scene.pochade)
    style = presets.load_style(bpy.context.scene, entry)()
    return entry.id, entry.settings["steps"], round(float(style.picture.max()))


def test_a_linked_preset_and_one_of_the_same_name_here_are_two(presets, linked, tmp_path, load):
    chosen = save_another("Mine")
    told = {
        identifier: description
        for identifier, name, description, *_ in load("addon.styles.gallery").enum_items(chosen, bpy.context)
        if name == "Mine"
    }
    assert told == {
        "image:Mine": "Saved in this project",
        "image:Mine [library.blend]": "Linked from library.blend",
    }
    for identifier, steps, brightest in (("image:Mine [library.blend]", 11, 1), ("image:Mine", 22, 0)):
        chosen.preset = identifier  # Blender saves a link only while something uses it
        chosen = reopen(tmp_path)
        assert picked(presets) == (identifier, steps, brightest)
        assert chosen.preset == identifier


def test_older_files_and_paintings_know_a_linked_preset_by_its_mere_name(presets, images, linked):
    chosen = bpy.context.scene.pochade
    chosen.style_kind = "PRESET"
    chosen.preset_id = "image:Mine"
    chosen.resolution = "draft"
    chosen.size = 64
    chosen.steps = 1
    chosen.coarse_size = 64
    assert picked(presets)[:2] == ("image:Mine [library.blend]", 11)
    bpy.data.images.new("Mine", 80, 72)  # is no preset
    assert picked(presets)[:2] == ("image:Mine [library.blend]", 11)
    bpy.ops.pochade.stylize(image="Mine")
    assert json.loads(images.recipe(chosen.result)["choices"]) == [
        ["image:Mine [library.blend]", "Mine [library.blend]", 1.0]
    ]
    for choices in (None, [["image:Mine", "Mine", 1.0]]):
        if choices:
            chosen.result[images.RECIPE]["choices"] = json.dumps(choices)
        chosen.preset_id = "starry_night"
        assert bpy.ops.pochade.use_settings() == {"FINISHED"}
        assert picked(presets)[:2] == ("image:Mine [library.blend]", 11)


def test_a_linked_preset_that_is_made_local_stays_picked(presets, linked):
    chosen = bpy.context.scene.pochade
    chosen.preset = "image:Mine [library.blend]"
    linked.make_local()
    assert (chosen.preset, picked(presets)[1]) == ("image:Mine", 11)
    bpy.ops.pochade.rename_preset(name="Ours")
    assert picked(presets)[:2] == ("image:Ours", 11)


@pytest.mark.parametrize("override", [False, True])
def test_a_preset_of_another_file_stays_as_it_is_and_its_copy_is_free(presets, linked, tmp_path, override):
    chosen = bpy.context.scene.pochade
    if override:
        linked.override_create().use_fake_user = True
    chosen.preset = "image:Mine" if override else "image:Mine [library.blend]"
    chosen.steps = 33
    for operator in (
        bpy.ops.pochade.update_preset,
        bpy.ops.pochade.rename_preset,
        bpy.ops.pochade.delete_preset,
    ):
        with pytest.raises(
            RuntimeError, match="Mine is linked from another file: change it there, or duplicate it"
        ):
            operator()
    bpy.ops.pochade.duplicate_preset()
    assert picked(presets)[0] == "image:Mine copy"
    bpy.ops.pochade.update_preset()
    reopen(tmp_path)
    assert picked(presets) == ("image:Mine copy", 33, 1)
