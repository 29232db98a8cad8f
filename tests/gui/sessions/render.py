"""An artist renders with F12, paints in the window that opens, and sends the painting to the compositor."""

import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

# Blender 4.3 may never let a timer write again when a render begins or ends in the midst of Python's drawing
# (the flag that forbids writing is one for all threads). Here nothing draws for a second, so Python never
# switches threads in the midst.
sys.setswitchinterval(1)

F12 = "96"  # its key code: by its name, newer xdotools press Alt F12


def render_window():
    return h.window(1)


def render_editor():
    return h.area("IMAGE_EDITOR", render_window())


def render():
    """Press F12, and wait for the end of the render; the result is whether it was completed."""
    ended = []
    completed, cancelled = (lambda *_: ended.append(True)), (lambda *_: ended.append(False))
    handlers = bpy.app.handlers
    handlers.render_complete.append(completed)
    handlers.render_cancel.append(cancelled)
    yield from h.press(F12, (h.window().width // 2, h.window().height // 2))
    yield from h.wait(lambda: ended and not bpy.app.is_job_running("RENDER"), "a render")
    handlers.render_complete.remove(completed)
    handlers.render_cancel.remove(cancelled)
    yield 0.5
    # The pointer's next move opens a box that says why, and the next key would only close that.
    if not ended[-1]:
        yield from h.press("Escape", (h.window().width // 2, h.window().height // 2 + 10))
        yield 0.5
    return ended[-1]


def rendered():
    """The Render Result as it is saved, (H, W, 3)."""
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "render.png"))
        bpy.data.images["Render Result"].save_render(file, scene=bpy.context.scene)
        image = bpy.data.images.load(file)
        picture = pixels(image)
        bpy.data.images.remove(image)
    return picture


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(*reversed(image.size), 4)[..., :3]


def check_render_is_painted_in_its_own_window(note):
    h.install()
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x, scene.render.resolution_y = 1120, 630  # the window's size, too
    h.scene().resolution = "draft"
    h.scene().size, h.scene().steps = 256, 5
    yield from render()
    yield from h.open_tab(render_editor(), "Pochade", render_window())
    yield from h.start(render_editor(), render_window())
    yield from h.wait(lambda: not h.running(), "the painting")
    yield 0.5
    h.shot("render_painted")
    result = h.scene().result
    assert result and render_editor().spaces.active.image == result
    assert tuple(result.size) == (256, 144)
    name = result.name
    for keys, shown in (("ctrl+z", "Render Result"), ("ctrl+shift+z", name)):
        yield from h.press(keys, h.middle(render_editor()), render_window())
        yield 1.0
        there = render_editor().spaces.active.image
        assert there and there.name == shown, f"after {keys} the editor shows {there and there.name}"
        h.shot(f"render_{keys}")


def check_closing_the_window_is_harmless(note):
    h.scene().property_unset("size")
    h.scene().steps = h.ENDLESS
    yield from h.start(render_editor(), render_window())
    yield from h.close(render_window())
    yield 2.0
    assert h.running(), "the job went with the window"
    editor = h.open_image_editor()
    editor.spaces.active.image = h.scene().result
    yield from h.open_tab(editor, "Pochade")
    seconds = yield from h.stop(lambda: h.push(h.CANCEL, editor, across=h.STOP))
    note(f"the Cancel button of the other window took {seconds:.2f} s")


def check_painting_comes_out_of_the_compositor(note):
    """Rendered again, in a Blender that has PyTorch in it, the scene is what was painted."""
    assert "torch" in sys.modules
    bpy.context.scene.render.resolution_x, bpy.context.scene.render.resolution_y = 256, 144
    editor = h.area("IMAGE_EDITOR")
    painting = editor.spaces.active.image = h.scene().result
    yield from h.push("bpy.ops.pochade.send_to_compositor", editor)
    yield 1.0
    yield from render()
    h.shot("composited")
    difference = np.abs(rendered() - pixels(painting))
    note(
        f"the composited render is off by {255 * np.percentile(difference, 99):.2f}/255 at the 99th "
        "percentile"
    )
    assert np.percentile(difference, 99) < 2 / 255


def check_what_is_painted_next_is_the_render_and_not_the_painting(note):
    """At Strength 0 a painting is what was painted."""
    editor = h.area("IMAGE_EDITOR")
    node = h.pochade("addon.blender.compositor").our_nodes(bpy.context.scene)[0]
    node.inputs["Factor"].default_value = 0
    yield from render()
    plain = rendered()
    node.inputs["Factor"].default_value = 1
    yield from render()
    assert np.abs(rendered() - plain).mean() > 0.03, "the painting is not in the render"
    chosen = h.scene()
    chosen.source, chosen.strength, chosen.resolution, chosen.size, chosen.steps = (
        "RENDER",
        0,
        "draft",
        256,
        3,
    )
    # The render's window, which is in front, hears the keys that a button is found by.
    with bpy.context.temp_override(window=h.window(), area=editor, region=h.region(editor, "UI")):
        bpy.ops.pochade.stylize("INVOKE_DEFAULT")
    yield from h.wait(lambda: not h.running(), "the painting")
    yield 0.5
    h.shot("render_painted_again")
    assert chosen.result.name.startswith("Render Result"), chosen.result.name
    off = np.abs(pixels(chosen.result) - plain)
    note(f"what was painted is off by {255 * np.percentile(off, 99):.2f}/255 at the 99th percentile")
    assert np.percentile(off, 99) < 3 / 255
    chosen.source, chosen.strength = "SHOWN", 1


def check_denoised_render_after_painting(note):
    assert "torch" in sys.modules
    bpy.context.scene.cycles.use_denoising = True
    completed = yield from render()
    bpy.context.scene.cycles.use_denoising = False
    if not completed:
        note("this Blender cannot denoise")
        return
    picture = rendered()
    assert np.isfinite(picture).all() and picture.std() > 0.02


def check_the_next_render_is_painted_by_itself(note):
    bpy.context.scene.render.use_compositing = False
    h.scene().resolution = "draft"
    h.scene().size, h.scene().steps, h.scene().after_render = 128, 5, True
    before = h.scene().result
    yield from render()
    yield from h.wait(lambda: h.scene().result != before and not h.running(), "the painting")
    assert h.sentence().startswith("Painted "), h.sentence()
    yield 0.5
    h.shot("after_render")


def check_an_animation_whose_frames_are_gone_is_told_of(note):
    """By Ctrl F12, in the panel: nobody reads a log."""
    scene, folder = bpy.context.scene, Path(tempfile.mkdtemp())
    scene.render.filepath, scene.frame_start, scene.frame_end = str(folder / "frame_"), 1, 2

    def remove(*_):
        for path in folder.iterdir():
            path.unlink()

    bpy.app.handlers.render_complete.append(remove)
    yield from h.press(f"Control_L+{F12}", (h.window().width // 2, h.window().height // 2))
    told = h.pochade("addon.job").newest
    yield from h.wait(lambda: told() and "not there" in told().sentence, "the sentence")
    bpy.app.handlers.render_complete.remove(remove)
    note(h.sentence())
    assert h.sentence().startswith("The render was not painted: ")
    assert "frame_0001" in h.sentence() and "choose where its frames go" in h.sentence()
    yield 0.5
    h.shot("after_render_gone")
    h.scene().after_render = False


h.run(globals())
