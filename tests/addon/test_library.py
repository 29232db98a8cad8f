"""The user's own presets, for all projects, and what can be done with a preset."""

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
    chosen = bpy.context.scene.pochade
    image = bpy.data.images.new("strokes.png", 48, 32)
    image.pixels.foreach_set(np.random.default_rng(1).random((32, 48, 4), np.float32).ravel())
    chosen.style_kind, chosen.style_image, chosen.strength = "IMAGE", image, 0.5
    return chosen


def names(stores, place):
    return [entry.name for entry in stores.STORES[place].list()]


def picture_of(presets):
    """The picked style's pixels."""
    return presets.load_style(bpy.context.scene, presets.chosen_style(bpy.context.scene.pochade))().picture


def test_a_preset_in_the_library_is_there_in_the_next_file(presets, stores, chosen, load):
    assert bpy.ops.pochade.save_preset(name="Mine", place="LIBRARY") == {"FINISHED"}
    assert load("addon.preferences").preferences(bpy.context).keep_in == "LIBRARY", "for the next one"
    assert names(stores, "LIBRARY") == ["Mine"] and names(stores, "PROJECT") == []
    picture = picture_of(presets)
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    chosen = bpy.context.scene.pochade
    assert chosen.strength == 1
    chosen.preset = "user:mine"
    assert (presets.chosen_style(chosen).name, chosen.strength) == ("Mine", 0.5)
    np.testing.assert_allclose(picture_of(presets), picture, atol=1e-6)


@pytest.mark.parametrize("place", ["PROJECT", "LIBRARY"])
def test_a_preset_is_updated_renamed_duplicated_and_deleted(presets, stores, chosen, place):
    bpy.ops.pochade.save_preset(name="Mine", place=place)
    chosen.strength = 0.25
    bpy.ops.pochade.update_preset()
    assert presets.chosen_style(chosen).settings["strength"] == 0.25
    other = bpy.data.scenes.new("Other").pochade
    other.style_kind, other.preset_id = "PRESET", chosen.preset_id
    bpy.ops.pochade.rename_preset(name=" Finer ")
    assert names(stores, place) == ["Finer"]
    assert presets.chosen_style(chosen).name == presets.chosen_style(other).name == "Finer"
    assert presets.chosen_style(chosen).settings["strength"] == 0.25
    picture = picture_of(presets)
    bpy.ops.pochade.duplicate_preset()
    assert (
        names(stores, place) == ["Finer", "Finer copy"] and presets.chosen_style(chosen).name == "Finer copy"
    )
    np.testing.assert_allclose(picture_of(presets), picture, atol=1e-6)
    bpy.ops.pochade.delete_preset()
    assert names(stores, place) == ["Finer"] and presets.chosen_style(chosen).name == "Finer"


def test_presets_go_from_place_to_place_with_picture_and_network(load, presets, stores, chosen):
    it = load("core.instant.architecture")
    about = it.About("Nothing", "", it.ARCHITECTURES["slim"], [[0.5] * 3, np.eye(3).tolist()], {})
    network = load("core.instant.files").network_bytes(load("core.instant.network").Network(about, 0))
    bpy.ops.pochade.save_preset(name="Mine")
    bpy.data.images["Mine"][stores.NETWORK] = network
    picture = picture_of(presets)
    for place in ("LIBRARY", "PROJECT"):
        bpy.ops.pochade.copy_preset(place=place)
        entry = presets.chosen_style(chosen)
        style = presets.load_style(bpy.context.scene, entry)()
        assert (entry.store.key, entry.name, entry.instant, entry.settings["strength"]) == (
            place,
            "Mine",
            True,
            0.5,
        )
        np.testing.assert_allclose(style.picture, picture, atol=1e-6)
        assert style.network_bytes() == network
    assert names(stores, "LIBRARY") == ["Mine"] and names(stores, "PROJECT") == ["Mine", "Mine"]


def test_one_of_pochades_own_stays_and_its_copies_keep_its_statistics(presets, stores, chosen):
    chosen.style_kind, chosen.preset = "PRESET", "starry_night"
    for operator in (
        bpy.ops.pochade.update_preset,
        bpy.ops.pochade.rename_preset,
        bpy.ops.pochade.delete_preset,
    ):
        with pytest.raises(
            RuntimeError, match="The Starry Night comes with Pochade and stays as it is: duplicate it first"
        ):
            operator()
    bpy.ops.pochade.duplicate_preset()
    assert presets.chosen_style(chosen).store == stores.PROJECT
    for place in ("LIBRARY", "PROJECT"):
        bpy.ops.pochade.copy_preset(place=place)
        entry = presets.chosen_style(chosen)
        assert entry.preset.factory == "starry_night" and entry.instant
        assert presets.load_style(bpy.context.scene, entry)().table is not None


