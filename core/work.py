"""What every way of painting a picture shares: checks beforehand, and the device while it lasts."""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch

from .encoders.network import MARGIN
from .errors import PochadeError
from .progress import Progress
from .settings import Settings
from .styles import Style
from .tensors import fit, release_memory

Painting = Generator[Progress, None, np.ndarray]
Styles = Sequence[tuple[Style, float]]


@contextmanager
def at_work(
    network: torch.nn.Module, device: torch.device, size: int, way_out: str = "Size"
) -> Iterator[None]:
    """An encoder or another network on the device, its memory handed back afterwards; PochadeError where it
    does not suffice, naming the setting to lower.
    """
    network.to(device)
    try:
        with torch.enable_grad():
            yield
    except (MemoryError, RuntimeError) as error:
        if not isinstance(error, MemoryError | torch.OutOfMemoryError) and "CPUAllocator" not in str(error):
            raise  # on the CPU, PyTorch has no class of its own for an allocation that failed
        raise PochadeError(f"Out of memory at {size} px; lower {way_out} or close other programs") from error
    finally:
        network.cpu()
        release_memory(device)


def check_picture(content: np.ndarray, settings: Settings) -> None:
    """Raise PochadeError for an array that cannot be painted so."""
    if content.ndim != 3 or content.shape[2] not in (3, 4):
        raise PochadeError("The source is no colour picture; choose an RGB or RGBA image")
    height, width = content.shape[:2]
    if min(height, width) < 64:
        raise PochadeError(f"The source is only {width} x {height} px; choose one of at least 64 px a side")
    if not np.isfinite(content).all():
        raise PochadeError(
            "The source has invalid pixels (NaN or infinite); clean the render, for instance with Denoise"
        )
    if min(fit(height, width, settings.size)) < MARGIN:
        raise PochadeError(
            "The painting would be only {1} x {0} px; raise Size".format(*fit(height, width, settings.size))
        )
