"""Pochade's motion blur of sharp renders beside Cycles' own: the mean difference of what is displayed.

Leaves in out/bench/shutter, for each scene and shutter, the sharp frame, Pochade's blur and Cycles', and
below how the first two differ from the third; the figures are in out/bench/shutter.json.
"""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from core.files.pictures import read_picture, write_picture
from core.sequence.frames import FrameStore
from core.sequence.motion.frame_motion import Motions, vector_motion
from core.sequence.motion.shutter import blur_motion
from core.sequence.shot import Frame
from tests.bench.report import rows

SCENES = {"flight": 12, "turning": 12, "empty": 6}  # the frame of each that is looked at
# By Blender's names: when the shutter opens and closes, for a length of 1.
POSITIONS = {"CENTER": (-0.5, 0.5), "START": (0.0, 1.0), "END": (-1.0, 0.0)}
SHUTTERS = [("0.5", "CENTER"), ("0.5", "START"), ("0.5", "END"), ("1.5", "CENTER")]
BAR = 2.0  # of 255: the difference from Cycles' blur at a shutter of 0.5
AMPLIFIED = 8  # times: the differences in the pictures
log = logging.getLogger(__name__)


def run(out: Path, quick: bool, device: torch.device) -> None:
    """Every scene with every shutter; a quick run looks at one of each."""
    figures = {}
    for scene, number in list(SCENES.items())[: 1 if quick else None]:
        shutters, folder = SHUTTERS[: 1 if quick else None], out / "shutter" / scene
        log.info("%s: rendering what is missing", scene)
        names = [":".join(shutter) for shutter in shutters]
        script = Path(__file__).with_name("render_blur.py")
        subprocess.run([sys.executable, script, scene, folder, str(number), *names], check=True)
        frames = [
            Frame(n, folder / f"{n:04}.png", folder / f"{n:04}.exr") for n in (number - 1, number, number + 1)
        ]
        around = Motions(vector_motion(FrameStore()), frames, 2).around(1)
        sharp = read_picture(frames[1].picture)
        for length, position in shutters:
            opens, closes = (at * float(length) for at in POSITIONS[position])
            blurred = blur_motion(sharp, *around, (opens, closes), device)
            rendered = read_picture(folder / f"{position}-{length}.png")
            off = [np.abs(one - rendered) for one in (sharp, blurred)]
            figures[f"{scene}, {position.lower()}, {length}"] = {
                "sharp": 255 * float(off[0].mean()),
                "blurred": 255 * float(off[1].mean()),
            }
            shown = [sharp, blurred, rendered, *(one * AMPLIFIED for one in off), np.zeros_like(sharp)]
            picture = np.vstack([np.hstack(shown[:3]), np.hstack(shown[3:])]).clip(0, 1)
            write_picture(folder / f"beside-{position}-{length}.png", picture)
    (out / "shutter.json").write_text(json.dumps(figures, indent=2) + "\n")
    log.info("\n%s", table(figures))


def table(figures: dict) -> str:
    """Differences from Cycles' motion blur in 1/255, as Markdown."""
    return rows(
        f"Scene, shutter|Sharp render|Pochade's blur (bar {BAR:g} at 0.5)",
        [(name, found["sharp"], found["blurred"]) for name, found in figures.items()],
    )
