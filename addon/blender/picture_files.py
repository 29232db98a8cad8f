"""Picture files by Blender itself: Pillow comes with the engine, which need not be here."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import make_folder, whole
from . import images

if TYPE_CHECKING:
    import numpy as np


def are_for_pillow() -> bool:
    """Whether core.files.pictures can be used."""
    return find_spec("PIL") is not None


def read(scene: bpy.types.Scene, path: Path) -> "np.ndarray":
    """A file's picture as it is shown, float32 (H, W, 3), or (H, W, 4) where it is transparent. Raises
    PochadeError.
    """
    known = set(bpy.data.images)
    image = images.open_picture(path)
    try:
        picture = images.read_source(scene, image)
    finally:
        if image not in known:
            bpy.data.images.remove(image)
    return picture[..., :3] if (picture[..., 3] == 1).all() else picture


def write_png(path: Path, picture: "np.ndarray") -> None:
    """Write a picture (H, W, 3 or 4), whole or not at all. Raises PochadeError."""
    make_folder(path.parent)
    image = images.write_result(path.stem, picture)
    image.file_format = "PNG"
    try:
        with whole(path) as part:
            image.save(filepath=str(part))
    except RuntimeError as error:
        raise PochadeError("Cannot write {path} ({error})", path=path, error=error) from error
    finally:
        bpy.data.images.remove(image)
