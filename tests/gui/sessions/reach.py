"""An artist paints variations and takes one, wipes from source to painting, picks a region in the picture."""

import subprocess
import sys
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402
from desktop import place_of, xdotool, xid_of  # noqa: E402

# As in the render session: Blender 4.3 may never let a timer write again after a render.
sys.setswitchinterval(1)


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(*reversed(image.size), 4)


def on_screen(x, y):
    """The window's point where the editor shows a point of the picture, given as shares of its sides."""
    region = h.region(editor(), "WINDOW")
    left, bottom = region.view2d.view_to_region(x, y, clip=False)
    return region.x + left, region.y + bottom


def seen(name):
    """Blender's window as it is on the screen, (H, W, 3), from the bottom; the shot stays."""
    file = h.OUT / f"{name}.png"
    subprocess.run(["import", "-window", xid_of(None), file], check=True)
    image = bpy.data.images.load(str(file))
    picture = pixels(image)[..., :3]
    bpy.data.images.remove(image)
    return picture


def check_variations_are_asked_for(note):
    h.install()
    bpy.context.preferences.system.use_region_overlap = False
    h.open_image_editor().spaces.active.image = h.picture("meadow", 240, 160)
    yield from h.open_tab(editor(), "Pochade")
    h.scene().size, h.scene().steps, h.scene().coarse_size = 128, 4, 64
    yield 0.5
    h.shot("reach_panel")
    yield from h.push("bpy.ops.pochade.variations(", editor(), across=0.2)
    yield 0.7
    h.shot("reach_how_many")
    yield from h.press("Return")
    yield from h.wait(h.running, "the job", 40)
    yield from h.wait(lambda: not h.running(), "the variations")
    yield 0.7
    h.shot("reach_variations")
    assert shown().name == "meadow, Composition VII, variations", shown().name

    assert len(names := {image.name for image in bpy.data.images if "Composition VII" in image.name}) == 5, (
        names
    )


def check_a_variation_is_taken(note):
    """Over a painting of the sheet there is a frame around it, and a click takes it with its settings."""
    last = on_screen(0.75, 0.3)
    before = seen("reach_not_hovered")
    xdotool("mousemove", *place_of(*last, None))
    yield from h.rest(0.6)
    assert np.abs(seen("reach_hovered") - before).max() > 0.3
    assert h.scene().keep_colours == "off"
    yield from h.click(last)
    yield from h.wait(lambda: shown().name == "meadow, Composition VII, your palette", "the painting", 40)
    yield 0.5
    h.shot("reach_taken")
    assert h.scene().keep_colours == "match" and h.scene().resolution == "full"
    assert h.scene().result == shown()


LEFT, RIGHT = (0.2, 0.8), (0.8, 0.8)  # points of the picture: of the smooth sky


def colours(name):
    """The colours on the screen at LEFT and RIGHT."""
    screen = seen(name)
    return [screen[y, x] for x, y in (on_screen(*point) for point in (LEFT, RIGHT))]


def is_source(colour, point):
    source = pixels(bpy.data.images["meadow"])
    there = source[int(point[1] * len(source)), int(point[0] * len(source[0])), :3]
    return np.abs(colour - there).max() < 3 / 255


def start_wipe():
    yield from h.push("bpy.ops.pochade.wipe(", editor(), across=0.9)
    yield from h.wait(lambda: h.pochade("addon.ui.wipe").current(editor().spaces.active), "the wipe", 40)
    yield from h.rest(0.5)


def zoom(ratio):
    with bpy.context.temp_override(area=editor(), region=h.region(editor(), "WINDOW")):
        bpy.ops.image.view_zoom_ratio(ratio=ratio)
    xdotool("mousemove", *place_of(*h.middle(editor(), "HEADER"), None))
    yield from h.rest(0.7)


def check_wipe(note):
    """Left of the line the source, right of it the painting, at any zoom; at the end nothing is left."""
    yield from zoom(3)
    painting = colours("reach_no_wipe")
    assert not is_source(painting[0], LEFT)
    yield from start_wipe()
    yield from zoom(3)
    left, right = colours("reach_wipe")
    assert is_source(left, LEFT), (left, painting)
    assert np.array_equal(right, painting[1]), (right, painting)
    line = on_screen(0.5, 0.5)
    yield from h.drag(line, on_screen(0.1, 0.5)[0] - line[0])
    yield from zoom(3)
    assert np.array_equal(colours("reach_wipe_left"), painting), "the line did not follow the pointer"
    yield from h.drag(on_screen(0.1, 0.5), on_screen(0.9, 0.5)[0] - on_screen(0.1, 0.5)[0])
    yield from zoom(2)
    for point, colour in zip((LEFT, RIGHT), colours("reach_wipe_right"), strict=True):
        assert is_source(colour, point), colour
    yield from h.press("Escape", on_screen(0.5, 0.5))
    yield from zoom(3)
    assert np.array_equal(colours("reach_wipe_ended"), painting)


def check_a_click_ends_the_wipe(note):
    yield from start_wipe()
    yield from h.click(on_screen(0.5, 0.5))
    yield from h.wait(lambda: not h.pochade("addon.ui.wipe").current(editor().spaces.active), "its end", 40)


