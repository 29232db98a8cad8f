"""What a file of somebody's may hold: Pochade starts with it, and the interface is drawn."""

import json
import os

import addon_utils
import bpy
import numpy as np
import pytest

from tests.addon.conftest import PACKAGE
from tests.addon.test_trust import set_in_file

pytestmark = pytest.mark.oldest

DEEP = "[" * 100_000 + "]" * 100_000
ABOUT = {"format": 1, "name": "A", "artist": "", "year": "", "licence": "", "description": "", "settings": {}}
TEXTS = {
    "deep": DEEP,
    "deep table": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "infinite": '{"format": 1e400, "steps": 1e400}',
    "no number": '{"format": NaN}',
    "long number": '{"format": ' + "9" * 5000 + "}",
    "bytes": b"\xff\xfe\x00",
    "null": "null",
    "nothing": "",
    "infinite setting": json.dumps({**ABOUT, "settings": {"steps": 1}}).replace(": 1}", ": 1e400}"),
    "settings of other types": json.dumps({**ABOUT, "settings": {"method": [], "steps": {}, "encoder": 3}}),
    "large setting": json.dumps({**ABOUT, "settings": {"seed": 10**30}}),
    "fraction": json.dumps({**ABOUT, "settings": {"steps": 60.0}}),
    "long style": json.dumps({**ABOUT, "style": "a" * 5000}),
    "style with a zero": json.dumps({**ABOUT, "style": "a\0b"}),
    "long name": json.dumps({**ABOUT, "name": "a" * 100_000}),
    "half a character": json.dumps({**ABOUT, "name": "\ud800"}),
}


def with_metadata(text, key):
    """A safetensors file whose metadata has this text."""
    header = json.dumps({"__metadata__": {key: text if isinstance(text, str) else "x"}}).encode()
    return len(header).to_bytes(8, "little") + header


