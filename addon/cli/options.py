"""Options for the settings, made from their declaration, and the values that people type."""

import argparse
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from ...core.settings import Settings


def add_settings(
    parser: argparse.ArgumentParser, title: str, kind: type, names: tuple[str, ...] = ()
) -> None:
    """An option for each setting of a dataclass in core.settings, or for those with these names."""
    group = parser.add_argument_group(title)
    for field in fields(kind):
        if names and field.name not in names:
            continue
        meta, limits = field.metadata, {"type": field.type, "metavar": "NAME"}
        about = meta["description"]
        if "choices" in meta:
            limits = {"choices": list(meta["choices"])}
        elif field.type is bool:
            limits = {"action": argparse.BooleanOptionalAction}
        elif "low" in meta:
            limits = {"type": _within(field), "metavar": "N"}
            about += f"; from {meta['low']:g} to {meta['high']:g}"
        group.add_argument(
            f"--{field.name.replace('_', '-')}",
            dest=_dest(kind, field.name),
            default=argparse.SUPPRESS,
            help=f"{about} (default: {field.default})".replace("%", "%%"),
            **limits,
        )


def given(arguments: argparse.Namespace, kind: type) -> dict[str, Any]:
    """The settings of this kind that were typed, by name: who types a size means it."""
    typed = vars(arguments)
    found = {
        field.name: typed[_dest(kind, field.name)]
        for field in fields(kind)
        if _dest(kind, field.name) in typed
    }
    return {"resolution": "draft", **found} if kind is Settings and "size" in found else found


def _dest(kind, name) -> str:
    return f"{kind.__name__}.{name}"


def _within(field):
    """A function that makes a number of a text, within the field's limits."""

    def parse(text):
        number, meta = field.type(text), field.metadata
        if not meta["low"] <= number <= meta["high"]:
            raise argparse.ArgumentTypeError(f"{text} is not from {meta['low']:g} to {meta['high']:g}")
        return number

    parse.__name__ = "whole number" if field.type is int else "number"
    return parse


def keyed_file(text: str) -> tuple[int, Path]:
    """A frame and its key's file, as in `24=key.png`."""
    frame, _, path = text.partition("=")
    if not frame.strip().isdecimal() or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is no key: write its frame and its file, 24=key.png")
    return int(frame), Path(path)


def frame_numbers(text: str) -> list[int]:
    """Frames as Blender's command line takes them, `1-250`, `1..250`, `1,5,9` and mixed: sorted, unique."""
    numbers = set()
    for word in text.replace(" ", "").split(","):
        found = re.fullmatch(r"(\d+)(?:(?:-|\.\.)(\d+))?", word)
        if not found or int(found[2] or found[1]) < int(found[1]):
            raise argparse.ArgumentTypeError(f"{text!r} are no frames: write 1-250, or 1,5,9")
        numbers.update(range(int(found[1]), int(found[2] or found[1]) + 1))
    return sorted(numbers)
