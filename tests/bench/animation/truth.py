"""What a render knows of its scene's motion, worked out apart from the engine whose motion is to be checked.

Flows are float32 (H, W, 2), px, x right and y down. A backward flow belongs to the later of two frames: what
is at p was at p + flow in the earlier one. A forward flow belongs to the earlier one, and leads on.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from core.files.exr import read_passes

SKY = 1e9  # from this depth on nothing is there: Blender says 1e10
SAME_DEPTH = 0.015  # relative: what a surface of these scenes comes nearer or goes away in a frame is less


@dataclass(frozen=True)
class Seen:
    """One frame's `depth` and `index`, (H, W), `vector` pass (H, W, 4), and camera rows, (3, 3), of what is
    infinitely far.
    """

    depth: np.ndarray
    index: np.ndarray
    vector: np.ndarray
    direction_to_pixel: np.ndarray


def read_seen(folder: Path, number: int) -> Seen:
    """A frame in a folder that render.py made."""
    passes = read_passes(folder / f"{number:04}.exr")
    camera = json.loads((folder / "cameras.json").read_text())[str(number)]
    return Seen(passes.depth, passes.index, passes.vector, np.array(camera)[:, :3])


def pixels(shape: tuple[int, int]) -> np.ndarray:
    """Every pixel's own place, (H, W, 2)."""
    return np.stack(np.meshgrid(np.arange(shape[1]), np.arange(shape[0])), -1).astype(np.float32)


def motion_of_sky(at: Seen, to: Seen) -> np.ndarray:
    """The flow that the camera's turn gives to what is infinitely far."""
    here = pixels(at.depth.shape)
    there = np.insert(here, 2, 1, -1) @ np.linalg.inv(at.direction_to_pixel).T @ to.direction_to_pixel.T
    return (there[..., :2] / there[..., 2:] - here).astype(np.float32)


def backward_flow(later: Seen, earlier: Seen) -> np.ndarray:
    """From the later frame's Vector pass, whose y is up; where nothing is, from the cameras."""
    return np.where(
        later.depth[..., None] < SKY, later.vector[..., :2] * (1, -1), motion_of_sky(later, earlier)
    ).astype(np.float32)


def forward_flow(earlier: Seen, later: Seen) -> np.ndarray:
    """From the earlier frame's Vector pass, likewise."""
    return np.where(
        earlier.depth[..., None] < SKY, earlier.vector[..., 2:] * (-1, 1), motion_of_sky(earlier, later)
    ).astype(np.float32)


def visible(at: Seen, to: Seen, flow: np.ndarray) -> np.ndarray:
    """Which pixels of one frame show what another frame shows too, (H, W), true or false: where the flow
    leads inside the frame, one of the four pixels around is of the same object at the same depth.
    """
    (height, width), place = at.depth.shape, pixels(at.depth.shape) + flow
    inside = ((place >= 0) & (place <= (width - 1, height - 1))).all(-1)
    x, y = np.floor(np.clip(place, 0, (width - 1, height - 1))).astype(int).transpose(2, 0, 1)
    same = np.zeros_like(inside)
    for right, down in ((0, 0), (1, 0), (0, 1), (1, 1)):
        there = np.minimum(y + down, height - 1), np.minimum(x + right, width - 1)
        same |= (to.index[there] == at.index) & (np.abs(to.depth[there] - at.depth) <= SAME_DEPTH * at.depth)
    return inside & same
