"""A sequence painted so that it does not flicker, after Ruder et al. 2016, "Artistic style transfer for videos"."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from .encoders import COMPACT, load_encoder
from .flow import compose, fit_flow, visible, warp
from .motion import Motion
from .pictures import read_picture, write_picture
from .progress import Progress
from .regions import Region
from .settings import AnimationSettings, Settings
from .shot import Frame, Shot
from .styles import Style
from .stylize import Start, at_work, paint_picture
from .tensors import choose_device


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings."""

    styles: tuple[tuple[Style, float], ...]
    settings: Settings


def lookback(motions: Sequence[Motion], distances: Sequence[int], shape: tuple[int, int], device: torch.device
             ) -> list[tuple[int, Tensor, Tensor]]:
    """For each distance from a frame, nearest first: the distance, the flow (1, 2, h, w) to the frame so far back, and where the
    frame is to be compared with that one, (1, 1, h, w), 0 to 1.

    `motions` lead one frame back each, the newest first. What a nearer frame shows is left to it (Ruder et al. 2016, equation 9).
    """
    found, claimed, backward, forward = [], 0.0, None, None
    for distance, motion in enumerate(motions[:max(distances)], 1):
        there, back = (fit_flow(torch.from_numpy(flow).to(device).permute(2, 0, 1)[None], *shape)
                       for flow in (motion.backward, motion.forward))
        backward = there if backward is None else compose(backward, there)
        forward = back if forward is None else compose(back, forward)
        if distance in distances:
            seen = visible(backward, forward).float()
            found.append((distance, backward, (seen - claimed).clamp(min=0)))
            claimed = claimed + seen
    return found