def test_a_preset_travels_as_one_file(presets, stores, chosen, tmp_path):
    bpy.ops.pochade.save_preset(name="Mine")
    picture = picture_of(presets)
    assert bpy.ops.pochade.export_preset(filepath=str(tmp_path / "mine")) == {"FINISHED"}
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert bpy.ops.pochade.import_preset("INVOKE_DEFAULT", filepath=str(tmp_path / "mine.pochade")) == {
        "FINISHED"
    }  # as if dropped
    entry = presets.chosen_style(bpy.context.scene.pochade)
    assert (entry.name, entry.store.key, entry.settings["strength"]) == ("Mine", "LIBRARY", 0.5)
    np.testing.assert_allclose(picture_of(presets), picture, atol=1e-6)
    (tmp_path / "bad.pochade").write_bytes(b"nothing")
    with pytest.raises(RuntimeError, match="bad.pochade is no preset of Pochade, or is damaged"):
        bpy.ops.pochade.import_preset(filepath=str(tmp_path / "bad.pochade"))
    assert names(stores, "LIBRARY") == ["Mine"]


def test_a_picture_is_no_preset_to_change(presets, chosen):
    with pytest.raises(
        RuntimeError, match="This style is a picture: make a preset of it with Save as Preset"
    ):
        bpy.ops.pochade.rename_preset(name="x")


def test_a_broken_preset_in_the_library_says_so(load, stores, chosen):
    bpy.ops.pochade.save_preset(name="Mine", place="LIBRARY")
    folder = load("addon.preferences").preset_folder()
    (folder / "mine" / "preset.json").write_text("{")
    stores.LIBRARY.refresh()
    with pytest.raises(RuntimeError, match="The preset mine is broken"):
        bpy.ops.pochade.stylize()


def test_an_asset_of_a_library_is_a_style_in_every_project(presets, stores, chosen, tmp_path, load):
    bpy.ops.pochade.save_preset(name="Mine", place="LIBRARY")
    assert bpy.ops.pochade.mark_asset() == {"FINISHED"}
    assert names(stores, "PROJECT") == ["Mine"] and bpy.data.images["Mine"].asset_data.tags.keys() == [
        "Pochade"
    ]
    picture = picture_of(presets)
    (tmp_path / "styles").mkdir()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "styles" / "own.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    libraries = bpy.context.preferences.filepaths.asset_libraries
    libraries.new(name="Styles", directory=str(tmp_path / "styles"))
    asset = {
        "asset_library_type": "CUSTOM",
        "asset_library_identifier": "Styles",
        "relative_asset_identifier": "own.blend/Image/Mine",
    }
    try:
        for _ in range(2):
            assert bpy.ops.pochade.use_asset(**asset) == {"FINISHED"}
            chosen = bpy.context.scene.pochade
            assert (presets.chosen_style(chosen).name, chosen.strength) == ("Mine", 0.5)
            assert names(stores, "PROJECT") == ["Mine"], "brought once"
            np.testing.assert_allclose(picture_of(presets), picture, atol=1e-6)
        assert not bpy.data.images["Mine"].asset_data, "it stays where it is an asset"
        chosen.style_kind, chosen.strength = "IMAGE", 1
        assert bpy.ops.pochade.use_asset(relative_asset_identifier="Image/Mine") == {"FINISHED"}
        assert (chosen.style_kind, chosen.strength) == ("PRESET", 0.5)
        for wrong in (
            {"asset_library_identifier": "Others"},
            {"relative_asset_identifier": "own.blend/Image/X"},
        ):
            with pytest.raises(RuntimeError, match="The asset (Mine|X) is gone"):
                bpy.ops.pochade.use_asset(**asset | wrong)
    finally:
        libraries.remove(libraries["Styles"])


def test_families_are_catalogs_of_the_asset_library(presets, stores, chosen, tmp_path):
    libraries = bpy.context.preferences.filepaths.asset_libraries
    libraries.new(name="Styles", directory=str(tmp_path / "styles"))
    (tmp_path / "styles" / "mine").mkdir(parents=True)
    catalogs = tmp_path / "styles" / "blender_assets.cats.txt"
    own = "# mine\nVERSION 1\n\nd7c7a7cd-2c21-4a0b-9d1a-000000000001:Clouds:Clouds"
    catalogs.write_text(own)
    chosen.style_kind = "PRESET"
    try:
        for preset in ("woodcut", "mosaic", "etching"):
            chosen.preset = preset
            bpy.ops.pochade.mark_asset()
        moved = bpy.data.images["Etching"].asset_data
        moved.catalog_id = "d7c7a7cd-2c21-4a0b-9d1a-000000000001"
        bpy.ops.pochade.mark_asset()
        bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "elsewhere.blend"))
        assert catalogs.read_text() == own
        for _ in range(2):
            bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "styles" / "mine" / "own.blend"))
        written = catalogs.read_text()
        assert written.count("Pochade/Print:") == 1
        ids = dict(line.split(":")[1::-1] for line in written.splitlines()[3:])
        assert written.startswith(own + "\n") and set(ids) == {
            "Clouds",
            "Pochade/Print",
            "Pochade/Glass and Stone",
        }
        woodcut, mosaic = (bpy.data.images[name].asset_data for name in ("Woodcut", "Mosaic"))
        assert (woodcut.catalog_id, mosaic.catalog_id, moved.catalog_id) == (
            ids["Pochade/Print"],
            ids["Pochade/Glass and Stone"],
            ids["Clouds"],
        )
    finally:
        libraries.remove(libraries["Styles"])
