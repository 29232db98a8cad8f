"""Works a Blender with a window as an artist does: real clicks and keys in, screenshots out. Runs inside that
Blender.

A session is a script with checks: functions named `check_…` that are generators. `yield seconds` lets Blender
go on for so long; a failed check is recorded with a screenshot, and the next one starts. Coordinates are
Blender's: pixels of the window, from the bottom left.
"""

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from itertools import chain, pairwise
from pathlib import Path

import bpy
import numpy as np

PACKAGE = "bl_ext.user_default.pochade"
ZIP, OUT, REPORT = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])
PATIENCE = 600  # seconds: a limit that ends what hangs, and no slow or busy machine reaches

bpy.context.preferences.view.show_splash = False  # read before the first redraw

Steps = Iterator[float]

PANELS = (
    "More Styles",
    "Regions",
    "Look",
    "Method",
    "Animation",
    "Instant Style",
)  # the closed sub-panels, as they follow each other
HEADER, FIRST = (
    26,
    33,
)  # px from one of their headers to the next, and from the last button to the first of them
LAST_BUTTON = "bpy.ops.pochade.save_preset"


def run(checks: dict[str, object]) -> None:
    """Run every `check_…` of a script's globals, write the report after each, and quit Blender as its menu
    does.
    """
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
        _keep_places()
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


def rest(seconds: float) -> Steps:
    """So long, and three rounds of Blender's own loop, in which it handles what came in and draws."""
    yield from (seconds - 0.04, 0.02, 0.02)


def wait(condition: Callable[[], object], what: str, seconds: float = PATIENCE) -> Steps:
    """Until the condition holds; its value is the result. Fails with `what` after so many seconds."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, f"{what}: not within {seconds} s"
        yield 0.05
    return value


# Blender's windows


def window(number: int = 0) -> bpy.types.Window | None:
    """The main window, or with 1, 2 … one that was opened since, if there is one."""
    windows = bpy.context.window_manager.windows
    return windows[number] if number < len(windows) else None


def close(of: bpy.types.Window) -> Steps:
    """Close a window as the window manager does."""
    count = len(bpy.context.window_manager.windows)
    yield from press("alt+F4", (of.width // 2, of.height // 2), of)
    yield from wait(lambda: len(bpy.context.window_manager.windows) < count, "a closed window")


def area(kind: str, of: bpy.types.Window | None = None) -> bpy.types.Area:
    """The largest area of a kind, "IMAGE_EDITOR" say."""
    return max((a for a in (of or window()).screen.areas if a.type == kind), key=lambda a: a.width * a.height)


def region(of: bpy.types.Area, kind: str) -> bpy.types.Region:
    return next(r for r in of.regions if r.type == kind)


def middle(of: bpy.types.Area, kind: str = "WINDOW") -> tuple[int, int]:
    r = region(of, kind)
    return r.x + r.width // 2, r.y + r.height // 2


def open_image_editor() -> bpy.types.Area:
    """Make the largest area of the main window an Image Editor."""
    largest = max(window().screen.areas, key=lambda a: a.width * a.height)
    largest.ui_type = "IMAGE_EDITOR"
    return largest


def open_tab(editor: bpy.types.Area, tab: str, of: bpy.types.Window | None = None) -> Steps:
    """Open the sidebar with N, at a tab; Blender knows a tab only once the sidebar was drawn."""
    if not editor.spaces.active.show_region_ui:
        yield from press("n", middle(editor), of)
    for _ in range(40):
        sidebar = region(editor, "UI")
        with suppress(TypeError, AttributeError):  # not drawn with it yet
            sidebar.active_panel_category = tab
        sidebar.tag_redraw()
        yield 0.2
        if region(editor, "UI").active_panel_category == tab:
            return
    raise AssertionError(f"The sidebar has no tab {tab}")


# Mouse, keys, and what is seen


def _xdotool(*arguments: object) -> str:
    return subprocess.run(
        ["xdotool", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def _xid(of: bpy.types.Window | None) -> str:
    """X11's name for one of Blender's windows, which it knows by its size."""
    of = of or window()
    for xid in _xdotool("search", "--onlyvisible", "--class", "blender").split():
        size = dict(line.split("=") for line in _xdotool("getwindowgeometry", "--shell", xid).split())
        if (int(size["WIDTH"]), int(size["HEIGHT"])) == (of.width, of.height):
            return xid
    raise AssertionError(f"X11 shows no window of {of.width} × {of.height} pixels")


def _place(x: int, y: int, of: bpy.types.Window | None, xid: str = "") -> list[object]:
    """xdotool's words for a point of one of Blender's windows."""
    return ["--window", xid or _xid(of), x, (of or window()).height - 1 - y]


def click(point: tuple[int, int], of: bpy.types.Window | None = None) -> Steps:
    """Click; Blender takes a press for a button only when the pointer rested on it for a redraw."""
    _xdotool("mousemove", *_place(*point, of))
    yield from rest(0.4)
    _xdotool("click", 1)
    yield from rest(0.1)


def drag(point: tuple[int, int], across: int, steps: int = 10, of: bpy.types.Window | None = None) -> Steps:
    """Drag from a point so many pixels to the right, in half a second or so."""
    _xdotool("mousemove", *_place(*point, of))
    yield from rest(0.4)
    _xdotool("mousedown", 1)
    yield from rest(0.3)  # an edge is where the pointer is when Blender comes to see the press
    for _ in range(steps):
        _xdotool("mousemove_relative", "--", across // steps, 0)
        yield 0.05
    _xdotool("mouseup", 1)
    yield from rest(0.1)


def press(key: str, point: tuple[int, int] | None = None, of: bpy.types.Window | None = None) -> Steps:
    """Press a key, "ctrl+z" say, with the pointer at a point."""
    if point:
        _xdotool("mousemove", *_place(*point, of))
        yield from rest(0.3)
    _xdotool("key", key)
    yield from rest(0.1)


def wheel(
    point: tuple[int, int], down: int, key: str | None = None, of: bpy.types.Window | None = None
) -> Steps:
    """Turn the mouse wheel at a point, so many notches down, with a key held."""
    _xdotool("mousemove", *_place(*point, of))
    yield from rest(0.4)
    for _ in range(abs(down)):
        _xdotool(
            *(("keydown", key) if key else ()),
            "click",
            5 if down > 0 else 4,
            *(("keyup", key) if key else ()),
        )
        yield from rest(0.15)


def write(text: str) -> Steps:
    _xdotool("type", "--delay", 30, text)
    yield from rest(0.3)


def shot(name: str) -> None:
    """The whole display as it is seen; Blender's own screenshots are black with software OpenGL."""
    subprocess.run(["import", "-window", "root", OUT / f"{name}.png"], check=True)


