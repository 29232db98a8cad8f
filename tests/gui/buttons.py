"""Buttons, found as an artist could: Ctrl C copies an operator, Ctrl Shift Alt C a property's path."""

import json
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path

import bpy
from desktop import OUT, REPORT, Steps, click, place_of, press, region, rest, write, xdotool, xid_of

# The closed sub-panels, as they follow each other.
PANELS = ("More Styles", "Regions", "Look", "Advanced", "Animation", "Instant Style")
# Px from one of their headers to the next, and from the last button to the first of them.
HEADER, FIRST = (26, 33)
LAST_BUTTON = "bpy.ops.pochade.save_preset"

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


def keep_places() -> None:
    _PLACES.parent.mkdir(exist_ok=True)
    _PLACES.write_text(json.dumps(_found))


def find(
    button: str,
    editor: bpy.types.Area,
    of: bpy.types.Window | None = None,
    across: float = 0.5,
    kind: str = "UI",
) -> Steps:
    """The point of a button in an area's sidebar, or another region, by the operator or property it shows.

    `across` is where in the sidebar's width to look, 0 to 1. Looks first where the button was at this turn of
    the last run, then where else it has been, then everywhere: in each row, between, and again with patience.
    """
    sidebar = region(editor, kind)
    x, top, xid = round(sidebar.x + (sidebar.width - 25) * across), sidebar.y + sidebar.height, xid_of(of)
    keys = "ctrl+c" if button.startswith("bpy.ops.") else "ctrl+shift+alt+c"
    earlier, found, seen = _earlier.get(button, []), _found.setdefault(button, []), set()

    def is_at(down, patience):
        bpy.context.window_manager.clipboard = ""
        xdotool("mousemove", *place_of(x, top - down, of, xid), "sleep", 0.06)
        yield 0.06
        xdotool("key", keys)
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


def scroll_up(editor: bpy.types.Area) -> Steps:
    """Turn the mouse wheel over an area's sidebar until its beginning."""
    return scroll_down(editor, "4")


def scroll_down(editor: bpy.types.Area, wheel: str = "5") -> Steps:
    """Turn the mouse wheel over an area's sidebar until its end."""
    sidebar = region(editor, "UI")
    xdotool(
        "mousemove",
        *place_of(sidebar.x + sidebar.width // 2, sidebar.y + sidebar.height // 2, None, xid_of(None)),
    )
    yield from rest(0.2)
    xdotool("click", "--repeat", "30", "--delay", "30", wheel)
    yield from rest(0.5)


def turn(panel: str, editor: bpy.types.Area, under: str = LAST_BUTTON, place: int | None = None) -> Steps:
    """Open or close a sub-panel by its header, here below the last button above; between all is closed."""
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
    xdotool("mousemove", *place_of(*(yield from find(field, editor, of, across)), of))
    yield from rest(0.4)
    yield from _retype(value)


def fill_dialog(before: str, value: str) -> Steps:
    """Type a value into the dialog's field under the pointer, which shows `before`, and press OK."""
    for up in (0, *chain.from_iterable((step, -step) for step in range(10, 80, 10))):
        bpy.context.window_manager.clipboard = ""
        xdotool("mousemove_relative", "--", 0, -up, "sleep", 0.06)
        yield 0.1
        xdotool("key", "ctrl+c")
        yield 0.1
        if bpy.context.window_manager.clipboard == before:
            break
        xdotool("mousemove_relative", "--", 0, up)
    yield from _retype(value)
    yield from press("Return")


def _retype(value):
    xdotool("click", "--repeat", 2, "--delay", 60, 1)
    yield from rest(0.4)
    yield from press("ctrl+a")
    yield from write(value)
    yield from press("Return")
    yield from rest(0.3)
