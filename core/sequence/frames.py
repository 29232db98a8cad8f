"""The decoded pictures of a shot's frames, shared by all that looks at them."""

from pathlib import Path

import numpy as np

from ..files.pictures import read_picture
from .shot import Frame


class FrameStore:
    """The pictures that were decoded last, `capacity` of them, float32 (H, W, 3 or 4), 0 to 1, to read only.
    Painting, regions and optical flow share it, so that none of them decodes a file again.
    """

    def __init__(self, capacity: int = 2):
        self._capacity = capacity
        self._pictures: dict[Path, np.ndarray] = {}  # in the order in which they were decoded

    def picture(self, frame: Frame) -> np.ndarray:
        if frame.picture not in self._pictures:
            while len(self._pictures) >= self._capacity:
                del self._pictures[next(iter(self._pictures))]
            self._pictures[frame.picture] = read_picture(frame.picture)
        return self._pictures[frame.picture]
