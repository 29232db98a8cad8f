"""Styles out of presets."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..compute.machine import has_engine
from ..errors import PochadeError
from ..files.made import read_whole
from ..files.tensors import Shape, read_header, read_tensors
from ..style.styles import Style, style_from_picture
from .preset import Preset

if TYPE_CHECKING:
    from ..encoders.network import Encoder

# Of a preset's statistics, at most: bytes, px of the picture's longer side, channels of a layer.
MOST_STATISTICS, LONGEST_SIDE, MOST_CHANNELS = 16_000_000, 16384, 4096
_MEAN = re.compile(r"([1-9]\d{0,4})\.(relu[1-9]_[1-9])\.mean")
_MOST = 1e12  # that a number of them can be


def style_from_preset(preset: Preset) -> Style:
    """A preset's plate, statistics and instant network. Raises PochadeError for missing or broken files.

    Without PyTorch a network alone can paint: what else there is stays in its files.
    """
    network = preset.network if preset.network.exists() else None
    if not has_engine():
        return Style(preset.name, np.zeros((0, 0, 3), np.float32), network=network)
    from ..files.pictures import read_picture
    from ..style.statistics import load_table

    style = style_from_picture(preset.name, read_picture(preset.plate))
    table, digest = None, ""
    if preset.statistics.exists():
        check_statistics(preset.statistics)
        table, digest = load_table(preset.statistics)
    return Style(style.name, style.picture, table, digest, network)


def _style_layers(encoder: "Encoder") -> set[tuple[str, int]]:
    channels = {f"relu{place}": after for place, _, after in encoder.architecture.convolutions()}
    return {(layer, channels[layer]) for layer in encoder.architecture.style_layers}


def check_statistics(path: Path) -> None:
    """Raise PochadeError for a file that is none of `save_table`'s: matrices are made of what it holds."""
    from ..encoders.network import compact_encoder

    try:
        data = read_whole(path, MOST_STATISTICS)
        header = read_header(data)
        if not isinstance(header.metadata.get("encoder_sha256"), str):
            raise ValueError("it does not name its encoder")
        needed: dict[str, Shape] = {}
        layers: dict[str, set[tuple[str, int]]] = {}
        for name, (_, shape) in header.tensors.items():
            if not (found := _MEAN.fullmatch(name)):
                continue
            if len(shape) != 1 or not 1 <= shape[0] <= MOST_CHANNELS or int(found[1]) > LONGEST_SIDE:
                raise ValueError(f"{name} is no layer's mean")
            channels, key = shape[0], name.removesuffix("mean")
            needed |= {
                f"{key}scale": (1,),
                name: shape,
                f"{key}covariance": (channels * (channels + 1) // 2,),
            }
            layers.setdefault(found[1], set()).add((found[2], channels))
        header.check(needed)
        encoder = compact_encoder()
        of_first = next(iter(layers.values()), set())
        if not of_first or any(of_size != of_first for of_size in layers.values()):
            raise ValueError("its sizes have not the same layers")
        if header.metadata["encoder_sha256"] == encoder.digest and of_first != _style_layers(encoder):
            raise ValueError("its layers are not those of its encoder")
        for name, tensor in read_tensors(data, _MOST).items():
            if name.endswith(".scale") and not (tensor > 0).all():
                raise ValueError(f"{name} is not above 0")
    except (OSError, ValueError) as error:
        raise PochadeError(
            "The preset file {path} is broken ({error}); install it again, or choose another style",
            path=path,
            error=error,
        ) from error
