"""An artist has an animation rendered and painted, stops it, has it go on, and looks at the sequence."""

import sys
import tempfile
import time
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

# As in render.py: Blender 4.3 may never let a timer write again when a render begins or ends in the midst of
# Python's drawing.
sys.setswitchinterval(1)

STYLIZE = "bpy.ops.pochade.stylize_animation"
FOLDER = Path(tempfile.mkdtemp())
COUNT = 4


def editor():
    return h.area("IMAGE_EDITOR")


def written(ending, folder=FOLDER):
    return {file.name: file.stat().st_mtime_ns for file in folder.glob(f"*.{ending}")}


def state():
    """What a job has to give back."""
    scene = bpy.context.scene
    layer = scene.view_layers[0]
    return (
        layer.use_pass_vector,
        layer.use_pass_z,
        scene.render.use_motion_blur,
        scene.frame_current,
        bpy.context.preferences.view.render_display_type,
        len(bpy.context.window_manager.windows),
    )


def check_panel_is_opened(note):
    h.install()
    h.animated_cube(FOLDER, COUNT)
    bpy.context.scene.render.use_motion_blur = True  # which the panel says is left out
    h.scene().steps, h.scene().coarse_size = 10, 128
    h.scene().animation.later_steps = 5
    yield from h.open_animation()
    h.shot("animation_panel")


def check_rendering_is_stopped_and_all_is_given_back(note):
    before = state()
    bpy.context.scene.cycles.samples = 400  # a frame takes a while
    yield from h.begin(STYLIZE, editor())
    yield from h.wait(lambda: bpy.app.is_job_running("RENDER"), "a render")
    seconds = yield from h.stop(lambda: h.press("Escape", h.middle(editor())))
    note(f"stopping took {seconds:.2f} s")
    assert "the same command goes on from there" in h.sentence()
    yield from h.wait(lambda: not bpy.app.is_job_running("RENDER"), "the end of the frame")
    yield from h.wait(lambda: state() == before, "all given back")
    bpy.context.scene.cycles.samples = 4


def check_animation_is_painted_while_the_artist_works(note):
    before = state()
    yield from h.scroll_down(editor())  # what is said of the last job has moved the button
    with h.Ticks() as ticks:
        yield from h.begin(STYLIZE, editor())
        started = time.monotonic()
        yield from h.wait(lambda: len(written("exr", FOLDER / "source")) == COUNT - 1, "the third render")
        h.shot("animation_rendering")
        yield from h.wait(lambda: len(written("exr", FOLDER / "source")) == COUNT, "the renders")
        seconds = time.monotonic() - started
    note(f"{COUNT} frames rendered in {seconds:.1f} s: {ticks}")
    yield from h.wait(lambda: editor().spaces.active.image or not h.running(), "a preview")
    h.shot("animation_painting")
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    yield from h.wait(lambda: state() == before, "all given back")
    assert len(written("png")) == COUNT
    assert editor().spaces.active.image == h.scene().result
    with bpy.context.temp_override(window=h.window(), area=editor()):
        source = h.pochade("addon.tasks.painting").find_source(bpy.context)
    assert source.type == "RENDER_RESULT", f"the next painting would be of {source.name}"
    # Half of a frame's time, or on a fast machine half a second: between ticks of a Blender that stood still
    # there would be a whole frame.
    assert ticks.percentile(0.95) < max(0.5, seconds / COUNT / 2)


