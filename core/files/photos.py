"""Folders of photos and frames. Needs no Pillow: panels count them."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from ..errors import PochadeError

_PHOTOS = set(
    """
    .jpg .jpeg .png .webp .avif .exr .hdr .tif .tiff .jp2 .bmp .tga .dpx .pgm .ppm .psd .gif
    """.split()
)


class Numbered(NamedTuple):
    """A file's name around the frame's number, which is that of its last digits before the ending."""

    before: str
    number: int
    digits: int
    after: str

    def name_of(self, number: int) -> str:
        """The name of another frame of the same sequence."""
        return f"{self.before}{'-' * (number < 0)}{abs(number):0{self.digits}}{self.after}"


def numbered(name: str, signed: str = "") -> Numbered | None:
    """A file's name by its parts; None without a number.

    A minus is a sign where no letter or digit stands before it, as in p_-0003.png and unlike in p-0003.png;
    also after `signed`.
    """
    stem, dot, ending = name.rpartition(".")
    if not dot or ending.isdecimal():
        stem, dot, ending = name, "", ""
    found = re.fullmatch(r"(.*?)([0-9]+)([^0-9]*)", stem, re.DOTALL)
    if not found:
        return None
    before, digits, after = found.groups()
    minus = before.endswith("-") and (not before[-2:-1].isalnum() or bool(signed) and before[:-1] == signed)
    return Numbered(
        before[:-1] if minus else before,
        int(digits) * (-1 if minus else 1),
        len(digits),
        after + dot + ending,
    )


def find_sequence(path: Path) -> dict[int, Path]:
    """The files of the sequence that a frame's file belongs to, by numbers; none for a name without one."""
    names = sorted(file.name for file in path.parent.iterdir())
    chosen, signed = numbered(path.name), ""
    if not chosen:
        return {}
    # Blender writes shot-0001.png before shot0000.png, and others number from shot-0001.png on.
    bare = chosen.before.removesuffix("-")
    if any(found[:2] == (bare, 0) and found.after == chosen.after for found in map(numbered, names) if found):
        chosen, signed = chosen._replace(before=bare), bare
    files = {}
    for name in names:
        found = numbered(name, signed)
        if found and (found.before, found.after) == (chosen.before, chosen.after):
            files[found.number] = path.with_name(name)
    return files


def find_photos(folder: Path) -> list[Path]:
    """A folder's pictures by name; of one in several formats, one. Raises PochadeError if there are none.

    Hidden files are none: macOS puts one beside each file on other disks.
    """
    try:
        with os.scandir(folder) as entries:  # paths of a hundred thousand would take seconds
            names = sorted(
                entry.name
                for entry in entries
                if Path(entry.name).suffix.lower() in _PHOTOS and not entry.name.startswith(".")
            )
    except OSError:
        names = []
    found = [Path(folder, name) for name in names]
    if not found:
        raise PochadeError(
            "There are no pictures in {folder}; choose a folder of photos or frames", folder=folder
        )
    # A render's PNG comes after its OpenEXR file, and has but one layer.
    return list({path.stem: path for path in found}.values())
