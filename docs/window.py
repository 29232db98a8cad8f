"""A window of Blender with a painting, for docs/listing.py, which starts it: real clicks, and screenshots."""

import math
import sys
from pathlib import Path

for _folder in ("gui", "demo"):
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / _folder))
import bpy  # noqa: E402
import harness as h  # noqa: E402
from harbour import build_scene  # noqa: E402
from mathutils import Quaternion, Vector  # noqa: E402

SOURCE = "harbor"
ORBIT = 16  # steps of the viewport's


def editor():
    return h.area("IMAGE_EDITOR")


def paint(preset):
    editor().spaces.active.image = bpy.data.images[SOURCE]
    h.scene().preset = preset
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")


def fill():
    """Have the picture fill the editor, and the pointer rest where it is in nobody's way."""
    yield from h.press("shift+Home", h.middle(editor()))
    h.xdotool("mousemove", 960, 1075)
    yield from h.rest(1.0)


def check_a_painting_in_its_window(note):
    h.install()
    image = bpy.data.images.load(str(h.OUT / "render.png"))
    image.scale(960, 540)
    image.name = SOURCE
    h.open_image_editor().spaces.active.image = image
    h.scene().method = "instant"
    yield from h.open_tab(editor(), "Pochade")
    yield from h.press("ctrl+space", h.middle(editor()))  # the editor, as large as the window
    yield from h.rest(1.0)
    yield from paint("udnie")  # the first one waits for PyTorch
    yield from paint("composition_vii")
    assert editor().spaces.active.image == bpy.context.scene.pochade.result, h.sentence()
    yield from fill()
    h.shot("window")


def check_the_wipe(note):
    yield from paint("starry_night")
    yield from fill()
    yield from h.push("bpy.ops.pochade.wipe(", editor(), across=0.8)
    yield from h.rest(1.0)
    h.shot("wipe")


def check_the_compared(note):
    yield from h.press("Escape", h.middle(editor()))
    for preset in ("great_wave", "shipwreck_of_the_minotaur"):
        yield from paint(preset)
    yield from h.push("bpy.ops.pochade.compare(", editor())
    yield from h.wait(lambda: not h.running(), "the sheet")
    yield from fill()
    h.shot("compare")


def check_the_viewport(note):
    """An orbit of the demo's scene, each step once it is painted."""
    yield from h.press("ctrl+space", h.middle(editor()))
    yield from h.rest(1.0)
    editor().ui_type = "VIEW_3D"
    for thing in list(bpy.data.objects):
        bpy.data.objects.remove(thing)
    scene = bpy.context.scene
    build_scene(scene, 960, 540)
    scene.render.engine = "BLENDER_EEVEE" if bpy.app.version >= (5, 0) else "BLENDER_EEVEE_NEXT"
    area = h.area("VIEW_3D")
    space = area.spaces.active
    space.shading.type, space.overlay.show_overlays = "RENDERED", True
    space.overlay.show_floor = space.overlay.show_extras = space.overlay.show_axis_x = False
    space.overlay.show_axis_y = space.overlay.show_cursor = False
    view = space.region_3d
    bpy.context.view_layer.update()
    location, turn, _ = scene.camera.matrix_world.decompose()
    view.view_perspective, view.view_distance = "PERSP", location.length
    h.scene().preset = "starry_night"
    h.scene().style_scale = 0.6
    yield from h.open_tab(area, "Pochade")
    live = h.pochade("addon.tasks.viewport")
    with bpy.context.temp_override(window=h.window(), area=area, region=h.region(area, "WINDOW")):
        bpy.ops.pochade.viewport_live()
    h.xdotool("mousemove", 960, 1075)
    for step in range(ORBIT):
        angle = math.radians(12 * math.sin(2 * math.pi * step / ORBIT))
        view.view_rotation = Quaternion((0, 0, 1), angle) @ turn
        view.view_location = Quaternion((0, 0, 1), angle) @ location + view.view_rotation @ Vector(
            (0, 0, -view.view_distance)
        )
        area.tag_redraw()
        yield from h.wait(lambda: h.shows_painted(view), "the painting")
        yield from h.rest(2.0)  # until it is drawn
        h.shot(f"viewport_{step:02}")
    (h.OUT / "viewport.txt").write_text(f"{area.x} {area.y} {area.width} {area.height}")
    live.current().cancel()
    yield from h.rest(1.0)


h.run(globals())
