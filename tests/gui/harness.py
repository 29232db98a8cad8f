"""Works a Blender with a window as an artist does: real clicks and keys in, screenshots out. Runs in it.

A session is a script with checks: functions named `check_…` that are generators. `yield seconds` lets Blender
go on for so long; a failed check is recorded with a screenshot, and the next one starts. Coordinates are
Blender's: pixels of the window, from the bottom left.
"""

import json
import os
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import bpy
import numpy as np
from buttons import (  # noqa: F401
    FIRST,
    HEADER,
    LAST_BUTTON,
    PANELS,
    fill,
    fill_dialog,
    find,
    keep_places,
    push,
    scroll_down,
    scroll_up,
    turn,
)
from desktop import (  # noqa: F401
    OUT,
    PATIENCE,
    REPORT,
    ZIP,
    Steps,
    accept,
    area,
    click,
    close,
    drag,
    middle,
    open_image_editor,
    open_tab,
    place_of,
    press,
    region,
    rest,
    shot,
    wait,
    wheel,
    window,
    write,
    xdotool,
)

PACKAGE = "bl_ext.user_default.pochade"

bpy.context.preferences.view.show_splash = False  # read before the first redraw


def run(checks: dict[str, object]) -> None:
    """Run every `check_…` of a script's globals, write a report after each, and quit by the menu."""
    report = {}

    def steps():
        for name, check in list(checks.items()):
            if not name.startswith("check_"):
                continue
            report[name] = {"outcome": "never ended", "notes": []}
            _write(report)
            started = time.monotonic()
            try:
                yield from check(report[name]["notes"].append)
                report[name]["outcome"] = "passed"
            except Exception:  # noqa: BLE001 - the other checks go on
                report[name]["outcome"] = traceback.format_exc()
                traceback.print_exc()
                shot(f"failed_{name.removeprefix('check_')}")
            report[name]["seconds"] = round(time.monotonic() - started, 1)
            _write(report)
        keep_places()
        try:
            yield from wait(_quit, "the end of Blender")
        except AssertionError:
            os._exit(4)  # better a failed test than a Blender that never ends

    running = steps()
    bpy.app.timers.register(lambda: next(running, None), first_interval=1.0, persistent=True)


def _quit() -> bool:
    """Quit; False while Blender cannot, for a render is still ending."""
    if bpy.app.is_job_running("RENDER"):
        return False
    try:
        with bpy.context.temp_override(window=window()):
            bpy.ops.wm.quit_blender()
    except RuntimeError:
        return False
    return True


def _write(report):
    REPORT.write_text(json.dumps(report, indent=1))


# Pochade

STYLIZE, CANCEL = "bpy.ops.pochade.stylize(", "bpy.ops.pochade.cancel("
ENDLESS = 1000  # steps: no machine paints so many before a check has pressed Cancel
KEEP, STOP = 0.25, 0.75  # where the two halves of the Cancel row are, across the sidebar


def install(extension: Path = ZIP) -> None:
    """Install and switch on the extension, from its zip, as an artist does."""
    with bpy.context.temp_override(window=window()):
        bpy.ops.extensions.package_install_files(
            filepath=str(extension), repo="user_default", enable_on_install=True
        )


def pochade(name: str):
    """A module of the installed extension."""
    return import_module(f"{PACKAGE}.{name}")


def scene():
    """The scene's settings of Pochade."""
    return bpy.context.scene.pochade


def running():
    """The running job, or None."""
    return pochade("addon.job").current()


def sentence() -> str:
    """What the panel says about the job that ended last."""
    return pochade("addon.job").newest().sentence


@contextmanager
def told(panel: str) -> Iterator[list]:
    """What a panel tells as it was drawn last: its sentences, and the (property, value) of switches below
    them, in their order. Comes true with the next redraw.
    """
    modules = [pochade(f"addon.ui.panels.{name}") for name in ("stylize", "settings", "styles")]
    kind = next(vars(module)[panel] for module in modules if panel in vars(module))
    found, originals = [], [(module, dict(vars(module))) for module in modules]
    labels, draw = pochade("addon.ui.labels"), kind.draw

    def drawn(self, context):
        found.clear()
        draw(self, context)
        found.append("the end")

    def sentence(layout, context, text, *arguments, **options):
        found.append(str(text))
        labels.draw_sentence(layout, context, text, *arguments, **options)

    def switch(layout, chosen, name, value):
        found.append((name, value))
        labels.draw_switch(layout, chosen, name, value)

    kind.draw = drawn
    for module in modules:
        for name, function in (("draw_sentence", sentence), ("draw_switch", switch)):
            if name in vars(module):
                setattr(module, name, function)
    try:
        yield found
    finally:
        kind.draw = draw
        for module, before in originals:
            vars(module).update(before)


