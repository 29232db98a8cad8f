"""The architecture of an instant style's network, and what its file says of it. It needs no PyTorch."""

from dataclasses import dataclass, field

from ..errors import PochadeError
from ..settings import InstantSettings, Settings

EPSILON = 1e-5  # added to the variances that features are normalised by
# Along one axis: how a kernel's three taps on the doubled picture fall on three positions of the small one.
# By the enlargement, the pixel of a doubled pair, the position and the tap.
FOLDS = {
    "nearest": (
        ((1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.0)),
        ((0.0, 0.0, 0.0), (1.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    ),
    "linear": (
        ((0.75, 0.25, 0.0), (0.25, 0.75, 0.75), (0.0, 0.0, 0.25)),
        ((0.25, 0.0, 0.0), (0.75, 0.75, 0.25), (0.0, 0.25, 0.75)),
    ),
}


@dataclass(frozen=True)
class Layer:
    """A convolution from `before` channels to `after`, by a kernel of `side` px, and what follows it.

    `name` and `normalisation` begin the names of the weights in the file; the last layer is not normalised.
    What `doubles` enlarges features by 2 before the convolution. A layer that `opens` a residual block has
    the block's features before it, which the layer that `closes` it adds, in the place of a ReLU.
    """

    name: str
    normalisation: str
    before: int
    after: int
    side: int = 3
    stride: int = 1
    doubles: bool = False
    opens: bool = False
    closes: bool = False


@dataclass(frozen=True)
class NetworkArchitecture:
    """An image transformation network: downsampling convolutions, residual blocks, upsampling convolutions.

    First, squares of `unshuffle` px become the channels of one position; 1 leaves the picture as it is.
    `down` holds the output channels of the first convolution and of each that halves the size after it, `up`
    those of each that doubles it, and `edge` is the kernel's side in the first and the last one. Where `up`
    is one short the last convolution, to RGB, doubles the size as well. Sizes are doubled by `enlargement`,
    "nearest" or "linear"; files that do not say it have the former.
    """

    unshuffle: int
    down: tuple[int, ...]
    blocks: int
    up: tuple[int, ...]
    edge: int
    enlargement: str = "nearest"

    def __post_init__(self) -> None:
        numbers = [self.unshuffle, self.blocks, self.edge, *self.down, *self.up]
        sound = all(type(n) is int and 1 <= n <= 256 for n in numbers) and self.edge % 2 == 1
        sound = sound and self.enlargement in ("nearest", "linear")
        if not sound or not self.down or self.multiple not in (2 ** len(self.up), 2 ** (len(self.up) + 1)):
            raise PochadeError("An instant style's network cannot be made so; install the style again")

    @property
    def multiple(self) -> int:
        """Pixels of the picture, along a side, for one position of the residual blocks."""
        return self.unshuffle * 2 ** (len(self.down) - 1)

    @property
    def doubles_last(self) -> bool:
        """Whether the last convolution doubles the size."""
        return 2 ** len(self.up) < self.multiple

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The network's layers, from the picture's side to the painting's."""
        width = 3 * self.unshuffle**2
        layers = []
        for k, after in enumerate(self.down):
            side, stride = (3, 2) if k else (self.edge, 1)
            layers.append(Layer(f"down.{k}.0", f"down.{k}.1", width, after, side, stride))
            width = after
        for k in range(self.blocks):
            block = f"blocks.{k}"
            layers.append(Layer(f"{block}.0", f"{block}.1", width, width, opens=True))
            layers.append(Layer(f"{block}.2", f"{block}.3", width, width, closes=True))
        for k, after in enumerate(self.up):
            layers.append(Layer(f"up.{k}.0", f"up.{k}.1", width, after, doubles=True))
            width = after
        side = 3 if self.doubles_last else self.edge
        layers.append(Layer("last", "", width, 3, side, doubles=self.doubles_last))
        return tuple(layers)

    def receptive_field_radius(self) -> int:
        """Pixels from one of the result to the farthest one that it depends on.

        The statistics of the normalisation do not count.
        """
        halvings = sum(self.unshuffle * 2**k for k in range(len(self.down) - 1))
        doublings = sum(self.multiple >> k for k in range(len(self.up)))
        last = self.edge // 2 * (2 if self.doubles_last else 1)
        return (
            self.unshuffle * (self.edge // 2) + halvings + 2 * self.blocks * self.multiple + doublings + last
        )


# "published" is c9s1-32, d64, d128, R128 x5, u64, u32, c9s1-3 of Johnson et al. 2016, "slim" a ninth of it
# for processors. Neither adds its result to the picture: the slim one's loss was then 0.71 after 600
# iterations in the place of 0.41, for the photo's finest details show in the painting.
ARCHITECTURES = {
    "slim": NetworkArchitecture(unshuffle=2, down=(16, 48), blocks=4, up=(16,), edge=3, enlargement="linear"),
    "published": NetworkArchitecture(unshuffle=1, down=(32, 64, 128), blocks=5, up=(64, 32), edge=9),
}


@dataclass(frozen=True)
class About:
    """What a network's file says of it.

    `name` is the style's, `attribution` its picture's artist and licence, and `palette` the mean (3,) and the
    covariance (3, 3) of its colours. `training` tells people of settings, photos and the encoder's SHA-256.
    """

    name: str
    attribution: str
    architecture: NetworkArchitecture
    palette: list
    training: dict = field(default_factory=dict)

    @property
    def takes_palette(self) -> bool:
        """Whether it was trained on sources that had come into the style's palette."""
        settings = self.training.get("settings", {})
        return (settings.get("loss"), settings.get("start_colours")) == ("neighbours", "style")

    @property
    def stroke_side(self) -> float:
        """The longer side in px at which a picture's strokes are as large as those of the style's picture."""
        training, settings = (self.training.get(group, {}) for group in ("training", "settings"))
        size = training.get("style_size", InstantSettings().style_size)
        return size * settings.get("style_scale", Settings().style_scale)
