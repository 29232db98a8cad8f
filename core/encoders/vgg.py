"""Encoders from other people's weight files: torchvision's VGG-19, Oxford's, and whatever has their shape.

A network is told by its weights' names and shapes, and nothing that comes in a file is executed. Its style
layers are the first of each block as in Gatys et al. 2016, its content layers relu3_1 and relu4_2; what lies
deeper is left out. All weigh the same: losses are relative to each layer's own statistics, which balances
layers and encoders by itself.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, cast

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import PochadeError
from ..files.atomic import make_folder, whole
from ..files.made import check_regular
from ..files.pickled import read_weights
from ..files.tensors import read_header
from ..words import is_text
from .files import COMPACT, VGG19_NAME, EncoderFile, read_entry
from .network import BLOCKS, CHANNELS, EncoderArchitecture, load_encoder, save_encoder

Colour = tuple[float, float, float]
# Mean and deviation of RGB, as torchvision takes pictures.
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
BGR_MEAN = (103.939, 116.779, 123.68)  # of 0 to 255, as Oxford takes them
_CAFFE = re.compile(r"conv([1-9])_([1-9])\.(?:weight|bias)")
_TORCHVISION = re.compile(r"features\.(\d+)\.(?:weight|bias)")
# A 1x1 convolution from RGB, 0 to 1, to the network's range.
_NORMALISE = re.compile(r"normalise\.(?:weight|bias)")
_PAPER = (
    "K. Simonyan, A. Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, "
    "2014; weights by "
)


class Known(NamedTuple):
    """A network that is told by the first numbers of its first convolution."""

    first: tuple[float, float, float]
    name: str
    title: str
    attribution: str
    bgr: bool  # of 0 to 255, or else RGB of ImageNet's mean and deviation


# PyTorch files with Oxford's weights have torchvision's names, and their size tells nothing: both start with
# 0.1 to 0.9.
KNOWN = (
    Known((-0.0535, -0.0493, -0.0679), VGG19_NAME, "VGG-19", f"{_PAPER}torchvision (BSD 3-Clause)", False),
    Known(
        (0.3413, 0.3401, -0.0448),
        "vgg19_oxford",
        "VGG-19 (Oxford)",
        f"{_PAPER}the Visual Geometry Group, Oxford (CC BY 4.0)",
        True,
    ),
    Known(
        (0.4295, 0.3734, -0.0614),
        "vgg16_oxford",
        "VGG-16 (Oxford)",
        f"{_PAPER}the Visual Geometry Group, Oxford (CC BY 4.0)",
        True,
    ),
)


def add_encoder(path: Path, folder: Path) -> EncoderFile:
    """Put the network in a weight file into `folder` as an encoder, in the place of one with the same name.

    Takes safetensors and PyTorch's .pth with torchvision's names (`features.0.weight`) or Caffe's
    (`conv1_1.weight`), and encoders as they are. Raises PochadeError for anything else.
    """
    check_regular(path)
    if entry := read_entry(path):
        load_encoder(path)
        return _write(folder, entry.name, lambda target: shutil.copyfile(path, target))
    tensors = _read(path)
    keys = _places([name for name in tensors if name.endswith(".weight")])
    if (1, 1) not in keys:
        raise _unlike_vgg(path)
    first = keys[1, 1]
    known = next((known for known in KNOWN if _begins_with(tensors[f"{first}.weight"], known.first)), None)
    name, title, attribution = known[1:4] if known else (path.stem, path.stem, f"From the file {path.name}")
    style = [(block, 1) for block in range(1, BLOCKS + 1) if (block, 1) in keys]
    content = [place for place in ((3, 1), (4, 2)) if place in keys] or style[-1:]
    keys = {place: keys[place] for place in sorted(keys) if place <= max(style + content)}
    _check_shapes(path, tensors, keys)
    mean, std, turn = _input(path, tensors, known.bgr if known else first.startswith("conv"))

    blocks: list[tuple[int, ...]] = []
    kept: dict[str, Tensor] = {}
    for place in keys:
        weight, bias = (tensors[f"{keys[place]}.{part}"].float() for part in ("weight", "bias"))
        blocks += [()] if place[1] == 1 else []
        blocks[-1] += (len(weight),)
        kept |= {"conv{}_{}.weight".format(*place): weight, "conv{}_{}.bias".format(*place): bias}
    kept["conv1_1.weight"] = torch.einsum("ocij,cd->odij", kept["conv1_1.weight"], turn)
    if not all(tensor.half().isfinite().all() for tensor in kept.values()):
        raise _broken(path)
    style_layers, content_layers = (
        {"relu{}_{}".format(*place): 1.0 for place in places} for places in (style, content)
    )
    try:
        architecture = EncoderArchitecture(
            name, title, tuple(blocks), mean, std, style_layers, content_layers, attribution
        )
    except ValueError as error:
        raise _unlike_vgg(path) from error
    return _write(folder, name, lambda target: save_encoder(target, architecture, kept))


def _read(path: Path) -> dict[str, Tensor]:
    """The tensors in a weight file that may be a VGG's. Raises PochadeError for one that is not safe."""
    try:
        if path.suffix == ".safetensors":
            read_header(path)
            with safe_open(path, "pt") as file:
                return {name: file.get_tensor(name) for name in file.keys() if _ours(name)}  # noqa: SIM118 - no dict
        return {name: tensor for name, tensor in read_weights(path).items() if _ours(name)}
    except FileNotFoundError:
        raise PochadeError("There is no file {path}", path=path) from None
    except (OSError, SafetensorError) as error:
        raise PochadeError(
            "{name} cannot be read ({error}): download it again, or take another file",
            name=path.name,
            error=error,
        ) from error
    except Exception as error:  # a damaged or hostile file raises whatever it likes
        raise PochadeError(
            "{name} is damaged or holds more than weights, and Pochade runs nothing that "
            "comes in a file: take a .safetensors file, or torchvision's .pth",
            name=path.name,
        ) from error


