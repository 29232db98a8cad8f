"""An artist reads what Pochade says: without an engine, over a button, after Cancel, of a changed view."""

import os
import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

# As in render.py: Blender 4.3 may never let a timer write again when a render begins or ends in the midst of
# Python's drawing.
sys.setswitchinterval(1)

INSTALL = "bpy.ops.pochade.install_engine("
SWITCH = 21  # px from a button to the one above it
OPENED = h.OUT / "opened.txt"  # what a browser was asked for
F1, F12 = "67", "96"  # their key codes: by its name, newer xdotools press Alt F12


def editor():
    return h.area("IMAGE_EDITOR")


def without_engine():
    sys.path[:] = [folder for folder in sys.path if not Path(folder, "torch").exists()]
    h.pochade("addon.preferences").forget_engine()


def switched_on(area, of=None, kind="UI"):
    """Click the switch above Install Engine, which is grey until then; no scrolling."""
    assert not bpy.ops.pochade.install_engine.poll()
    x, y = yield from h.find(INSTALL, area, of, kind=kind)
    yield from h.click((x, y + SWITCH), of)
    yield from h.wait(lambda: bpy.app.online_access, "online access", 10)
    assert bpy.ops.pochade.install_engine.poll()
    yield 0.7


def check_no_engine_is_mended_where_it_is_said(note):
    h.install()
    h.open_image_editor().spaces.active.image = h.picture("meadow", 128, 84)
    yield from h.open_tab(editor(), "Pochade")
    with_engine = list(sys.path)
    without_engine()
    system = bpy.context.preferences.system
    try:
        editor().tag_redraw()
        yield 0.7
        h.shot("words_no_engine")
        yield from switched_on(editor())
        h.shot("words_online")
        system.use_online_access = False
        yield from h.push("bpy.ops.preferences.addon_show", editor(), across=0.9)
        of = yield from h.wait(lambda: h.window(1), "the preferences' window")
        yield 1.0
        h.shot("words_preferences")
        yield from switched_on(h.area("PREFERENCES", of), of, "WINDOW")
        h.shot("words_preferences_online")
        yield from h.close(of)
    finally:
        system.use_online_access = False
        sys.path[:] = with_engine
        h.pochade("addon.preferences").forget_engine()
        editor().tag_redraw()


def check_f1_opens_the_chapter(note):
    browser = h.OUT / "browser.sh"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {OPENED}\n')
    browser.chmod(0o755)
    OPENED.unlink(missing_ok=True)
    os.environ["BROWSER"] = f"{browser} %s"
    chapters = {h.STYLIZE: "first-picture", "pochade.strength": "look", h.LAST_BUTTON: "presets"}
    for button, chapter in chapters.items():
        yield from h.press(F1, (yield from h.find(button, editor())))
        yield from h.wait(lambda page=f"/guide/{chapter}.html": page in opened(), chapter, 20)
    bpy.ops.pochade.guide()
    yield from h.wait(lambda: "/guide/README.html" in opened(), "the guide", 20)
    note(opened())


def opened():
    return OPENED.read_text() if OPENED.exists() else ""


def check_a_cancelled_job_is_told_of(note):
    h.scene().resolution, h.scene().steps = "draft", h.ENDLESS
    yield from h.start(editor())
    assert not bpy.ops.pochade.send_to_compositor.poll(), "a job runs"
    h.shot("words_job_runs")
    yield from h.stop(lambda: h.press("Escape", h.middle(editor())))
    yield 0.7
    h.shot("words_cancelled")
    assert h.pochade("addon.job").newest().told == "Painting meadow, Composition VII: stopped"


def check_a_painting_goes_into_the_compositor_and_out(note):
    scene = bpy.context.scene
    scene.render.resolution_x, scene.render.resolution_y = 128, 84
    h.scene().size, h.scene().steps, h.scene().coarse_size = 128, 5, 128
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    before = scene.view_settings.view_transform
    assert before in ("AgX", "Filmic"), before
    yield from h.push("bpy.ops.pochade.send_to_compositor(", editor())
    yield from h.wait(lambda: scene.view_settings.view_transform == "Standard", "the other view")
    yield 0.7
    h.shot("words_sent")
    yield from h.push("bpy.ops.pochade.take_out_of_compositor(", editor())
    yield from h.wait(lambda: scene.view_settings.view_transform == before, "the former view")
    yield 0.7
    h.shot("words_taken_out")
    assert not h.pochade("addon.blender.compositor").our_nodes(scene)


def check_a_render_that_is_gone_is_not_offered(note):
    scene, ended = bpy.context.scene, []
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    bpy.context.preferences.view.render_display_type = "NONE"
    bpy.app.handlers.render_complete.append(lambda *_: ended.append(True))
    yield from h.press(F12, (h.window().width // 2, h.window().height // 2))
    yield from h.wait(lambda: ended and not bpy.app.is_job_running("RENDER"), "the render")
    h.scene().source = "RENDER"
    editor().tag_redraw()
    yield 0.7
    h.shot("words_rendered")
    assert bpy.ops.pochade.stylize_render.poll()
    file = str(h.OUT / "words.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    yield 2.0
    editor().spaces.active.image = bpy.data.images["Render Result"]
    yield from h.open_tab(editor(), "Pochade")
    yield 0.7
    h.shot("words_reopened")
    h.scene().size = 256
    assert not bpy.ops.pochade.stylize_render.poll()
    assert not h.pochade("addon.job").newest(), "it was about the file before"


def check_a_preset_is_kept_where_the_last_one_was(note):
    editor().spaces.active.image = h.picture("meadow", 128, 84)
    h.scene().source = "SHOWN"
    h.pochade("addon.preferences").preferences(bpy.context).keep_in = "LIBRARY"  # in an earlier Blender
    yield from h.push(h.LAST_BUTTON, editor())
    yield 0.7
    h.shot("words_keep_in")
    library = h.pochade("addon.styles.stores").LIBRARY
    yield from h.accept(library.list, "the preset in the library")


def check_size_is_the_sources(note):
    yield from h.push("bpy.ops.pochade.match_size(setting='size'", editor(), across=0.88)
    yield from h.wait(lambda: h.scene().size == 128, "the source's size")
    yield 0.5
    h.shot("words_size")


h.run(globals())
