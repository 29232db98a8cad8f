"""The pictures that a network is trained on: random crops of photos, and their stability augmentation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.sizes import fit
from ..compute.tensors import resize, to_tensor
from ..errors import PochadeError
from ..files.pictures import read_picture

KEPT = 1000  # photos that stay in memory
LEAST_CROP = 0.6  # of a photo's shorter side
FLAT = 4 / 255  # deviation from a crop's mean colour, under which it gets grain
Recolour = Callable[[np.ndarray], np.ndarray]
MOST_SHIFT, MOST_ENLARGEMENT = 8, 0.1  # px, and share of the side, of the stability augmentation


class CropSource(Protocol):
    """Where the crops of an iteration come from."""

    def random_batch(self, count: int, side: int, rng: np.random.Generator) -> Tensor:
        """`count` random crops, (count, 3, side, side), 0 to 1."""


class Photos:
    """Photos by their paths, at most `side` px on the shorter side; those read last stay on the device.

    `recolour` is applied to each, float32 (H, W, 3). Of those that cannot be read, `failed` gets a sentence
    by their names, and others are taken. Raises PochadeError where none can be read.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        side: int,
        device: torch.device,
        recolour: Recolour,
        failed: dict[str, str],
    ):
        self._paths, self._failed = paths, failed
        self._read = lru_cache(KEPT)(
            self._unless_broken(partial(read_photo, side=side, device=device, recolour=recolour))
        )

    def _unless_broken(self, read: Callable[[Path], Any]) -> Callable[[Path], Any]:
        """The same for photos that cannot be read: None."""
        broken = set()

        def read_or_none(path: Path) -> Any:
            try:
                return None if path in broken else read(path)
            except PochadeError as error:
                broken.add(path)
                self._failed[path.name] = str(error)
                if len(broken) == len(self._paths):
                    raise
                return None

        return read_or_none

    def first(self) -> np.ndarray:
        """The first one that can be read, (H, W, 3 or 4)."""
        return next(
            picture for picture in map(self._unless_broken(read_picture), self._paths) if picture is not None
        )

    def random_batch(self, count: int, side: int, rng: np.random.Generator) -> Tensor:
        """`count` random crops of random photos, (count, 3, side, side), 0 to 1."""
        crops = []
        for _ in range(count):
            photo = None
            while photo is None:
                photo = self._read(self._paths[rng.integers(len(self._paths))])
            crops.append(random_crop(photo, side, rng))
        return torch.cat(crops)


def read_photo(path: Path, side: int, device: torch.device, recolour: Recolour) -> Tensor:
    """A photo (1, 3, H, W), 8 bit, recoloured, its shorter side at most `side` px."""
    photo = to_tensor(recolour(read_picture(path)[..., :3]), device)
    height, width = photo.shape[-2:]
    if min(height, width) > side:
        photo = resize(photo, *fit(height, width, round(side * max(height, width) / min(height, width))))
    return (photo * 255).round().to(torch.uint8)


def random_crop(photo: Tensor, side: int, rng: np.random.Generator) -> Tensor:
    """A square part of an 8-bit photo (1, 3, H, W), mirrored half of the time, as (1, 3, side, side), 0 to 1.

    Its side is LEAST_CROP to 1 of the photo's shorter one.
    """
    height, width = photo.shape[-2:]
    length = max(round(min(height, width) * rng.uniform(LEAST_CROP, 1)), 1)
    top, left = (rng.integers(n - length + 1) for n in (height, width))
    cut = resize(photo[..., top : top + length, left : left + length].float() / 255, side, side)
    return grained(cut.flip(3) if rng.random() < 0.5 else cut)


def grained(crop: Tensor) -> Tensor:
    """A crop (1, 3, H, W), 0 to 1, with grain where it is flat or nearly so: a black frame, a title, a sky.

    Without any contrast the network's normalisations divide by almost nothing, one after the other, and its
    gradients leave all bounds.
    """
    deviation = (crop - crop.mean((2, 3), keepdim=True)).square().mean().sqrt()
    missing = (1 - deviation / FLAT).clamp(min=0)  # no question to the device: it would have to be waited for
    return (crop + missing * _grain(crop.shape[-1], crop.device)).clamp(0, 1)


@lru_cache
def _grain(side: int, device: torch.device) -> Tensor:
    """(1, 3, side, side), of the deviation FLAT; the same each time."""
    noise = np.random.default_rng(0).standard_normal((1, 3, side, side), np.float32)
    return torch.from_numpy(FLAT * noise).to(device)


@dataclass(frozen=True)
class StabilityAugmentation:
    """A square part of `length` px at `top` and `left`, resized to `size` px.

    It is a shift by whole pixels, half of the time with a small enlargement.
    """

    top: int
    left: int
    length: int
    size: int

    @classmethod
    def random(cls, side: int, rng: np.random.Generator) -> "StabilityAugmentation":
        """One for pictures of `side` px a side."""
        length = side - MOST_SHIFT
        top, left = (int(n) for n in rng.integers(0, MOST_SHIFT + 1, 2))
        size = length if rng.random() < 0.5 else round(length * rng.uniform(1, 1 + MOST_ENLARGEMENT))
        return cls(top, left, length, size)

    def __call__(self, pictures: Tensor) -> Tensor:
        """Pictures (B, 3, H, W) -> (B, 3, size, size). A shift alone keeps every pixel and blurs nothing."""
        cut = pictures[..., self.top : self.top + self.length, self.left : self.left + self.length]
        if self.size == self.length:
            return cut
        return F.interpolate(cut, (self.size, self.size), mode="bicubic")
