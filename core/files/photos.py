"""Folders of photos and frames. Needs no Pillow: panels count them."""

import os
from pathlib import Path

from ..errors import PochadeError

_PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".exr", ".tif", ".tiff"}


def find_photos(folder: Path) -> list[Path]:
    """A folder's pictures by name; of one in several formats, one. Raises PochadeError if there are none."""
    try:
        with os.scandir(folder) as entries:  # paths of a hundred thousand would take seconds
            names = sorted(entry.name for entry in entries if Path(entry.name).suffix.lower() in _PHOTOS)
    except OSError:
        names = []
    found = [Path(folder, name) for name in names]
    if not found:
        raise PochadeError(f"There are no pictures in {folder}; choose a folder of photos or frames")
    # A render's PNG comes after its OpenEXR file, and has but one layer.
    return list({path.stem: path for path in found}.values())
