"""An artist plays with a style: Live, a slider, frames, a brush, the end of a render, ESC."""

import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

LIVE = "bpy.ops.pochade.live("
ON_THE_RIGHT = 0.85  # where the button is, across the sidebar
FOLDER = Path(tempfile.mkdtemp())
BRUSHES = Path(bpy.utils.system_resource("DATAFILES")) / "assets" / "brushes"
shown: list[float] = []  # when each painting was shown


def editor():
    return h.area("IMAGE_EDITOR")


def image():
    return editor().spaces.active.image


def live():
    return h.pochade("addon.tasks.live")


def pixels():
    """What the editor shows, (H, W, 4)."""
    values = np.empty(len(image().pixels), np.float32)
    image().pixels.foreach_get(values)
    return values.reshape(*reversed(image().size), 4)


def listen():
    """Note each painting that is shown."""
    images = h.pochade("addon.blender.images")
    original = images.update_preview

    def noting(*arguments):
        original(*arguments)
        shown.append(time.monotonic())

    images.update_preview = noting


def repainted(count=None):
    """Until there are more paintings than `count`, or than now, and Live has nothing left to do."""
    count = len(shown) if count is None else count
    yield from h.wait(lambda: len(shown) > count, f"a painting ({live().sentence()})")
    yield from idle()


def idle():
    """Until Live has asked for something to paint and gets no answer for several looks."""
    question = None
    while not question or live().current()._question is not question:
        question = live().current()._question
        yield 0.6


def check_live_is_switched_on(note):
    h.install()
    listen()
    h.open_image_editor()
    yield 0.5
    editor().spaces.active.image = h.picture("meadow.png", 640, 360)
    h.scene().preset, h.scene().size = "starry_night", 640
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    before = image()
    started = time.monotonic()
    yield from h.push(LIVE, editor(), across=ON_THE_RIGHT)
    yield from h.wait(live().current, "Live")
    started = time.monotonic()
    yield from h.wait(lambda: shown, f"a painting ({live().sentence()})")
    note(f"the first picture after {time.monotonic() - started:.2f} s")
    yield 0.5
    h.shot("live")
    assert (
        image() != before and tuple(image().size) == (640, 360) and image().name == "meadow, The Starry Night"
    )


def check_a_dragged_slider_is_followed(note):
    yield from idle()
    before = pixels()
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.ed.undo_push(message="What the script has set up")
    point = yield from h.find("pochade.strength", editor(), across=0.8)
    yield from idle()
    count = len(shown)
    yield from h.drag(point, -60)
    yield from repainted(count)
    note(f"{len(shown) - count} paintings of a drag to {h.scene().strength:.2f}")
    h.shot("live_slider")
    assert h.scene().strength < 0.95
    assert np.abs(pixels() - before).max() > 0.02
    count = len(shown)
    yield from h.press("ctrl+z", h.middle(editor()))
    yield from repainted(count)
    assert h.scene().strength == 1


def check_frames_a_second(note):
    yield from idle()

    def move():
        h.scene().strength = 0.9 if h.scene().strength > 0.95 else 1.0
        return 0.02

    bpy.app.timers.register(move)
    yield 1.0
    count, started = len(shown), time.monotonic()
    with h.Ticks() as ticks:
        yield 8.0
    note(f"{(len(shown) - count) / (time.monotonic() - started):.1f} frames a second, {ticks}")
    bpy.app.timers.unregister(move)
    h.scene().strength = 1
    yield from repainted(count)
    count = len(shown)
    yield 2.0
    assert len(shown) == count, "it paints though nothing changes"


def check_a_brush_is_followed(note):
    space = editor().spaces.active
    space.image = bpy.data.images["meadow.png"]
    space.mode = "PAINT"
    yield from h.wait(
        lambda: bpy.context.tool_settings.image_paint.brush or not BRUSHES.is_dir(),
        "a brush, loaded in its own time",
    )
    if not BRUSHES.is_dir():
        note("no brush to check with: this Blender was packaged without brushes")
        space.mode = "VIEW"
        return
    yield from idle()
    count = len(shown)
    x, y = h.middle(editor())
    yield from h.drag((x - 150, y), 200)
    yield from repainted(count)
    note(f"{len(shown) - count} paintings of a stroke")
    space.mode = "VIEW"
    h.shot("live_brush")


def check_frames_of_a_sequence_are_followed(note):
    for number in range(1, 9):
        frame = h.picture("frame", 640, 360)
        values = np.empty(len(frame.pixels), np.float32)
        frame.pixels.foreach_get(values)
        frame.pixels.foreach_set(np.roll(values.reshape(360, 640, 4), number * 40, axis=1).ravel())
        frame.filepath_raw, frame.file_format = str(FOLDER / f"{number:04}.png"), "PNG"
        frame.save()
        bpy.data.images.remove(frame)
    sequence = bpy.data.images.load(str(FOLDER / "0001.png"))
    sequence.source = "SEQUENCE"
    space = editor().spaces.active
    bpy.context.scene.frame_set(1)
    space.image = sequence
    space.image_user.frame_duration, space.image_user.use_auto_refresh = 8, True
    yield from h.wait(lambda: image() != sequence, f"a painting ({live().sentence()})")
    yield from idle()
    assert image().name == "0001, The Starry Night", live().sentence()
    first = pixels()
    user = space.image_user
    note(
        f"while the painting is shown, the editor counts frame {user.frame_current} of {user.frame_duration}"
    )
    for number in (3, 5):
        bpy.context.scene.frame_set(number)
        yield from repainted()
        assert (
            np.abs(pixels() - np.roll(first, (number - 1) * 40, axis=1)).mean()
            < np.abs(pixels() - first).mean()
        )
    h.shot("live_sequence")
    bpy.context.scene.frame_start, bpy.context.scene.frame_end = 1, 8
    count, started = len(shown), time.monotonic()
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.screen.animation_play()
    yield 5.0
    yield from h.wait(lambda: len(shown) > count, "a painting while it plays")
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.screen.animation_play()
    note(
        f"{(len(shown) - count) / (time.monotonic() - started):.1f} frames a second while the sequence plays"
    )


def check_a_render_is_painted_when_it_ends(note):
    # As in render.py: Blender 4.3 may never let a timer write again when a render begins or ends in the midst
    # of Python's drawing.
    sys.setswitchinterval(1)
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 2, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 320, 180, 100
    bpy.context.preferences.view.render_display_type = "NONE"
    h.scene().source, h.scene().size = "RENDER", 320
    yield from idle()
    for _ in range(2):
        count = len(shown)
        with bpy.context.temp_override(window=h.window()):
            bpy.ops.render.render("INVOKE_DEFAULT")
        yield from h.wait(lambda count=count: len(shown) > count, f"a painting ({live().sentence()})")
        yield from idle()
        assert len(shown) == count + 1, f"{len(shown) - count} paintings of one render"
    h.shot("live_render")
    assert image().name == "Render Result, The Starry Night" and tuple(image().size) == (320, 180)


def check_escape_leaves_a_painting(note):
    painting = image()
    yield from h.press("Escape", h.middle(editor()))
    yield from h.wait(lambda: not live().current(), "the end of Live")
    yield 0.5
    h.shot("live_ended")
    assert image() == painting == h.scene().result and painting.packed_file


h.run(globals())
