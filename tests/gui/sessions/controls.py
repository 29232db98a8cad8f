"""An artist opens every sub-panel, mixes styles, paints regions and keeps colours."""

import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

ADD = "bpy.ops.pochade.add_item("


def editor():
    return h.area("IMAGE_EDITOR")


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(*reversed(image.size), 4)[..., :3]


def choose(field, further, across=0.7):
    """Pick another entry of a menu, so many further down: Ctrl and the mouse wheel."""
    yield from h.wheel((yield from h.find(field, editor(), across=across)), further, "ctrl")
    yield from h.rest(0.3)


def paint():
    """Push Stylize and wait for the end; the result is the painting and its source, as arrays."""
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    yield 0.5
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    return pixels(h.scene().result), pixels(bpy.data.images["meadow"])


def added(items, across=0.5):
    """Push the button that adds a style or a region."""
    count = len(items)
    yield from h.push(ADD, editor(), across=across)
    yield from h.wait(lambda: len(items) > count, "one more")
    yield from h.rest(0.5)


def opens_for(chosen, across):
    """Push the Open button of a style: the file that is chosen becomes that style, and no other."""
    editor().tag_redraw()
    yield 0.5
    h.shot("open_" + chosen[:3])
    yield from h.push("bpy.ops.pochade.open_style(", editor(), across=across)
    files = yield from h.wait(lambda: h.window(1), "the window with files")
    yield 1.0
    browser = h.area("FILE_BROWSER", files).spaces.active
    assert f"pochade.{chosen}" in browser.active_operator.chosen
    assert browser.params.display_type == "THUMBNAIL"
    with bpy.context.temp_override(window=files, area=h.area("FILE_BROWSER", files)):
        bpy.ops.file.cancel()
    yield 1.0


def check_panels_are_opened(note):
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow", 128, 84)
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    h.scene().resolution = "draft"
    h.scene().size, h.scene().steps, h.scene().coarse_size = 128, 8, 128
    for panel in h.PANELS[:3]:
        yield from h.turn(panel, editor())
        h.shot("controls_" + panel.lower().replace(" ", "_"))
        yield from h.turn(panel, editor())
    yield from h.turn("Advanced", editor())
    h.shot("controls_method")
    yield from h.scroll_down(editor())
    yield from h.turn("Style Layers", editor(), under="pochade.learning_rate", place=0)
    yield from h.scroll_down(editor())
    h.shot("controls_layers")
    yield from h.wheel(h.middle(editor(), "UI"), -30)
    yield from h.turn("Advanced", editor())


def check_size_is_matched(note):
    yield from h.turn("Look", editor())
    yield from h.scroll_down(editor())
    yield from h.push("bpy.ops.pochade.match_size(setting='finish_size'", editor(), across=0.88)
    yield from h.wait(lambda: h.scene().finish_size == 128, "the size")
    h.scene().finish_size = 0
    yield from h.turn("Look", editor())


def check_style_is_mixed(note):
    yield from h.turn("More Styles", editor())
    yield from added(h.scene().mix)
    yield from choose("mix[0].preset", 2, across=0.5)
    yield from h.fill("mix[0].weight", "0.25", editor())
    yield from added(h.scene().mix)
    h.scene().mix[1].style_kind = "IMAGE"
    yield from opens_for("mix[1]", across=0.7)
    yield from h.push("bpy.ops.pochade.remove_item(items='mix', index=1", editor(), across=0.9)
    yield from h.wait(lambda: len(h.scene().mix) == 1, "one style less")
    yield from h.rest(0.5)
    (style,) = h.scene().mix
    assert style.weight == 0.25
    names = [entry.name for entry, _ in h.pochade("addon.styles.presets").chosen_mix(bpy.context.scene)]
    assert len(set(names)) == 2, names
    painted, source = yield from paint()
    h.shot("mix_painted")
    assert h.scene().result["pochade"]["style"] == " + ".join(names)
    assert np.abs(painted - source).mean() > 0.03
    yield from h.turn("More Styles", editor())
    h.scene().mix.clear()


def check_regions_are_painted(note):
    """The left third stays, the right third gets a style of its own."""
    for name, columns in (("left", np.s_[:, :40]), ("right", np.s_[:, 88:])):
        mask = np.zeros((84, 128, 4), np.float32)
        mask[..., 3], mask[columns] = 1, 1
        image = bpy.data.images.new(name, 128, 84)
        image.pixels.foreach_set(mask.ravel())
        image.pack()
    yield from h.turn("Regions", editor())
    for index, name in enumerate(("left", "right")):
        yield from added(h.scene().regions, across=0.9)
        yield from h.scroll_down(editor())
        if not index:
            h.shot("region_new")
        x, y = yield from h.find(f"regions[{index}].kind", editor(), across=0.46)
        yield from h.click((x, y - 23))  # the image picker under it; Blender copies no path from there
        yield from h.rest(0.5)
        h.shot("mask_picker")
        yield from h.write(name)
        yield from h.press("Return")
        region = h.scene().regions[index]
        yield from h.wait(lambda region=region: region.mask, "the mask")
        assert region.mask.name == name
    h.shot("regions")
    h.scene().active_region = 0
    yield from h.scroll_down(editor())
    yield from choose("regions[0].style_kind", 1)
    yield from opens_for("regions[0]", across=0.75)
    yield from choose("regions[0].style_kind", 1)
    assert h.scene().regions[0].style_kind == "NONE"
    h.shot("region_untouched")
    yield from choose("regions[0].kind", -3)
    assert h.scene().regions[0].kind == "OBJECT"
    h.shot("region_object")
    yield from h.wheel(h.middle(editor(), "UI"), -20)
    h.scene().regions[0].kind, h.scene().regions[1].preset = "MASK", "starry_night"
    painted, source = yield from paint()
    h.shot("regions_painted")
    assert np.array_equal(painted[:, :36], source[:, :36]), "the untouched part was changed"
    assert np.abs(painted - source)[:, 44:].mean() > 0.03
    h.scene().regions.clear()


def check_luminance_only(note):
    yield from choose("pochade.keep_colours", 2)
    assert h.scene().keep_colours == "luminance", h.scene().keep_colours
    painted, source = yield from paint()
    h.shot("luminance")
    chroma_of = [picture - picture @ np.array([[0.299], [0.587], [0.114]]) for picture in (painted, source)]
    note(f"the colours are off by {255 * np.median(np.abs(chroma_of[0] - chroma_of[1])):.2f}/255")
    assert np.median(np.abs(chroma_of[0] - chroma_of[1])) < 0.02
    assert np.abs(painted - source).mean() > 0.01


def check_cryptomatte(note):
    yield from h.push("pochade.source", editor(), across=0.85)
    yield from h.wait(lambda: h.scene().source == "RENDER", "the other source")
    yield from h.scroll_down(editor())
    yield from added(h.scene().regions)
    h.shot("cryptomatte")
    yield from h.push("bpy.ops.pochade.switch_on_cryptomatte", editor())
    yield from h.wait(lambda: bpy.context.view_layer.use_pass_cryptomatte_object, "the passes")
    yield from h.rest(0.5)
    h.shot("cryptomatte_on")


h.run(globals())
