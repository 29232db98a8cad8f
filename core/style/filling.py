"""The clear parts of a picture filled with what is beside them: a style must show nothing but strokes."""

import numpy as np

COPIES = 12  # at most; each fills half of what is left, or more


def filled(picture: np.ndarray) -> np.ndarray:
    """A picture (H, W, 4), 0 to 1, with straight alpha, as (H, W, 3): what is mostly clear is filled with
    copies of the rest, each moved by what fills most at once.
    """
    known, result = picture[..., 3] >= 0.5, picture[..., :3].copy()
    if not known.any():
        return result
    result[~known] = result[known].mean(0)
    for _ in range(COPIES):
        if known.all():
            break
        # By the correlation theorem: for each move, how many pixels it fills.
        gains = np.fft.irfft2(np.fft.rfft2(~known) * np.fft.rfft2(known).conj(), known.shape)
        move = np.unravel_index(gains.argmax(), known.shape)
        there = np.roll(known, move, (0, 1))
        fill = there & ~known
        result[fill] = np.roll(result, move, (0, 1))[fill]
        known = known | fill
    return result
