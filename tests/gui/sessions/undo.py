"""An artist takes back whatever Pochade does, does it again, and sees each time what was there."""

import subprocess
import sys
import tempfile
from pathlib import Path

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
import harness as h  # noqa: E402

FOLDER = Path(tempfile.mkdtemp())
SIDE = 100  # px of the screen that are looked at, in the editor's middle


def editor():
    return h.area("IMAGE_EDITOR")


def shown():
    return editor().spaces.active.image


def seen():
    """The mean colour in the editor's middle, as it is on the screen, 0 to 255."""
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.wm.redraw_timer(type="DRAW_WIN_SWAP", iterations=1)
    x, y = h.middle(editor())
    cut = f"{SIDE}x{SIDE}+{x - SIDE // 2}+{h.window().height - y - SIDE // 2}"
    said = subprocess.run(
        ["import", "-window", "root", "-crop", cut, "-depth", "8", "rgb:-"], check=True, capture_output=True
    )
    return np.frombuffer(said.stdout, np.uint8).reshape(-1, 3).mean(axis=0)


def pictures():
    """The mean colour of each of Pochade's pictures, by name."""
    images = h.pochade("addon.blender.images")
    return {
        image.name: pixels(image).mean(axis=0).round(3).tolist()
        for image in bpy.data.images
        if images.source_of(image) or images.recipe(image)
    }


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(-1, 4)


def state():
    """All that undo and redo have to give back, but for what is on the screen."""
    strips = h.pochade("addon.blender.compat").strips_of(bpy.context.scene)
    presets = h.pochade("addon.styles.stores").entries()
    return (
        shown() and shown().name,
        pictures(),
        len(h.pochade("addon.blender.compositor").our_nodes(bpy.context.scene)),
        bpy.context.scene.view_settings.view_transform,
        [strip.name for strip in strips],
        sorted(entry.name for entry in presets),
        h.scene().preset,
        h.scene().steps,
    )


def aside():
    """A place in the editor where the pointer brings up nothing of what is said of pictures and buttons."""
    corner = h.region(editor(), "WINDOW")
    return corner.x + 40, corner.y + 60


def rested():
    """What is on the screen once it no longer changes."""
    h.xdotool("mousemove", *h.place_of(*aside(), h.window()))
    yield 0.7
    before, now = None, seen()
    while before is None or np.abs(now - before).max() > 0.5:
        yield 0.3
        before, now = now, seen()
    return now


def same(expected):
    """Until all is as it was, on the screen too: Blender takes a step in its own time."""
    there, colour = expected
    yield from h.wait(lambda: state() == there, f"{state()}, where there was {there}")
    yield from shows(colour)


def shows(colour):
    """Until the screen shows it: what Blender has drawn comes there in its own time."""
    yield from h.wait(lambda: np.abs(seen() - colour).max() < 2, f"seen {seen()}, where there was {colour}")


def call(operator, **options):
    """An operator as a click calls it, as a step of undo."""
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "UI")):
        assert getattr(bpy.ops.pochade, operator)("EXEC_DEFAULT", True, **options) == {"FINISHED"}


def paint(operator="stylize", how="INVOKE_DEFAULT", **options):
    """Have it painted in a job."""
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "UI")):
        getattr(bpy.ops.pochade, operator)(how, **options)
    yield from h.wait(lambda: not h.running(), "the painting")
    assert h.pochade("addon.job").newest().state == "done", h.sentence()


def press(keys):
    yield from h.press(keys, aside())
    yield 0.7


def animate():
    """Paint two files as a sequence."""
    for number in (1, 2):
        bpy.data.images["meadow.png"].save(filepath=str(FOLDER / f"shot_{number:04}.png"))
    chosen = h.scene().animation
    chosen.source, chosen.path = "FILES", str(FOLDER / "shot_0001.png")
    chosen.folder, chosen.later_steps = str(FOLDER / "painted"), 2
    yield from paint("stylize_animation")


def take_step(message):
    with bpy.context.temp_override(window=h.window()):
        bpy.ops.ed.undo_push(message=message)


def check_all_that_pochade_does_is_undone_and_redone(note):
    h.install()
    h.open_image_editor()
    h.picture("meadow").save(filepath=str(FOLDER / "meadow.png"))
    bpy.data.images.remove(bpy.data.images["meadow"])
    yield 0.5
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "WINDOW")):
        bpy.ops.image.open("EXEC_DEFAULT", True, filepath=str(FOLDER / "meadow.png"))
    yield from h.open_tab(editor(), "Pochade")
    chosen = h.scene()
    chosen.resolution, chosen.size, chosen.coarse_size, chosen.steps = "draft", 128, 64, 4
    take_step("settings")

    def use_settings():
        chosen.steps = 5
        call("use_settings")

    states = [(state(), (yield from rested()))]
    for act in (
        paint,
        lambda: call("send_to_compositor"),
        use_settings,
        paint,
        lambda: call("compare"),
        lambda: paint("variations", "EXEC_DEFAULT", count=2, resolution="draft"),
        lambda: call("save_preset", name="Mine"),
        animate,
        lambda: call("send_to_sequencer"),
        lambda: call("send_to_compositor"),
    ):
        if steps := act():
            yield from steps
        colour = yield from rested()
        states.append((state(), colour))
        note(str((shown().name, colour.round(1).tolist())))
    h.shot("undo_all_done")
    for expected in states[-2::-1]:
        yield from press("ctrl+z")
        yield from same(expected)
    h.shot("undo_all_undone")
    for expected in states[1:]:
        yield from press("ctrl+shift+z")
        yield from same(expected)
    h.shot("undo_all_redone")


def check_old_paintings_are_cleared_and_come_back(note):
    before, now = pictures(), shown().name
    with bpy.context.temp_override(window=h.window(), area=editor(), region=h.region(editor(), "WINDOW")):
        bpy.ops.pochade.clear_paintings("INVOKE_DEFAULT", True)
    yield 1.0
    h.shot("undo_clear")
    yield from h.accept(lambda: len(pictures()) < len(before), "fewer paintings")
    note(f"{len(before)} pictures, then {len(pictures())}")
    assert shown().name == now
    yield from press("ctrl+z")
    yield from h.wait(lambda: pictures() == before, "the paintings")


def check_a_step_in_mid_job_shows_the_painting_as_it_became(note):
    editor().spaces.active.image = bpy.data.images["meadow.png"]
    h.scene().steps = 30
    take_step("more steps")
    count = len(pictures())
    before = yield from rested()
    yield from h.start(editor())
    take_step("anything")
    assert h.running(), "the step came too late"
    yield from h.wait(lambda: not h.running(), "the painting")
    on_screen = yield from rested()
    name, painted = shown().name, pictures()
    for keys in (*["ctrl+z"] * 3, *["ctrl+shift+z"] * 3, "ctrl+z"):
        yield from press(keys)
        now = pictures()
        assert now == {each: painted[each] for each in now}
        if name in now:
            assert bpy.data.images[name].packed_file and shown().name == name
            yield from shows(on_screen)
        elif len(now) == count:
            yield from shows(before)
    h.shot("undo_mid_job")
    file = str(h.OUT / "undo.blend")
    bpy.ops.wm.save_as_mainfile(filepath=file)
    bpy.ops.wm.open_mainfile(filepath=file)
    yield 2.0
    assert pictures()[name] == painted[name]
    h.shot("undo_reopened")


h.run(globals())
