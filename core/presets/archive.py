"""A preset as one file, a zip of its folder, and folders of presets that the user keeps. Needs no PyTorch."""

import os
import re
import struct
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from zlib import error as ZlibError

from ..errors import PochadeError
from ..files import json_text
from ..files.atomic import cannot_write, claimed, sweep, sweep_one, whole
from ..files.made import (
    HALF_PRESETS,
    PRESET,
    PRESET_FILES,
    check_regular,
    made_in,
    refuse_link,
    remove_files,
    remove_folder,
)
from ..instant.files import check_network
from ..words import is_text
from .preset import FACTORY, THUMBNAIL, Preset, is_thumbnail, read_preset, write_preset

ENDING = ".pochade"
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# What such a file may hold, by name: the most bytes of each, and how they begin. All else is left alone.
_LIMITS = (
    (1_000_000, b"{"),
    (4_000_000, PNG),
    (256_000_000, PNG),
    (256_000_000, JPEG),
    (16_000_000, b""),
    (16_000_000, b""),
)
_MEMBERS = dict(zip(PRESET_FILES, _LIMITS, strict=True))
_MOST = 300_000_000  # bytes of them all
# The end of a small zip without a comment: what is there instead of a large one's, the signature, how many
# members, the bytes that their list takes, and the length of the comment.
_END = struct.Struct("<4s16x4s6xHI4xH")
_MOST_MEMBERS, _LONGEST_LIST = 100, 16_000


def list_presets(folder: Path) -> list[Path]:
    """The folders of the presets in a user's folder, by name; broken ones too, if a text can name them."""
    found = (path.parent for path in Path(folder).glob("[!.]*/preset.json"))
    return sorted(path for path in found if is_text(path.name))


def add_preset(folder: Path, preset: Preset, files: Mapping[str, bytes]) -> Preset:
    """Keep a preset in a user's `folder`, in a folder of its own that is whole or absent, and return it.

    `files` are a plate, a thumbnail and whatever else there is, by the names that `Preset` knows. Raises
    PochadeError when they cannot be written, or are no preset.
    """
    slug = re.sub(r"\W+", "_", preset.name.casefold()).strip("_")[:40] or "preset"
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _sweep(folder)
        with claimed(folder / slug) as part:
            try:
                part.mkdir()
                for name, data in files.items():
                    (part / name).write_bytes(data)
                write_preset(replace(preset, folder=part))
                _check(read_preset(part))
                there, number = folder / slug, 1
                while os.path.lexists(there):
                    number += 1
                    there = folder / f"{slug}_{number}"
                part.rename(there)
            finally:
                remove_folder(part, PRESET)
    except OSError as error:
        raise PochadeError(cannot_write(folder, error)) from error
    return read_preset(there)


def _sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder of presets."""
    sweep(folder)
    for preset in list_presets(folder):
        sweep(preset)
    with suppress(OSError):
        for part in made_in(folder, HALF_PRESETS):
            claim = cast(re.Match[str], HALF_PRESETS.fullmatch(part.name))["claim"]
            if part.is_dir():
                sweep_one(part, folder / claim, PRESET)


def change_preset(preset: Preset, **values: Any) -> Preset:
    """Give a user's preset another name, or other settings. Raises PochadeError where that fails."""
    changed = replace(preset, **values)
    with whole(preset.folder / "preset.json") as part:
        part.write_text(changed.to_json(), encoding="utf-8")
    return changed


def remove_preset(preset: Preset) -> None:
    """Delete a preset of the user's; other files in its folder stay. Raises PochadeError when it cannot be
    deleted.
    """
    refuse_link(preset.folder.parent)
    refuse_link(preset.folder)
    try:
        _sweep(preset.folder.parent)
        if any(not PRESET.fullmatch(path.name) for path in preset.folder.iterdir()):
            (preset.folder / "preset.json").unlink()
            remove_files(preset.folder, PRESET)
            return
        with claimed(preset.folder) as hidden:
            preset.folder.rename(hidden)  # at once, or not at all
            with suppress(OSError):
                remove_folder(hidden, PRESET)
    except OSError as error:
        raise PochadeError(
            "The preset {name} cannot be deleted ({error})", name=preset.name, error=error
        ) from error


