"""Convolutional encoders in the shape of VGG (Simonyan & Zisserman 2014), whose features have layer names."""

import hashlib
import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.precision import half_precision
from ..compute.sizes import MARGIN
from ..compute.tensors import pad
from ..errors import PochadeError
from ..files import json_text
from ..files.made import check_regular, read_whole
from ..files.tensors import LARGEST, Shape, read_header, read_tensors, write_tensors
from .files import COMPACT, HEADER

FORMAT = 1
BLOCKS, CONVOLUTIONS, CHANNELS = 5, 9, 4096  # that an encoder has, each block, and each convolution, at most


@dataclass(frozen=True)
class EncoderArchitecture:
    """An encoder's architecture, as its file's header has it.

    `blocks` holds the output channels of each 3x3 convolution, block by block with a 2x2 pooling between
    blocks. The first convolution of the third block is `conv3_1`, its rectified output the layer `relu3_1`.
    Pictures, RGB 0 to 1, are normalised by `mean` and `std`.
    """

    name: str
    title: str
    blocks: tuple[tuple[int, ...], ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    style_layers: dict[str, float]
    content_layers: dict[str, float]
    attribution: str
    training: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Raise ValueError or TypeError for what is no such network."""
        if not all(isinstance(text, str) for text in (self.name, self.title, self.attribution)):
            raise ValueError("its name, title or attribution is no text")
        blocks = list(self.blocks)
        if not 1 <= len(blocks) <= BLOCKS or not all(1 <= len(block) <= CONVOLUTIONS for block in blocks):
            raise ValueError(f"it has not 1 to {BLOCKS} blocks of 1 to {CONVOLUTIONS} convolutions")
        if not all(type(width) is int and 1 <= width <= CHANNELS for block in blocks for width in block):
            raise ValueError(f"a convolution has not 1 to {CHANNELS} channels")
        colours = [*self.mean, *self.std]
        if len(colours) != 6 or not all(map(_is_number, colours)) or not all(s > 0 for s in self.std):
            raise ValueError("its mean and deviation of colors are none")
        here = {f"relu{place}" for place, _, _ in self.convolutions()}
        for layers in (self.style_layers, self.content_layers):
            if not layers or not layers.keys() <= here or not all(map(_is_number, layers.values())):
                raise ValueError("its layers of style and content are none of its own, with a weight each")

    def tensors(self) -> tuple[dict[str, Shape], dict[str, Shape]]:
        """The shapes of its weights by name, and of its metrics, which not every layer has."""
        weights: dict[str, Shape] = {}
        for place, before, after in self.convolutions():
            weights |= {f"conv{place}.weight": (after, before, 3, 3), f"conv{place}.bias": (after,)}
        return weights, {f"metric.relu{place}": (after,) * 2 for place, _, after in self.convolutions()}

    def convolutions(self) -> list[tuple[str, int, int]]:
        """Each convolution's place ("3_1"), input and output channels, in order."""
        rows, channels = [], 3
        for b, block in enumerate(self.blocks, 1):
            for i, width in enumerate(block, 1):
                rows.append((f"{b}_{i}", channels, width))
                channels = width
        return rows

    def receptive_field_radius(self) -> int:
        """Pixels from a feature of the deepest layer to the farthest one that it sees, or a few more."""
        return sum(stride(f"relu{place}") for place, _, _ in self.convolutions()) + stride(
            f"relu{len(self.blocks)}_1"
        )


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and abs(value) < 1e6  # type: ignore[arg-type]


def stride(layer: str) -> int:
    """Pixels of the picture from one feature of `layer` ("relu3_1") to the next: 1, 2, 4, 8 or 16."""
    return 2 ** (int(layer[4]) - 1)


def without_margin(features: Tensor, layer: str) -> Tensor:
    """Features (B, C, h, w) without those of the margin, MARGIN px wide."""
    margin = MARGIN // stride(layer)
    return features[..., margin : features.shape[2] - margin, margin : features.shape[3] - margin]


# Poolings that halve the size, after Gatys et al. 2015. The factors of average and L2 keep activations as
# large as those of the maximum, which VGG-19 was trained with.
POOLINGS = {
    "max": lambda x: F.max_pool2d(x, 2),
    "average": lambda x: F.avg_pool2d(x, 2) * 2.0,
    "l2": lambda x: F.avg_pool2d(x.float().square(), 2).mul(4).clamp(min=1e-12).sqrt().to(x.dtype) * 0.78,
}


class Encoder(torch.nn.Module):
    """A frozen feature network.

    `metrics[layer]` (C, C) is a linear transform of the layer's features: Euclidean distances between
    transformed features are those of the network that this one was distilled from. Layers without one are
    compared as they are.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, architecture: EncoderArchitecture, tensors: dict[str, Tensor], digest: str):
        super().__init__()
        self.architecture, self.digest = architecture, digest
        self.convolutions = torch.nn.ModuleDict()
        for place, before, after in architecture.convolutions():
            convolution = torch.nn.Conv2d(before, after, 3, padding=1)
            convolution.load_state_dict({k: tensors[f"conv{place}.{k}"].float() for k in ("weight", "bias")})
            self.convolutions[place] = convolution
        self.metrics = {
            k.removeprefix("metric."): v.float() for k, v in tensors.items() if k.startswith("metric.")
        }
        self.register_buffer("mean", torch.tensor(architecture.mean).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor(architecture.std).view(1, 3, 1, 1))
        self.requires_grad_(False).eval()

    def _apply(self, function: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self.metrics = {k: function(v) for k, v in self.metrics.items()}
        return super()._apply(function, recurse)

    def forward(self, picture: Tensor, layers: set[str], pooling: str = "max") -> dict[str, Tensor]:
        """Features (B, C, H / stride, W / stride) of pictures (B, 3, H, W), RGB 0 to 1, by layer name.

        H and W are at least 16 px.
        """
        with half_precision(picture.device):
            features = self.trunk(pad(picture, (MARGIN, MARGIN)), layers, pooling)
        return {layer: without_margin(f, layer) for layer, f in features.items()}

    def trunk(self, picture: Tensor, layers: set[str], pooling: str = "max") -> dict[str, Tensor]:
        """As `forward`, without a margin: features near the border see the zero padding."""
        features, wanted, pool = {}, set(layers), POOLINGS[pooling]
        x = (picture - self.mean) / self.std
        x = x.contiguous(memory_format=torch.channels_last)
        block = "1"
        for place, convolution in self.convolutions.items():
            if place[0] != block:
                x, block = pool(x), place[0]
            x = F.relu_(convolution(x))
            if f"relu{place}" in wanted:
                features[f"relu{place}"] = x
                wanted.discard(f"relu{place}")
                if not wanted:
                    return features
        raise ValueError(f"{self.architecture.name} has no layer {', '.join(sorted(wanted))}")


def load_encoder(path: Path) -> Encoder:
    """The encoder in a safetensors file, on the CPU.

    It is read again only when the file has changed, so callers share it. Raises PochadeError for a file that
    is missing, broken or too new.
    """
    check_regular(Path(path))
    try:
        stat = Path(path).stat()
        return _load_encoder(Path(path), stat.st_mtime_ns, stat.st_size)
    except FileNotFoundError:
        raise PochadeError(
            "The encoder file {path} is missing: choose another encoder, or install this one again", path=path
        ) from None
    except (OSError, AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise PochadeError(
            "{name} is no encoder that Pochade can read ({error}): choose another one, or install it again",
            name=Path(path).name,
            error=error,
        ) from error


@lru_cache(maxsize=2)
def _load_encoder(path: Path, *_version: int) -> Encoder:
    data = read_whole(path, LARGEST)
    header = read_header(data)
    about = json_text.parse(header.metadata[HEADER])
    if about.pop("format") > FORMAT:
        raise PochadeError(
            "The encoder {name} was made by a newer Pochade; update the extension", name=path.name
        )
    architecture = EncoderArchitecture(**about)
    header.check(*architecture.tensors())
    return Encoder(architecture, read_tensors(data), hashlib.sha256(data).hexdigest())


def save_encoder(path: Path, architecture: EncoderArchitecture, tensors: dict[str, Tensor]) -> None:
    """Write `tensors` in half precision, with the architecture in the file's header."""
    header = json.dumps(dict(format=FORMAT, **asdict(architecture)))
    write_tensors(path, {name: tensor.detach().half() for name, tensor in tensors.items()}, {HEADER: header})


def compact_encoder() -> Encoder:
    """The encoder that ships with Pochade, on the CPU."""
    return load_encoder(COMPACT)
