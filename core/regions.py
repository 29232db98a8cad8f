"""Parts of a picture that are painted in styles of their own, after Gatys et al. 2017."""

from dataclasses import dataclass

import numpy as np

from .styles import Style


@dataclass(frozen=True)
class Region:
    """A part of the source and its styles with their weights; without styles it stays untouched.

    `mask` is float32 (H, W), the source's size, top row first: 1 inside, 0 outside, between at soft edges. Where masks
    overlap they share a pixel; what no region covers is painted in the painting's own styles.
    """

    name: str
    mask: np.ndarray
    styles: tuple[tuple[Style, float], ...] = ()
