"""Image transformation networks by PyTorch, which can train them, after Johnson et al. 2016.

Differs from the paper: instance normalisation (Ulyanov et al. 2016) replaces batch normalisation, and
enlargement with a convolution replaces transposed convolutions, whose uneven overlap leaves checkerboards
(Odena et al. 2016).
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..compute.precision import half_precision
from .architecture import EPSILON, FOLDS, About, Layer
from .transform import InstanceStatistics, Transform


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
            return normalised(x, self.weight, self.bias, statistics)[0]
        if len(x) == 1 and not torch.is_grad_enabled():  # a batch of one picture: the same, in half the time
            return F.batch_norm(x, None, None, self.weight, self.bias, training=True, eps=EPSILON)
        return _Normalised.apply(x, self.weight, self.bias)


def normalised(
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
        y, inverse = normalised(x, weight, bias, statistics)
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


class Network(nn.Module, Transform):
    """A network that paints in one style, which `about` describes. Weights are initialised from `seed`."""

    def __init__(self, about: About, seed: int = 0):
        super().__init__()
        self.about = about
        for layer in about.architecture.layers:
            if layer.doubles:
                self._place(layer.name, Doubling(layer.before, layer.after, about.architecture.enlargement))
            else:
                self._place(layer.name, Convolution(layer.before, layer.after, layer.side, layer.stride))
            if layer.normalisation:
                self._place(layer.normalisation, Normalisation(layer.after))
        self._draw(seed)
        self.to(memory_format=torch.channels_last)

    def _place(self, name: str, module: nn.Module) -> None:
        """Make the module the one of this name, as in "blocks.0.2"."""
        parent: nn.Module = self
        *above, last = name.split(".")
        for part in above:
            if part not in parent._modules:
                parent.add_module(part, nn.Module())
            parent = parent.get_submodule(part)
        parent.add_module(last, module)

    @torch.no_grad()
    def _draw(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for module in self.modules():
            if isinstance(module, nn.Conv2d) and module.bias is not None:
                nn.init.kaiming_normal_(module.weight, nonlinearity="relu", generator=generator)
                nn.init.zeros_(module.bias)

    def forward(self, picture: Tensor) -> Tensor:
        return self.paint(picture)

    def advance(self, walk: Any, known: InstanceStatistics | None) -> Tensor:
        with half_precision(next(self.parameters()).device):
            return walk.send(known)

    def mirror(self, picture: Tensor, below: int, right: int) -> Tensor:
        return F.pad(picture, (0, right, 0, below), mode="reflect")

    def unshuffle(self, picture: Tensor, side: int) -> Tensor:
        x = F.pixel_unshuffle(picture, side) if side > 1 else picture
        return x.contiguous(memory_format=torch.channels_last)

    def convolve(self, x: Tensor, layer: Layer) -> Tensor:
        convolution = self.get_submodule(layer.name)
        if layer.normalisation:
            return convolution(x)
        with torch.autocast(x.device.type, enabled=False):  # eight bits of a colour would show as bands
            return convolution(x.float())

    def normalise(self, x: Tensor, layer: Layer, statistics: InstanceStatistics | None) -> Tensor:
        return self.get_submodule(layer.normalisation)(x, statistics)

    def rectify(self, x: Tensor) -> Tensor:
        return F.relu_(x)

    def squash(self, x: Tensor) -> Tensor:
        return 0.5 + 0.5 * torch.tanh(x)