def _ours(name: str) -> bool:
    return any(pattern.fullmatch(name) for pattern in (_CAFFE, _TORCHVISION, _NORMALISE))


def _places(names: Sequence[str]) -> dict[tuple[int, int], str]:
    """Each convolution's key by block and number: {(1, 1): "features.0", ...}; empty for no VGG."""
    if caffe := {(int(m[1]), int(m[2])): m[0].rpartition(".")[0] for m in map(_CAFFE.fullmatch, names) if m}:
        return caffe
    places, block, number, last = {}, 1, 0, -2
    for index in sorted({int(m[1]) for m in map(_TORCHVISION.fullmatch, names) if m}):
        if index - last == 2:  # a ReLU lies between
            number += 1
        elif index - last == 3:  # a pooling as well
            block, number = block + 1, 1
        else:
            return {}
        places[block, number], last = f"features.{index}", index
    return places


def _begins_with(weight: Tensor, numbers: Sequence[float]) -> bool:
    first = weight.flatten()[:3].float()
    return len(first) == 3 and torch.allclose(first, torch.tensor(numbers), atol=5e-4)


def _check_shapes(path: Path, tensors: dict[str, Tensor], keys: dict[tuple[int, int], str]) -> None:
    """Raise PochadeError unless these, in order, are 3x3 convolutions, each as wide as the one before."""
    channels, last = 3, (0, 0)
    for place, key in keys.items():
        weight, bias = (tensors.get(f"{key}.{part}", torch.empty(0)) for part in ("weight", "bias"))
        width = bias.numel()
        if (
            place not in ((last[0], last[1] + 1), (last[0] + 1, 1))
            or weight.shape != (width, channels, 3, 3)
            or bias.shape != (width,)
            or not (weight.is_floating_point() and bias.is_floating_point())
            or not 1 <= width <= CHANNELS
        ):
            raise _unlike_vgg(path)
        channels, last = width, place


def _input(path: Path, tensors: dict[str, Tensor], bgr: bool) -> tuple[Colour, Colour, Tensor]:
    """Mean and deviation of RGB, 0 to 1, and the matrix (3, 3) from there to the network's range."""
    if "normalise.weight" in tensors:
        matrix = tensors["normalise.weight"].float()
        offset = tensors.get("normalise.bias", torch.empty(0)).float()
        if matrix.numel() != 9 or offset.shape != (3,):
            raise _unlike_vgg(path)
        matrix = matrix.view(3, 3)
    elif bgr:
        matrix, offset = 255 * torch.eye(3).flip(0), -torch.tensor(BGR_MEAN)
    else:
        return *IMAGENET, torch.eye(3)
    scale = matrix.det().abs() ** (1 / 3)
    if not (1e-3 < scale < 1e5 and offset.isfinite().all()):
        raise _broken(path)
    mean = -torch.linalg.solve(matrix, offset)
    return tuple(mean.tolist()), (1 / scale.item(),) * 3, matrix / scale


def _write(folder: Path, name: str, write: Callable[[Path], object]) -> EncoderFile:
    """Have `write(path)` make the encoder's file in `folder`, all of it or nothing."""
    if not is_text(name):
        raise PochadeError("{name} can be no encoder's name: give the file another one", name=ascii(name))
    if name == COMPACT.stem:
        raise PochadeError(
            "{name} is the name of Pochade's own encoder: give the file another one", name=name
        )
    target = folder / f"{name}.safetensors"
    make_folder(folder)
    with whole(target) as part:
        write(part)
    return cast(EncoderFile, read_entry(target))


def _broken(path: Path) -> PochadeError:
    return PochadeError(
        "{name} has broken weights (NaN, or far too large): take another file", name=path.name
    )


def _unlike_vgg(path: Path) -> PochadeError:
    return PochadeError(
        "{name} is no network of VGG's shape (3x3 convolutions named features.0 or "
        "conv1_1, and so on): take VGG-19's weights, or another encoder's file",
        name=path.name,
    )
