"""The names of paintings: what was painted, in which style, and told apart by numbers that are words."""

import itertools

import bpy

from . import compat

_STEM = 28  # characters of the source's name: Blender cuts off what comes after 63 bytes


def of_source(source: bpy.types.Image) -> str:
    """What a picture is called in its painting's name."""
    stem = source.name.rpartition(".")[0] or source.name
    return stem if len(stem) <= _STEM else f"{stem[: _STEM - 1]}…"


def of_painting(source: bpy.types.Image, style: str, variation: str = "") -> str:
    """What a painting is called."""
    return ", ".join(filter(None, (of_source(source), style, variation)))


def free(name: str) -> str:
    """This name where no image has it, or with 2, 3 and so on, in place of Blender's .001."""
    for number in itertools.count(1):
        ending = f" {number}" if number > 1 else ""
        found = name.encode()[: compat.LONGEST_NAME - len(ending)].decode(errors="ignore") + ending
        if not bpy.data.images.get((found, None)):  # a linked one may have the same name
            return found
    raise AssertionError("the names never end")
