"""A sequence to paint, as files: every frame's picture, and what a renderer knows about it; and how the files
of painted frames are named. Needs no PyTorch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple


class FileFormat(NamedTuple):
    """How painted frames are written: the file name's ending, and the bits of each channel."""

    ending: str
    bits: int


FORMATS = {  # by AnimationSettings.file_format
    "png8": FileFormat(".png", 8),
    "png16": FileFormat(".png", 16),
    "exr": FileFormat(".exr", 32),
}


def frame_name(number: int, ending: str) -> str:
    """The name of a frame's file, as in 0007.png."""
    return f"{number:04}{ending}"


@dataclass(frozen=True)
class Camera:
    """Where a frame was seen from.

    `to_camera`, rows, (3, 4), leads from world space to the camera's: x right, y down, z forwards, in the
    scene's unit. From there a point is at the pixel focal * (x / z, y / z) + centre, or, where the camera is
    not `perspective`, at focal * (x, y) + centre; whole numbers are the pixels' centres, (0, 0) is that of
    the top left one. `lens_distance`, of an orthographic camera, is how far away a perspective one with its
    lens shows things as large. `name` tells one camera of a scene from another, and `blind_to` is what the
    renderer is thought to leave out of its vectors, one of core.sequence.motion.cameras.BLIND_TO.
    """

    to_camera: tuple[tuple[float, ...], ...]
    focal: tuple[float, float]
    centre: tuple[float, float]
    perspective: bool = True
    lens_distance: float = 1.0
    name: str = ""
    blind_to: str = ""


@dataclass(frozen=True)
class Frame:
    """`picture`: display-referred, a file for `read_picture`. `passes`: multilayer OpenEXR of that size.
    `sharp`: rendered without motion blur for sure. `shutter`: when it opens and closes, in frames from this
    one, for motion blur. `layer`: the view layer of the passes that counts, "" for all.
    """

    number: int
    picture: Path
    passes: Path | None = None
    camera: Camera | None = None
    sharp: bool = False
    shutter: tuple[float, float] = (-0.25, 0.25)
    layer: str = ""


@dataclass(frozen=True)
class Shot:
    """Frames in order, all of one size. `identity` tells this source from others, and from changed ones;
    `identity_of_first` gives what it would be with the first so many frames alone.
    """

    frames: tuple[Frame, ...]
    identity: str
    identity_of_first: Callable[[int], str] | None = None

    def first(self, count: int) -> "Shot":
        """The first frames alone."""
        identity = self.identity_of_first(count) if self.identity_of_first else self.identity
        return replace(self, frames=self.frames[:count], identity=identity)


def chunk_count(frames: int, size: int) -> int:
    """How many chunks of at most `size` frames, with the anchor at its end, a shot has: 1 or more."""
    return max(-(-(frames - 1) // size), 1)
