"""Picture files by Blender itself: Pillow comes with the engine, which need not be here."""

import itertools
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.files import recipes
from ...core.files.atomic import cannot_write, make_folder, whole
from ...core.files.made import is_regular
from ...core.files.temporary import TemporaryFolder
from ...core.words import Sentence, one_line
from . import colour_names, images

if TYPE_CHECKING:
    import numpy as np


# Pictures that core.files.pictures reads, and Blender's file browsers know for movies, or not at all.
OURS = (".gif", ".pgm", ".ppm", ".pnm", ".avif")
GLOB = ";".join(f"*{ending}" for ending in OURS)


def are_for_pillow() -> bool:
    """Whether core.files.pictures can be used."""
    return find_spec("PIL") is not None


def read(scene: bpy.types.Scene, path: Path) -> "np.ndarray":
    """A file's picture as it is shown, float32 (H, W, 3), or (H, W, 4) where it is transparent. Raises
    PochadeError.
    """
    known = set(bpy.data.images)
    image = open_picture(path)
    try:
        picture = images.read_source(scene, image)
    finally:
        if image not in known:
            bpy.data.images.remove(image)
    return picture[..., :3] if (picture[..., 3] == 1).all() else picture


def open_picture(path: Path) -> bpy.types.Image:
    """The file as an image data-block; of a format that Blender does not read, packed. Raises PochadeError
    when it is missing, damaged or no picture.
    """
    if not is_regular(path):
        raise PochadeError("There is no file {path}", path=path)
    known, image = set(bpy.data.images), None
    with suppress(RuntimeError):
        image = bpy.data.images.load(str(path), check_existing=True)
    if image and image.source == "FILE" and all(image.size) and not _is_cut_off(path):
        return image
    if image and image not in known:
        bpy.data.images.remove(image)
    if not are_for_pillow():
        raise PochadeError(
            "{name} is damaged, or no picture that Blender can read: choose a PNG or JPEG file",
            name=path.name,
        )
    from ...core.files.pictures import read_picture

    image = images.write_result(path.name, read_picture(path))
    image.use_fake_user = False
    return image


def _is_cut_off(path: Path) -> bool:
    """Whether the end of a JPEG or WebP file is missing: Blender silently fills those with grey."""
    data = path.read_bytes()
    if data.startswith(b"\xff\xd8"):
        # The end must come after the last scan's beginning.
        return data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda")
    if data.startswith(b"RIFF"):
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return False


def write(path: Path, picture: "np.ndarray", recipe: dict[str, Any]) -> None:
    """Write a picture (H, W, 3 or 4) with its recipe, whole or not at all; the ending, .png or .exr, is the
    format. Raises PochadeError.
    """
    make_folder(path.parent)
    with whole(path) as part:
        part.write_bytes(_as_bytes(path, picture, recipe))


def write_beside(path: Path, picture: "np.ndarray", recipe: dict[str, Any]) -> Path:
    """The same, under a number where that name is taken; returns the file. One that is there and the same to
    the byte, so that Pochade has painted it before, is left as it is. Raises PochadeError.
    """
    data = _as_bytes(path, picture, recipe)
    make_folder(path.parent)
    try:
        for number in itertools.count(1):
            file = path.with_name(f"{path.stem} {number}{path.suffix}") if number > 1 else path
            if not os.path.lexists(file):
                break
            if is_regular(file) and file.stat().st_size == len(data) and file.read_bytes() == data:
                return file
    except OSError as error:
        raise PochadeError(cannot_write(path, error)) from error
    with whole(file) as part:
        part.write_bytes(data)
    return file


def _as_bytes(path: Path, picture: "np.ndarray", recipe: dict[str, Any]) -> bytes:
    """What a file of this name holds. Raises PochadeError where Blender cannot write it."""
    ending = path.suffix.lower()
    if ending not in recipes.ENDINGS:
        raise PochadeError(
            "Cannot write {path}: {ending} tells no format; choose .png",
            path=path,
            ending=ending or Sentence("a name without an ending"),
        )
    light = ending == ".exr"
    image = _of_light(picture) if light else images.write_result(path.stem, picture)
    image.file_format = "OPEN_EXR" if light else "PNG"
    try:
        with TemporaryFolder() as folder:
            file = Path(folder, f"painting{path.suffix}")
            image.save(filepath=str(file))
            recipes.add(file, recipe)
            return file.read_bytes()
    except (RuntimeError, OSError) as error:
        raise PochadeError("Cannot write {path} ({error})", path=path, error=one_line(error)) from error
    finally:
        bpy.data.images.remove(image)


def _of_light(picture: "np.ndarray") -> bpy.types.Image:
    """A picture as linear Rec.709 with premultiplied alpha, in floats."""
    import numpy as np

    from ...core.files.light import to_linear

    height, width = picture.shape[:2]
    shown = np.clip(picture[::-1].astype(np.float32), 0, 1)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., : shown.shape[2]] = shown
    pixels[..., :3] = to_linear(shown[..., :3]) * pixels[..., 3:]
    image = bpy.data.images.new("Pochade writes", width, height, alpha=True, float_buffer=True)
    if image.colorspace_settings.name != colour_names.linear_space():  # a studio's: no conversion, then
        image.colorspace_settings.name = colour_names.data_space()
    image.pixels.foreach_set(pixels.ravel())
    image.update()
    image.pack()
    return image


def refer_to(image: bpy.types.Image, path: Path) -> None:
    """Have an image be this file from now on, packed no more."""
    if image.packed_file:
        image.unpack(method="REMOVE")
    image.source, image.filepath = "FILE", str(path)
    if bpy.data.filepath and bpy.context.preferences.filepaths.use_relative_paths:
        with suppress(ValueError):  # on another drive
            image.filepath = bpy.path.relpath(str(path))
    if path.suffix == ".exr":
        image.alpha_mode = "PREMUL"
        if space := colour_names.linear_space():
            image.colorspace_settings.name = space
    image.use_fake_user = True
    image.reload()
    image.update_tag()  # the compositor looks again
