"""Boil: strokes that are not quite the same in every drawing, as in an animation that is drawn by hand.

A drawing begins with the strokes of the one before it, shifted by smooth noise and with some grain, and is
held to them less. Grain alone stays grain: a later frame has too few evaluations to make strokes of it.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from .motion.flow import warp
from .timing import BOIL_CYCLE

# At full boil: of the longer side, the deviation of the shift and the size of the noise's cells; and the
# deviation of the grain, of the range from black to white.
SHIFT, CELLS, GRAIN = 0.003, 1 / 24, 0.015


def boiled(picture: Tensor, boil: float, seed: int, drawing: int) -> Tensor:
    """The picture (1, 3, h, w) that the drawing with this number, counted from 0, begins with; `boil` is from
    0 to 1. The same noise comes again after BOIL_CYCLE drawings, so that a loop of them can be played.
    """
    generator = torch.Generator().manual_seed(seed + 1 + drawing % BOIL_CYCLE)
    height, width = picture.shape[-2:]
    side = max(height, width)
    cells = [max(round(length / (CELLS * side)), 2) for length in (height, width)]
    noise = torch.randn(1, 2, *cells, generator=generator).to(picture.device)
    grain = torch.randn(picture.shape, generator=generator).to(picture.device)
    shift = F.interpolate(noise, (height, width), mode="bicubic") * (boil * SHIFT * side)
    return (warp(picture, shift, "bicubic") + boil * GRAIN * grain).clamp(0, 1)


def held_by(boil: float) -> float:
    """The share of the temporal weight that is left."""
    return (1 - boil) ** 2
