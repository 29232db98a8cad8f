"""A painted viewport beside other windows: a render's that comes and goes, and one that is closed while it is
painted. What a timer draws offscreen is drawn with the window that Blender has drawn last.
"""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402
from village import village  # noqa: E402


def live():
    return h.pochade("addon.tasks.viewport")


def at(of=None):
    """The 3D viewport of a window, the main one's or another's."""
    of = of or h.window()
    editor = h.area("VIEW_3D", of)
    return {"window": of, "area": editor, "region": h.region(editor, "WINDOW")}


def switch(of=None):
    """Switch Live on or off, until it is."""
    was = live().current()
    with bpy.context.temp_override(**at(of)):
        bpy.ops.pochade.viewport_live()
    yield from h.wait(lambda: live().current() is not was, "Live switched")
    if not was:
        yield from h.wait(lambda: live()._live._painted, f"a painting ({live().sentence()})")
    yield 0.3


def push_the_ball():
    ball = bpy.data.objects["Sphere"]
    ball.location.x = 1 - ball.location.x


def moved():
    """Move the ball, until that is painted."""
    before = live()._live._painted
    push_the_ball()
    yield from h.wait(lambda: live()._live._painted is not before, f"a painting ({live().sentence()})")
    seen, _ = live()._live._painted
    point = seen.matrix @ (*bpy.data.objects["Sphere"].location, 1)
    height, width = seen.depth.shape
    x, y = point[:2] / point[3]
    red, green, blue = seen.colours[int((1 - y) * height / 2), int((x + 1) * width / 2)]
    assert red > 1.3 * green > 1.3 * blue, "the ball is where it is seen"


def render():
    """Render a small picture in a window of its own, which stays and is drawn all the time."""
    with bpy.context.temp_override(**at()):
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield from h.wait(lambda: h.window(1), "the render's window")
    yield from h.wait(lambda: not bpy.app.is_job_running("RENDER"), "the render")
    yield 0.5


def close():
    """Close the second window by its operator: keys may go to the main one, for its viewport is worked in."""
    with bpy.context.temp_override(window=h.window(1)):
        bpy.ops.wm.window_close()
    yield 0.1


def draw_last():
    """Have the second window drawn again and again, so that it is what a timer finds."""
    if other := h.window(1):
        for area in other.screen.areas:
            for region in area.regions:
                region.tag_redraw()
    return 0.02


def check_beside_a_render(note):
    h.install()
    with bpy.context.temp_override(**at()):
        village()
        bpy.ops.object.camera_add(location=(9, -9, 6), rotation=(1.1, 0, 0.8))
    scene = bpy.context.scene
    scene.camera = bpy.context.object
    scene.render.resolution_x = scene.render.resolution_y = 32
    scene.eevee.taa_render_samples = 1
    view = at()["area"].spaces.active
    view.region_3d.view_distance, view.region_3d.view_location = 12, (0, 0, 1)
    view.shading.color_type = "MATERIAL"
    h.scene().preset = "starry_night"
    yield 1.0
    bpy.app.timers.register(draw_last)
    for _ in range(2):
        yield from render()
        yield from switch()
        yield from moved()
        yield from render()
        yield from moved()
        h.shot("windows_render")
        yield from close()
        yield from moved()
        assert live()._live._camera._kept, "what the renderers have prepared is kept"
        yield from switch()
    h.shot("windows_alone")


def check_it_waits_for_a_render(note):
    """Which never ends by itself: the last painting stays, a sentence tells, and then it paints on.

    By Cycles, for an EEVEE that draws in software keeps Blender's main thread waiting while it renders.
    """
    yield from switch()
    scene = bpy.context.scene
    engine = scene.render.engine
    scene.render.engine, scene.render.resolution_x = "CYCLES", 256
    scene.cycles.samples, scene.cycles.use_adaptive_sampling = 100_000, False
    with bpy.context.temp_override(**at()):
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield from h.wait(lambda: live().sentence() == "Live goes on after the render", "the sentence")
    before = live()._live._painted
    push_the_ball()
    yield 2.0
    assert bpy.app.is_job_running("RENDER") and live()._live._painted is before
    h.shot("windows_waiting")
    yield from h.press("Escape", (40, 40), h.window(1))
    yield from h.wait(lambda: not bpy.app.is_job_running("RENDER"), "the end of the render")
    yield from h.wait(lambda: live()._live._painted is not before, "another painting")
    yield from h.wait(lambda: not live().sentence(), "no sentence")
    scene.render.engine = engine
    yield from close()
    yield from switch()


def check_its_own_window_is_closed(note):
    """Live ends, or paints on where its viewport is shown again; what it held breaks nothing."""
    for _ in range(2):
        with bpy.context.temp_override(**at()):
            bpy.ops.wm.window_new()
        yield 1.0
        yield from switch(h.window(1))
        yield from moved()
        h.shot("windows_second")
        yield from close()
        yield 1.0
        if live().current():
            yield from switch()
        yield from switch()
        yield from moved()
        yield from switch()


h.run(globals())
