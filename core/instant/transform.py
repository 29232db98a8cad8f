"""What a network makes of a picture, layer by layer, whatever computes it. It needs no PyTorch."""

from collections.abc import Generator, Sequence
from typing import Any

from .architecture import About, Layer

# Tensors or arrays: pictures (B, 3, H, W) and features (B, C, h, w).
Numbers = Any
# Mean and variance (B, C, 1, 1) of features over their positions.
InstanceStatistics = tuple[Numbers, Numbers]


class Transform:
    """A network that paints in the style that `about` describes. Those below know how each step is computed:
    `Network` by PyTorch, `NumpyNetwork` without.
    """

    about: About

    def mirror(self, picture: Numbers, below: int, right: int) -> Numbers:
        """The picture with so many px more, mirrored."""
        raise NotImplementedError

    def unshuffle(self, picture: Numbers, side: int) -> Numbers:
        """The picture with squares of `side` px as the channels of one position."""
        raise NotImplementedError

    def convolve(self, x: Numbers, layer: Layer) -> Numbers:
        """The layer's convolution of features."""
        raise NotImplementedError

    def normalise(self, x: Numbers, layer: Layer, statistics: InstanceStatistics | None) -> Numbers:
        """Features as the layer's affine instance normalisation makes them; it may change them in place. With
        None for the statistics by their own.
        """
        raise NotImplementedError

    def rectify(self, x: Numbers) -> Numbers:
        """ReLU, in place."""
        raise NotImplementedError

    def squash(self, x: Numbers) -> Numbers:
        """What the last layer gives as colours, 0 to 1."""
        raise NotImplementedError

    def advance(
        self, walk: Generator[Numbers, InstanceStatistics | None, Numbers], known: InstanceStatistics | None
    ) -> Numbers:
        """The next of a walk's features, after those of the layer before have got their statistics."""
        return walk.send(known)

    @property
    def normalised(self) -> int:
        """How many layers are normalised."""
        return sum(bool(layer.normalisation) for layer in self.about.architecture.layers)

    def paint(self, picture: Numbers) -> Numbers:
        """Paint pictures (B, 3, H, W), RGB 0 to 1, of any size from 16 px a side; the result is in 0 to 1."""
        height, width = picture.shape[-2:]
        return self.up_to(self.filled(picture), [None] * self.normalised)[..., :height, :width]

    def filled(self, picture: Numbers) -> Numbers:
        """The picture, mirrored below and right to multiples of the architecture's `multiple`."""
        below, right = (-side % self.about.architecture.multiple for side in picture.shape[-2:])
        return self.mirror(picture, below, right) if below or right else picture

    def up_to(self, picture: Numbers, known: Sequence[InstanceStatistics | None]) -> Numbers:
        """The features of the first layer to be normalised whose statistics are not `known`.

        None among the known ones normalises a layer by its own. The result is the painting where there is no
        further layer. The picture's sides are multiples of the architecture's `multiple`.
        """
        walk, x = self.walk(picture), picture
        try:
            for statistics in (None, *known):
                x = self.advance(walk, statistics)
        except StopIteration as end:
            return end.value
        return x

    def walk(self, picture: Numbers) -> Generator[Numbers, InstanceStatistics | None, Numbers]:
        """The network, layer by layer, on a `picture` (B, 3, H, W) as `up_to` takes it.

        Yields the features (B, C, h, w) of each layer that is to be normalised, and is sent their statistics,
        or None for the features' own. Returns the painting (B, 3, H, W).
        """
        it = self.about.architecture
        x = before = self.unshuffle(picture, it.unshuffle)
        for layer in it.layers:
            if layer.opens:
                before = x
            x = self.convolve(x, layer)
            if layer.normalisation:
                x = self.normalise(x, layer, (yield x))
                x = before + x if layer.closes else self.rectify(x)
        return self.squash(x)
