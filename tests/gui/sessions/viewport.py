"""An artist works in a painted viewport: orbits, changes the style, the shading and the layout, ends it."""

import gc
import math
import sys
import time
from pathlib import Path

import bpy
import numpy as np
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

LIVE = "bpy.ops.pochade.viewport_live("
paintings: list[float] = []  # when each was shown
redraws: list[float] = []


def editor():
    return h.area("VIEW_3D")


def space():
    return editor().spaces.active


def view():
    return space().region_3d


def live():
    return h.pochade("addon.tasks.viewport")


def listen():
    """Note each painting that is shown, and each redraw of it."""
    screen = h.pochade("addon.viewport.screen").Screen
    show, draw = screen.show, screen.draw

    def shows(self, *arguments):
        show(self, *arguments)
        paintings.append(time.monotonic())

    def draws(self, *arguments):
        draw(self, *arguments)
        redraws.append(time.monotonic())

    screen.show, screen.draw = shows, draws


def village():
    """Coloured blocks, a ball and a head on a floor."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    dice = np.random.default_rng(3)

    def coloured(colour):
        material = bpy.data.materials.new("colour")
        material.diffuse_color = (*colour, 1)
        bpy.context.object.data.materials.append(material)

    bpy.ops.mesh.primitive_plane_add(size=14)
    coloured((0.25, 0.35, 0.15))
    for _ in range(9):
        (x, y), height = dice.uniform(-4, 4, 2), dice.uniform(0.6, 2.4)
        bpy.ops.mesh.primitive_cube_add(
            size=1,
            location=(x, y, height / 2),
            scale=(*dice.uniform(0.6, 1.3, 2), height),
            rotation=(0, 0, dice.uniform(0, 3)),
        )
        coloured(dice.uniform(0.1, 0.9, 3))
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1, location=(0, 0, 2.2))
    coloured((0.8, 0.3, 0.1))
    bpy.ops.mesh.primitive_monkey_add(size=1.6, location=(1.5, -3, 1))
    coloured((0.2, 0.4, 0.8))
    bpy.ops.object.select_all(action="DESELECT")
    view().view_distance, view().view_location = 12, (0, 0, 1)
    turn(-30)


def turn(degrees):
    view().view_rotation = Quaternion((0, 0, 1), math.radians(degrees)) @ Quaternion((1, 0, 0), math.radians(68))


def painted(count=None):
    """Until there are more paintings than `count`, or than now, and nothing is left to paint."""
    count = len(paintings) if count is None else count
    yield from h.wait(lambda: len(paintings) > count, f"a painting ({live().sentence()})")
    yield from idle()


def idle():
    """Until Live has asked for something to paint and gets no answer for several looks."""
    question = None
    while not question or live().current()._question is not question:
        question = live().current()._question
        yield 0.6


def check_the_viewport_is_painted(note):
    h.install()
    listen()
    with bpy.context.temp_override(window=h.window(), area=editor()):
        village()
    space().shading.color_type = "MATERIAL"
    h.scene().preset = "starry_night"
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    h.shot("viewport_before")
    started = time.monotonic()
    yield from h.push(LIVE, editor())
    yield from h.wait(lambda: paintings, f"a painting ({live().sentence()})")
    note(f"the first painting after {time.monotonic() - started:.2f} s")
    yield from idle()
    h.shot("viewport")


def check_orbiting(note):
    yield from painted_orbit(note)
    h.shot("viewport_orbited")


def painted_orbit(note):
    count, drawn, began = len(paintings), len(redraws), time.monotonic()
    with h.Ticks() as ticks:
        for k in range(96):
            turn(-30 + k * 0.75)
            yield 0.04
            if k == 48:
                h.shot("viewport_orbiting")
    took = time.monotonic() - began
    note(f"{(len(paintings) - count) / took:.1f} paintings and {(len(redraws) - drawn) / took:.1f} redraws a second; {ticks}")


def check_it_ends(note):
    yield from h.press("esc", h.middle(editor())) if False else h.press("Escape", h.middle(editor()))
    yield from h.wait(lambda: not live().current(), "its end")
    gc.collect()
    held = [type(each).__name__ for each in gc.get_objects() if type(each).__name__ in {"GPUTexture", "GPUOffScreen"}]
    assert not held, held
    yield 0.5
    h.shot("viewport_ended")


h.run(globals())
