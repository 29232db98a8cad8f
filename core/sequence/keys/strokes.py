"""The keys' strokes as styles that know which object is painted where in them: what no key shows takes those
of the same object, where the render's Cryptomatte tells which it is.
"""

from dataclasses import replace
from functools import cache

import numpy as np

from ...style.styles import Style
from ..job import SequenceJob
from ..sources import Sources
from .key import Key


class KeyStrokes:
    """The styles of a job's frames."""

    def __init__(self, job: SequenceJob, sources: Sources):
        self._job, self._sources = job, sources
        self._places = {frame.number: at for at, frame in enumerate(job.shot.frames)}
        self._style = cache(self._style_of)

    def styles(self, number: int) -> list[tuple[Style, float]]:
        """What a frame is painted in, with weights."""
        look = self._job.looks[number]
        near = [(self._style(key), look.keys * share) for key, share in self._job.strokes(number)]
        return [*look.styles, *near]

    def ids(self, number: int) -> np.ndarray | None:
        """What a frame shows where, by the numbers that these styles have too; None where that is unknown."""
        return self._sources.ids(number) if self._job.looks[number].keys else None

    def _style_of(self, key: Key) -> Style:
        at = self._places.get(key.number)
        ids = None if at is None else self._sources.ids(at)
        if ids is None:
            return key.style
        # Of the key's own size, as nearest pixels have it; what is clear shows nothing.
        rows, columns = (
            (np.arange(side) + 0.5) * length // side
            for side, length in zip(key.picture.shape[:2], ids.shape, strict=True)
        )
        there = ids[rows.astype(int)[:, None], columns.astype(int)]
        return replace(key.style, ids=np.where(key.picture[..., 3] >= 0.5, there, -1))
