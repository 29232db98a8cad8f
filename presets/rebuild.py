"""Make the factory presets' files anew: the painters' statistics under the present encoder and their plates,
and all thumbnails. Pochade's own styles have no statistics: their plates are what they are measured on, which
takes a second.

    python3 build.py presets [SLUG ...] [--styles FOLDER] [--render PICTURE]

A preset's folder holds `preset.json`, written by hand. FOLDER has the style's picture under the same name;
without it the plates that are there stand in for the pictures, so that a new encoder needs nothing else.
Thumbnails are painted from PICTURE, the demo's render.
"""

import argparse
import logging
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from core.compute.tensors import resize, to_array, to_tensor
from core.encoders.network import compact_encoder
from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import Preset, factory_styles
from core.progress import finish
from core.settings import Settings, settings_from
from core.still.stylize import stylize_image
from core.style.statistics import SIZES, picture_statistics, save_table
from core.style.styles import Style, style_from_picture

PLATE = 1024  # px of the plate's longer side
THUMBNAIL = 256  # px
log = logging.getLogger(__name__)


def rebuild(preset: Preset, picture: np.ndarray, keep_plate: bool) -> None:
    """Write a preset's statistics, and, unless `keep_plate`, its plate: the picture in its own style.

    Nearest neighbours are found in a plate, so it has the picture's shapes and strokes.
    """
    encoder, device = compact_encoder(), torch.device("cpu")
    table = {size: picture_statistics(picture, size, encoder, device) for size in SIZES}
    save_table(preset.statistics, table, encoder.digest)
    if not keep_plate:
        style = Style(preset.name, picture, table, encoder.digest)
        settings = Settings(resolution="draft", size=PLATE)
        write_picture(preset.plate, finish(stylize_image(picture, style, settings)))


def paint_thumbnail(preset: Preset, render: np.ndarray) -> None:
    """Paint the demo's render as the preset recommends, and keep its middle square."""
    painted = finish(
        stylize_image(
            render,
            style_from_preset(preset),
            settings_from({**preset.settings, "resolution": "draft", "size": 480}),
        )
    )
    height, width = painted.shape[:2]
    left = (width - height) // 2
    square = to_tensor(painted[:, left : left + height], torch.device("cpu"))
    small = Image.fromarray(np.rint(to_array(resize(square, THUMBNAIL, THUMBNAIL)) * 255).astype(np.uint8))
    # As many colours as a thumbnail needs, in a third of the bytes.
    small.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(
        preset.thumbnail, optimize=True
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--styles", type=Path)
    parser.add_argument("--render", type=Path)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for preset in factory_styles():
        if arguments.slugs and preset.slug not in arguments.slugs:
            continue
        found = sorted(arguments.styles.glob(f"{preset.slug}.*")) if arguments.styles else []
        if preset.family == "painters":
            picture = read_picture(found[0] if found else preset.plate)
            rebuild(preset, style_from_picture(preset.name, picture).picture, keep_plate=not found)
        if arguments.render:
            paint_thumbnail(preset, read_picture(arguments.render)[..., :3])
        log.info("%s is rebuilt from %s", preset.name, found[0].name if found else "its plate")
