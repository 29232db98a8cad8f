"""Pictures of styles: as packed images of the .blend, and as the bytes of files."""

from contextlib import suppress
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.temporary import TemporaryFolder
from ...core.presets.archive import JPEG, PNG
from ...core.words import Sentence, one_line
from ..blender import custom, images, picture_files
from ..engine import runtime
from ..preferences import engine_folders

# Custom property of an image that a network has been trained on: the bytes of the network's file.
NETWORK = "pochade_network"

_UNREADABLE = Sentence("The style's picture cannot be read: check that its file still exists")


def open_picture(context: bpy.types.Context, path: Path) -> bpy.types.Image:
    """As `picture_files.open_picture`, with the engine's readers where there is an engine."""
    with suppress(PochadeError):
        runtime.find_engine(engine_folders(context))
    return picture_files.open_picture(path)


def packed_copy(scene: bpy.types.Scene, name: str, image: bpy.types.Image) -> bpy.types.Image:
    """A packed copy of an image: its own file where that says it all. Raises PochadeError."""
    if image.source != "FILE" or image.is_dirty:
        copy = images.write_result(name, images.read_source(scene, image))
        if network := custom.data(image, NETWORK):
            copy[NETWORK] = network
        return copy
    copy = image.copy()
    copy.make_local(clear_liboverride=True)  # the copy of an override would be one, too
    copy.name = name
    return _pack(copy)


def load_packed(name: str, path: Path) -> bpy.types.Image:
    """A picture file as a packed image. Raises PochadeError."""
    image = bpy.data.images.load(str(path))
    image.name = name
    return _pack(image)


def _pack(image: bpy.types.Image) -> bpy.types.Image:
    if not image.packed_file:
        try:
            image.pack()
        except RuntimeError:
            bpy.data.images.remove(image)
            raise PochadeError(_UNREADABLE) from None
    return image


def plate_of(image: bpy.types.Image) -> dict[str, bytes]:
    """The image as a preset's plate by file name: its own file, or else a PNG. Raises PochadeError."""
    data = image.packed_file.data if image.packed_file and not image.is_dirty else b""
    for ending, beginning in (("jpg", JPEG), ("png", PNG)):
        if data.startswith(beginning):
            return {f"plate.{ending}": data}
    return {"plate.png": png_of(image)}


def png_of(image: bpy.types.Image, side: int = 0) -> bytes:
    """The image as a PNG with a longer side of at most `side` px. Raises PochadeError if unreadable."""
    copy = image.copy()
    try:
        if not all(copy.size):
            raise PochadeError(_UNREADABLE)
        if side and (factor := side / max(copy.size)) < 1:
            copy.scale(*(max(round(n * factor), 1) for n in copy.size))
        with TemporaryFolder() as folder:
            path = Path(folder, "picture.png")
            copy.file_format = "PNG"
            copy.save(filepath=str(path))
            return path.read_bytes()
    except RuntimeError as error:
        raise PochadeError(
            "Blender cannot read {name}: {error}", name=image.name, error=one_line(error)
        ) from None
    finally:
        bpy.data.images.remove(copy)
