"""A preset as one file, a zip of its folder, and folders of presets that the user keeps. Needs no PyTorch."""

import json
import re
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zlib import error as ZlibError

from ..errors import PochadeError
from ..files.atomic import cannot_write, whole
from ..instant.files import read_about
from .preset import FACTORY, Preset, read_preset, write_preset

ENDING = ".pochade"
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
# What such a file may hold, by name: the most bytes of each, and how they begin. All else is left alone.
_MEMBERS = {
    "preset.json": (1_000_000, b"{"),
    "thumbnail.png": (4_000_000, PNG),
    "plate.png": (256_000_000, PNG),
    "plate.jpg": (256_000_000, JPEG),
    "statistics.safetensors": (16_000_000, b""),
    "instant.safetensors": (16_000_000, b""),
}


def list_presets(folder: Path) -> list[Path]:
    """The folders of the presets in a user's folder, by name; broken ones too."""
    return sorted(path.parent for path in Path(folder).glob("[!.]*/preset.json"))


def add_preset(folder: Path, preset: Preset, files: Mapping[str, bytes]) -> Preset:
    """Keep a preset in a user's `folder`, in a folder of its own that is whole or absent, and return it.

    `files` are a plate, a thumbnail and whatever else there is, by the names that `Preset` knows. Raises
    PochadeError when they cannot be written, or are no preset.
    """
    slug = re.sub(r"\W+", "_", preset.name.casefold()).strip("_")[:40] or "preset"
    part = Path(folder) / f".{slug}.{secrets.token_hex(4)}"
    try:
        part.mkdir(parents=True)
        for name, data in files.items():
            (part / name).write_bytes(data)
        write_preset(replace(preset, folder=part))
        _check(read_preset(part))
        number = 1
        while (there := part.with_name(slug if number == 1 else f"{slug}_{number}")).exists():
            number += 1
        part.rename(there)
    except OSError as error:
        raise PochadeError(cannot_write(Path(folder), error)) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return read_preset(there)


def change_preset(preset: Preset, **values: Any) -> Preset:
    """Give a user's preset another name, or other settings. Raises PochadeError where that fails."""
    changed = replace(preset, **values)
    with whole(preset.folder / "preset.json") as part:
        part.write_text(changed.to_json(), encoding="utf-8")
    return changed


def remove_preset(preset: Preset) -> None:
    """Delete a preset of the user's. Raises PochadeError when it cannot be deleted."""
    hidden = preset.folder.with_name(f".{preset.slug}.{secrets.token_hex(4)}")
    try:
        preset.folder.rename(hidden)  # at once, or not at all
    except OSError as error:
        raise PochadeError(f"The preset {preset.name} cannot be deleted ({error})") from error
    shutil.rmtree(hidden, ignore_errors=True)


def files_of(preset: Preset) -> dict[str, bytes]:
    """A preset's files, by the names that `Preset` knows. Raises PochadeError when one cannot be read."""
    paths = preset.plate, preset.thumbnail, preset.network, *([] if preset.factory else [preset.statistics])
    try:
        return {path.name: path.read_bytes() for path in paths if path.exists()}
    except OSError as error:
        raise PochadeError(f"The preset {preset.name} cannot be read ({error})") from error


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
    try:
        with zipfile.ZipFile(path) as file:
            files = {info.filename: _read(file, info, path) for info in file.infolist()}
        preset = Preset.from_values(json.loads(files.pop("preset.json")), Path(path.stem))
    except FileNotFoundError:
        raise PochadeError(f"There is no file {path}") from None
    except OSError as error:
        raise PochadeError(f"{path.name} cannot be read ({error})") from error
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
            f"{path.name} is no preset of Pochade, or is damaged; have it exported again"
        ) from error
    return add_preset(folder, preset, files)


def _read(file: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path) -> bytes:
    if info.filename not in _MEMBERS:
        raise PochadeError(
            f"{path.name} holds “{info.filename[:60]}”, which no preset has; have it exported again"
        )
    most, beginning = _MEMBERS[info.filename]
    with file.open(info) as member:
        data = member.read(most + 1)  # whatever the zip says of its size
    if len(data) > most or not data.startswith(beginning):
        raise PochadeError(
            f"The {info.filename} in {path.name} is not what a preset has; have it exported again"
        )
    return data


def _check(preset: Preset) -> None:
    """Raise PochadeError where a preset lacks what it is to be painted with."""
    if preset.style and not (FACTORY / preset.style / "preset.json").exists():
        raise PochadeError(
            f"The preset {preset.name} needs the style {preset.style}, which is not here; update the "
            "extension"
        )
    if not preset.plate.exists():
        raise PochadeError(f"The preset {preset.name} has no picture of its style; have it exported again")
    with suppress(ValueError):
        preset.network.relative_to(preset.folder)
        if preset.network.exists():
            read_about(preset.network)
