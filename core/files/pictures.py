"""Picture files <-> arrays: with Pillow, 16-bit colour with OpenCV, OpenEXR with its own library, and what
`other_pictures` knows.
"""

import errno
import os
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from ..errors import PochadeError
from ..words import Sentence, one_line
from . import openexr, recipes
from .atomic import whole
from .exr import read_beauty, read_channels
from .light import to_display, to_linear
from .made import check_regular, read_whole
from .other_pictures import check_size, decoded_by_opencv, library, read_other

# What Pillow may read, by its names: EPS is left out, for it is a program that Ghostscript runs.
READ = "PNG JPEG MPO TIFF WEBP AVIF BMP GIF TGA PPM JPEG2000 PSD DDS SGI".split()
LARGEST = 4_000_000_000  # bytes of a file
_EXR = b"\x76\x2f\x31\x01"  # that OpenEXR files begin with


def _opencv() -> ModuleType:
    if cv2 := library("cv2"):
        return cv2
    raise PochadeError(
        "PNG with 16 bit needs the engine's OpenCV: see Pochade's preferences, or choose 8 bit"
    )


def _openexr() -> ModuleType:
    if not openexr.is_here():
        raise PochadeError(
            "OpenEXR files need the engine's OpenEXR: see Pochade's preferences, or choose PNG"
        )
    return openexr


def require_library(ending: str, bits: int) -> None:
    """Raise PochadeError where the library is missing that writes such files, before anything is painted."""
    if ending == ".exr":
        _openexr()
    elif ending == ".png" and bits == 16:
        _opencv()


class UnknownFormatError(PochadeError):
    """No reader here knows the file's format."""


def read_picture(path: str | Path, linear: bool | None = None) -> np.ndarray:
    """A file's picture as float32 (H, W, 3), or (H, W, 4) where it has alpha, 0 to 1, upright, top row first.

    The one reader for all that comes from files: sources, frames, masks and photos. 16 bits and floats keep
    their precision where OpenCV is there. OpenEXR and HDR files are taken for linear Rec.709, OpenEXR with
    premultiplied alpha, others for what is displayed, as Blender takes them. What is brighter than white
    becomes white, as does an infinite value; a NaN becomes black. With `linear` the numbers are taken for
    linear light whatever the format, or for what is displayed. Raises PochadeError when there is no such
    file, or none that can be read to its end.
    """
    path = Path(path)
    check_regular(path)
    try:
        picture, light = (_straight(read_beauty(path)), True) if is_exr(path) else _decoded(path)
        return _displayed(picture, light if linear is None else linear)
    except FileNotFoundError:
        raise PochadeError("There is no picture at {path}", path=path) from None
    except PochadeError:
        raise
    except MemoryError as error:
        raise PochadeError(
            "There is no memory to read {name}: close other programs", name=path.name
        ) from error
    except Image.DecompressionBombError as error:
        raise PochadeError(
            "{name} has too many pixels ({error}): make the picture smaller", name=path.name, error=error
        ) from error
    except Exception as error:  # a damaged or hostile file raises whatever it likes
        raise PochadeError(
            "{name} is damaged or incomplete ({error})", name=path.name, error=one_line(error)
        ) from error


def is_exr(path: Path) -> bool:
    """Whether a file is OpenEXR, by its name or how it begins."""
    if path.suffix.lower() == ".exr":
        return True
    with path.open("rb") as file:
        return file.read(len(_EXR)) == _EXR


def _decoded(path: Path) -> tuple[np.ndarray, bool]:
    """A picture as it is in the file, and whether that is linear light, by Pillow or else by others."""
    # Of a file, Pillow's readers allocate as many bytes as a length in it says.
    data = read_whole(path, LARGEST)
    try:
        return _read_with_pillow(path.name, data)
    except UnidentifiedImageError:
        if found := read_other(path, data):
            return found
        raise UnknownFormatError(
            "{name} is no picture that can be read; choose a PNG, JPEG, TIFF, WebP or OpenEXR file",
            name=path.name,
        ) from None


def _read_with_pillow(name: str, data: bytes) -> tuple[np.ndarray, bool]:
    with Image.open(BytesIO(data), "r", _formats()) as file:
        check_size(name, *file.size)
        # Its numbers before Pillow makes them 8-bit.
        deep = _is_deep(file)
        file.load()
        picture, size = ImageOps.exif_transpose(file), file.size
        turned = file.getexif().get(ExifTags.Base.Orientation, 1) != 1
        if deep and not turned and "transparency" not in file.info:
            exact = decoded_by_opencv(data)
            if exact is not None and exact.ndim == 3 and exact.shape[1::-1] == size:
                return _of_unit(exact), False
            if file.format == "PNG" and library("cv2"):
                raise PochadeError("{name} is damaged or incomplete; choose another picture", name=name)
    if picture.mode in ("F", "I") or picture.mode.startswith("I;16"):
        return _grey(picture, file.format), picture.mode == "F" and file.format == "PPM"
    alpha = "A" in picture.getbands() or "transparency" in picture.info
    return _of_unit(np.asarray(picture.convert("RGBA" if alpha else "RGB"))), False


