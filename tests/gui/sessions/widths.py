"""Every panel of the sidebar at artists' widths: nothing is cut off, and what is grey says why."""

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import fitting  # noqa: E402
import harness as h  # noqa: E402


def check_fresh_panels_fit(note):
    yield from fitting.open_all()
    yield from fitting.look("widths_fresh", note)


def check_filled_panels_fit(note):
    fitting.fill_all()
    yield from fitting.look("widths_filled", note)


def check_what_is_grey_says_why(note):
    """Nothing is painted, trained or sent yet: most buttons are grey, and none without a sentence."""
    scene = h.scene()
    scene.mix.clear()
    scene.regions.clear()
    scene.result, scene.style_kind, scene.style_image = None, "IMAGE", None
    yield 0.5
    grey = {}
    for name in dir(bpy.ops.pochade):
        operator = getattr(bpy.ops.pochade, name)
        with bpy.context.temp_override(
            window=h.window(), area=fitting.editor(), region=h.region(fitting.editor(), "UI")
        ):
            if not operator.poll():
                try:
                    operator()
                except RuntimeError as error:
                    grey[name] = str(error).partition("poll()")[2].strip()
    note(str(grey))
    assert len(grey) > 5
    assert not [name for name, why in grey.items() if len(why) < 15 or "context is incorrect" in why]
    h.shot("widths_grey")


h.run(globals())
