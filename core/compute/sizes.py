"""Sizes of pictures. Needs no PyTorch, for panels tell what will be painted."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace

from ..settings import Settings

_SIZE = next(field.metadata for field in fields(Settings) if field.name == "size")
_SMALLEST, _LARGEST = _SIZE["low"], _SIZE["high"]
MARGIN = 16  # px added around a picture, so that the zero padding does not show at its border


def fit(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the longer one equal to `side`, the shape kept."""
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def sized(settings: Settings, shape: Sequence[int]) -> Settings:
    """The settings with sizes in the place of `resolution`, for a source of `shape` (H, W).

    Full is a finishing size: so the strokes are those of the draft, which a very narrow source gets larger.
    Where the source is smaller than the draft it is painted at its own size.
    """
    if settings.resolution == "draft" or settings.finish_size:
        return replace(settings, resolution="draft")
    side = min(max(*shape[:2], _SMALLEST), _LARGEST)
    draft = max(settings.size, math.ceil(MARGIN * max(shape[:2]) / max(min(shape[:2]), 1)))
    if side > draft:
        return replace(settings, resolution="draft", size=draft, finish_size=side)
    return replace(settings, resolution="draft", size=side)
