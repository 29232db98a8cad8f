"""Whether things move between two frames whose vectors are all 0, as motion blur leaves them.

A still camera, too, sees changes without vectors: things appear, are swapped for others or built up, lights
and smoke change, the shot is cut. What moves slides from place to place instead; and a blurred frame's depths
are each from another moment, so that silhouettes and surfaces are ragged.
"""

from collections.abc import Callable

import numpy as np

from .cameras import SKY
from .optical_flow import Flow

# Things have changed, and not only light or noise, if the depth of more than this share of the pixels has
# changed by more than this share of it: a hundred pixels in a megapixel.
DEPTH_CHANGE, CHANGED_DEPTHS = 0.01, 1e-4
# Without depths: if the mean colour of more than this share of the blocks has changed by more than this, of 0
# to 1. The mean over a block of so many px a side is hardly noisy.
BLOCK, COLOUR_CHANGE, CHANGED_BLOCKS = 8, 0.05, 1e-3
# A change is motion where optical flow of more px than this leaves less of it than this share: of the depths
# that changed, of more than a share; without depths, of the colours, which find their like by chance.
SLIDE, LEFT_OVER, SLIDING, SLIDING_COLOURS = 0.3, 0.25, 0.35, 0.6
# What slides covers something and uncovers something: the smaller side is more than this share of the other.
BOTH_SIDES = 0.25
# Of what turns or comes nearer, more than this share changes its depth by less than this share of it.
SMALL_CHANGE, CHANGES_SMALL = 0.1, 0.15
# Of a blurred frame's depths that differ from any around, more than this share differ from all around.
RAGGED = 0.03
# Where the camera goes forwards, the depth of more of the frame than this changes, and most of it a little.
MOST_OF_FRAME, MOST_SMALL = 0.9, 0.5


def anything_moves(
    depths: tuple[np.ndarray, np.ndarray] | None,
    pictures: Callable[[], tuple[np.ndarray, np.ndarray]],
    flow: Callable[[], Flow],
) -> bool | None:
    """Whether what has changed between two frames has moved; None where nothing has changed.

    By their depths (H, W), where they are known, else by their `pictures` (H, W, C) alone. Those are only
    read, and `flow` is only made, where they are needed.
    """
    if depths is None:
        return _pictures_move(*pictures(), flow())
    nearest = np.minimum(*depths)
    change = np.abs(depths[1] - depths[0]) / nearest
    changed = change > DEPTH_CHANGE
    if changed.mean() <= CHANGED_DEPTHS:
        return None
    small = np.mean(change[changed] < SMALL_CHANGE)
    if changed.mean() > MOST_OF_FRAME and small > MOST_SMALL:
        return True
    sides = [changed & (depth == nearest) for depth in depths]  # what is uncovered, and covered
    few, many = sorted(np.count_nonzero(side) for side in sides)
    if max(small / CHANGES_SMALL, few / many / BOTH_SIDES) <= 1:
        return False
    if max(_raggedness(depth, changed) for depth in depths) > RAGGED:
        return True
    if few <= BOTH_SIDES * many:
        return False
    before, after = pictures()
    slides = (
        _slides(flow()(before, after), sides[0], *depths),
        _slides(flow()(after, before), sides[1], *depths[::-1]),
    )
    return bool(np.mean(slides) > SLIDING)


def _pictures_move(before: np.ndarray, after: np.ndarray, flow: Flow) -> bool | None:
    blocks = _blocks(after)
    change = np.abs(blocks - _blocks(before)).max(axis=-1)
    changed = change > COLOUR_CHANGE
    if changed.mean() <= CHANGED_BLOCKS:
        return None
    led = flow(after, before)
    left = np.abs(blocks - _blocks(before[_led_to(led)])).max(axis=-1)
    moves = _blocks(np.hypot(led[..., 0], led[..., 1])[..., None])[..., 0] > SLIDE
    return bool(np.mean((moves & (left < LEFT_OVER * change))[changed]) > SLIDING_COLOURS)


def _slides(flow: np.ndarray, side: np.ndarray, here: np.ndarray, there: np.ndarray) -> float:
    """The share of the pixels in `side` (H, W) whose depth the flow (H, W, 2) finds in the other frame."""
    found = np.abs(there[_led_to(flow)] - here) < LEFT_OVER * np.abs(there - here)
    return float(np.mean((found & (np.hypot(flow[..., 0], flow[..., 1]) > SLIDE))[side]))


def _led_to(flow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns of the pixels that the flow (H, W, 2) leads to, within the picture."""
    height, width = flow.shape[:2]
    y, x = np.mgrid[:height, :width]
    rows, columns = (np.rint(at + flow[..., axis]).astype(int) for at, axis in ((y, 1), (x, 0)))
    return rows.clip(0, height - 1), columns.clip(0, width - 1)


def _raggedness(depth: np.ndarray, changed: np.ndarray) -> float:
    """How many pixels are nearer, or farther, than all four around, as a share of those that differ from
    any of them: among the changed ones and those beside them.
    """
    padded = np.pad(np.log(np.clip(depth, 1e-9, SKY)), 1, mode="edge")
    middle = padded[1:-1, 1:-1]
    around = np.stack((padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:])) - middle
    beside = np.pad(changed, 1)
    near = changed | beside[:-2, 1:-1] | beside[2:, 1:-1] | beside[1:-1, :-2] | beside[1:-1, 2:]
    farther, nearer = around < -DEPTH_CHANGE / 2, around > DEPTH_CHANGE / 2
    differs = np.count_nonzero((farther | nearer).any(axis=0) & near)
    return np.count_nonzero((farther.all(axis=0) | nearer.all(axis=0)) & near) / max(differs, 1)


def _blocks(picture: np.ndarray) -> np.ndarray:
    """The mean colours of blocks, (h, w, at most 3)."""
    rows, columns = (max(side // BLOCK, 1) for side in picture.shape[:2])
    whole = picture[: BLOCK * rows, : BLOCK * columns, :3]
    return whole.reshape(rows, whole.shape[0] // rows, columns, whole.shape[1] // columns, -1).mean((1, 3))
