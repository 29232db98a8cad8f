"""Blender's windows as an artist has them: areas, the mouse, keys, what is seen, and waiting for it.

Coordinates are Blender's: pixels of the window, from the bottom left.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import bpy

ZIP, OUT, REPORT = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])
PATIENCE = 240  # seconds: a limit that ends what hangs, and no slow or busy machine reaches

Steps = Iterator[float]


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


def xdotool(*arguments: object) -> str:
    return subprocess.run(
        ["xdotool", *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout


def xid_of(of: bpy.types.Window | None) -> str:
    """X11's name for one of Blender's windows, which it knows by its size."""
    of = of or window()
    for xid in xdotool("search", "--onlyvisible", "--class", "blender").split():
        size = dict(line.split("=") for line in xdotool("getwindowgeometry", "--shell", xid).split())
        if (int(size["WIDTH"]), int(size["HEIGHT"])) == (of.width, of.height):
            return xid
    raise AssertionError(f"X11 shows no window of {of.width} × {of.height} pixels")


def place_of(x: int, y: int, of: bpy.types.Window | None, xid: str = "") -> list[object]:
    """xdotool's words for a point of one of Blender's windows."""
    return ["--window", xid or xid_of(of), x, (of or window()).height - 1 - y]


def click(point: tuple[int, int], of: bpy.types.Window | None = None) -> Steps:
    """Click; Blender takes a press for a button only when the pointer rested on it for a redraw."""
    xdotool("mousemove", *place_of(*point, of))
    yield from rest(0.4)
    xdotool("click", 1)
    yield from rest(0.1)


def drag(point: tuple[int, int], across: int, steps: int = 10, of: bpy.types.Window | None = None) -> Steps:
    """Drag from a point so many pixels to the right, in half a second or so."""
    xdotool("mousemove", *place_of(*point, of))
    yield from rest(0.4)
    xdotool("mousedown", 1)
    yield from rest(0.3)  # an edge is where the pointer is when Blender comes to see the press
    for _ in range(steps):
        xdotool("mousemove_relative", "--", across // steps, 0)
        yield 0.05
    xdotool("mouseup", 1)
    yield from rest(0.1)


def press(key: str, point: tuple[int, int] | None = None, of: bpy.types.Window | None = None) -> Steps:
    """Press a key, "ctrl+z" say, with the pointer at a point."""
    if point:
        xdotool("mousemove", *place_of(*point, of))
        yield from rest(0.3)
    xdotool("key", key)
    yield from rest(0.1)


def accept(outcome: Callable[[], object], what: str) -> Steps:
    """Press Return until the outcome is there: a busy machine may open the dialog after the first."""
    end = time.monotonic() + PATIENCE
    while not outcome():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE} s"
        yield from press("Return")
        with suppress(AssertionError):
            yield from wait(outcome, what, 5)


def wheel(
    point: tuple[int, int], down: int, key: str | None = None, of: bpy.types.Window | None = None
) -> Steps:
    """Turn the mouse wheel at a point, so many notches down, with a key held."""
    xdotool("mousemove", *place_of(*point, of))
    yield from rest(0.4)
    for _ in range(abs(down)):
        xdotool(
            *(("keydown", key) if key else ()),
            "click",
            5 if down > 0 else 4,
            *(("keyup", key) if key else ()),
        )
        yield from rest(0.15)


def write(text: str) -> Steps:
    xdotool("type", "--delay", 30, text)
    yield from rest(0.3)


def shot(name: str) -> None:
    """The whole display as it is seen; Blender's own screenshots are black with software OpenGL."""
    subprocess.run(["import", "-window", "root", OUT / f"{name}.png"], check=True)