# Buttons, found as an artist could: Ctrl C over a button copies its operator, Ctrl Shift Alt C the property's
# path.

# Where each button was, in the order in which the session looked for it: px under the top of the region. The
# last run's places, or else the committed ones, only say where to look first. A run leaves its own in
# out/window/VERSION/places/SESSION.json; to commit those, copy the folder to tests/gui/places/VERSION.
_COMMITTED = Path(__file__).with_name("places") / OUT.name / f"{REPORT.stem}.json"
_PLACES = OUT / "places" / f"{REPORT.stem}.json"
_earlier: dict[str, list[int]] = {}
for _file in (_COMMITTED, _PLACES):
    with suppress(FileNotFoundError):
        _earlier = json.loads(_file.read_text())
_found: dict[str, list[int]] = {}
_ROW = 20  # px, the height of a button


def _keep_places() -> None:
    _PLACES.parent.mkdir(exist_ok=True)
    _PLACES.write_text(json.dumps(_found))


def find(
    button: str,
    editor: bpy.types.Area,
    of: bpy.types.Window | None = None,
    across: float = 0.5,
    kind: str = "UI",
) -> Steps:
    """The point of a button in an area's sidebar, or another kind of region, by the operator or property that
    it shows.

    `across` is where in the sidebar's width to look, 0 to 1. Looks first where the button was at this turn of
    the last run, then where else it has been, then everywhere: once in each row, once between, and all that
    again with patience.
    """
    sidebar = region(editor, kind)
    x, top, xid = round(sidebar.x + (sidebar.width - 25) * across), sidebar.y + sidebar.height, _xid(of)
    keys = "ctrl+c" if button.startswith("bpy.ops.") else "ctrl+shift+alt+c"
    earlier, found, seen = _earlier.get(button, []), _found.setdefault(button, []), set()

    def is_at(down, patience):
        bpy.context.window_manager.clipboard = ""
        _xdotool("mousemove", *_place(x, top - down, of, xid), "sleep", 0.06)
        yield 0.06
        _xdotool("key", keys)
        end = time.monotonic() + patience
        while True:
            yield 0.06
            if (copied := bpy.context.window_manager.clipboard) or time.monotonic() > end:
                break
        seen.add(copied)
        return button in copied

    known = dict.fromkeys([*earlier[len(found) :][:1], *reversed(found), *reversed(earlier)])
    for down in known:
        if (yield from is_at(down, 1.0)):
            found.append(down)
            return x, top - down
    start = last = next(iter(known), 0)
    for patience, first in ((0.06, 6), (0.06, 6 + _ROW // 2), (0.5, 6), (0.5, 6 + _ROW // 2)):
        for down in sorted(range(first, sidebar.height - 6, _ROW), key=lambda down: abs(down - start)):
            if (yield from is_at(down, patience)):
                for there in (down, last):  # on a busy machine an answer may come late
                    if (yield from is_at(there, 1.0)):
                        above = yield from is_at(there - 8, 0.3)
                        below = yield from is_at(there + 8, 0.3)
                        found.append(there + 4 * (below - above))  # the button's middle, or nearly
                        return x, top - found[-1]
            last = down
    raise AssertionError(f"There is no button {button} in the sidebar, only {', '.join(sorted(seen))}")


def scroll_down(editor: bpy.types.Area) -> Steps:
    """Turn the mouse wheel over an area's sidebar until its end."""
    sidebar = region(editor, "UI")
    _xdotool(
        "mousemove",
        *_place(sidebar.x + sidebar.width // 2, sidebar.y + sidebar.height // 2, None, _xid(None)),
    )
    yield from rest(0.2)
    _xdotool("click", "--repeat", "30", "--delay", "30", "5")
    yield from rest(0.5)


def turn(panel: str, editor: bpy.types.Area, under: str = LAST_BUTTON, place: int | None = None) -> Steps:
    """Open or close a sub-panel by its header, which is at this place below the last button above; those
    between are closed.
    """
    x, y = yield from find(under, editor)
    yield from click((x, y - FIRST - HEADER * (PANELS.index(panel) if place is None else place)))
    yield 0.5


def push(
    button: str,
    editor: bpy.types.Area,
    of: bpy.types.Window | None = None,
    across: float = 0.5,
    kind: str = "UI",
) -> Steps:
    """Find a button and click it."""
    yield from click((yield from find(button, editor, of, across, kind)), of)


def fill(
    field: str, value: str, editor: bpy.types.Area, of: bpy.types.Window | None = None, across: float = 0.7
) -> Steps:
    """Type a value into a field of a sidebar."""
    _xdotool("mousemove", *_place(*(yield from find(field, editor, of, across)), of))
    yield from rest(0.4)
    yield from _retype(value)


def fill_dialog(before: str, value: str) -> Steps:
    """Type a value into the field of the dialog that opened under the pointer, which shows `before`; and
    press OK.
    """
    for up in (0, *chain.from_iterable((step, -step) for step in range(10, 80, 10))):
        bpy.context.window_manager.clipboard = ""
        _xdotool("mousemove_relative", "--", 0, -up, "sleep", 0.06)
        yield 0.1
        _xdotool("key", "ctrl+c")
        yield 0.1
        if bpy.context.window_manager.clipboard == before:
            break
        _xdotool("mousemove_relative", "--", 0, up)
    yield from _retype(value)
    yield from press("Return")


def _retype(value):
    _xdotool("click", "--repeat", 2, "--delay", 60, 1)
    yield from rest(0.4)
    yield from press("ctrl+a")
    yield from write(value)
    yield from press("Return")
    yield from rest(0.3)


# Pochade

STYLIZE, CANCEL = "bpy.ops.pochade.stylize(", "bpy.ops.pochade.cancel("
ENDLESS = 1000  # steps: no machine paints so many before a check has pressed Cancel
KEEP, STOP = 0.25, 0.75  # where the two halves of the Cancel row are, across the sidebar


def install() -> None:
    """Install and switch on the extension, from its zip, as an artist does."""
    with bpy.context.temp_override(window=window()):
        bpy.ops.extensions.package_install_files(
            filepath=str(ZIP), repo="user_default", enable_on_install=True
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


def begin(button: str, editor: bpy.types.Area, of: bpy.types.Window | None = None) -> Steps:
    """Push a button that starts a job, and wait for the job, which may have ended since."""
    newest = pochade("addon.job").newest
    before = newest()
    yield from push(button, editor, of)
    return (yield from wait(lambda: newest() if newest() is not before else None, "a job"))


def start(editor: bpy.types.Area, of: bpy.types.Window | None = None) -> Steps:
    """Push Stylize, and wait until the editor shows the first preview."""
    before = editor.spaces.active.image
    yield from begin(STYLIZE, editor, of)
    yield from wait(lambda: editor.spaces.active.image != before or not running(), "a preview")
    assert running(), sentence()


def stop(action: Callable[[], Steps]) -> Steps:
    """Do something that stops the job, which may only end the step that it is at; the result is how many
    seconds that took.
    """
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


class Ticks:
    """How long Blender takes from tick to tick of a timer of 0.05 s: what an artist feels as smooth
    or stuck.
    """

    def __enter__(self):
        self._times = []
        self._timer = (
            self._tick
        )  # Blender knows a timer by the object, and a bound method is a new one each time
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
