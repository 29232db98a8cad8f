"""The content picture: which ones can be painted."""

import numpy as np

from ..compute.sizes import MARGIN, fit
from ..errors import PochadeError
from ..settings import Settings


def check_picture(content: np.ndarray, settings: Settings) -> None:
    """Raise PochadeError for an array that cannot be painted with these settings."""
    if content.ndim != 3 or content.shape[2] not in (3, 4):
        raise PochadeError("The source is no color picture; choose an RGB or RGBA image")
    height, width = content.shape[:2]
    if min(height, width) < 64:
        raise PochadeError(
            "The source is only {width} x {height} px; choose one of at least 64 px a side",
            width=width,
            height=height,
        )
    if not np.isfinite(content).all():
        raise PochadeError(
            "The source has invalid pixels (NaN or infinite); clean the render, for instance with Denoise"
        )
    height, width = fit(height, width, settings.size)
    if min(height, width) < MARGIN:
        raise PochadeError(
            "The painting would be only {width} x {height} px; raise Size", width=width, height=height
        )
