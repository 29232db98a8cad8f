"""Parts of a picture that are painted in styles of their own, after Gatys et al. 2017."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .styles import Style


@dataclass(frozen=True)
class Region:
    """A part of the source and its styles with their weights; without styles it stays unpainted.

    `mask` is float32 (H, W), the source's size, top row first: 1 inside, 0 outside, between at soft edges.
    Overlapping masks are normalised to a sum of 1. What none covers is painted in the painting's own styles.
    """

    name: str
    mask: np.ndarray
    styles: tuple[tuple[Style, float], ...] = ()


def feather(mask: np.ndarray, radius: float) -> np.ndarray:
    """A mask (H, W), 0 to 1, blurred by a Gaussian with a deviation of `radius` / 2 px, cut off at `radius`.

    The result is float32 in steps of 16 bits: rounding errors do not keep a pixel from being 1 or 0.
    """
    whole = int(np.ceil(radius))
    if whole:
        offsets = np.arange(-whole, whole + 1)
        kernel = np.where(np.abs(offsets) <= radius, np.exp(-2 * (offsets / radius) ** 2), 0)
        kernel = (kernel / kernel.sum()).astype(np.float32)
        for _ in range(2):  # along the columns, then along the rows
            padded, count = np.pad(mask, ((whole, whole), (0, 0)), "edge"), len(mask)
            mask = sum(
                weight * padded[start : start + count] for start, weight in enumerate(kernel) if weight
            ).T
    return (np.rint(np.clip(mask, 0, 1) * 65535) / 65535).astype(np.float32)


@dataclass(frozen=True)
class Parts:
    """What is known of a source's parts: its regions, its map of objects as in core.style.objects, and `ids`
    (H, W), integer, of what is seen there: those of a `Style` name the same things. `keyed` says that it is
    held to what an artist painted, in colours that no style need have.
    """

    regions: Sequence[Region] = ()
    objects: np.ndarray | None = None
    ids: np.ndarray | None = None
    keyed: bool = False


WHOLE = Parts()


def mask_shares(shape: Sequence[int], regions: Sequence[Region]) -> list[np.ndarray]:
    """Each pixel's share, (H, W) of a picture's `shape`, in what no region covers, then in each region; they
    add up to 1.
    """
    masks = [np.clip(region.mask, 0, 1) for region in regions]
    covered = sum(masks, np.zeros(tuple(shape[:2]), np.float32))
    return [np.maximum(1 - covered, 0), *(mask / np.maximum(covered, 1) for mask in masks)]
