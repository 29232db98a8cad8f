"""A painted viewport under random input, seeded: mouse, keys, operators. For `build.py fuzz --window`.

Whatever it does, Blender must not end or hang, and nothing may be raised: each step is printed before it is
done, and Python says where it was when Blender crashes, or is at one step for longer than PATIENCE.
"""

import faulthandler
import json
import random
import sys
import time
from functools import partial
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import harness as h  # noqa: E402
from desktop import place_of  # noqa: E402

faulthandler.enable()
MINUTES, SEED = json.loads((h.OUT / "plan.json").read_text())
dice = random.Random(SEED)
# None that ends Blender, writes a file or opens a window of its own.
KEYS = """1 3 5 7 0 slash period Home Tab a alt+a x Delete g r s Return Escape Escape Escape ctrl+z ctrl+z
    ctrl+shift+z space h alt+h n t m shift+d ctrl+b i e KP_1 KP_0 KP_5 KP_Divide ctrl+alt+q shift+a
    z""".split()
SHADINGS = ("WIREFRAME", "SOLID", "SOLID", "SOLID", "MATERIAL", "RENDERED")
ENGINES = ("BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH", "CYCLES")
PRESETS = ("starry_night", "great_wave", "the_scream", "udnie", "gatys_2015")


def viewport():
    return h.area("VIEW_3D")


def anywhere():
    region = h.region(viewport(), "WINDOW")
    return region.x + dice.randrange(1, region.width), region.y + dice.randrange(1, region.height)


def move():
    h.xdotool("mousemove", *place_of(*anywhere(), h.window()))


def drag(button):
    move()
    h.xdotool("mousedown", button)
    for _ in range(dice.randrange(2, 12)):
        h.xdotool("mousemove_relative", "--", dice.randrange(-60, 60), dice.randrange(-60, 60))
        yield 0.03
    h.xdotool("mouseup", button)


def key():
    move()
    h.xdotool("key", dice.choice(KEYS))
    yield 0.05


def wheel():
    move()
    h.xdotool("click", dice.choice((4, 5)))
    yield 0.05


def call(operator, *arguments, **options):
    """An operator in the viewport, if it can run there now."""
    area = viewport()
    with bpy.context.temp_override(window=h.window(), area=area, region=h.region(area, "WINDOW")):
        try:
            if operator.poll():
                operator(*arguments, **options)
        except RuntimeError as error:  # the operator's own report
            print("  ", error)
    yield 0.1


def switch(struct, name, choices):
    try:
        setattr(struct(), name, dice.choice(choices))
    except (TypeError, AttributeError) as error:  # what Blender has not now
        print("  ", error)
    yield 0.1


def space():
    return viewport().spaces.active


def hurry():
    """Have the scene rendered in little time, however slow OpenGL is here."""
    scene = bpy.context.scene
    scene.render.resolution_x = scene.render.resolution_y = 32
    scene.eevee.taa_samples = scene.eevee.taa_render_samples = 1
    scene.eevee.shadow_pool_size = scene.eevee.gi_irradiance_pool_size = "16"
    scene.cycles.preview_samples = scene.cycles.samples = 1


def render():
    hurry()
    yield from call(bpy.ops.render.render, "INVOKE_DEFAULT")


def new_file():
    yield from call(bpy.ops.wm.read_homefile, app_template="")
    hurry()


ACTIONS = {
    "orbit": (8, partial(drag, 2)),
    "select by a drag": (2, partial(drag, 1)),
    "press a key": (8, key),
    "zoom": (3, wheel),
    "live": (3, lambda: call(bpy.ops.pochade.viewport_live)),
    "keep": (1, lambda: call(bpy.ops.pochade.viewport_to_image)),
    "undo": (1, lambda: call(bpy.ops.ed.undo)),
    "redo": (1, lambda: call(bpy.ops.ed.redo)),
    "quad view": (1, lambda: call(bpy.ops.screen.region_quadview)),
    "split": (1, lambda: call(bpy.ops.screen.area_split, direction="VERTICAL", factor=0.5)),
    "close": (1, lambda: call(bpy.ops.screen.area_close) if many_viewports() else iter(())),
    "maximise": (1, lambda: call(bpy.ops.screen.screen_full_area)),
    "local view": (1, lambda: call(bpy.ops.view3d.localview)),
    "play": (1, lambda: call(bpy.ops.screen.animation_play)),
    "render": (3, render),
    "engine": (2, lambda: switch(lambda: bpy.context.scene.render, "engine", ENGINES)),
    "new window": (1, lambda: call(bpy.ops.wm.window_new)),
    "add a thing": (2, lambda: call(bpy.ops.mesh.primitive_monkey_add, location=(dice.uniform(-3, 3), 0, 0))),
    "new file": (1, new_file),
    "shading": (2, lambda: switch(lambda: space().shading, "type", SHADINGS)),
    "preset": (2, lambda: switch(h.scene, "preset", PRESETS)),
    "strength": (2, lambda: switch(h.scene, "strength", (0.0, 0.5, 1.0))),
    "brush": (1, lambda: switch(h.scene, "style_scale", (0.5, 1.0, 3.0))),
    "colours": (1, lambda: switch(h.scene, "keep_colours", ("off", "match", "luminance", "reverse"))),
    "overlays": (1, lambda: switch(lambda: space().overlay, "show_overlays", (True, False))),
    "sidebar": (1, lambda: switch(space, "show_region_ui", (True, False))),
    "lens": (1, lambda: switch(space, "lens", (10.0, 50.0, 250.0))),
    "clip": (1, lambda: switch(space, "clip_end", (1.0, 100.0, 1e6))),
    "distance": (1, lambda: switch(lambda: space().region_3d, "view_distance", (0.0, 0.01, 10.0, 1e5))),
    "workspace": (1, lambda: switch(h.window, "workspace", list(bpy.data.workspaces))),
}


def many_viewports():
    return sum(area.type == "VIEW_3D" for area in h.window().screen.areas) > 1


def check_nothing_breaks(note):
    h.install()
    hurry()
    h.scene().preset = "starry_night"
    yield 1.0
    layout = h.window().workspace.name
    names, weights = list(ACTIONS), [weight for weight, _ in ACTIONS.values()]
    count, live, end = 0, 0, time.monotonic() + 60 * MINUTES
    while time.monotonic() < end:
        faulthandler.dump_traceback_later(h.PATIENCE, exit=True)
        while h.window(1) and (h.window(3) or dice.random() < 0.3):  # a render's, or a new one
            with bpy.context.temp_override(window=h.window(1)):
                bpy.ops.wm.window_close()
            yield 0.1
        if not any(area.type == "VIEW_3D" for area in h.window().screen.areas):
            h.window().workspace = bpy.data.workspaces.get(layout, h.window().workspace)
            yield 0.3
            continue
        name = dice.choices(names, weights)[0]
        print(f"{count}: {name}", flush=True)
        yield from ACTIONS[name][1]()
        count += 1
        live += bool(h.pochade("addon.tasks.viewport").current())
        if count % 10 == 0:
            h.xdotool("key", "Escape")  # out of menus and modes that wait
            yield 0.2
        if count % 25 == 0 and not h.pochade("addon.tasks.viewport").current():
            h.scene().preset = "starry_night"
            yield from call(bpy.ops.pochade.viewport_live)
    faulthandler.cancel_dump_traceback_later()
    note(f"{count} steps of seed {SEED}, Live on at {live} of them")


h.run(globals())
