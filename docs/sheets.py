"""Lay out what the settings do to the demo's render, in every factory style: contact sheets in out/sheets.

    python3 build.py sheets [SLUG ...] [--size PIXELS]

One sheet has Keep Colours side by side, another Strength. Every tile is kept in out/sheets/tiles under all
that it was painted from, so that a run that broke off goes on where it was.
"""

import argparse
import hashlib
import logging
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import Preset, factory_styles, find_preset
from core.progress import finish
from core.settings import Settings, settings_from, settings_to_json
from core.still.stylize import stylize_image
from core.style.regions import Region

ROOT = Path(__file__).parent.parent
RENDER, FOLDER = ROOT / "out" / "demo" / "render.png", ROOT / "out" / "sheets"
SHEETS = {
    "colours": ("keep_colours", ("off", "match", "luminance", "reverse")),
    "strengths": ("strength", (0.25, 0.5, 0.75, 1.0)),
}
log = logging.getLogger(__name__)


def paint_tile(
    preset: Preset, render: np.ndarray, settings: Settings, folder: Path, regions: Sequence[Region] = ()
) -> np.ndarray:
    """The render in a preset's style, or the tile kept of that painting; `regions`: names and masks."""
    ingredients = (
        settings_to_json(settings).encode(),
        render.tobytes(),
        preset.statistics.read_bytes() if preset.statistics.exists() else b"",
        preset.plate.read_bytes(),
        compact_encoder().digest.encode(),
        *(region.name.encode() + region.mask.tobytes() for region in regions),
    )
    path = folder / f"{preset.slug} {hashlib.sha256(b''.join(ingredients)).hexdigest()[:16]}.png"
    if not path.exists():
        log.info("%s, %s", preset.name, path.name)
        write_picture(
            path, finish(stylize_image(render, style_from_preset(preset), settings, regions=regions))
        )
    return read_picture(path)


def paint_sheet(
    presets: Sequence[Preset],
    render: np.ndarray,
    setting: str,
    values: Sequence,
    base: Settings,
    folder: Path,
) -> Image.Image:
    """A row for each preset, a column for each value of a setting, every tile under its label."""
    rows = [
        [
            with_label(
                paint_tile(preset, render, settings_from({**preset.settings, setting: value}, base), folder),
                f"{preset.name}: {describe(setting, value)}",
            )
            for value in values
        ]
        for preset in presets
    ]
    return Image.fromarray(np.vstack([np.hstack(row) for row in rows]))


def describe(setting: str, value) -> str:
    """A setting's value as the panel shows it."""
    meta = next(f for f in fields(Settings) if f.name == setting).metadata
    return meta["choices"][value][0] if "choices" in meta else f"{meta['label']} {value:g}"


def with_label(tile: np.ndarray, text: str) -> np.ndarray:
    """A tile (H, W, 3) in 8 bit on white, with a line of text above it."""
    height, width = tile.shape[:2]
    size = max(width // 28, 9)
    sheet = Image.new("RGB", (width + 4, height + 2 * size), "white")
    ImageDraw.Draw(sheet).text((4, size // 3), text, "black", ImageFont.load_default(size))
    sheet.paste(Image.fromarray(np.rint(tile * 255).astype(np.uint8)), (2, 2 * size - 2))
    return np.asarray(sheet)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("slugs", nargs="*", metavar="SLUG")
    parser.add_argument("--size", type=int, default=384)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if not RENDER.exists():
        raise PochadeError("There is no render of the demo yet: run python3 build.py demo first")
    presets = [find_preset(slug) for slug in arguments.slugs] or factory_styles()
    render, base = read_picture(RENDER)[..., :3], Settings(resolution="draft", size=arguments.size)
    (FOLDER / "tiles").mkdir(parents=True, exist_ok=True)
    for name, (setting, values) in SHEETS.items():
        sheet = paint_sheet(presets, render, setting, values, base, FOLDER / "tiles")
        sheet.save(FOLDER / f"{name}.jpg", quality=90)
        log.info("%s", FOLDER / f"{name}.jpg")


if __name__ == "__main__":
    try:
        main()
    except PochadeError as error:
        sys.exit(f"build.py: {error}")
