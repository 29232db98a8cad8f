"""An artist works in a painted viewport: orbits, changes the style, the shading and the layout, ends it."""

import gc
import math
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
from bpy_extras.view3d_utils import location_3d_to_region_2d
from mathutils import Quaternion

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402
from village import village  # noqa: E402

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


def turn(degrees):
    view().view_rotation = Quaternion((0, 0, 1), math.radians(degrees)) @ Quaternion(
        (1, 0, 0), math.radians(68)
    )


def painted(count=None):
    """Until there are more paintings than `count`, or than now, and nothing is left to paint."""
    count = len(paintings) if count is None else count
    yield from h.wait(lambda: len(paintings) > count, f"a painting ({live().sentence()})")
    yield from idle()


def idle():
    """Until Live has asked for something to paint and gets no answer for several looks."""
    question, end = None, time.monotonic() + h.PATIENCE
    while not question or live().current()._question is not question:
        assert time.monotonic() < end, "Live goes on painting"
        question = live().current()._question
        yield 0.6


def check_the_viewport_is_painted(note):
    h.install()
    listen()
    with bpy.context.temp_override(window=h.window(), area=editor()):
        village()
        view().view_distance, view().view_location = 12, (0, 0, 1)
        turn(-30)
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


def check_it_is_painted_from_what_is_seen(note):
    """Where the ball is it is orange, where the floor is it is green, and the ball is nearer."""
    seen, painting = live()._live._painted
    assert painting.shape == seen.colours.shape
    found = {}
    for name, point in (("ball", (0, 0, 2.2)), ("floor", (-5, 5, 0))):
        x, y, z, w = seen.matrix @ (*point, 1)
        height, width = seen.depth.shape
        at = int((1 - y / w) * height / 2), int((x / w + 1) * width / 2)
        found[name] = seen.colours[at], seen.depth[at], (z / w + 1) / 2
    (red, green, blue), depth, middle = found["ball"]
    yield 0.1
    assert red > 1.3 * green > 1.3 * blue and 0 < depth < middle, found
    (red, green, blue), depth, _ = found["floor"]
    assert green > red > blue and 0 < depth < 1, found


def check_orbiting(note):
    count, drawn, began = len(paintings), len(redraws), time.monotonic()
    with h.Ticks() as ticks:
        for k in range(48):
            turn(-30 + k * 1.5)
            yield 0.04
    took = time.monotonic() - began
    note(f"{(len(paintings) - count) / took:.1f} paintings a second, {ticks}")
    note(f"{(len(redraws) - drawn) / took:.1f} redraws a second")
    h.shot("viewport_orbiting")
    assert len(redraws) - drawn > 20, "the painting follows the view"
    yield from idle()
    h.shot("viewport_orbited")


def check_an_orbit_is_steady(note):
    """As shown once each view is painted, along the true motion: at most a quarter of the error of views
    painted alone. On a busy machine what follows the view meanwhile is older, and shows more of the viewport.
    """
    views, capture = h.pochade("core.instant.views"), h.pochade("addon.viewport.capture")
    resize, settings = h.pochade("core.compute.arrays").resize, h.pochade("core.settings").Settings
    finish = h.pochade("core.progress").finish
    find, camera, seen, shown = h.pochade("addon.viewport.seen").find, capture.Camera(), [], []
    region, scene = h.region(editor(), "WINDOW"), bpy.context.scene
    size = live().size_to_paint(region.width, region.height, 1.0)
    for step in range(12):
        turn(-30 + step * 1.5)
        yield from h.wait(lambda: h.shows_painted(view()), "the painting of a step")
        matrices = view().view_matrix.copy(), view().window_matrix.copy()
        seen.append(camera.take(find(space().as_pointer()), matrices, size))
        shown.append(resize(live()._live.picture(), *size[::-1]))
    camera.free()
    presets = h.pochade("addon.styles.presets")
    styles = [(presets.load_style(scene, entry)(), 1.0) for entry, _ in presets.chosen_mix(scene)]
    painter, alone = views.ViewPainter(styles, settings(method="instant"), "cpu"), []
    for each in seen:
        painter.last = None
        alone.append(finish(painter.paint(each)))

    def error(pictures):
        errors = []
        for (before, there), (now, here) in pairwise(zip(seen, pictures, strict=True)):
            moved, share = views.seen_again(now, before, there)
            errors.append(((moved - here) ** 2)[share > 0.9].mean())
        return np.mean(errors)

    steady, flickering = error(shown), error(alone)
    note(f"temporal error {steady:.5f}, each view alone {flickering:.5f}: {steady / flickering:.2f}")
    assert steady < flickering / 4


