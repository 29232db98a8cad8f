"""The strokes of what no key shows, by object: each is painted in those that the same object has in the keys,
where the render's Cryptomatte tells which it is.
"""

from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F

from ...compute.tensors import resize, to_array, to_tensor
from ...style.colour import ColourStatistics, colour_statistics
from ...style.regions import Region
from ...style.styles import Style
from ..job import SequenceJob
from ..sources import Sources
from .key import Key
from .moved import MovedKeys, shows

LEAST_SHOWN = 1 / 256  # of a key, from which on it tells an object's strokes
LEAST_UNSEEN = 1 / 1024  # of a frame: of an object of which the keys show all but less, nothing is painted

Weighted = tuple[tuple[Style, float], ...]


class KeyStrokes:
    """The styles of a job's frames whose looks take the keys' strokes, part by part. `colours` are those of
    the sources.
    """

    def __init__(
        self, job: SequenceJob, sources: Sources, moved: MovedKeys, colours: list[ColourStatistics] | None
    ):
        self._job, self._sources, self._moved, self._colours = job, sources, moved, colours
        self._places = {frame.number: at for at, frame in enumerate(job.shot.frames)}
        self._style = lru_cache(maxsize=32)(self._style_of)

    def parts(self, number: int) -> tuple[list[Region], list[ColourStatistics] | None]:
        """A frame's regions, after the artist's own those of objects that no key shows, and the colours of
        all parts as `prepare` takes them, None where they are not needed.
        """
        regions, colours = self._sources.regions(number), self._colours
        found = self._unseen(number) if self._job.looks[number].keys else {}
        if not found:
            return regions, colours
        free = np.prod([1 - region.mask for region in regions], axis=0, dtype=np.float32)
        # What they are in the style is little, so that nothing else is painted with less of it.
        own = [
            Region(str(one), free * mask, styles, float(mask.mean())) for one, (mask, styles) in found.items()
        ]
        if colours is not None:
            colours = [*colours, *(self._colours_of(one, number) for one in found)]
        return [*regions, *own], colours

    def _unseen(self, number: int) -> dict[int, tuple[np.ndarray, Weighted]]:
        """The objects of which a frame shows something that no key does: where, (H, W), 0 or 1, and in which
        styles.
        """
        ids = self._sources.ids(number)
        moved = self._moved.at(number) if ids is not None else None
        if ids is None or moved is None:
            return {}
        shown, key = shows(moved), self._sources.key(number)
        shown = torch.maximum(shown, key.alpha) if key else shown
        height, width = ids.shape
        unseen = to_array(resize(1 - shown, height, width))[..., 0] > 0.5
        numbers, counts = np.unique(ids[unseen], return_counts=True)
        return {
            one: ((unseen & (ids == one)).astype(np.float32), styles)
            for one in numbers[counts >= LEAST_UNSEEN * ids.size].tolist()
            if (styles := self._styles_of(one, number))
        }

    def _styles_of(self, one: int, number: int) -> Weighted:
        """An object's styles at a frame: those of the keys near it that show enough of the object."""
        look = self._job.looks[number]
        near = [
            (style, share)
            for key, share in self._job.strokes(number)
            if (style := self._style(one, key.number))
        ]
        whole = sum(share for _, share in near)
        return (*look.styles, *((style, look.keys * share / whole) for style, share in near)) if near else ()

    def _style_of(self, one: int, keyed: int) -> Style | None:
        """The strokes of an object in the key of this frame; None where that shows too little of it."""
        key = next(key for key in self._job.keys if key.number == keyed)
        mask = self._mask(one, key)
        if mask is None or (mask * key.picture[..., 3]).mean() < LEAST_SHOWN:
            return None
        picture = np.concatenate([key.picture[..., :3], key.picture[..., 3:] * mask[..., None]], axis=2)
        return Key(key.number, picture, f"{key.name}, {one}").style

    def _mask(self, one: int, key: Key) -> np.ndarray | None:
        """Where a key shows an object, (H, W), 0 or 1; None where its frame's render does not tell."""
        at = self._places.get(key.number)
        ids = None if at is None else self._sources.ids(at)
        if ids is None:
            return None
        mask = to_tensor((ids == one).astype(np.float32)[..., None], self._sources.device)
        return to_array(F.interpolate(mask, key.picture.shape[:2], mode="nearest-exact"))[..., 0]

    def _colours_of(self, one: int, number: int) -> ColourStatistics:
        """The colours of an object in the source of the nearest key that shows enough of it: that is what its
        colours in the key stand for.
        """
        near = [(share, key) for key, share in self._job.strokes(number) if self._style(one, key.number)]
        at = self._places[max(near, key=lambda pair: pair[0])[1].number]
        return colour_statistics(self._sources.lit(at), self._share(one, at))

    def _share(self, one: int, at: int) -> np.ndarray:
        ids = self._sources.ids(at)
        assert ids is not None
        return (ids == one).astype(np.float32)