def begin(button: str, editor: bpy.types.Area, of: bpy.types.Window | None = None) -> Steps:
    """Push a button that starts a job, and wait for the job, which may have ended since.

    The panel may have changed under the pointer before the click: then the button is looked for once more.
    """
    newest = pochade("addon.job").newest
    before = newest()

    def new():
        return newest() if newest() is not before else None

    yield from push(button, editor, of)
    with suppress(AssertionError):
        return (yield from wait(new, "a job", 30))
    yield from push(button, editor, of)
    return (yield from wait(new, "a job"))


def start(editor: bpy.types.Area, of: bpy.types.Window | None = None) -> Steps:
    """Push Stylize, and wait until the editor shows the first preview."""
    before = editor.spaces.active.image
    yield from begin(STYLIZE, editor, of)
    yield from wait(lambda: editor.spaces.active.image != before or not running(), "a preview")
    assert running(), sentence()


def stop(action: Callable[[], Steps]) -> Steps:
    """Do something that stops the job, once its step has ended; returns the seconds that it took."""
    job, late = running(), []
    assert job, sentence()
    with every_step(job, lambda _: late.append(job.progress) if job.cancelling else None):
        yield from action()
        pressed = time.monotonic()
        yield from wait(lambda: not running(), "the end of the job")
    assert len(late) <= 1, f"{len(late)} steps since it was told to stop"
    return time.monotonic() - pressed


@contextmanager
def every_step(job: object, note: Callable[[object], None]) -> Iterator[None]:
    """Call `note` with each step of a job, in its thread, as it is made."""
    own = job._on_progress

    def noting(step):
        note(step)
        if own:
            own(step)

    job._on_progress = noting
    try:
        yield
    finally:
        job._on_progress = own


def picture(name: str, width: int = 480, height: int = 320) -> bpy.types.Image:
    """An image with a sky, a hill and a sun."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    pixels = np.dstack([0.65 - 0.3 * y, 0.75 - 0.2 * y, 0.75 + 0.1 * y, np.ones_like(x)])
    pixels[y < 0.35 + 0.15 * np.sin(x * 7)] = 0.25, 0.45, 0.15, 1
    pixels[(x - 0.7) ** 2 + ((y - 0.75) * height / width) ** 2 < 0.006] = 1, 0.85, 0.4, 1
    image = bpy.data.images.new(name, width, height)
    image.pixels.foreach_set(pixels.astype(np.float32).ravel())
    image.pack()
    return image


def animated_cube(folder: Path, count: int, engine: str = "CYCLES") -> None:
    """Have the cube go to the right in so many small frames, to be painted into a folder."""
    at_work = bpy.context.scene
    at_work.render.engine = engine
    at_work.cycles.samples, at_work.cycles.use_denoising, at_work.eevee.taa_render_samples = 4, False, 1
    render = at_work.render
    render.resolution_x, render.resolution_y, render.resolution_percentage = 256, 144, 100
    at_work.frame_start, at_work.frame_end = 1, count
    cube = bpy.data.objects["Cube"]
    for frame, x in ((1, -1), (count, 1)):
        cube.location.x = x
        cube.keyframe_insert("location", frame=frame)
    scene().resolution, scene().size, scene().animation.folder = "draft", 256, str(folder)


def open_animation() -> Steps:
    """Open Pochade's panel Animation in an Image Editor that fills the window; returns the editor."""
    editor = open_image_editor()
    yield from press("ctrl+space", middle(editor))
    yield 1.0
    editor = area("IMAGE_EDITOR")
    yield from open_tab(editor, "Pochade")
    yield from turn("Animation", editor)
    yield from scroll_down(editor)
    return editor


def shows_painted(view: bpy.types.RegionView3D) -> bool:
    """Whether Live in a 3D viewport shows a painting of the view as it is."""
    viewport = pochade("addon.tasks.viewport")
    assert viewport.current(), viewport.sentence()
    view.update()
    live = viewport._live
    if not live._painted or live._fresh:
        return False
    return np.allclose(live._painted[0].matrix, view.perspective_matrix, atol=1e-4)


class Ticks:
    """How long Blender takes between ticks of a timer of 0.05 s: what an artist feels as smooth."""

    def __enter__(self):
        self._times = []
        # Blender knows a timer by the object, and a bound method is a new one each time.
        self._timer = self._tick
        bpy.app.timers.register(self._timer)
        return self

    def __exit__(self, *_):
        bpy.app.timers.unregister(self._timer)

    def _tick(self):
        self._times.append(time.monotonic())
        return 0.05

    def __str__(self):
        return (
            f"95 % of the ticks within {self.percentile(0.95):.3f} s, 99 % within "
            f"{self.percentile(0.99):.3f} s"
        )

    def percentile(self, share: float) -> float:
        """The seconds that this share of the ticks, 0 to 1, came within."""
        gaps = sorted(later - earlier for earlier, later in pairwise(self._times))
        return gaps[min(int(len(gaps) * share), len(gaps) - 1)]
