"""Picture files <-> arrays, with Pillow; 16-bit colour with OpenCV, OpenEXR with its own library."""

import errno
import os
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from ..errors import PochadeError
from ..words import one_line
from . import openexr
from .atomic import whole
from .exr import read_channels
from .made import check_regular
from .room import check_room

# What Pillow may read, by its names: EPS is left out, for it is a program that Ghostscript runs.
READ = "PNG JPEG MPO TIFF WEBP AVIF BMP GIF TGA PPM JPEG2000 PSD DDS SGI".split()

BYTES = 40  # for each pixel at the peak: decoded, converted, and as four float32


def _opencv() -> ModuleType:
    try:
        import cv2
    except ImportError:
        raise PochadeError(
            "PNG with 16 bit needs OpenCV: install the engine in Pochade's preferences, or choose 8 bit"
        ) from None
    return cv2


def _openexr() -> ModuleType:
    if not openexr.is_here():
        raise PochadeError(
            "OpenEXR files need OpenEXR: install the engine in Pochade's preferences, or choose PNG"
        )
    return openexr


def require_library(ending: str, bits: int) -> None:
    """Raise PochadeError where the library is missing that writes such files, before anything is painted."""
    if ending == ".exr":
        _openexr()
    elif ending == ".png" and bits == 16:
        _opencv()


def read_picture(path: str | Path) -> np.ndarray:
    """A file's picture as float32 (H, W, 3), or (H, W, 4) where it has alpha, 0 to 1, upright, top row first.

    PNG with 16 bit keeps its precision where OpenCV is there, and is read as 8 bit elsewhere. OpenEXR files
    are taken for linear Rec.709 with premultiplied alpha, as Blender takes them; what is brighter than white
    becomes white. Raises PochadeError when there is no such file, or none that can be read to its end.
    """
    path = Path(path)
    if path.suffix.lower() == ".exr":
        return _read_exr(path)
    check_regular(path)
    try:
        with Image.open(path, "r", _formats()) as file:
            check_room(
                f"{path.name} has {file.width} x {file.height} pixels", BYTES * file.width * file.height
            )
            # Pillow halves these.
            deep = file.format == "PNG" and file.tile[0].args in ("RGB;16B", "RGBA;16B", "LA;16B")
            file.load()
            picture = ImageOps.exif_transpose(file)
            deep = (
                deep
                and "transparency" not in file.info
                and file.getexif().get(ExifTags.Base.Orientation, 1) == 1
            )
    except FileNotFoundError:
        raise PochadeError(f"There is no picture at {path}") from None
    except UnidentifiedImageError:
        raise PochadeError(
            f"{path.name} is no picture that can be read; choose a PNG, JPEG, TIFF, WebP or OpenEXR file"
        ) from None
    except PochadeError:
        raise
    except MemoryError as error:
        raise PochadeError(f"There is no memory to read {path.name}: close other programs") from error
    except Image.DecompressionBombError as error:
        raise PochadeError(f"{path.name} has too many pixels ({error}): make the picture smaller") from error
    except Exception as error:  # a damaged or hostile file raises whatever it likes
        raise PochadeError(f"{path.name} is damaged or incomplete ({one_line(error)})") from error
    if picture.mode.startswith("I;16"):
        grey = np.asarray(picture, np.float32) / 65535
        return np.repeat(grey[..., None], 3, axis=2)
    if deep and (exact := _read_deep_png(path, picture.size)) is not None:
        return exact
    alpha = "A" in picture.getbands() or "transparency" in picture.info
    return _of_unit(picture.convert("RGBA" if alpha else "RGB"), 255)


def _of_unit(picture: Any, white: int) -> np.ndarray:
    """As float32, 0 to 1; `white` is its highest number."""
    found = np.array(picture, np.float32)
    found /= white  # in place: a second one takes as much again
    return found


def _formats() -> list[str]:
    Image.init()
    return [name for name in READ if name in Image.OPEN]


def _read_deep_png(path: Path, size: tuple[int, int]) -> np.ndarray | None:
    try:
        cv2 = _opencv()
    except PochadeError:
        return None
    # Its own imread fails at names in other alphabets.
    try:
        stored = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        stored = None
    if stored is None or stored.dtype != np.uint16 or stored.ndim != 3 or stored.shape[1::-1] != size:
        raise PochadeError(f"{path.name} is damaged or incomplete; choose another picture")
    return _of_unit(_swapped(stored), 65535)


def _read_exr(path: Path) -> np.ndarray:
    channels, _ = read_channels(path)
    if not channels.keys() >= set("RGB"):
        raise PochadeError(
            f"{path.name} has no channels R, G and B; choose an OpenEXR file with a single layer"
        )
    shapes = {channels[name].shape for name in "RGBA" if name in channels}
    if len(shapes) > 1:
        raise PochadeError(f"{path.name} has channels of several sizes: have all of one size")
    linear = np.stack([channels[name] for name in "RGB"], axis=2).astype(np.float32)
    if "A" not in channels:
        return to_display(linear)
    alpha = np.clip(channels["A"].astype(np.float32), 0, 1)[..., None]
    return np.concatenate(
        [to_display(np.divide(linear, alpha, out=np.zeros_like(linear), where=alpha > 0)), alpha], axis=2
    )


def check_ending(path: Path) -> None:
    """Raise PochadeError for a name whose ending tells no format to write in."""
    ending = path.suffix.lower()
    if ending != ".exr" and Image.registered_extensions().get(ending) not in Image.SAVE:
        raise PochadeError(
            f"Cannot write {path}: {ending or 'a name without an ending'} tells no format; choose .png"
        )


def write_picture(path: str | Path, picture: np.ndarray, bits: int = 8) -> None:
    """Write (H, W, 3 or 4), 0 to 1, whole or not at all; the ending chooses the format. JPEG drops alpha.

    `bits` is 8 or, for PNG, 16. OpenEXR is always written as float: linear Rec.709 with premultiplied alpha.
    Raises PochadeError when it cannot.
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
    except ValueError as error:
        raise PochadeError(f"Cannot write {path} ({error})") from error


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


def to_linear(picture: np.ndarray) -> np.ndarray:
    """Display-referred sRGB, 0 to 1, as linear Rec.709, by the piecewise curve of IEC 61966-2-1."""
    picture = np.clip(picture, 0, 1).astype(np.float32)
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def to_display(linear: np.ndarray) -> np.ndarray:
    """The way back; what is out of 0 to 1 becomes black or white."""
    linear = np.clip(linear, 0, 1).astype(np.float32)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
