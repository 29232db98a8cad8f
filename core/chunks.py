"""A shot painted in chunks, each on a machine of its own, that meet without a seam.

Every so many frames one is an anchor. Anchors are painted first, in order, each from the one before it, moved along. A chunk is the
frames between two anchors, painted from both ends inwards.
"""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path

from .encoders import COMPACT
from .progress import Progress
from .regions import Region
from .settings import AnimationSettings
from .shot import Frame, Shot
from .video import Look, PaintedShot

Regions = Callable[[Frame], Sequence[Region]]


def chunk_count(frames: int, size: int) -> int:
    """How many chunks of at most `size` frames, with the anchor at its end, a shot has: 1 or more."""
    return max(-(-(frames - 1) // size), 1)


def anchor_numbers(frames: int, size: int) -> list[int]:
    """The anchors among a shot's frames, counted from 0: the first, the last, and those between, evenly spread."""
    count = chunk_count(frames, size)
    return sorted({(k * (frames - 1) + count // 2) // count for k in range(count + 1)})


def paint_anchors(shot: Shot, looks: Sequence[Look], settings: AnimationSettings, folder: Path, device: str = "auto", *, size: int,
                  regions: Regions = lambda frame: (), regions_identity: str = "", encoder_file: Path = COMPACT,
                  raft_file: Path | None = None, versions: str = "") -> Generator[Progress, None, PaintedShot]:
    """Paint the anchors of a shot in chunks of `size` frames, as `stylize_animation` does; it has the other arguments.

    Goes on where it ended, and begins anew, without all that is in the folder of the shot, when anything that the paintings depend
    on has changed, `versions` too: what paints, in words. Where another process paints them it waits until they are there.
    """
    raise NotImplementedError
    yield


def paint_chunk(number: int, shot: Shot, looks: Sequence[Look], settings: AnimationSettings, folder: Path, device: str = "auto", *,
                size: int, regions: Regions = lambda frame: (), regions_identity: str = "", encoder_file: Path = COMPACT,
                raft_file: Path | None = None, versions: str = "") -> Generator[Progress, None, PaintedShot]:
    """Paint the frames between two anchors; the first chunk has the number 1. Returns its frames.

    The arguments are those that the anchors were painted with: raises PochadeError where they differ, or where the anchors are not
    all there. Goes on where it ended. Where another process paints this chunk it waits until that is done, or has ended, and goes on.
    """
    raise NotImplementedError
    yield


def collect_chunks(shot: Shot, looks: Sequence[Look], settings: AnimationSettings, folder: Path, *, size: int,
                   regions_identity: str = "", encoder_file: Path = COMPACT, versions: str = "") -> PaintedShot:
    """The whole shot, once all chunks are painted; what was only needed to paint them goes.

    Raises PochadeError that names the first chunk that is missing.
    """
    raise NotImplementedError
