"""A picture cut into tiles, each with as much around it as a network's features see."""

import math
from dataclasses import dataclass

from torch import Tensor

from .tensors import inner

TILE = 768  # px; larger ones waste less around themselves, and take more memory


# Bytes that the processor's memory can spare for painting a picture whole; it has other things to hold.
WHOLE = 2 * 2**30


ALIGNMENT = 16  # px; a tile that begins at a multiple has the same pooling grid as the whole picture


@dataclass(frozen=True)
class Span:
    """Along one axis, in px of the picture with its margin: a tile's own part, and what is cut out to compute
    it.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int


def spans(length: int, margin: int, tile: int, reach: int) -> list[Span]:
    """Cut `length` px, with a margin on both sides, into parts of about `tile` px that see `reach` px around
    themselves.
    """
    total = length + 2 * margin
    around = math.ceil(reach / ALIGNMENT) * ALIGNMENT
    count = max(math.ceil(length / tile), 1)
    cuts = [
        margin,
        *(margin + round(length * k / count / ALIGNMENT) * ALIGNMENT for k in range(1, count)),
        total - margin,
    ]
    return [
        Span(
            a,
            b,
            max(a - around, 0) if a > margin else 0,
            min(b + around, total) if b < total - margin else total,
        )
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


@dataclass(frozen=True)
class Tile:
    down: Span
    across: Span

    def cut(self, padded: Tensor) -> Tensor:
        """What has to be encoded for this tile."""
        return padded[
            ..., self.down.outer_start : self.down.outer_end, self.across.outer_start : self.across.outer_end
        ]

    def own(self, features: Tensor, stride: int) -> Tensor:
        """The features (h, w, C), `stride` px apart, of what `cut` gives that are this tile's own."""
        sides = []
        for span, length in zip((self.down, self.across), features.shape[-2:], strict=True):
            before = (span.start - span.outer_start) // stride
            # The last tile of an axis may end between two positions, as a picture may: the margin's own are
            # what is cut off.
            sides.append(slice(before, length - (span.outer_end - span.end) // stride))
        return inner(features, *sides).squeeze(0)

    def place(self, stride: int, margins: tuple[int, int], features: Tensor) -> tuple[slice, slice]:
        """Where `own` features lie in the features of the whole picture, without its margin."""
        starts = [
            (span.start - margin) // stride
            for span, margin in zip((self.down, self.across), margins, strict=True)
        ]
        return tuple(
            slice(start, start + length) for start, length in zip(starts, features.shape[-3:-1], strict=True)
        )
