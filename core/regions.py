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


def soften(mask: np.ndarray, reach: float) -> np.ndarray:
    """A mask (H, W), 0 to 1, blurred by a Gaussian that ends `reach` pixels from each pixel, at its second deviation.

    The result is float32 in 16-bit steps: what is inside but for rounding errors is inside to the bit.
    """
    whole = int(np.ceil(reach))
    if whole:
        offsets = np.arange(-whole, whole + 1)
        kernel = np.where(np.abs(offsets) <= reach, np.exp(-2 * (offsets / reach) ** 2), 0)
        kernel = (kernel / kernel.sum()).astype(np.float32)
        for _ in range(2):  # along the columns, then along the rows
            padded, count = np.pad(mask, ((whole, whole), (0, 0)), "edge"), len(mask)
            mask = sum(weight * padded[start:start + count] for start, weight in enumerate(kernel) if weight).T
    return (np.rint(np.clip(mask, 0, 1) * 65535) / 65535).astype(np.float32)
