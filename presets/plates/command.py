"""Paint the plates of Pochade's own styles anew; the same program and seed make the same plate.

    python3 build.py plates [NAME ...] [--palette NAME] [--side PX] [--into FOLDER]

Without a folder each goes to its preset's.
"""

import argparse
import io
import logging
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from .fields import Array
from .study import PALETTES
from .styles import PLATES, SIDE, painted

BYTES = 315_000  # that a plate may have
PRESETS = Path(__file__).parents[1]
log = logging.getLogger(__name__)


def as_jpeg(picture: Array) -> bytes:
    """A picture (H, W, 3), 0 to 1, as a JPEG of the best quality that `BYTES` hold; strokes need no less."""
    image = Image.fromarray(np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
    data = b""
    for quality in range(95, 74, -1):
        file = io.BytesIO()
        image.save(file, "JPEG", quality=quality, subsampling="4:2:0", optimize=True)
        data = file.getvalue()
        if len(data) <= BYTES:
            break
    return data


def main(arguments: list[str]) -> int:
    """Paint the plates that are named, or all."""
    parser = argparse.ArgumentParser(
        prog="build.py plates", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(PLATES))
    parser.add_argument("--palette", choices=PALETTES, default="natural")
    parser.add_argument("--side", type=int, default=SIDE, help="px of the longer side")
    parser.add_argument("--into", type=Path, help="a folder for NAME.jpg")
    chosen = parser.parse_args(arguments)
    if unknown := set(chosen.names) - set(PLATES):
        parser.error(f"there is no plate {', '.join(sorted(unknown))}")
    for name in chosen.names or PLATES:
        started = time.monotonic()
        data = as_jpeg(painted(name, chosen.side, chosen.palette))
        path = chosen.into / f"{name}.jpg" if chosen.into else PRESETS / name / "plate.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        log.info("%s: %.0f s, %d KB", name, time.monotonic() - started, len(data) / 1000)
    return 0


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    sys.exit(main(sys.argv[1:]))
