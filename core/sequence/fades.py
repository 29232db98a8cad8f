"""Fades from black and to black: taken off the source before a frame is painted, and put on its painting.

For the style's statistics and an instant style's normalisation know nothing of a fade: a dark picture would
be painted as bright as any.
"""

import numpy as np

from ..style.colour import LUMA

BLOCK = 8  # px a side, over which light is averaged: a firefly is not what a frame's brightest thing is
# Shares of the shot's light: up to the first one a frame is faded by as much as that, from the second one on
# not at all. In a shot with a black frame, and in others, where things may be dark for another reason.
FADING, OTHERS = (0.6, 0.9), (0.1, 0.3)
BLACK = 1 / 1024  # what counts as black: nothing is divided by less


def light_in(picture: np.ndarray) -> np.ndarray:
    """The mean luminance of a picture (H, W, 3 or 4), its deviation and the highest: (3,). All of them are
    less in a fade, and by as much; few of them where a shot turns to something dark.
    """
    height, width = (max(side // BLOCK, 1) for side in picture.shape[:2])
    shown = picture[..., :3] @ np.asarray(LUMA, np.float32)
    shown = shown * picture[..., 3] if picture.shape[2] == 4 else shown
    shown = shown[: height * BLOCK, : width * BLOCK]
    blocks = shown.reshape(height, shown.shape[0] // height, width, shown.shape[1] // width).mean((1, 3))
    return np.array((blocks.mean(), blocks.std(), blocks.max()))


def exposure(light: np.ndarray, of_shot: np.ndarray) -> float:
    """How far a frame with the light (3,) is faded in from black, BLACK to 1; `of_shot` (N, 3) is the light
    of some of the shot's frames.
    """
    full = np.maximum(of_shot.max(axis=0), BLACK)
    share, darkest = float((light / full).max()), float((of_shot / full).max(axis=1).min())
    faded, whole = FADING if darkest < OTHERS[0] else OTHERS
    risen = min(max((share - faded) / (whole - faded), 0.0), 1.0)
    return min(max(share + (1 - share) * risen, BLACK), 1.0)


def fade(picture: np.ndarray, exposure: float) -> np.ndarray:
    """A picture (H, W, 3 or 4) in so much of its light, 0 to 1; what is brighter than white is white."""
    if exposure == 1:
        return picture
    faded = picture.copy()
    faded[..., :3] = (picture[..., :3] * np.float32(exposure)).clip(0, 1)
    return faded
