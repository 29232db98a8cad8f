"""An artist's first minute, in a Blender without PyTorch: the first click paints, and nothing warns."""

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

LIVE = "bpy.ops.pochade.live("
# Before the extension is there: whatever this Blender has, Pochade finds no engine.
sys.path[:] = [folder for folder in sys.path if not Path(folder, "torch").exists()]


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values


def check_panel_says_what_there_is(note):
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow", 960, 640)
    yield from h.open_tab(editor(), "Pochade")
    yield 0.7
    h.shot("no_engine")
    yield from h.find(h.STYLIZE, editor())


def check_the_first_click_paints(note):
    source = shown()
    assert h.scene().method == "optimised"
    pressed = time.monotonic()
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    note(f"painted 960 x 640 px in {time.monotonic() - pressed:.1f} s")
    yield 0.7
    h.shot("first_painting")
    assert shown() == h.scene().result != source, h.sentence()
    assert tuple(shown().size) == (960, 640)
    assert np.abs(pixels(shown()) - pixels(source)).mean() > 0.05
    assert h.scene().method == "instant", "and the panel shows by what"
    assert "torch" not in sys.modules


def check_live_paints(note):
    h.scene().size = 256
    yield from h.push(LIVE, editor(), across=0.85)
    live = h.pochade("addon.tasks.live")
    before = shown()
    yield from h.wait(lambda: shown() != before and tuple(shown().size) == (256, 171), "Live's painting")
    first = pixels(shown()).copy()
    h.scene().strength = 0.3
    yield from h.wait(lambda: np.abs(pixels(shown()) - first).mean() > 0.02, "another one")
    h.shot("live")
    yield from h.press("Escape", h.middle(editor()))
    yield from h.wait(lambda: not live.current(), "the end of Live")


def check_what_needs_the_engine_says_so(note):
    newest = h.pochade("addon.job").newest()
    h.scene().method = "optimised"
    yield from h.push(h.STYLIZE, editor())
    yield 1.0
    h.shot("needs_the_engine")
    assert h.pochade("addon.job").newest() is newest, "nothing was started"
    yield from h.press("Escape", h.middle(editor()))  # closes the report


def check_the_line_leads_to_the_preferences(note):
    h.scene().method = "instant"
    yield from h.rest(0.5)
    yield from h.push("bpy.ops.preferences.addon_show", editor(), across=0.9)
    preferences = yield from h.wait(lambda: h.window(1), "the preferences' window")
    yield 1.0
    h.shot("preferences")
    yield from h.close(preferences)


h.run(globals())
