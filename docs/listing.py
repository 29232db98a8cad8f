"""The five pictures of 1920 x 1080 px that show Pochade in a listing of extensions: docs/listing; and the
moving one of the viewport: docs/viewport.webp.

    python3 build.py listing [--blender COMMAND]

Paintings of the demo's render, as they come, and a window of the Blender that the command starts, as an
artist sees it; without a command the window's pictures stay. What was painted is kept in out/pictures.
"""

import argparse
import json
import logging
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from core.errors import PochadeError
from core.files.pictures import read_picture
from core.presets.preset import factory_presets, find_preset
from core.settings import Settings, settings_from
from tests.tools.extension import build_zip

from .pictures import DOCS, FOLDER, ROOT, STYLE, paint_regions, to_image, with_source, write_small
from .sheets import paint_tile

LISTING, OUT = DOCS / "listing", ROOT / "out" / "listing"
SIZE = (1920, 1080)
BYTES = 380_000  # of a picture, at most
ORBIT_WIDTH, ORBIT_MS = 960, 120  # px and milliseconds of the painted viewport's frames
TILE = Settings(resolution="draft", size=640)  # three by three of them are a picture
OWN_COLOURS = ("great_wave", {"keep_colours": "match"})
WINDOWS = {
    "window": "2-in-blender",
    "wipe": "4-wipe",
    "compare": "5-compare",
}  # screenshots, and their names here
log = logging.getLogger(__name__)


def main() -> None:
    """Make the pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--blender", metavar="COMMAND", help="starts a Blender with a window of that size")
    command = parser.parse_args().blender
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for folder in (LISTING, OUT, FOLDER / "tiles"):
        folder.mkdir(parents=True, exist_ok=True)
    if not (OUT / "render.exr").exists():
        subprocess.run([sys.executable, ROOT / "tests/demo/render.py", OUT, *map(str, SIZE)], check=True)
    render = read_picture(OUT / "render.png")[..., :3]
    if command:
        for name, picture in windows(command).items():
            keep(picture, name)
    keep(styles(render), "3-styles")
    keep(
        with_source(paint_tile(find_preset(STYLE), render, Settings(), FOLDER / "tiles"), render), "1-painted"
    )


def keep(picture: np.ndarray, name: str) -> None:
    write_small(picture, LISTING / f"{name}.jpg", SIZE[0], BYTES)
    log.info("docs/listing/%s.jpg", name)


def styles(render: np.ndarray) -> np.ndarray:
    """The render in the middle, and around it its paintings: in the style of every painter, one that
    keeps the render's colours, and one with regions.
    """
    source = np.asarray(to_image(render).reduce(3), np.float32) / 255
    tiles = [
        paint_tile(preset, source, TILE, FOLDER / "tiles")
        for preset in factory_presets()
        if preset.family == "painters" and not preset.style
    ]
    slug, kept = OWN_COLOURS
    tiles += [
        paint_tile(find_preset(slug), source, settings_from(kept, TILE), FOLDER / "tiles"),
        np.asarray(
            to_image(paint_regions(render, OUT / "render.exr", Settings(resolution="draft", size=640))),
            np.float32,
        )
        / 255,
    ]
    tiles.insert(4, source)
    return np.vstack([np.hstack(tiles[row : row + 3]) for row in range(0, 9, 3)])


def windows(command: str) -> dict[str, np.ndarray]:
    """Screenshots of a Blender with the extension, by the pictures' names."""
    home = OUT / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    environment = {"BLENDER_USER_RESOURCES": str(home), "BLENDER_SCREEN": "{}x{}".format(*SIZE)}
    session = [DOCS / "window.py", "--", build_zip(OUT), OUT, OUT / "window.json"]
    subprocess.run(
        [*shlex.split(command), "--factory-startup", "--python", *map(str, session)],
        env=os.environ | environment,
        cwd=ROOT,
        check=True,
    )
    report = json.loads((OUT / "window.json").read_text())
    if failed := [check["outcome"] for check in report.values() if check["outcome"] != "passed"]:
        raise PochadeError(f"The window's session failed: {failed[0]}")
    write_orbit(sorted(OUT.glob("viewport_*.png")), DOCS / "viewport.webp")
    found = {}
    for taken, name in WINDOWS.items():
        with Image.open(OUT / f"{taken}.png") as image:
            found[name] = np.asarray(image.convert("RGB"), np.float32) / 255
    return found


def write_orbit(files: list[Path], to: Path) -> None:
    """Screenshots of an orbit as one moving picture of the viewport alone."""
    x, y, width, height = map(int, (OUT / "viewport.txt").read_text().split())
    frames = []
    for file in files:
        with Image.open(file) as image:
            top = image.height - y - height
            part = image.convert("RGB").crop((x, top, x + width, top + height))
            frames.append(part.resize((ORBIT_WIDTH, round(ORBIT_WIDTH * height / width)), Image.LANCZOS))
    frames[0].save(
        to, save_all=True, append_images=frames[1:], duration=ORBIT_MS, loop=0, quality=75, method=6
    )


if __name__ == "__main__":
    try:
        main()
    except PochadeError as error:
        sys.exit(f"build.py: {error}")