def check_a_longer_range_keeps_what_is_painted(note):
    before = written("png"), written("exr", FOLDER / "source")
    bpy.context.scene.frame_end = COUNT + 1
    yield from h.scroll_down(editor())  # what is said of the last job has moved the button
    yield from h.begin(STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    for there, now in zip(before, (written("png"), written("exr", FOLDER / "source")), strict=True):
        assert there.items() < now.items() and len(now) == COUNT + 1


def check_nothing_is_removed_without_a_yes(note):
    before = written("png")
    h.scene().seed, h.scene().steps = 3, 60
    yield from h.scroll_down(editor())
    yield from h.begin(STYLIZE, editor())
    job, waiting = h.running(), h.pochade("addon.asking").WAITING
    yield from h.wait(lambda: job.progress and job.progress.message == waiting, "the question")
    yield 1.0
    h.shot("animation_asks")
    yield from h.press("Escape")
    yield from h.wait(lambda: not h.running(), "the end of the job")
    assert "All is as it was" in h.sentence(), h.sentence()
    assert written("png") == before
    yield 0.5
    h.shot("animation_not_anew")


def check_stopped_painting_goes_on(note):
    rendered = written("exr", FOLDER / "source")
    yield from h.scroll_down(editor())
    yield from h.begin(STYLIZE, editor())
    yield from h.accept(
        lambda: editor().spaces.active.image != h.scene().result or not h.running(), "a preview"
    )
    seconds = yield from h.stop(lambda: h.press("Escape", h.middle(editor())))
    assert "the same command goes on from there" in h.sentence()
    note(f"stopping took {seconds:.2f} s")
    yield from h.scroll_down(editor())
    yield from h.begin(STYLIZE, editor())
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()
    assert written("exr", FOLDER / "source") == rendered


def check_editor_shows_each_frame_at_its_time(note):
    image, scene = h.scene().result, bpy.context.scene
    for number in (2, 4):
        scene.frame_set(number)
        user = editor().spaces.active.image_user
        yield from h.wait(lambda user=user, number=number: user.frame_current == number, f"frame {number}")
        yield 0.5
        shown = np.empty(len(image.pixels), np.float32)
        image.pixels.foreach_get(shown)
        assert np.abs(shown - pixels(FOLDER / f"{number:04}.png").ravel()).max() < 1 / 255
        h.shot(f"animation_frame_{number}")


def check_a_frame_comes_out_of_the_compositor(note):
    yield from h.push("bpy.ops.pochade.send_to_compositor", editor())
    yield 1.0
    scene, ended = bpy.context.scene, []
    scene.frame_set(3)
    bpy.context.preferences.view.render_display_type = "NONE"
    bpy.app.handlers.render_complete.append(lambda *_: ended.append(True))
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.render.render("INVOKE_DEFAULT")
    yield from h.wait(lambda: ended and not bpy.app.is_job_running("RENDER"), "the render")
    yield 0.5
    file = FOLDER / "composited.png"
    scene.render.image_settings.color_depth = "16"
    bpy.data.images["Render Result"].save_render(str(file), scene=scene)
    off = np.abs(pixels(file) - pixels(FOLDER / "0003.png"))[..., :3].max()
    note(f"frame 3 is off by {255 * off:.2f}/255 at most")
    assert off < 1.5 / 255
    assert np.abs(pixels(file) - pixels(FOLDER / "0002.png"))[..., :3].max() > 5 / 255, "and it is no other"


def pixels(file):
    """A file's pixels, (H, W, 4)."""
    image = bpy.data.images.load(str(file), check_existing=False)
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    values = values.reshape(*reversed(image.size), 4)
    bpy.data.images.remove(image)
    return values


def check_results_are_sent(note):
    yield from h.scroll_down(editor())
    h.shot("animation_results")
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 512, 288
    yield from h.push("bpy.ops.pochade.send_to_sequencer", editor())
    strips = h.pochade("addon.blender.compat").strips_of(bpy.context.scene)
    yield from h.wait(lambda: strips, "the strip")
    assert strips[0].transform.scale_x == strips[0].transform.scale_y == 2, "it fills the frame"
    yield 0.7
    h.shot("animation_in_sequencer")
    yield from h.push("bpy.ops.pochade.write_movie", editor())
    started = time.monotonic()
    yield from h.wait((FOLDER / "animation.mp4").exists, "the movie")
    note(f"the movie was there after {time.monotonic() - started:.1f} s")
    assert len(h.pochade("addon.blender.compat").strips_of(bpy.context.scene)) == 1


h.run(globals())
