"""How a picture was painted, in its file: a text of PNG's, a comment of JPEG's, or an attribute in the header
of an OpenEXR file.

By the bytes alone, for not everybody who writes a picture has a library that could.
"""

import json
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import PochadeError
from ..settings import Settings
from ..settings.values import as_table
from ..words import Sentence
from . import json_text
from .made import check_regular

KEY = b"pochade"
LONGEST = 1_000_000  # bytes of a recipe
ENDINGS = (".png", ".exr")  # of what Blender itself writes with recipes
_PNG, _EXR, _JPEG = b"\x89PNG\r\n\x1a\n", b"\x76\x2f\x31\x01", b"\xff\xd8"
_HEADER = 8 + 25  # bytes of a PNG before its second chunk
_LONGEST_HEADER = 4_000_000  # bytes of an OpenEXR file's headers, or of what stands before the pixels
_PARTS = 0x1000  # the bit of an OpenEXR file's version that says: several parts
_COMMENT, _SCAN = 0xFE, 0xDA  # of JPEG's markers
_APPLICATION = range(0xE0, 0xF0)  # those that have to come first: what programs say of the file
_LONGEST_SEGMENT = 65_533  # bytes of a JPEG comment
_NONE = Sentence(
    "{name} does not say how it was painted: choose a PNG, JPEG or OpenEXR file that Pochade has written"
)


def recipe(source: str, style: str, choices: list[list[Any]], settings: Settings) -> dict[str, Any]:
    """What a file keeps: the names of source and style, of each style its id, or "", its name and its weight,
    and the settings.
    """
    return {"source": source, "style": style, "choices": choices, "settings": as_table(settings)}


def add(path: Path, recipe: dict[str, Any]) -> None:
    """Put a recipe into a PNG, JPEG or OpenEXR file that was just written; any other stays as it is, and a
    JPEG without room for it. Raises OSError.
    """
    data, text = path.read_bytes(), json.dumps(recipe).encode()
    if data.startswith(_PNG):
        path.write_bytes(data[:_HEADER] + _chunk(text) + data[_HEADER:])
    elif data.startswith(_EXR):
        path.write_bytes(_with_attribute(data, text))
    elif data.startswith(_JPEG):
        path.write_bytes(_with_comment(data, KEY + b"\0" + text))


def read(path: Path) -> dict[str, Any]:
    """The recipe in a file, as `parsed`. Raises PochadeError where there is none."""
    check_regular(path)
    try:
        with path.open("rb") as file:
            data = file.read(_LONGEST_HEADER)
    except OSError as error:
        raise PochadeError("Cannot read {path} ({error})", path=path, error=error) from error
    return parsed(path.name, data)


def parsed(name: str, data: bytes) -> dict[str, Any]:
    """The recipe in what a file of this name holds, which may be anybody's: nothing of it but what `recipe`
    writes, and of its types. Raises PochadeError where there is none.
    """
    try:
        found = json_text.parse(_text_in(data))
    except (ValueError, struct.error, zlib.error) as error:
        raise PochadeError(_NONE, name=name) from error
    kinds = {"source": str, "style": str, "choices": list, "settings": dict}
    if not isinstance(found, dict) or not all(isinstance(found.get(key), kinds[key]) for key in kinds):
        raise PochadeError(_NONE, name=name)
    return {key: found[key] for key in kinds}


def _text_in(data: bytes) -> bytes:
    """The recipe's text. Raises ValueError or struct.error where there is none."""
    if data.startswith(_PNG):
        return _text_of_png(data)
    if data.startswith(_EXR):
        for name, kind, value in _attributes(data, 8)[0]:
            if (name, kind) == (KEY, b"string") and len(value) <= LONGEST:
                return value
    if data.startswith(_JPEG):
        for kind, begins, ends in _segments(data):
            if kind == _COMMENT and data[begins:ends].startswith(KEY + b"\0"):
                return data[begins + len(KEY) + 1 : ends]
    raise ValueError("there is no recipe")


def _chunk(text: bytes) -> bytes:
    """PNG's chunk of a text in UTF-8, which is not compressed."""
    content = b"iTXt" + KEY + b"\0\0\0\0\0" + text
    return struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))


def _text_of_png(data: bytes) -> bytes:
    place = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind in (b"IDAT", b"IEND"):
            raise ValueError("there is no recipe")
        key, _, rest = data[place + 8 : place + 8 + length].partition(b"\0")
        if key == KEY and kind in (b"iTXt", b"tEXt"):
            break
        place += 12 + length
    if kind == b"tEXt":  # programs that save a picture anew may make that of it
        return rest[:LONGEST]
    _, _, text = rest[2:].split(b"\0", 2)
    if not rest[0]:
        return text[:LONGEST]
    return zlib.decompressobj().decompress(text, LONGEST)


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """The marker of each of a JPEG file's segments before its pixels, and where its content begins and ends.
    Raises ValueError or struct.error for a file that is cut off.
    """
    place = len(_JPEG)
    while True:
        marks, kind, length = struct.unpack_from(">BBH", data, place)
        if marks != 0xFF or length < 2:
            raise ValueError("this is no JPEG")
        if kind == _SCAN:
            return
        yield kind, place + 4, place + 2 + length
        place += 2 + length


def _with_comment(data: bytes, text: bytes) -> bytes:
    if len(text) > _LONGEST_SEGMENT:
        return data
    first = next(begins - 4 for kind, begins, _ in _segments(data) if kind not in _APPLICATION)
    segment = struct.pack(">BBH", 0xFF, _COMMENT, len(text) + 2) + text
    return data[:first] + segment + data[first:]


def _attributes(data: bytes, place: int) -> tuple[list[tuple[bytes, bytes, bytes]], int]:
    """The name, type and value of each attribute in the header that begins at a place of an OpenEXR file, and
    where it ends, on its 0. Raises ValueError or struct.error for one that does not end.
    """
    found = []
    while data[place] if place < len(data) else _unending():
        name_ends = data.index(b"\0", place)
        kind_ends = data.index(b"\0", name_ends + 1)
        (length,) = struct.unpack_from("<i", data, kind_ends + 1)
        begins = kind_ends + 5
        if length < 0 or begins + length > len(data):
            _unending()
        found.append((data[place:name_ends], data[name_ends + 1 : kind_ends], data[begins : begins + length]))
        place = begins + length
    return found, place


def _unending() -> int:
    raise ValueError("the header has no end")


def _with_attribute(data: bytes, text: bytes) -> bytes:
    """An OpenEXR file of one part with the text in its header: behind that stands where each chunk is."""
    if struct.unpack_from("<I", data, 4)[0] & _PARTS:
        return data  # which Pochade does not write
    attribute = KEY + b"\0string\0" + struct.pack("<i", len(text)) + text
    _, end = _attributes(data, 8)
    table, first, places = end + 1, len(data), list[int]()
    while table + 8 * len(places) < first:
        (place,) = struct.unpack_from("<Q", data, table + 8 * len(places))
        first = min(first, place)
        places.append(place + len(attribute))
    return (
        data[:end] + attribute + data[end : end + 1] + struct.pack(f"<{len(places)}Q", *places) + data[first:]
    )
