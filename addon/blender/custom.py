"""Custom properties of data-blocks: the one door to them, for a .blend may come from anybody.

A value of another type than it should have counts as none.
"""

from typing import Any

import bpy

from ...core.files import json_text


def text(block: bpy.types.ID, key: str) -> str:
    """A text; "" for none."""
    value = block.get(key)
    return value if isinstance(value, str) else ""


def data(block: bpy.types.ID, key: str) -> bytes:
    """Bytes; none for none."""
    value = block.get(key)
    return bytes(value) if isinstance(value, bytes) else b""


def numbers(block: bpy.types.ID, key: str) -> list[int]:
    """Whole numbers; [] for none."""
    value = block.get(key)
    values = value.to_list() if hasattr(value, "to_list") else []
    return values if all(type(each) is int for each in values) else []


def image(block: bpy.types.ID, key: str) -> bpy.types.Image | None:
    """An image, None for none."""
    value = block.get(key)
    return value if isinstance(value, bpy.types.Image) else None


def group(block: bpy.types.ID, key: str) -> dict[str, Any]:
    """Values by name, themselves of any types; {} for none."""
    value = block.get(key)
    return value.to_dict() if hasattr(value, "to_dict") else {}


def table(block: bpy.types.ID, key: str) -> dict[str, Any]:
    """The same from a text in JSON."""
    return parsed(text(block, key), dict)


def parsed(written: Any, kind: type) -> Any:
    """A value of this kind, dict or list, from a text in JSON; an empty one where it is none."""
    try:
        value = json_text.parse(written)
    except (ValueError, TypeError):
        return kind()
    return value if isinstance(value, kind) else kind()
