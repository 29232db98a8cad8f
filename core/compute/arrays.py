"""Pictures at another size, by numpy alone: as `tensors.resize` makes them."""

import math

import numpy as np


def resize(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """A picture (H, W, C) at another height and width in px, float32, clipped to 0 to 1.

    It is bicubic, with a low-pass filter where the picture shrinks.
    """
    if picture.shape[:2] == (height, width):
        return picture
    for length in (width, height):  # each turns the picture: along its rows, then along its columns
        picture = _resampled(picture.swapaxes(0, 1), length)
    return picture.clip(0, 1)


def _resampled(picture: np.ndarray, length: int) -> np.ndarray:
    """A picture (H, W, C) with `length` rows in the place of its own."""
    picture = np.ascontiguousarray(picture, np.float32)
    scale = len(picture) / length
    stretch = max(scale, 1.0)
    rows = picture.reshape(len(picture), -1)
    resampled = np.empty((length, rows.shape[1]), np.float32)
    for number, row in enumerate(resampled):
        middle = scale * (number + 0.5)
        first = max(math.floor(middle - 2 * stretch + 0.5), 0)
        last = min(math.floor(middle + 2 * stretch + 0.5), len(rows))
        weights = _cubic((np.arange(first, last) - middle + 0.5) / stretch)
        np.einsum("t,tn->n", (weights / weights.sum()).astype(np.float32), rows[first:last], out=row)
    return resampled.reshape(length, *picture.shape[1:])


def _cubic(x: np.ndarray) -> np.ndarray:
    """Keys 1981: the cubic convolution kernel with a = -1/2."""
    x = np.abs(x)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))