def check_style_and_strength(note):
    for name, value in (("preset", "great_wave"), ("strength", 0.6), ("style_scale", 0.5)):
        count = len(paintings)
        setattr(h.scene(), name, value)
        yield from painted(count)
    h.shot("viewport_finer")
    h.scene().strength, h.scene().style_scale = 1.0, 1.0
    yield from idle()


def check_a_thing_moves(note):
    count = len(paintings)
    bpy.data.objects["Suzanne"].location.z += 1
    yield from painted(count)
    h.shot("viewport_moved")


def check_work_goes_on(note):
    """Playback, and a render: what changes is painted, and Live stays."""
    at = {"window": h.window(), "area": editor(), "region": h.region(editor(), "WINDOW")}
    head, scene = bpy.data.objects["Suzanne"], bpy.context.scene
    for frame, height in ((1, 1.0), (40, 3.0)):
        head.location.z = height
        head.keyframe_insert("location", frame=frame)
    count = len(paintings)
    with bpy.context.temp_override(**at):
        bpy.ops.screen.animation_play()
    yield from h.wait(lambda: len(paintings) > count + 2, "paintings of the playback", 120)
    with bpy.context.temp_override(**at):
        bpy.ops.screen.animation_cancel()
    yield from idle()
    scene.render.resolution_x = scene.render.resolution_y = 32
    with bpy.context.temp_override(**at):
        bpy.ops.object.camera_add()
        scene.camera = bpy.context.object
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield 0.2
    yield from h.wait(lambda: not bpy.app.is_job_running("RENDER"), "the render", 120)
    while h.window(1):
        yield from h.close(h.window(1))
    assert live().current(), live().sentence()
    head.animation_data_clear()
    yield from idle()


def check_a_stroke_of_a_brush(note):
    """While it lasts the dependency graph tells nothing; at rest nothing is read again and again."""
    at = {"window": h.window(), "area": editor(), "region": h.region(editor(), "WINDOW")}
    ball = bpy.data.objects["Sphere"]
    with bpy.context.temp_override(**at):
        bpy.context.view_layer.objects.active = ball
        bpy.ops.object.mode_set(mode="SCULPT")
    count, end = -1, time.monotonic() + h.PATIENCE
    while count != len(redraws):
        assert time.monotonic() < end, "the viewport is drawn again and again"
        count = len(redraws)
        yield 2.0
    region, count, was = at["region"], len(paintings), [tuple(v.co) for v in ball.data.vertices]
    x, y = location_3d_to_region_2d(region, view(), ball.location)
    yield from h.drag((region.x + round(x) + 20, region.y + round(y)), -40)
    yield 2.0
    with bpy.context.temp_override(**at):
        bpy.ops.object.mode_set(mode="OBJECT")
    yield from idle()
    if [tuple(v.co) for v in ball.data.vertices] == was:
        note("the stroke has changed nothing: no brush?")
    else:
        assert len(paintings) > count


def check_ways_to_look(note):
    """Each is painted, and Blender goes on."""
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "WINDOW")):
        bpy.ops.object.camera_add(location=(9, -9, 6), rotation=(math.radians(63), 0, math.radians(45)))
        bpy.context.scene.camera = bpy.context.object
    yield from idle()
    for name, change in (
        ("orthographic", lambda: setattr(view(), "view_perspective", "ORTHO")),
        ("camera", lambda: setattr(view(), "view_perspective", "CAMERA")),
        ("perspective", lambda: setattr(view(), "view_perspective", "PERSP")),
        ("wireframe", lambda: setattr(space().shading, "type", "WIREFRAME")),
        ("material", lambda: setattr(space().shading, "type", "MATERIAL")),
        ("solid", lambda: setattr(space().shading, "type", "SOLID")),
    ):
        count = len(paintings)
        change()
        yield from painted(count)
        h.shot(f"viewport_{name}")


