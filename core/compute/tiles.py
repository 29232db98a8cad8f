"""A picture cut into tiles, each with a halo as wide as a network's features see."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

TILE = 768  # px; larger tiles waste less on their halos, and take more memory
WHOLE = 2 * 2**30  # bytes that the processor's memory can spare for painting a picture whole
WHOLE_SHARE = 0.8  # of a graphics card's free memory, for the same
ALIGNMENT = 16  # px; a tile that begins at a multiple has the same pooling grid as the whole picture


def room_for_whole(device: "torch.device", free: int, limit: float) -> float:
    """Bytes that painting a picture whole may take, of those that are `free` and allowed."""
    return min(WHOLE if device.type == "cpu" else WHOLE_SHARE * free, free, limit)


@dataclass(frozen=True)
class Span:
    """A tile along one axis, in px of the picture with its margin.

    `start` to `end` is its own part, `outer_start` to `outer_end` what is cut out to compute that.
    """

    start: int
    end: int
    outer_start: int
    outer_end: int


def spans(length: int, margin: int, tile: int, halo: int) -> list[Span]:
    """Cut `length` px, with a margin on both sides, into parts of about `tile` px.

    Each is cut out with at least `halo` px on both sides, as far as there are any.
    """
    total = length + 2 * margin
    halo = math.ceil(halo / ALIGNMENT) * ALIGNMENT
    count = max(math.ceil(length / tile), 1)
    cuts = [
        margin,
        *(margin + round(length * k / count / ALIGNMENT) * ALIGNMENT for k in range(1, count)),
        total - margin,
    ]
    return [
        Span(
            a, b, max(a - halo, 0) if a > margin else 0, min(b + halo, total) if b < total - margin else total
        )
        for a, b in zip(cuts, cuts[1:], strict=False)
    ]


@dataclass(frozen=True)
class Tile:
    """One part of a picture, down and across."""

    down: Span
    across: Span

    def cut(self, padded: Any) -> Any:
        """The tile with its halo, of a padded picture (B, C, H, W), a tensor or an array."""
        return padded[
            ..., self.down.outer_start : self.down.outer_end, self.across.outer_start : self.across.outer_end
        ]

    def inside(self, features: Any, stride: int) -> tuple[slice, slice]:
        """Rows and columns of the tile's own part in features (B, C, h, w) of what `cut` gives.

        `stride` is the number of px from one feature to the next.
        """
        sides = []
        for span, length in zip((self.down, self.across), features.shape[-2:], strict=True):
            before = (span.start - span.outer_start) // stride
            # The last tile may end between two positions, as a picture may: it is counted from the end.
            sides.append(slice(before, length - (span.outer_end - span.end) // stride))
        return sides[0], sides[1]

    def place(
        self, inside: tuple[slice, slice], stride: int, margins: tuple[int, int]
    ) -> tuple[slice, slice]:
        """What the rows and columns `inside` are in the features of the whole picture without its margin."""
        down, across = (
            slice((span.start - margin) // stride, (span.start - margin) // stride + side.stop - side.start)
            for span, margin, side in zip((self.down, self.across), margins, inside, strict=True)
        )
        return down, across