def _is_deep(file: Any) -> bool:
    """Whether Pillow would halve the precision of an opened file's colours."""
    if file.format == "PNG":
        return file.tile[0].args in ("RGB;16B", "RGBA;16B", "LA;16B")
    return (
        file.format == "TIFF"
        and file.mode in ("RGB", "RGBA")
        and max(file.tag_v2.get(TiffImagePlugin.BITSPERSAMPLE, (8,))) > 8
    )


def _grey(picture: Any, form: str | None) -> np.ndarray:
    """Grey of 16 or 32 bits, or floats, as (H, W, 1). What Pillow makes of PGM and PNG has 16 bits."""
    numbers = np.asarray(picture)
    if picture.mode == "F":
        return numbers[..., None].astype(np.float32)
    white = 2**31 - 1 if picture.mode == "I" and form == "TIFF" else 65535
    return (numbers / np.float64(white)).astype(np.float32)[..., None]


def _of_unit(picture: np.ndarray) -> np.ndarray:
    """Whole numbers as float32, 0 to 1; floats as they are."""
    found = np.array(picture, np.float32)
    if picture.dtype.kind == "u":
        found /= np.iinfo(picture.dtype).max  # in place: a second one takes as much again
    return found


def _formats() -> list[str]:
    Image.init()
    return [name for name in READ if name in Image.OPEN]


def _straight(linear: np.ndarray) -> np.ndarray:
    """Colours that were premultiplied by their alpha, without it."""
    if linear.shape[2] < 4:
        return linear
    alpha = np.clip(linear[..., 3:], 0, 1)
    colours = np.divide(linear[..., :3], alpha, out=np.zeros_like(linear[..., :3]), where=alpha > 0)
    return np.concatenate([colours, alpha], axis=2)


def _displayed(picture: np.ndarray, linear: bool) -> np.ndarray:
    """A picture of 1, 3 or 4 channels as it is shown: RGB or RGBA, 0 to 1, without broken numbers."""
    if picture.shape[2] == 1:
        picture = np.repeat(picture, 3, axis=2)
    np.nan_to_num(picture, copy=False, nan=0, posinf=1, neginf=0)
    np.clip(picture, 0, 1, out=picture)
    if linear:
        picture[..., :3] = to_display(picture[..., :3])
    return picture


def check_ending(path: Path) -> None:
    """Raise PochadeError for a name whose ending tells no format to write in."""
    ending = path.suffix.lower()
    if ending != ".exr" and Image.registered_extensions().get(ending) not in Image.SAVE:
        raise PochadeError(
            "Cannot write {path}: {ending} tells no format; choose .png",
            path=path,
            ending=ending or Sentence("a name without an ending"),
        )


def write_picture(
    path: str | Path, picture: np.ndarray, bits: int = 8, recipe: dict[str, Any] | None = None
) -> None:
    """Write (H, W, 3 or 4), 0 to 1, whole or not at all; the ending chooses the format. JPEG drops alpha.

    `bits` is 8 or, for PNG, 16. OpenEXR is always written as float: linear Rec.709 with premultiplied alpha.
    A PNG, JPEG or OpenEXR file gets the `recipe`, too. Raises PochadeError when it cannot.
    """
    path, picture = Path(path), np.clip(picture, 0, 1)
    check_ending(path)
    ending = path.suffix.lower()
    try:
        with whole(path) as part:
            if ending == ".exr":
                _write_exr(part, picture)
            elif ending == ".png" and bits == 16:
                _write_deep_png(part, picture)
            else:
                jpeg = ending in (".jpg", ".jpeg")
                image = Image.fromarray(np.rint(picture[..., : 3 if jpeg else 4] * 255).astype(np.uint8))
                options = {"quality": 95} if jpeg or ending == ".webp" else {}
                image.save(part, Image.registered_extensions()[ending], **options)
            if recipe:
                recipes.add(part, recipe)
    except ValueError as error:
        raise PochadeError("Cannot write {path} ({error})", path=path, error=error) from error


def _write_deep_png(path: Path, picture: np.ndarray) -> None:
    data = _opencv().imencode(".png", _swapped(np.rint(np.float64(picture) * 65535).astype(np.uint16)))[1]
    path.write_bytes(data)


def _write_exr(path: Path, picture: np.ndarray) -> None:
    library, linear = _openexr(), to_linear(picture[..., :3])
    if picture.shape[2] == 4:
        linear = np.concatenate([linear * picture[..., 3:], picture[..., 3:]], axis=2)
    linear = np.ascontiguousarray(linear, np.float32)
    try:
        library.write(str(path), linear)
    except (RuntimeError, ValueError) as error:
        # All that is left of it.
        code = next((code for code in errno.errorcode if os.strerror(code) in str(error)), errno.EIO)
        raise OSError(code, os.strerror(code)) from error
    try:
        read_channels(path)  # what finds no room when the file is closed goes unreported
    except PochadeError as error:
        raise OSError(errno.EIO, "only a part of it has arrived; is the disk full?") from error


def _swapped(picture: np.ndarray) -> np.ndarray:
    """RGB(A) for OpenCV's BGR(A), and back."""
    return np.ascontiguousarray(picture[..., [2, 1, 0, 3][: picture.shape[2]]])