def check_cycles(note):
    bpy.context.scene.render.engine = "CYCLES"
    bpy.context.scene.cycles.preview_samples = 4
    count = len(paintings)
    space().shading.type = "RENDERED"
    if bpy.app.version < (5, 2):
        yield from h.wait(lambda: "Cycles" in live().sentence(), "a sentence")
    else:
        yield from painted(count)
        yield 3.0
        h.shot("viewport_cycles")
    space().shading.type = "SOLID"
    yield from idle()


def check_layouts(note):
    """Local view, quad view, a second viewport, another size, another workspace."""
    at = {"window": h.window(), "area": editor(), "region": h.region(editor(), "WINDOW")}
    for name, operator in (
        ("local", lambda: bpy.ops.view3d.localview()),
        ("global", lambda: bpy.ops.view3d.localview()),
        ("quad", lambda: bpy.ops.screen.region_quadview()),
        ("single", lambda: bpy.ops.screen.region_quadview()),
        ("split", lambda: bpy.ops.screen.area_split(direction="VERTICAL", factor=0.5)),
    ):
        count = len(paintings)
        with bpy.context.temp_override(**at):
            operator()
        yield from painted(count)
        h.shot(f"viewport_{name}")
        areas = [a for a in h.window().screen.areas if live().is_live(a.spaces.active)]
        assert len(areas) == 1
        at = {"window": h.window(), "area": areas[0], "region": h.region(areas[0], "WINDOW")}
    layout, h.window().workspace = h.window().workspace, bpy.data.workspaces["Shading"]
    yield 1.0
    assert live().current(), live().sentence()
    h.window().workspace = layout
    yield from idle()


def check_kept_as_an_image(note):
    area = next(a for a in h.window().screen.areas if live().is_live(a.spaces.active))
    images = set(bpy.data.images)
    with bpy.context.temp_override(window=h.window(), area=area, region=h.region(area, "WINDOW")):
        bpy.ops.pochade.viewport_to_image()
    (kept,) = set(bpy.data.images) - images
    r = h.region(area, "WINDOW")
    yield 0.1
    assert tuple(kept.size) == (r.width, r.height)
    kept.filepath_raw, kept.file_format = str(h.OUT / "viewport_kept.png"), "PNG"
    kept.save()


def check_playblast(note):
    """Six frames of a moving thing, written as a sequence."""
    area = next(a for a in h.window().screen.areas if live().is_live(a.spaces.active))
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, 6
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    head = bpy.data.objects["Suzanne"]
    for frame, height in ((1, 1.0), (6, 3.0)):
        head.location.z = height
        head.keyframe_insert("location", frame=frame)
    folder = Path(tempfile.mkdtemp())
    h.scene().animation.folder = str(folder / "shot")
    with bpy.context.temp_override(window=h.window(), area=area, region=h.region(area, "WINDOW")):
        bpy.ops.pochade.playblast()
    yield from h.wait(lambda: not h.running(), "the playblast")
    files = sorted(path.name for path in (folder / "shot playblast").glob("*.png"))
    assert files == [f"{number:04}.png" for number in range(1, 7)], (files, h.sentence())
    assert scene.frame_current == 1
    yield from idle()


def check_it_ends(note):
    area = next(a for a in h.window().screen.areas if live().is_live(a.spaces.active))
    yield from h.press("Escape", h.middle(area))
    yield from h.wait(lambda: not live().current(), "its end")
    yield 0.5
    assert not held_on_the_card()
    h.shot("viewport_ended")


def check_another_file_ends_it(note):
    area, count = editor(), len(paintings)
    with bpy.context.temp_override(window=h.window(), area=area, region=h.region(area, "WINDOW")):
        bpy.ops.pochade.viewport_live()
    yield from painted(count)
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.wm.read_homefile(app_template="")
    yield 1.0
    assert not live().current() and "another file" in live().sentence()


def check_switching_pochade_off_ends_it(note):
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "WINDOW")):
        bpy.ops.pochade.viewport_live()
    yield from painted()
    bpy.ops.preferences.addon_disable(module=h.PACKAGE)
    yield 0.5
    assert not held_on_the_card()
    h.shot("viewport_without_pochade")


def held_on_the_card():
    """What there is of the graphics card's resources."""
    gc.collect()
    kinds = {"GPUTexture", "GPUOffScreen", "GPUShader", "GPUUniformBuf"}
    return [type(each).__name__ for each in gc.get_objects() if type(each).__name__ in kinds]


h.run(globals())
