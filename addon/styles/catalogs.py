"""The families as catalogs of Blender's asset libraries: its shelf and its Asset Browser sort by them.

An asset has its catalog's id. What a catalog is called says a file of the library, for all of its .blends.
"""

import logging
import uuid
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import whole
from ...core.presets.preset import FAMILIES
from . import gallery

FILE = "blender_assets.cats.txt"  # Blender's name for it, in the library's folder
_EMPTY = "VERSION 1\n"
_SPACE = uuid.UUID("5f0c9d3e-3c55-4f0e-9d6b-6f5a3b1f7c02")  # of the ids: the same in every library

_log = logging.getLogger(__name__)


def id_of(family: str) -> str:
    """A family's catalog, as assets name it."""
    return str(uuid.uuid5(_SPACE, family))


@bpy.app.handlers.persistent
def _on_save(path: str, *_) -> None:
    """Name the catalogs of the presets in the saved file, in the asset libraries that it is in."""
    used = {image.asset_data.catalog_id for image in bpy.data.images if image.asset_data}
    names = {id_of(family): gallery.LABELS[family] for family in FAMILIES}
    catalogs = {each: names[each] for each in used & names.keys()}
    if not catalogs or not path:
        return
    for library in bpy.context.preferences.filepaths.asset_libraries:
        folder = Path(bpy.path.abspath(library.path)).resolve()
        if library.path and Path(path).resolve().is_relative_to(folder):
            try:
                _add(folder / FILE, catalogs)
            except (OSError, ValueError, PochadeError) as error:  # the .blend is saved all the same
                _log.warning("%s: %s", folder / FILE, error)


def _add(file: Path, catalogs: dict[str, str]) -> None:
    """Add those, labels by ids, that the file does not have under any name."""
    text = file.read_text(encoding="utf-8") if file.exists() else _EMPTY
    lines = [
        f"{each}:Pochade/{label}:Pochade-{label}\n" for each, label in catalogs.items() if each not in text
    ]
    if lines:
        with whole(file) as part:
            part.write_text("".join((text.rstrip("\n"), "\n", *sorted(lines))), encoding="utf-8")


def register():
    bpy.app.handlers.save_post.append(_on_save)


def unregister():
    bpy.app.handlers.save_post.remove(_on_save)
