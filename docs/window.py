"""A window of Blender with a painting, for docs/listing.py, which starts it: real clicks, and screenshots."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/gui"))
import bpy  # noqa: E402
import harness as h  # noqa: E402

SOURCE = "harbor"


def editor():
    return h.area("IMAGE_EDITOR")


def paint(preset):
    editor().spaces.active.image = bpy.data.images[SOURCE]
    h.scene().preset = preset
    yield from h.begin(h.STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")


def fill():
    """Have the picture fill the editor, and the pointer rest where it is in nobody's way."""
    yield from h.press("shift+Home", h.middle(editor()))
    h.xdotool("mousemove", 960, 1075)
    yield from h.rest(1.0)


def check_a_painting_in_its_window(note):
    h.install()
    image = bpy.data.images.load(str(h.OUT / "render.png"))
    image.scale(960, 540)
    image.name = SOURCE
    h.open_image_editor().spaces.active.image = image
    h.scene().method = "instant"
    yield from h.open_tab(editor(), "Pochade")
    yield from h.press("ctrl+space", h.middle(editor()))  # the editor, as large as the window
    yield from h.rest(1.0)
    yield from paint("udnie")  # the first one waits for PyTorch
    yield from paint("composition_vii")
    assert editor().spaces.active.image == bpy.context.scene.pochade.result, h.sentence()
    yield from fill()
    h.shot("window")


def check_the_wipe(note):
    yield from paint("starry_night")
    yield from fill()
    yield from h.push("bpy.ops.pochade.wipe(", editor(), across=0.8)
    yield from h.rest(1.0)
    h.shot("wipe")


def check_the_compared(note):
    yield from h.press("Escape", h.middle(editor()))
    for preset in ("great_wave", "shipwreck_of_the_minotaur"):
        yield from paint(preset)
    yield from h.push("bpy.ops.pochade.compare(", editor())
    yield from h.wait(lambda: not h.running(), "the sheet")
    yield from fill()
    h.shot("compare")


h.run(globals())
