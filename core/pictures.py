"""Picture files <-> arrays, with Pillow."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from .errors import PochadeError


def read_picture(path: str | Path) -> np.ndarray:
    """A file's picture as float32 (H, W, 3), or (H, W, 4) where it has alpha, 0 to 1, upright, top row first.

    Raises PochadeError when there is no such file, or none that Pillow can read to its end.
    """
    try:
        with Image.open(path) as file:
            file.load()
            picture = ImageOps.exif_transpose(file)
    except FileNotFoundError:
        raise PochadeError(f"There is no picture at {path}") from None
    except UnidentifiedImageError:
        raise PochadeError(f"{Path(path).name} is no picture that can be read; choose a PNG, JPEG, TIFF or WebP file") from None
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PochadeError(f"{Path(path).name} is damaged or incomplete ({error})") from error
    if picture.mode.startswith("I;16"):
        grey = np.asarray(picture, np.float32) / 65535
        return np.repeat(grey[..., None], 3, axis=2)
    alpha = "A" in picture.getbands() or "transparency" in picture.info
    return np.asarray(picture.convert("RGBA" if alpha else "RGB"), np.float32) / 255


def write_picture(path: str | Path, picture: np.ndarray) -> None:
    """Write (H, W, 3 or 4), 0 to 1, as 8 bit; the name's ending chooses the format, and JPEG drops alpha.

    Raises PochadeError when it cannot.
    """
    ending = Path(path).suffix.lower()
    if ending in (".jpg", ".jpeg"):
        picture = picture[..., :3]
    try:
        image = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
        image.save(path, **({"quality": 92} if ending in (".jpg", ".jpeg", ".webp") else {}))
    except (OSError, ValueError) as error:
        raise PochadeError(f"Cannot write {path} ({error})") from error
