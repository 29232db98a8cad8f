"""An artist without an engine, then with one: opens a picture, paints, stops, and keeps a style."""

import sys
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values


def source():
    return bpy.data.images["meadow"]


def check_panel_opens(note):
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow")
    yield from h.open_tab(editor(), "Pochade")
    yield 0.5
    h.shot("panel")
    yield from h.find(h.STYLIZE, editor())


def check_missing_engine_leads_to_preferences(note):
    with_engine = list(sys.path)
    sys.path[:] = [folder for folder in sys.path if not Path(folder, "torch").exists()]
    h.pochade("addon.preferences").forget_engine()
    h.scene().method = "optimised"
    try:
        editor().tag_redraw()
        yield 0.5
        h.shot("engine_missing")
        yield from h.push(h.STYLIZE, editor())
        yield 0.5
        assert not h.running(), "painting started without an engine"
        h.shot("engine_needed")
        yield from h.press("Escape", h.middle(editor()))  # closes the report
        yield from h.push("bpy.ops.preferences.addon_show", editor(), across=0.9)
        preferences = yield from h.wait(lambda: h.window(1), "the preferences' window")
        yield 1.0
        h.shot("preferences")
        yield from h.close(preferences)
    finally:
        h.scene().property_unset("method")
        sys.path[:] = with_engine
        h.pochade("addon.preferences").forget_engine()
    editor().tag_redraw()


def check_preset_is_picked(note):
    before = h.scene().preset
    x, y = yield from h.find("pochade.size", editor())
    yield from h.click((x, y + 120))  # the large thumbnail over it; Blender copies no path from there
    yield 0.7
    h.shot("picker")
    yield from h.click((x - 100, y + 20))
    yield from h.wait(lambda: h.scene().preset != before, "another preset")
    assert h.pochade("addon.styles.presets").chosen_style(bpy.context.scene.pochade).id == h.scene().preset_id


def check_picture_is_painted(note):
    before = pixels(source())
    h.scene().resolution = "draft"
    yield from h.fill("pochade.size", "256", editor())
    assert h.scene().size == 256
    h.scene().steps = 40
    pressed = time.monotonic()
    job = yield from h.begin(h.STYLIZE, editor())
    with h.Ticks() as loading:
        yield from h.wait(lambda: job.progress or not h.running(), "the first step")
    note(f"the first step after {time.monotonic() - pressed:.1f} s, with {loading}")
    previews = set()
    while h.running():
        if shown() != source():
            previews.add(float(pixels(shown()).mean()))
            if len(previews) == 3:
                h.shot("painting")
        yield 0.2
    note(f"painted in {time.monotonic() - pressed:.1f} s, {len(previews)} previews")
    yield 0.5
    h.shot("painted")
    result = h.scene().result
    assert result and shown() == result and result != source()
    assert tuple(result.size) == (256, 171), tuple(result.size)
    assert np.array_equal(pixels(source()), before), "the source was changed"
    assert len(previews) >= 3, "there was nothing to watch"


def check_blender_stays_usable(note):
    """At the size that an artist begins with, for longer than this check takes; then the Cancel button."""
    h.scene().property_unset("size")
    h.scene().steps, h.scene().coarse_size = h.ENDLESS, 512
    result, steps = shown(), []
    yield from h.start(editor())
    with h.every_step(h.running(), steps.append), h.Ticks() as ticks:
        yield 12.0
    note(f"{ticks} at 512 px, {12 / max(len(steps), 1):.2f} s a step")
    # A machine that is slow or busy paints slowly as well.
    assert h.running() and ticks.percentile(0.95) < 5 * max(0.3, 12 / max(len(steps), 1))
    seconds = yield from h.stop(lambda: h.push(h.CANCEL, editor(), across=h.STOP))
    note(f"the Cancel button took {seconds:.2f} s")
    assert shown() == result == h.scene().result
    assert len([image for image in bpy.data.images if image.name.startswith("meadow")]) == 2, (
        "the preview stayed behind"
    )


def check_escape_stops(note):
    result = shown()
    yield from h.start(editor())
    yield 1.0
    seconds = yield from h.stop(lambda: h.press("Escape", h.middle(editor())))
    note(f"ESC took {seconds:.2f} s")
    assert shown() == result == h.scene().result


def check_preview_is_kept(note):
    result = shown()
    yield from h.start(editor())
    yield 1.0
    seconds = yield from h.stop(lambda: h.push(h.CANCEL, editor(), across=h.KEEP))
    note(f"Keep Preview took {seconds:.2f} s")
    h.shot("kept")
    assert shown() == h.scene().result != result


def check_preset_is_saved(note):
    names = {image.name for image in bpy.data.images}
    yield from h.push("bpy.ops.pochade.save_preset", editor())
    yield 0.7
    h.shot("save_preset")
    chosen = h.pochade("addon.styles.presets").chosen_style(bpy.context.scene.pochade)
    yield from h.fill_dialog(chosen.name, "My Style")
    yield from h.wait(lambda: "My Style" in bpy.data.images, "the preset's image")
    assert {image.name for image in bpy.data.images} - names == {"My Style"}
    file = str(h.OUT / "saved.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    yield 2.0
    assert h.pochade("addon.styles.presets").chosen_style(bpy.context.scene.pochade).name == "My Style"
    h.shot("reloaded")


h.run(globals())
