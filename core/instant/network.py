"""Image transformation networks, after Johnson et al. 2016.

Differs from the paper: instance normalisation (Ulyanov et al. 2016) replaces batch normalisation, and
enlargement with a convolution replaces transposed convolutions, whose uneven overlap leaves checkerboards
(Odena et al. 2016).
"""

from collections.abc import Generator, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..compute.precision import half_precision
from .architecture import About

EPSILON = 1e-5
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
# Mean and variance (B, C, 1, 1) of features over their positions.
InstanceStatistics = tuple[Tensor, Tensor]


class Convolution(nn.Conv2d):
    """A convolution with reflection padding."""

    def __init__(self, before: int, after: int, side: int = 3, stride: int = 1):
        super().__init__(before, after, side, stride)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(F.pad(x, (self.kernel_size[0] // 2,) * 4, mode="reflect"))


class Doubling(nn.Conv2d):
    """Enlargement by 2 ("nearest" or "linear"), a 3x3 convolution: (B, C, h, w) -> float32 (B, D, 2h, 2w).

    It is computed by one convolution of the small picture, whose edges are repeated. Each pixel of the small
    one becomes four, which see it by several taps; added up, the taps make four kernels, and a pixel shuffle
    interleaves the results. Enlarged features need not be stored. Rounded to half precision the four kernels
    would differ where the picture is flat, and a lattice would show.
    """

    bias: nn.Parameter

    def __init__(self, before: int, after: int, enlargement: str):
        super().__init__(before, after, 3)
        self.register_buffer("fold", torch.tensor(FOLDS[enlargement]), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(x.device.type, enabled=False):
            # (D, 2, 2, C, 3, 3) -> (4 D, C, 3, 3)
            kernels = torch.einsum("pau,qbv,oiuv->opqiab", self.fold, self.fold, self.weight).flatten(0, 2)
            x = F.pad(x.float(), (1,) * 4, mode="replicate")
            return F.pixel_shuffle(F.conv2d(x, kernels, self.bias.repeat_interleave(4)), 2)


class Normalisation(nn.Module):
    """Affine instance normalisation, by given statistics: a tile takes those of the whole picture."""

    def __init__(self, channels: int):
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, statistics: InstanceStatistics | None) -> Tensor:
        """Features (B, C, H, W), normalised; by their own statistics where `statistics` is None."""
        if statistics is not None:
            return normalise(x, self.weight, self.bias, statistics)[0]
        if len(x) == 1 and not torch.is_grad_enabled():  # a batch of one picture: the same, in half the time
            return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=EPSILON)
        return _Normalised.apply(x, self.weight, self.bias)


def normalise(
    x: Tensor, weight: Tensor, bias: Tensor, statistics: InstanceStatistics
) -> tuple[Tensor, Tensor]:
    """Features (B, C, H, W) with these statistics, brought to the mean `bias`, the deviation `weight` (C,).

    Also returns the inverse (B, C, 1, 1) of the deviation that they had.
    """
    mean, variance = statistics
    inverse = (variance + EPSILON).rsqrt()
    scale = weight.view(-1, 1, 1) * inverse
    return torch.addcmul(bias.view(-1, 1, 1) - mean * scale, x, scale), inverse


class _Normalised(torch.autograd.Function):
    """Normalisation by the features' own statistics.

    It has its own gradient, for autograd's steps take seven times as long on processors.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.dtype, x = x.dtype, x.float()
        statistics = instance_statistics(x)
        y, inverse = normalise(x, weight, bias, statistics)
        ctx.save_for_backward(x, weight, statistics[0], inverse)
        return y

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x, weight, mean, inverse = ctx.saved_tensors
        count, scale = x.shape[2] * x.shape[3], weight.view(-1, 1, 1) * inverse
        total = upstream.sum((2, 3), keepdim=True)
        leaning = ((upstream * x).sum((2, 3), keepdim=True) - mean * total) * inverse
        slope = -scale * inverse * leaning / count
        gradient = torch.addcmul(-scale * total / count - slope * mean, upstream, scale).addcmul_(x, slope)
        return gradient.to(ctx.dtype), leaning.sum((0, 2, 3)), total.sum((0, 2, 3))


def instance_statistics(features: Tensor) -> InstanceStatistics:
    """Mean and variance (B, C, 1, 1) of features (B, C, H, W) over their positions."""
    mean = features.mean((2, 3), keepdim=True)
    # torch.var_mean takes ten times as long on processors.
    return mean, (features - mean).square().mean((2, 3), keepdim=True)


class Network(nn.Module):
    """A network that paints in one style, which `about` describes. Weights are initialised from `seed`."""

    def __init__(self, about: About, seed: int = 0):
        super().__init__()
        self.about, it = about, about.architecture
        widths = (3 * it.unshuffle**2, *it.down)
        steps = [
            Convolution(a, b, *((it.edge, 1) if k == 0 else (3, 2)))
            for k, (a, b) in enumerate(zip(widths, widths[1:], strict=False))
        ]
        self.down: Any = nn.ModuleList(
            nn.ModuleList((step, Normalisation(step.out_channels))) for step in steps
        )
        width = it.down[-1]
        self.blocks: Any = nn.ModuleList(
            nn.ModuleList(
                (
                    Convolution(width, width),
                    Normalisation(width),
                    Convolution(width, width),
                    Normalisation(width),
                )
            )
            for _ in range(it.blocks)
        )
        widths = (width, *it.up)
        self.up: Any = nn.ModuleList(
            nn.ModuleList((Doubling(a, b, it.enlargement), Normalisation(b)))
            for a, b in zip(widths, widths[1:], strict=False)
        )
        self.last = (
            Doubling(widths[-1], 3, it.enlargement)
            if it.doubles_last
            else Convolution(widths[-1], 3, it.edge)
        )
        self._draw(seed)
        self.to(memory_format=torch.channels_last)

    @property
    def layers(self) -> int:
        """How many layers are normalised."""
        return sum(isinstance(module, Normalisation) for module in self.modules())

    @torch.no_grad()
    def _draw(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                nn.init.zeros_(module.bias)

    def forward(self, picture: Tensor) -> Tensor:
        """Paint pictures (B, 3, H, W), RGB 0 to 1, of any size from 16 px a side; the result is in 0 to 1."""
        height, width = picture.shape[-2:]
        return self.up_to(self.filled(picture), [None] * self.layers)[..., :height, :width]

    def filled(self, picture: Tensor) -> Tensor:
        """The picture, mirrored below and right to multiples of the architecture's `multiple`."""
        height, width = (-side % self.about.architecture.multiple for side in picture.shape[-2:])
        return F.pad(picture, (0, width, 0, height), mode="reflect") if height or width else picture

    def up_to(self, picture: Tensor, known: Sequence[InstanceStatistics | None]) -> Tensor:
        """The features of the first layer to be normalised whose statistics are not `known`.

        None among the known ones normalises a layer by its own. The result is the painting where there is no
        further layer. The picture's sides are multiples of the architecture's `multiple`.
        """
        walk = self.walk(picture)
        with half_precision(picture.device):
            x = next(walk)
            try:
                for statistics in known:
                    x = walk.send(statistics)
            except StopIteration as end:
                return end.value
        return x

    def walk(self, picture: Tensor) -> Generator[Tensor, InstanceStatistics | None, Tensor]:
        """The network, layer by layer, on a `picture` (B, 3, H, W) as `up_to` takes it.

        Yields the features (B, C, h, w) of each layer that is to be normalised, and is sent their statistics,
        or None for the features' own. Returns the painting (B, 3, H, W).
        """
        it = self.about.architecture
        x = F.pixel_unshuffle(picture, it.unshuffle) if it.unshuffle > 1 else picture
        x = x.contiguous(memory_format=torch.channels_last)
        for convolution, normalise in self.down:
            x = convolution(x)
            x = F.relu_(normalise(x, (yield x)))
        for first, normalise_first, second, normalise_second in self.blocks:
            change = first(x)
            change = F.relu_(normalise_first(change, (yield change)))
            change = second(change)
            x = x + normalise_second(change, (yield change))
        for doubling, normalise in self.up:
            x = doubling(x)
            x = F.relu_(normalise(x, (yield x)))
        with torch.autocast(x.device.type, enabled=False):  # eight bits of a colour would show as bands
            x = self.last(x.float())
        return 0.5 + 0.5 * torch.tanh(x)
