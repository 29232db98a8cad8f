"""The icon of 256 px, painted by Pochade itself: `python3 build.py icon`.

An apple that Blender renders, painted step by step in the style of The Starry Night, and cut out.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from core.files.pictures import read_picture
from core.presets.preset import find_preset
from core.settings import Settings

from .sheets import paint_tile

ROOT = Path(__file__).parent.parent
OUT, ICON = ROOT / "out" / "icon", ROOT / "docs" / "icon.png"
SIZE = 256
STYLE = "starry_night"


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    if not (OUT / "apple.png").exists():
        subprocess.run([sys.executable, Path(__file__).with_name("apple.py"), OUT / "apple.png"], check=True)
    apple = read_picture(OUT / "apple.png")
    alpha, seen = apple[..., 3:], apple[..., :3]
    on_blue = seen * alpha + (1 - alpha) * np.float32([0.16, 0.24, 0.5])
    settings = Settings(resolution="draft", size=apple.shape[0], keep_colours="match", style_scale=1.6)
    painted = paint_tile(find_preset(STYLE), on_blue.astype(np.float32), settings, OUT)
    whole = np.rint(np.dstack([painted, alpha]).clip(0, 1) * 255).astype(np.uint8)
    image = Image.fromarray(whole)
    left, top, right, bottom = image.getbbox()
    side = max(right - left, bottom - top) * 1.04
    across, down = (left + right - side) / 2, (top + bottom - side) / 2
    close = image.crop(tuple(map(round, (across, down, across + side, down + side))))
    close.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(ICON, optimize=True)


if __name__ == "__main__":
    main()