@pytest.fixture
def folders(load):
    """The user's folders of presets and of encoders, the user's own, and a function that puts a file there:
    a pipe for None. Cleared at the end.
    """
    preferences, made = load("addon.preferences"), []

    def put(path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        made.append(path)
        if data is None:
            os.mkfifo(path)
        else:
            path.write_bytes(data if isinstance(data, bytes) else data.encode())

    yield preferences.preset_folder(), preferences.encoder_folder(), preferences.user_folder(), put
    for path in made:
        path.unlink(missing_ok=True)
    restart()


def restart():
    """Switch the extension off and on, as Blender's next start does; whether it is there."""
    addon_utils.disable(PACKAGE)
    addon_utils.enable(PACKAGE)
    return addon_utils.check(PACKAGE)[1] and hasattr(bpy.types.Scene, "pochade")


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_pochade_starts_whatever_is_in_the_user_s_folders(folders, load, text):
    presets, encoders, user, put = folders
    put(presets / "hostile" / "preset.json", text)
    put(presets / "good" / "preset.json", json.dumps({**ABOUT, "style": "udnie"}))
    put(presets.with_name("favourites.json"), text)
    put(encoders / "hostile.safetensors", with_metadata(text, "pochade_encoder"))
    header = b'{"__metadata__": ' + (text if isinstance(text, bytes) else text.encode()) + b"}"
    put(encoders / "header.safetensors", len(header).to_bytes(8, "little") + header)
    put(user / "pace.json", text)
    assert restart()
    entries = load("addon.styles.stores").entries()
    assert next(entry for entry in entries if entry.id == "user:good").problem == ""
    assert [entry.name for entry in load("addon.engine.encoders").entries()] == ["compact"]
    chosen = bpy.context.scene.pochade
    for entry in entries:
        if not entry.problem:
            chosen.preset = entry.id  # with its settings; Blender swallows what a setter raises
            assert {name: getattr(chosen, name) for name in entry.settings} == pytest.approx(entry.settings)
    load("addon.pace")._read()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_pochade_starts_with_pipes_in_the_user_s_folders(folders, load):
    presets, encoders, user, put = folders
    put(presets / "pipe" / "preset.json", None)
    put(presets / "good" / "preset.json", json.dumps({**ABOUT, "style": "udnie"}))
    put(presets / "good" / "thumbnail.png", None)
    put(presets.with_name("favourites.json"), None)
    put(encoders / "pipe.safetensors", None)
    put(user / "pace.json", None)
    assert restart()
    load("addon.pace")._read()
    assert {"user:good", "user:pipe"} <= {entry.id for entry in load("addon.styles.stores").entries()}


def strange_values():
    """Values of all types that a custom property can have."""
    return {
        "whole number": 3,
        "number": 0.5,
        "text": "a text",
        "JSON": '{"format": 1}',
        "deep": DEEP,
        "infinite": '{"format": 1e400, "name": "a", "settings": {}}',
        "list": "[[]]",
        "bytes": b"\xff\x00",
        "yes": True,
        "numbers": [1, 2],
        "far": [2**30, 2**30],
        "fractions": [1.5, 2.5],
        "one number": [1],
        "table": {"source": 3, "style": [1], "settings": {}, "choices": 5},
        "texts": {"source": "a", "style": "b", "settings": "[", "choices": '[[1, 2, 3], "a", [1]]'},
        "deep texts": {"source": "a", "style": "b", "settings": DEEP, "choices": DEEP},
        "image": bpy.data.images.new("another", 8, 8),
        "tables": [{"a": 1}, {"b": 2}],
    }


KEYS = ["pochade", "pochade_sheet_of", "pochade_frames", "pochade_preset", "pochade_network"]


@pytest.mark.parametrize("key", KEYS)
def test_a_custom_property_of_any_type_is_read(load, scene, images, key, PochadeError):
    results, recipes = load("addon.blender.results"), load("addon.scene.recipes")
    stores, presets = load("addon.styles.stores"), load("addon.styles.presets")
    packed_copy = load("addon.styles.style_images").packed_copy
    for name, value in strange_values().items():
        image = images.write_result(name, np.full((8, 8, 4), 0.5, np.float32))
        image[key] = value
        assert isinstance(images.source_of(image), str)
        assert results.frames_of(image) is None
        assert all(isinstance(entry.name, str) for entry in stores.entries())
        assert key != "pochade_preset" or stores.PROJECT.entry_of(image).problem, name
        scene.pochade.style_kind, scene.pochade.style_image = "IMAGE", image
        for door in (
            lambda image=image: recipes.use(scene, recipes.of_image(image)),
            lambda: presets.load_style(scene, presets.chosen_style(scene.pochade))(),
            lambda: stores.files_of(presets.chosen_style(scene.pochade)),
            lambda image=image: packed_copy(scene, "copy", image),
        ):
            try:
                door()
            except PochadeError as error:
                assert "\n" not in str(error)
        scene.pochade.style_image = None
        bpy.data.images.remove(image)


def test_the_frames_of_a_sequence_are_such(load, tmp_path, images):
    results = load("addon.blender.results")
    image = images.write_result("frame", np.full((8, 8, 4), 0.5, np.float32))
    image.filepath_raw, image.file_format = str(tmp_path / "0001.png"), "PNG"
    image.save()
    sequence = results.load("painted", [tmp_path / "0001.png"])
    for name, value in strange_values().items():
        sequence["pochade_frames"] = value
        assert results.frames_of(sequence) == (range(1, 3) if name == "numbers" else None), name


@pytest.mark.parametrize("key", ["pochade_view", "pochade_still"])
def test_a_compositor_of_anybody_s_is_read(load, scene, images, key, PochadeError):
    compositor = load("addon.blender.compositor")
    painting = images.write_result("painting", np.full((8, 8, 4), 0.5, np.float32))
    views = {
        "unknown": {"view_transform": "No Such View", "look": 3, "exposure": "a", "gamma": None},
        "list": {"look": [], "exposure": {}},
    }
    for value in (*strange_values().values(), *map(json.dumps, views.values())):
        node = compositor.send_to_compositor(scene, painting, "AS_PAINTED")
        node.node_tree[key] = value
        compositor.uses_still(node)
        compositor.match_unavailable(scene)
        compositor.view_of_the_render(scene)
        for mode in ("AS_PAINTED", "MATCH"):
            try:
                compositor.send_to_compositor(scene, painting, mode)
            except PochadeError as error:
                assert "\n" not in str(error)
        node.node_tree["pochade_view"] = ""
        scene.view_settings.view_transform = "Standard"


def test_choices_that_no_pochade_has_are_none(load, scene, PochadeError):
    set_in_file(scene.pochade, method=99, steps=10**8, strength=float("nan"), size=-5, loss=77, style_kind=9)
    set_in_file(scene.pochade.animation, source=99)
    settings = load("addon.scene.properties").read_settings(scene)
    fields = load("core.settings").Settings.__dataclass_fields__
    assert settings.method == fields["method"].default and settings.strength == fields["strength"].default
    assert settings.steps == fields["steps"].metadata["high"]
    assert settings.size == fields["size"].metadata["low"]
    with pytest.raises(PochadeError, match="where the frames come from"):
        load("addon.shots").choose(scene)
    region = scene.pochade.regions.add()
    set_in_file(region, kind=99, style_kind=99)
    regions = load("addon.styles.regions")
    assert regions.title(region)
    with pytest.raises(PochadeError, match="Choose what the region is"):
        regions.check_mask(region, True)
