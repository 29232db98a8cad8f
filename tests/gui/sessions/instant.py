"""An artist has a network learn a style, watches it, stops it, has it go on, and paints with it."""

import sys
import tempfile
import time
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

TRAIN = "bpy.ops.pochade.train_instant("
PHOTOS = Path(tempfile.mkdtemp())


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def training():
    return h.pochade("addon.tasks.training")


def begin():
    """Push Train Instant Style, and wait until the editor shows what has been trained."""
    yield from h.begin(TRAIN, editor())
    yield from h.wait(lambda: (shown() and shown().name.endswith("learning")) or not h.running(), "a preview")
    assert h.running(), h.sentence()


def check_panel_is_opened(note):
    h.install()
    for number, size in enumerate(((240, 160), (160, 200), (320, 200))):
        photo = h.picture(f"photo {number}", *size)
        photo.filepath_raw, photo.file_format = str(PHOTOS / f"{number}.png"), "PNG"
        photo.save()
    h.scene().style_kind, h.scene().style_image = "IMAGE", h.picture("strokes.png")
    h.scene().instant.crop, h.scene().instant.batch, h.scene().instant.style_size = 64, 1, 128
    h.open_image_editor()
    editor().spaces.active.image = h.picture("view.png")
    yield from h.press("ctrl+space", h.middle(editor()))
    yield 1.0
    yield from h.open_tab(editor(), "Pochade")
    yield from h.turn("Instant Style", editor())
    yield from h.scroll_down(editor())
    h.shot("instant_panel")


def check_photos_are_counted_for_the_artist(note):
    yield from h.fill("instant.photos", str(PHOTOS), editor())
    yield from h.wait(lambda: "from 3 photos" in training().training_summary(bpy.context.scene), "the count")
    assert not training().can_resume(bpy.context.scene)


def check_method_instant_says_what_it_lacks(note):
    h.scene().method = "instant"
    h.pochade("addon.job").redraw()
    yield 1.0
    h.shot("instant_lacks")
    with bpy.context.temp_override(window=h.window(), area=editor()):
        assert not bpy.ops.pochade.stylize.poll()
    h.scene().method = "optimised"


def check_training_is_watched_and_stopped(note):
    yield from h.fill("instant.iterations", "100000", editor())
    editor().spaces.active.zoom_percentage = 150
    before, zoom = shown(), 150
    with h.Ticks() as ticks:
        yield from begin()
        yield from h.wait(lambda: not h.running() or h.running().progress.step > 4, "some iterations")
    h.shot("instant_learning")
    note(f"training: {ticks}")
    seconds = yield from h.stop(lambda: h.press("Escape", h.middle(editor())))
    note(f"stopping took {seconds:.2f} s")
    assert h.sentence().endswith("of 100000; the same command goes on from there"), h.sentence()
    assert (shown(), h.scene().method) == (before, "optimised")
    assert abs(editor().spaces.active.zoom_percentage - zoom) < 1
    yield from h.wait(lambda: training().can_resume(bpy.context.scene), "the offer to go on")
    yield 0.5
    h.shot("instant_go_on")


def check_what_is_trained_so_far_is_kept(note):
    yield from h.scroll_down(editor())  # what was said of the training has moved its button down
    yield from begin()
    first = h.running().progress.step
    assert first > 4, "it went on"
    seconds = yield from h.stop(lambda: h.push(h.CANCEL, editor(), across=h.KEEP))
    note(f"keeping took {seconds:.2f} s")
    assert h.sentence().startswith("Kept at iteration "), h.sentence()
    assert (h.scene().preset, h.scene().method) == ("image:strokes, instant", "instant")
    yield 0.5
    h.shot("instant_kept")


def check_training_goes_on_to_its_end(note):
    done = int(h.sentence().split()[3])
    yield from h.scroll_down(editor())  # what was said of the training has moved its button down
    yield from h.fill("instant.iterations", str(done + 20), editor())
    yield from begin()
    yield from h.wait(lambda: not h.running(), "the end")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    note(h.sentence())
    key = h.pochade("addon.styles.stores").KEY
    assert [image.name for image in bpy.data.images if key in image] == ["strokes, instant"]
    yield from h.wait(lambda: "paint" in training().training_summary(bpy.context.scene), "the summary")
    assert not training().can_resume(bpy.context.scene)


def check_method_instant_paints_in_a_moment(note):
    started = time.monotonic()
    yield from h.push(h.STYLIZE, editor())
    yield from h.wait(lambda: h.scene().result or not h.running(), "the painting")
    note(f"from click to painting took {time.monotonic() - started:.2f} s")
    assert shown() == h.scene().result
    assert h.sentence().startswith("Painted "), h.sentence()
    yield 1.0
    h.shot("instant_painting")


def check_undo_takes_the_painting_back_and_no_more(note):
    yield from h.press("ctrl+z", h.middle(editor()))
    yield from h.wait(lambda: h.scene().result is None, "the step back")
    yield from h.rest(0.5)
    assert "strokes, instant" in bpy.data.images


def check_a_picture_is_made_instant_where_it_is_picked(note):
    training().QUICK = 6  # iterations of its own would take minutes here
    h.scene().style_image, h.scene().style_kind = h.picture("leaves.png"), "IMAGE"
    h.scene().instant.photos, h.scene().method = "", "optimised"
    h.pochade("addon.job").redraw()
    yield from h.scroll_up(editor())
    h.shot("instant_make")
    yield from h.begin("bpy.ops.pochade.make_instant(", editor())
    yield from h.wait(lambda: not h.running() or shown().name.endswith("learning"), "a preview")
    yield from h.wait(lambda: not h.running(), "the end")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    assert (h.scene().preset, h.scene().method) == ("image:leaves, instant", "instant")
    yield from h.push(h.STYLIZE, editor())
    yield from h.wait(lambda: h.scene().result and not h.running(), "the painting")
    yield 0.5
    h.shot("instant_made")


h.run(globals())
