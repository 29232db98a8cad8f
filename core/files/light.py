"""Colours as they are displayed, and the linear light of them."""

import numpy as np


def to_linear(picture: np.ndarray) -> np.ndarray:
    """Display-referred sRGB, 0 to 1, as linear Rec.709, by the piecewise curve of IEC 61966-2-1."""
    picture = np.clip(picture, 0, 1).astype(np.float32)
    return np.where(picture <= 0.04045, picture / 12.92, ((picture + 0.055) / 1.055) ** 2.4)


def to_display(linear: np.ndarray) -> np.ndarray:
    """The way back; what is out of 0 to 1 becomes black or white."""
    linear = np.clip(linear, 0, 1).astype(np.float32)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