def check_another_picture_has_no_wipe(note):
    yield from start_wipe()
    painting = shown()
    editor().spaces.active.image = bpy.data.images["meadow"]
    yield from zoom(3)
    for point, colour in zip((LEFT, RIGHT), colours("reach_other_picture"), strict=True):
        assert is_source(colour, point), colour
    editor().spaces.active.image = painting


def check_nothing_is_left_of_the_wipe_in_another_file(note):
    bpy.ops.wm.save_as_mainfile(filepath=str(h.OUT / "reach.blend"))
    assert h.pochade("addon.ui.wipe")._wipes
    bpy.ops.wm.open_mainfile(filepath=str(h.OUT / "reach.blend"))
    yield 2.0
    assert not h.pochade("addon.ui.wipe")._wipes
    h.shot("reach_opened")


def check_a_button_at_the_sentence_switches_the_method(note):
    """No network has learnt this picture: a sentence says so, and the button below it switches."""
    h.scene().style_kind, h.scene().style_image = "IMAGE", bpy.data.images["meadow"]
    h.scene().method = "instant"
    yield 0.7
    x, y = yield from h.find(h.STYLIZE, editor())
    h.shot("reach_method")
    yield from h.click((x, y + 38))
    yield from h.wait(lambda: h.scene().method == "optimised", "the other method", 40)
    h.scene().style_kind = "PRESET"


def telling(panel, style, method):
    """What a panel tells with this picture as the style."""
    h.scene().style_kind, h.scene().style_image, h.scene().method = "IMAGE", style, method
    with h.told(panel) as found:
        h.region(editor(), "UI").tag_redraw()
        yield from h.wait(lambda: found and found[-1] == "the end", "a redraw")
        return list(found)


def check_a_sentence_stands_once_and_its_button_below_it(note):
    empty = yield from telling("POCHADE_PT_stylize", None, "instant")
    assert empty.count("Open a style picture, or pick a preset") == 1, empty
    untrained = yield from telling("POCHADE_PT_stylize", bpy.data.images["meadow"], "instant")
    (at,) = [number for number, text in enumerate(untrained) if "set Method to Step by Step" in text]
    assert untrained[at + 1] == ("method", "optimised"), untrained
    yield from h.scroll_down(editor())
    yield from h.turn("Advanced", editor())
    dimmed = yield from telling("POCHADE_PT_method", bpy.data.images["meadow"], "instant")
    assert dimmed[:2] == ["These matter with Method at Step by Step", ("method", "optimised")], dimmed
    yield from h.turn("Advanced", editor())
    yield from h.wheel(h.middle(editor(), "UI"), -20)
    h.scene().style_kind, h.scene().method = "PRESET", "optimised"
    yield 0.7


def render():
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield 0.5
    yield from h.wait(lambda: not bpy.app.is_job_running("RENDER"), "the end of the render", 60)
    yield 0.5


def check_a_region_is_picked(note):
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 240, 160, 100
    bpy.context.preferences.view.render_display_type = "NONE"
    yield from render()
    yield from h.press("ctrl+space", h.middle(editor()))  # the whole window: there is more room for the panel
    yield 1.0
    editor().spaces.active.image = bpy.data.images["Render Result"]
    yield from zoom(3)
    yield from h.turn("Regions", editor())
    yield from h.scroll_down(editor())
    yield from h.push("bpy.ops.pochade.pick_region(", editor())
    yield 0.7
    h.shot("reach_no_cryptomatte")
    yield from h.press("Return")
    yield from h.wait(lambda: bpy.context.view_layer.use_pass_cryptomatte_object, "the pass", 40)
    yield from render()
    yield from h.push("bpy.ops.pochade.pick_region(", editor())
    xdotool("mousemove", *place_of(*on_screen(0.5, 0.5), None))
    yield 0.5
    h.shot("reach_eyedropper")
    yield from h.click(on_screen(0.5, 0.5))
    yield from h.wait(lambda: h.scene().regions, "the region", 40)
    assert [(region.kind, region.target) for region in h.scene().regions] == [("OBJECT", "Cube")]
    yield 0.5
    h.shot("reach_region")


def check_escape_leaves_the_region(note):
    yield from h.scroll_down(editor())
    yield from h.push("bpy.ops.pochade.pick_region(", editor(), across=0.9)
    yield from h.press("Escape", on_screen(0.5, 0.5))
    yield from h.click(on_screen(0.5, 0.5))
    yield 1.0
    assert len(h.scene().regions) == 1 and h.scene().regions[0].target == "Cube"


def check_pochade_leaves_nothing(note):
    """Switched off, it takes with it what it draws in the editor."""
    bpy.ops.preferences.addon_disable(module=h.PACKAGE)
    for name in ("POCHADE_GGT_sheet", "POCHADE_GGT_wipe"):
        assert not bpy.types.GizmoGroup.bl_rna_get_subclass_py(name)
    yield 0.5
    h.shot("reach_switched_off")


h.run(globals())
