"""Search and favourites: what the picker shows, and what it never loses."""

import bpy
import pytest

from tests.addon.pictures import blender_image, picture

pytestmark = pytest.mark.oldest


@pytest.fixture
def gallery(load):
    """The gallery, with nothing looked for and no favourites."""
    it = load("addon.styles.gallery")
    yield it
    look_for("")
    it._file().unlink(missing_ok=True)
    it.refresh()


@pytest.fixture
def chosen(gallery):
    return bpy.context.scene.pochade


def look_for(text, favourites=False):
    wanted = bpy.context.window_manager.pochade_gallery
    wanted.search, wanted.favourites = text, favourites


def shown(gallery, chosen):
    """The names in the picker."""
    return [name for _, name, *_ in gallery.enum_items(chosen, bpy.context)]


@pytest.mark.parametrize("text", ["starry", "GOGH night", "1889 starry", " vincent  stárry "])
def test_search_finds_names_artists_and_years(gallery, chosen, text):
    chosen.preset = "starry_night"
    assert len(shown(gallery, chosen)) > 6
    look_for(text)
    assert shown(gallery, chosen) == ["The Starry Night"] and gallery.found(bpy.context) == 1


def test_the_picked_preset_is_never_lost(gallery, chosen):
    chosen.preset, further = "udnie", chosen.mix.add()
    further.preset = "great_wave"
    look_for("starry")
    assert (
        shown(gallery, chosen) == ["The Starry Night", "Udnie"]
        and shown(gallery, further)[0] == "The Great Wave off Kanagawa"
    )
    assert chosen.gallery == chosen.preset == "udnie"
    chosen.gallery = "starry_night"
    assert (chosen.preset_id, chosen.preset, chosen.gallery) == ("starry_night",) * 3
    with pytest.raises(TypeError):
        chosen.gallery = "udnie"
    chosen.preset = "udnie"
    assert chosen.gallery == "udnie", "scripts pick what they like, whatever the picker shows"
    look_for("nobody")
    assert shown(gallery, chosen) == ["Udnie"] and gallery.found(bpy.context) == 0


def test_favourites_outlive_the_file_in_all_three_places(load, gallery, chosen):
    chosen.style_kind, chosen.style_image = "IMAGE", blender_image(picture(), "strokes")
    library, presets, stores = map(
        load, ("addon.scene.library", "addon.styles.presets", "addon.styles.stores")
    )
    try:
        for store, name in ((stores.PROJECT, "Here"), (stores.LIBRARY, "There")):
            library.keep(bpy.context.scene, presets.chosen_style(chosen), name, {}, store)
            assert bpy.ops.pochade.mark_favourite() == {"FINISHED"}
        bpy.ops.pochade.mark_favourite(preset="the_scream")
        bpy.ops.pochade.mark_favourite(preset="udnie")
        bpy.ops.pochade.mark_favourite(preset="udnie")
        look_for("", favourites=True)
        assert shown(gallery, chosen) == ["The Scream", "There", "Here"]
        look_for("library", favourites=True)
        assert shown(gallery, chosen) == ["There"]
        look_for("", favourites=True)
        chosen.preset_id = "image:Here"
        bpy.ops.pochade.rename_preset(name="Nearer")
        assert shown(gallery, chosen) == ["The Scream", "There", "Nearer"]
        bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
        gallery._favourites.clear()
        gallery.refresh()
        look_for("", favourites=True)
        chosen = bpy.context.scene.pochade
        chosen.preset_id = "user:there"
        assert shown(gallery, chosen) == ["The Scream", "There"]
        bpy.ops.pochade.delete_preset()
        assert "user:there" not in gallery._favourites, "the next one of that name is another one"
    finally:
        chosen = bpy.context.scene.pochade
        for entry in list(stores.LIBRARY.list()):
            presets.pick(bpy.context.scene, entry.id)
            library.delete(bpy.context.scene)


def test_broken_favourites_are_none_and_an_unknown_preset_is_said(gallery, chosen):
    bpy.ops.pochade.mark_favourite(preset="udnie")
    gallery._file().write_text('{"nothing')
    gallery.refresh()
    assert not gallery._favourites
    with pytest.raises(RuntimeError, match="There is no preset nowhere"):
        bpy.ops.pochade.mark_favourite(preset="nowhere")
    chosen.style_kind = "IMAGE"
    with pytest.raises(RuntimeError, match="This style is a picture"):
        bpy.ops.pochade.mark_favourite()


def test_hovering_tells_artist_year_and_place(gallery, chosen):
    chosen.preset = "starry_night"
    bpy.ops.pochade.duplicate_preset()
    told = {name: description for _, name, description, *_ in gallery.enum_items(chosen, bpy.context)}
    assert told["The Starry Night"] == "Vincent van Gogh, 1889"
    assert told["The Starry Night copy"] == "Vincent van Gogh, 1889. Saved in this project"
