"""An artist takes a painted frame into the paint mode, draws on it, and has the shot follow."""

import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

sys.setswitchinterval(1)  # as in animation.py

STYLIZE, EDIT = "bpy.ops.pochade.stylize_animation", "bpy.ops.pochade.edit_as_key"
FOLDER = Path(tempfile.mkdtemp())
COUNT = 4


def editor():
    return h.area("IMAGE_EDITOR")


def keys():
    return h.scene().animation.keys


def pixels(image):
    """An image's pixels in 8 bit, (H, W, 4), bottom row first."""
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return np.rint(values.reshape(*reversed(image.size), 4) * 255)


def check_animation_is_painted(note):
    h.install()
    h.animated_cube(FOLDER, COUNT)
    h.scene().animation.file_format = "png8"
    h.scene().strength = 0  # the frames come out as they were
    yield from h.open_animation()
    yield from h.turn("Keys", editor(), under=STYLIZE, place=1.6)
    yield from h.scroll_down(editor())
    h.shot("keys_none_yet")
    yield from h.begin(STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()


def check_a_painted_frame_is_drawn_on(note):
    bpy.context.scene.frame_set(2)
    yield from h.scroll_down(editor())
    yield from h.push(EDIT, editor())
    yield from h.wait(lambda: keys() and keys()[0].image, "the key")
    yield 1.0
    space, image = editor().spaces.active, keys()[0].image
    assert (space.image, space.ui_mode, keys()[0].frame) == (image, "PAINT", 2)
    before = pixels(image)
    x, y = h.middle(editor())
    yield from h.drag((x - 60, y), 120)
    yield 1.0
    h.shot("keys_paint_mode")
    assert np.abs(pixels(image) - before).max() > 30, "nothing was drawn"
    yield from h.press("ctrl+z", (x, y))
    yield 0.5
    assert np.array_equal(pixels(keys()[0].image), before), "a stroke is undone"
    yield from h.press("ctrl+shift+z", (x, y))
    yield 0.5
    yield from h.scroll_down(editor())
    yield from h.push(EDIT, editor())
    yield 1.0
    assert (space.ui_mode, space.image) == ("VIEW", h.scene().result)
    h.shot("keys_back")


def check_the_shot_follows_what_was_drawn(note):
    yield from h.scroll_down(editor())
    yield from h.begin(STYLIZE, editor())
    job, waiting = h.running(), h.pochade("addon.asking").WAITING
    yield from h.wait(lambda: job.progress and job.progress.message == waiting, "the question")
    yield from h.accept(lambda: not job.progress or job.progress.message != waiting, "the work")
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    written = bpy.data.images.load(str(FOLDER / "0002.png"), check_existing=False)
    assert np.array_equal(pixels(written)[..., :3], pixels(keys()[0].image)[..., :3])
    yield from h.scroll_down(editor())
    h.shot("keys_painted")


h.run(globals())
