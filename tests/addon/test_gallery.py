"""Families, search and favourites: what the picker shows, and what it never loses."""

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


def look_for(text, favourites=False, family="ALL"):
    wanted = bpy.context.window_manager.pochade_gallery
    wanted.search, wanted.favourites, wanted.family = text, favourites, family


def shown(gallery, chosen):
    """The names in the picker."""
    return [name for _, name, *_ in gallery.enum_items(chosen, bpy.context)]


@pytest.mark.parametrize("text", ["swirling", "GOGH yellow", "1889 oil strokes", " vincent  stárry brush "])
def test_search_finds_all_that_is_said_of_a_preset(gallery, chosen, text):
    chosen.preset = "starry_night"
    assert len(shown(gallery, chosen)) > 30
    look_for(text)
    assert shown(gallery, chosen) == ["The Starry Night"] and gallery.found(bpy.context) == 1


def test_search_finds_techniques(gallery, chosen):
    chosen.preset = "woodcut"
    look_for("ink")
    assert {"Ink Wash", "Sumi-e", "Pen Hatching", "Cross-Hatching"} < set(shown(gallery, chosen))
    for text, name in (("halftone", "Screen Print"), ("tempera", "The Scream"), ("dry wax", "Crayon")):
        look_for(text)
        assert shown(gallery, chosen) == sorted([name, "Woodcut"])


def test_a_family_narrows_the_picker_and_the_style_stays(load, gallery, chosen):
    chosen.preset = "mosaic"
    families = load("core.presets.preset").FAMILIES
    found = {}
    for family in families:
        look_for("", family=family)
        assert chosen.gallery == chosen.preset == "mosaic"
        found[family] = set(shown(gallery, chosen)) - {"Mosaic"}
        assert gallery.found(bpy.context) == len(found[family]) + (family == "glass and stone")
    assert "Woodcut" in found["print"] and "The Scream" in found["painters"]
    look_for("")
    assert sum(map(len, found.values())) == len(shown(gallery, chosen)) - 1
    look_for("ink", family="print")
    assert "Linocut" in shown(gallery, chosen) and "Ink Wash" not in shown(gallery, chosen)


def test_the_menu_of_further_styles_has_all_under_their_families(load, gallery, chosen):
    chosen.preset, further = "woodcut", chosen.mix.add()
    bpy.ops.pochade.duplicate_preset()
    look_for("nobody", family="wet")
    headings = {}
    for identifier, name, *_ in gallery.by_family(further, bpy.context):
        headings.setdefault(name, []) if not identifier else headings[list(headings)[-1]].append(name)
    assert list(headings) == ["Painters", "Wet", "Dry", "Print", "Glass and Stone", "Project"]
    assert "Woodcut" in headings["Print"] and headings["Project"] == ["Woodcut copy"]
    further.preset = "woodcut"
    assert further.preset_id == "woodcut"


def test_ones_own_are_in_their_place_and_a_copy_also_in_its_family(load, gallery, chosen):
    library, stores = load("addon.scene.library"), load("addon.styles.stores")
    chosen.preset = "woodcut"
    bpy.ops.pochade.duplicate_preset()
    library.copy(bpy.context.scene, stores.LIBRARY)
    try:
        for family, names in (
            ("PROJECT", ["Woodcut copy", "Woodcut copy"]),  # the one in the library is picked
            ("LIBRARY", ["Woodcut copy"]),
            ("dry", ["Woodcut copy"]),
        ):
            look_for("woodcut", family=family)
            assert shown(gallery, chosen) == names, family
        look_for("", family="print")
        assert shown(gallery, chosen)[-3:] == ["Woodcut", "Woodcut copy", "Woodcut copy"]
    finally:
        library.delete(bpy.context.scene)


def test_the_picked_preset_is_never_lost(gallery, chosen):
    chosen.preset, further = "udnie", chosen.mix.add()
    further.preset = "great_wave"
    look_for("night blue")
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
    about = "Vincent van Gogh, 1889, oil. Swirling brush strokes in night blue and yellow"
    assert told["The Starry Night"] == about
    assert told["The Starry Night copy"] == f"{about}. Saved in this project"
