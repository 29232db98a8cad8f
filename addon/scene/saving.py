"""Where a finished painting is kept: in the .blend, or as a file in a folder."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.settings import OutputSettings
from ..blender import images, picture_files
from . import properties

if TYPE_CHECKING:
    import numpy as np


def folder(scene: bpy.types.Scene) -> Path | None:
    """The folder for the scene's paintings, None where they stay in the .blend. Raises PochadeError."""
    if properties.read_output_settings(scene).save_to == "blend":
        return None
    chosen = scene.pochade.output.folder
    if not chosen:
        raise PochadeError("Choose a folder for the paintings, or set Save To to This .blend")
    if chosen.startswith("//") and not bpy.data.filepath:
        raise PochadeError(
            "Save the .blend first, for the paintings go into a folder beside it; or set Save To to This "
            ".blend"
        )
    return Path(bpy.path.abspath(chosen))


@dataclass(frozen=True)
class Place:
    """Where a painting will be written, and what it is called there, as far as that is known before."""

    folder: Path
    ending: str
    names: OutputSettings
    source: str

    def write(self, picture: "np.ndarray", style: str, seed: int, recipe: dict[str, Any]) -> Path:
        """Write the painting (H, W, 3 or 4); returns its file. Raises PochadeError."""
        height, width = picture.shape[:2]
        values = {"source": self.source, "style": style, "seed": seed, "size": f"{width}x{height}"}
        name = f"{self.names.name_of(values)}{self.ending}"
        return picture_files.write_beside(self.folder / name, picture, recipe)


def place(scene: bpy.types.Scene, source: bpy.types.Image) -> Place | None:
    """Where the scene's painting of a source goes; None where it stays in the .blend. Raises PochadeError.

    It is OpenEXR where the source has floats: an image of them, or a render that the scene writes as OpenEXR.
    """
    chosen = folder(scene)
    if not chosen:
        return None
    written = scene.render.image_settings.file_format
    light = written.startswith("OPEN_EXR") if images.is_render_result(source) else source.is_float
    stem = source.name.rpartition(".")[0] or source.name
    return Place(chosen, ".exr" if light else ".png", properties.read_output_settings(scene), stem)
