"""The edition for extensions.blender.org in a Blender without PyTorch: it paints, and installs nothing."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
import bpy  # noqa: E402
import harness as h  # noqa: E402

# Before the extension is there: whatever this Blender has, Pochade finds no engine.
sys.path[:] = [folder for folder in sys.path if not Path(folder, "torch").exists()]


def editor():
    return h.area("IMAGE_EDITOR")


def check_it_paints(note):
    h.install(h.ZIP.with_name(f"{h.ZIP.stem}-platform.zip"))
    h.open_image_editor().spaces.active.image = h.picture("meadow", 480, 320)
    yield from h.open_tab(editor(), "Pochade")
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    assert editor().spaces.active.image == h.scene().result, h.sentence()


def check_what_needs_an_engine_names_the_full_edition(note):
    h.scene().method = "optimised"
    newest = h.pochade("addon.job").newest()
    yield from h.push(h.STYLIZE, editor())
    yield 1.0
    h.shot("platform_needs_the_engine")
    assert h.pochade("addon.job").newest() is newest, "nothing was started"
    yield from h.press("Escape", h.middle(editor()))  # closes the report


def check_the_preferences_offer_no_installation(note):
    assert "install_engine" not in dir(bpy.ops.pochade)
    h.scene().method = "instant"
    yield from h.rest(0.5)
    yield from h.push("bpy.ops.preferences.addon_show", editor(), across=0.9)
    preferences = yield from h.wait(lambda: h.window(1), "the preferences' window")
    yield 1.0
    h.shot("platform_preferences")
    yield from h.close(preferences)


h.run(globals())
