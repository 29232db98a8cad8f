"""An artist keeps a look for all projects, changes it by the menu beside its name, and hands it on."""

import sys
import tempfile
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

FOLDER = Path(tempfile.mkdtemp())
LINE = 22  # px from one line of the panel to the next


def editor():
    return h.area("IMAGE_EDITOR")


def presets():
    return h.pochade("addon.styles.presets")


def library():
    return [entry.name for entry in h.pochade("addon.styles.stores").LIBRARY.list()]


def picked():
    return presets().chosen_style(bpy.context.scene.pochade)


def open_menu():
    """Click the arrow beside the preset's name, which is between the thumbnail and Method."""
    x, y = yield from h.find("pochade.method", editor(), across=0.7)
    sidebar = h.region(editor(), "UI")
    yield from h.click((sidebar.x + sidebar.width - 44, y + LINE + 2))
    yield from h.rest(0.6)


def check_a_look_is_kept_for_all_projects(note):
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow.png")
    h.scene().preset, h.scene().strength = "great_wave", 0.75
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    bpy.context.window_manager.operator_properties_last("pochade.save_preset").place = "LIBRARY"
    yield from h.push("bpy.ops.pochade.save_preset", editor())
    yield 0.7
    h.shot("presets_save")
    yield from h.fill_dialog("The Great Wave off Kanagawa", "Calm Wave")
    yield from h.wait(lambda: library() == ["Calm Wave"], "the preset")
    assert picked().name == "Calm Wave"
    yield 0.5
    h.shot("presets_saved")


def check_it_is_renamed_by_its_menu(note):
    yield from open_menu()
    h.shot("presets_menu")
    yield from h.press("r")
    yield 0.7
    h.shot("presets_rename")
    yield from h.fill_dialog("Calm Wave", "Quiet Wave")
    yield from h.wait(lambda: library() == ["Quiet Wave"], "the new name")


def check_it_is_in_the_picker(note):
    x, y = yield from h.find("pochade.method", editor(), across=0.5)
    yield from h.click((x, y + 4 * LINE))
    yield 1.0
    h.shot("presets_picker")
    yield from h.press("Escape")
    yield 0.5


def check_it_is_handed_on(note):
    with bpy.context.temp_override(window=h.window(), area=editor()):
        bpy.ops.pochade.export_preset(filepath=str(FOLDER / "wave.pochade"))
        bpy.ops.pochade.delete_preset()
        assert library() == []
        bpy.ops.pochade.import_preset(filepath=str(FOLDER / "wave.pochade"))
    assert library() == ["Quiet Wave"] and picked().settings["strength"] == 0.75
    yield 0.1


def check_it_paints(note):
    h.scene().resolution = "draft"
    h.scene().size = 128
    yield from h.push(h.STYLIZE, editor())
    yield from h.wait(
        lambda: h.scene().result or (h.pochade("addon.job").newest() and not h.running()), "the painting"
    )
    assert h.scene().result and h.sentence().startswith("Painted "), h.sentence()
    yield 0.5
    h.shot("presets_painted")


def check_a_report_of_the_job_is_copied(note):
    yield from h.push("bpy.ops.pochade.about_job", editor(), across=0.93)
    yield 0.7
    h.shot("presets_about")
    bpy.context.window_manager.clipboard = ""
    yield from h.accept(lambda: "Style: Quiet Wave" in bpy.context.window_manager.clipboard, "the report")
    note(bpy.context.window_manager.clipboard)


def check_a_painting_gives_its_settings_back(note):
    h.scene().preset, h.scene().strength = "udnie", 0.2
    with bpy.context.temp_override(window=h.window(), area=editor()):
        bpy.ops.wm.call_menu(name="IMAGE_MT_image")
    yield 0.8
    h.shot("presets_image_menu")
    yield from h.press("Escape")
    yield 0.3
    with bpy.context.temp_override(window=h.window(), area=editor()):
        bpy.ops.pochade.use_settings()
    assert picked().name == "Quiet Wave" and h.scene().strength == 0.75


def check_search_and_favourites_narrow_the_picker(note):
    """The star is left of the name's arrow; the other is right of the search, above the thumbnail."""
    shown, gallery = bpy.context.window_manager.pochade_gallery, h.pochade("addon.styles.gallery")
    everything = gallery.found(bpy.context)
    x, y = yield from h.find("pochade_gallery.search", editor(), across=0.3)
    yield from h.fill("pochade_gallery.search", "hokusai", editor())
    assert 1 <= gallery.found(bpy.context) < everything and shown.search == "hokusai"
    h.shot("presets_search")
    h.scene().preset = "great_wave"
    yield 0.5
    _, method = yield from h.find("pochade.method", editor(), across=0.7)
    arrow = h.region(editor(), "UI").x + h.region(editor(), "UI").width - 44
    yield from h.click((arrow - 29, method + LINE + 2))
    yield from h.wait(lambda: gallery.is_favourite(picked()), "a favourite")
    shown.search = ""
    yield from h.click((arrow, y))
    yield from h.wait(lambda: shown.favourites, "favourites alone")
    assert gallery.found(bpy.context) == 1
    yield 0.5
    h.shot("presets_favourites")
    shown.favourites = False
    gallery.mark("great_wave", False)


def check_assets_stand_on_a_shelf(note):
    for preset in ("great_wave", "udnie"):
        h.scene().preset = preset
        with bpy.context.temp_override(window=h.window(), area=editor()):
            assert bpy.ops.pochade.mark_asset() == {"FINISHED"}
    h.scene().preset = "starry_night"
    editor().spaces.active.show_region_asset_shelf = True
    yield 2.0
    shelf = h.region(editor(), "ASSET_SHELF")
    h.shot("presets_shelf")
    for across, name in ((60, "The Great Wave off Kanagawa"), (160, "Udnie")):
        yield from h.click((shelf.x + across, shelf.y + shelf.height // 2))
        yield from h.wait(lambda name=name: picked().name == name, name)
    assert picked().store.key == "PROJECT"
    editor().spaces.active.show_region_asset_shelf = False
    yield 1.0


def check_the_panel_is_in_the_compositor_and_the_render_properties_too(note):
    h.scene().resolution = "draft"
    h.scene().size, painting = 96, h.scene().result
    yield from h.press("ctrl+space", h.middle(editor()))  # all editors again
    yield 1.0
    bpy.context.scene.use_nodes = True  # without, the compositor of 4.3 has an empty sidebar
    areas = set(h.window().screen.areas)
    with bpy.context.temp_override(
        window=h.window(), area=editor()
    ):  # in a small area 4.3 shows no sidebar at all
        bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)
    (set(h.window().screen.areas) - areas).pop().ui_type = "CompositorNodeTree"
    properties = h.area("PROPERTIES")
    properties.spaces.active.context = "RENDER"
    yield 1.0
    nodes = h.area("NODE_EDITOR")
    yield from h.open_tab(nodes, "Pochade")
    yield 0.5
    h.shot("presets_compositor")
    with bpy.context.temp_override(window=h.window(), area=nodes, region=h.region(nodes, "UI")):
        assert bpy.ops.pochade.stylize.poll()
        bpy.ops.pochade.stylize("INVOKE_DEFAULT")
    yield from h.wait(lambda: h.scene().result != painting and not h.running(), "the painting")
    assert editor().spaces.active.image == h.scene().result
    yield 0.5
    h.shot("presets_from_compositor")


h.run(globals())
