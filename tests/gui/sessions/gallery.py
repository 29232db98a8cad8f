"""An artist looks for a woodcut: in its family, and by what it is called in two languages."""

import sys
import tempfile
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import fitting  # noqa: E402
import harness as h  # noqa: E402

LINE = 22  # px from one line of the panel to the next
PRINT = 153  # px from the field to this family in its menu
TICK, TAB = ((206, 47), 110)  # px from the start of the shelf's header, and above, to its second family
IN_MENU = -110, 69  # px from the field of a further style to Woodcut in its menu
WOODCUT = 64, 45  # px from the sidebar's right edge, and below Method, to the last of seven thumbnails


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return bpy.context.window_manager.pochade_gallery


def open_picker():
    """Click the thumbnail, which is above the preset's name and Method; returns Method's place."""
    x, y = yield from h.find("pochade.method", editor(), across=0.5)
    yield from h.click((x, y + 4 * LINE))
    yield 1.0
    return x, y


def choose_print():
    x, y = yield from h.find("pochade_gallery.family", editor())
    yield from h.click((x, y))
    yield 0.7
    h.shot(f"gallery_families_{h.region(editor(), 'UI').width}")
    yield from h.click((x, y - PRINT))
    yield from h.wait(lambda: shown().family == "print", "the family")


def check_a_woodcut_is_found_in_its_family(note):
    bpy.context.preferences.system.use_region_overlap = False  # else 4.3 lets nobody drag its edge
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow.png")
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    bpy.ops.ed.undo_push()
    h.shot("gallery_fresh")
    before = h.scene().preset
    yield from choose_print()
    assert h.scene().preset == before, "a family is no style"
    _, y = yield from open_picker()
    h.shot("gallery_print")
    sidebar = h.region(editor(), "UI")
    yield from h.click((sidebar.x + sidebar.width - WOODCUT[0], y - WOODCUT[1]))
    yield from h.wait(lambda: h.scene().preset == "woodcut", "the woodcut")
    yield 0.5
    h.shot("gallery_woodcut")
    yield from h.press("ctrl+z", h.middle(editor()))
    yield from h.wait(lambda: h.scene().preset == before, "the style before")
    assert shown().family == "print", "what is looked for is no part of the scene"


def check_it_is_mixed_from_the_menu_of_all_families(note):
    h.scene().mix.add()
    yield from h.turn("More Styles", editor())
    x, y = yield from h.find("mix[0].preset", editor())
    yield from h.click((x, y))
    yield 0.7
    h.shot("gallery_mix")
    yield from h.click((x + IN_MENU[0], y + IN_MENU[1]))
    yield from h.wait(lambda: h.scene().mix[0].preset == "woodcut", "the woodcut")
    h.scene().mix.clear()


def check_it_is_found_in_a_narrow_sidebar(note):
    yield from fitting.widen(200)
    shown().family = "ALL"
    yield from choose_print()
    yield from open_picker()
    h.shot("gallery_narrow")
    yield from h.press("Escape")
    yield 0.5


def check_it_is_found_by_both_its_names(note):
    gallery = h.pochade("addon.styles.gallery")
    fitting.speak("de_DE")
    shown().family = "ALL"
    for text in ("Holzschnitt Gouge", "Holzschnitt Hohleisen"):
        yield from h.fill("pochade_gallery.search", text, editor(), across=0.4)
        items = gallery.enum_items(h.scene(), bpy.context)
        found = {key: texts for key, *texts, _, _ in items if key != h.scene().preset}
        note(str(found))
        name, told = found["woodcut"]
        assert len(found) == 1 and name == "Holzschnitt" and "Holzschnitt. Schwarz und weiß" in told
    yield from open_picker()
    h.shot("gallery_german")
    yield from h.press("Escape")
    yield 0.5
    yield from h.fill("pochade_gallery.search", "Hologramm", editor(), across=0.4)
    yield 0.5
    h.shot("gallery_nothing")


def check_a_family_is_a_tab_of_the_shelf(note):
    fitting.speak("en_US")
    shown().search = ""
    folder = Path(tempfile.mkdtemp())
    bpy.context.preferences.filepaths.asset_libraries.new(name="Styles", directory=str(folder))
    with bpy.context.temp_override(window=h.window(), area=editor()):
        for preset in ("charcoal", "etching", "woodcut"):
            h.scene().preset = preset
            bpy.ops.pochade.mark_asset()
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "styles.blend"))
    editor().spaces.active.show_region_asset_shelf = True
    yield 2.0
    h.shot("gallery_shelf")
    header, shelf = h.region(editor(), "ASSET_SHELF_HEADER"), h.region(editor(), "ASSET_SHELF")
    line = header.y + header.height // 2
    yield from h.click((header.x + 20, line))
    yield 1.0
    h.shot("gallery_catalogs")
    yield from h.click((header.x + TICK[0], line + TICK[1]))
    yield from h.press("Escape", h.middle(editor()))
    yield 0.5
    yield from h.click((header.x + TAB, line))
    yield 1.0
    h.shot("gallery_tab")
    yield from h.click((shelf.x + 60, shelf.y + shelf.height // 2))
    yield from h.wait(lambda: h.scene().preset == "image:Etching", "the first print; before it is a charcoal")


h.run(globals())
