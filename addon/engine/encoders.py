"""The encoders to choose from, Pochade's own and those in the user's folder, and jobs that bring more."""

from collections.abc import Generator, Sequence
from pathlib import Path

import bpy

from ...core.encoders.files import COMPACT, EncoderFile, available, find_encoder
from ...core.errors import PochadeError
from ...core.files.made import refuse_link
from ...core.progress import Progress
from ...core.settings import Settings
from ...core.words import Sentence
from ..blender import enums
from . import runtime

_entries: list[EncoderFile] = []


def refresh(folder: Path) -> None:
    """Look for encoders. Drawing reads no files, so whoever adds or removes one calls this."""
    _entries[:] = available([folder])


def entries() -> list[EncoderFile]:
    """The encoders that there were when `refresh` looked."""
    return _entries


def chosen_encoder(scene: bpy.types.Scene) -> EncoderFile:
    """The scene's encoder. Raises PochadeError when it is missing: another one would paint differently."""
    return find_encoder(scene.pochade.encoder, _entries)


def file_to_paint_with(settings: Settings | bpy.types.PropertyGroup) -> Path:
    """The weights that Settings, or a scene's properties, name: of no use to Instant, which gets the compact
    ones. Raises PochadeError as `chosen_encoder` does.
    """
    return COMPACT if settings.method == "instant" else find_encoder(settings.encoder, _entries).path


# The menu: an enum whose value is a position in the list and whose truth is the setting's name.


def enum_items(chosen, _) -> list[tuple]:
    """The encoders, and the chosen one in any case."""
    rows = [(entry.name, entry.title, entry.attribution, "NONE") for entry in _entries]
    gone = getattr(chosen, "encoder", None)
    if gone and gone not in (entry.name for entry in _entries):
        rows.append(
            (gone, Sentence("{gone} (missing)", gone=gone), Sentence("Its file is not here"), "ERROR")
        )
    return [enums.item(*row, number) for number, row in enumerate(rows)]


def get_number(chosen) -> int:
    """The position of the setting's encoder in the menu."""
    return next(
        (number for number, entry in enumerate(_entries) if entry.name == chosen.encoder), len(_entries)
    )


def set_number(chosen, number: int) -> None:
    """Choose the encoder at this position of the menu."""
    if number < len(_entries):
        chosen.encoder = _entries[number].name


# Adding, in the job's thread, and removing.


def add_encoder(
    path: Path, folder: Path, engine_folders: Sequence[Path]
) -> Generator[Progress, None, EncoderFile]:
    """Make an encoder of someone's weight file in `folder`; returns it. Raises PochadeError."""
    yield Progress(Sentence("Reading {name}", name=path.name))
    runtime.ensure_engine(engine_folders)
    from ...core.encoders import vgg

    return vgg.add_encoder(path, folder)


def remove_encoder(name: str, folder: Path) -> None:
    """Delete an encoder from the user's `folder`. Raises PochadeError where that fails."""
    path = find_encoder(name, _entries).path
    if path == COMPACT:
        raise PochadeError(
            "The encoder {name} belongs to Pochade: only those that were added can be removed", name=name
        )
    refuse_link(path.parent)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise PochadeError("{path} cannot be removed: {error}", path=path, error=error) from error
    refresh(folder)


def unregister():
    _entries.clear()
