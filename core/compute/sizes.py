"""Sizes of pictures. Needs no PyTorch, for panels tell what will be painted."""

MARGIN = 16  # px added around a picture, so that the zero padding does not show at its border


def fit(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the longer one equal to `side`, the shape kept."""
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))