def files_of(preset: Preset) -> dict[str, bytes]:
    """A preset's files, by the names that `Preset` knows. Raises PochadeError when one cannot be read."""
    paths = preset.plate, preset.thumbnail, preset.network, *([] if preset.factory else [preset.statistics])
    for path in paths:
        check_regular(path)
    try:
        return {path.name: path.read_bytes() for path in paths if path.exists()}
    except OSError as error:
        raise PochadeError(
            "The preset {name} cannot be read ({error})", name=preset.name, error=error
        ) from error


def export_preset(path: Path, preset: Preset, files: Mapping[str, bytes]) -> None:
    """Write a preset as one file. Raises PochadeError when it cannot."""
    with whole(Path(path)) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in {"preset.json": preset.to_json().encode(), **files}.items():
            file.writestr(name, data)


def import_preset(path: Path, folder: Path) -> Preset:
    """Add the preset in a file of `export_preset` to a user's folder. Raises PochadeError for other files.

    No name in the file becomes a path, and no more is read than a preset can have.
    """
    path = Path(path)
    check_regular(path)
    try:
        _check_end(path)
        with zipfile.ZipFile(path) as file:
            _check_members(file.infolist(), path)
            files = {info.filename: _read(file, info) for info in file.infolist()}
        preset = Preset.from_values(json_text.parse(files.pop("preset.json")), Path(path.stem))
    except FileNotFoundError:
        raise PochadeError("There is no file {path}", path=path) from None
    except OSError as error:
        raise PochadeError("{name} cannot be read ({error})", name=path.name, error=error) from error
    except (
        zipfile.BadZipFile,
        ZlibError,
        KeyError,
        ValueError,
        NotImplementedError,
        RuntimeError,
        EOFError,
    ) as error:
        raise PochadeError(
            "{name} is no preset of Pochade, or is damaged; have it exported again", name=path.name
        ) from error
    return add_preset(folder, preset, files)


def _check_end(path: Path) -> None:
    """Raise ValueError for a zip with more members than a preset has: all are listed before one is read."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, _END.size), os.SEEK_END)
        end = file.read()
    large, here, members, length, comment = _END.unpack(end.rjust(_END.size, b"\0"))
    if (
        large == b"PK\x06\x07"
        or here != b"PK\x05\x06"
        or members > _MOST_MEMBERS
        or length > _LONGEST_LIST
        or comment
    ):
        raise ValueError("no zip that Pochade has made")


def _check_members(members: Sequence[zipfile.ZipInfo], path: Path) -> None:
    """Raise PochadeError for what no preset has, before any of it is read."""
    for info in members:
        if info.filename not in _MEMBERS:
            raise PochadeError(
                "{name} holds “{filename}”, which no preset has; have it exported again",
                name=path.name,
                filename=info.filename[:60],
            )
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError("packed in a way that Pochade does not pack")
        if info.file_size > _MEMBERS[info.filename][0]:
            raise _unlike(info, path)
        if info.compress_size > path.stat().st_size:  # which is allocated before it is read
            raise ValueError("more than the file has")
    if len({info.filename for info in members}) < len(members):
        raise PochadeError("{name} holds the same file several times; have it exported again", name=path.name)
    if sum(info.file_size for info in members) > _MOST:
        raise PochadeError("{name} holds more than a preset has; have it exported again", name=path.name)


def _read(file: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    most, beginning = _MEMBERS[info.filename]
    with file.open(info) as member:
        data = member.read(most + 1)  # whatever the zip says of its size
    if len(data) > most or not data.startswith(beginning):
        raise _unlike(info, Path(file.filename or ""))
    if info.filename == THUMBNAIL and not is_thumbnail(data):
        raise _unlike(info, Path(file.filename or ""))
    return data


def _unlike(info: zipfile.ZipInfo, path: Path) -> PochadeError:
    return PochadeError(
        "The {filename} in {name} is not what a preset has; have it exported again",
        filename=info.filename,
        name=path.name,
    )


def _check(preset: Preset) -> None:
    """Raise PochadeError where a preset lacks what it is to be painted with."""
    if preset.style and not (FACTORY / preset.style / "preset.json").exists():
        raise PochadeError(
            "The preset {name} needs the style {style}, which is not here; update the extension",
            name=preset.name,
            style=preset.style,
        )
    if not preset.plate.exists():
        raise PochadeError(
            "The preset {name} has no picture of its style; have it exported again", name=preset.name
        )
    with suppress(ValueError):
        preset.network.relative_to(preset.folder)
        if preset.network.exists():
            check_network(preset.network)
