"""What an instant style's network is made of, and where it comes from. Needs no PyTorch."""

from dataclasses import dataclass, field

from ..errors import PochadeError
from ..settings import InstantSettings, Settings


@dataclass(frozen=True)
class Architecture:
    """An image transformation network: convolutions that shrink, residual blocks, convolutions that enlarge
    again.

    `unshuffle` px square of the picture become the channels of one position first; 1 leaves it as it is.
    `down` holds the channels of the first convolution and of each that halves the size after it, `up` those
    of each that doubles it, and `edge` the kernel's side of the first and the last one. Where `up` is one
    short the last convolution, to RGB, doubles the size as well.
    """

    unshuffle: int
    down: tuple[int, ...]
    blocks: int
    up: tuple[int, ...]
    edge: int

    def __post_init__(self) -> None:
        numbers = [self.unshuffle, self.blocks, self.edge, *self.down, *self.up]
        sound = all(type(n) is int and 1 <= n <= 256 for n in numbers) and self.edge % 2 == 1
        if not sound or not self.down or self.multiple not in (2 ** len(self.up), 2 ** (len(self.up) + 1)):
            raise PochadeError("An instant style's network cannot be made so; install the style again")

    @property
    def multiple(self) -> int:
        """Pixels of the picture, along a side, at one position of the residual blocks."""
        return self.unshuffle * 2 ** (len(self.down) - 1)

    @property
    def doubles_last(self) -> bool:
        """Whether the last convolution doubles the size."""
        return 2 ** len(self.up) < self.multiple

    def reach(self) -> int:
        """Pixels from one of the result to the farthest one that it depends on, but for the normalisation's
        statistics.
        """
        halvings = sum(self.unshuffle * 2**k for k in range(len(self.down) - 1))
        doublings = sum(self.multiple >> k for k in range(len(self.up)))
        last = self.edge // 2 * (2 if self.doubles_last else 1)
        return (
            self.unshuffle * (self.edge // 2) + halvings + 2 * self.blocks * self.multiple + doublings + last
        )


# c9s1-32, d64, d128, R128 x5, u64, u32, c9s1-3 of Johnson et al. 2016; and one for processors, a ninth of it.
# Neither adds its result to the picture: painting the change alone, the slim one's loss was 0.71 after 600
# iterations, not 0.41, for the photo's finest details shine through.
ARCHITECTURES = {
    "slim": Architecture(unshuffle=2, down=(16, 48), blocks=4, up=(16,), edge=3),
    "published": Architecture(unshuffle=1, down=(32, 64, 128), blocks=5, up=(64, 32), edge=9),
}


@dataclass(frozen=True)
class About:
    """What a network's file says of it: the style's `name`, its picture's artist and licence, and how it was
    trained.

    `palette` is the mean (3,) and covariance (3, 3) of the style's colours, `training` what people read:
    settings, photos, and the SHA-256 of the encoder.
    """

    name: str
    attribution: str
    architecture: Architecture
    palette: list
    training: dict = field(default_factory=dict)

    @property
    def stroke_side(self) -> float:
        """The longer side in px of a picture on which the network's strokes are as large as they are on the
        style's own.
        """
        learnt = InstantSettings().style_size, Settings().style_scale
        size, scale = (
            self.training.get(group, {}).get(name, value)
            for group, name, value in zip(
                ("training", "settings"), ("style_size", "style_scale"), learnt, strict=True
            )
        )
        return size * scale
