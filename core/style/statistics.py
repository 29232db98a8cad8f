"""The feature statistics of a style's picture: measured, interpolated between sizes, and on disk."""

import math
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..compute.sizes import MARGIN, fit
from ..compute.tensors import resize, to_tensor
from ..encoders.network import Encoder
from ..errors import PochadeError
from ..files.tensors import write_tensors
from .losses import Statistics, feature_statistics

# Longer sides in px of the style for which a preset keeps statistics; between them they are interpolated.
SIZES = 64, 128, 256, 512, 1024


def interpolate(table: dict[int, dict[str, Statistics]], size: float) -> dict[str, Statistics]:
    """Statistics at `size` px, interpolated in the logarithm of the sizes in `table`; clamped at its ends."""
    sizes = sorted(table)
    low = max((s for s in sizes if s <= size), default=sizes[0])
    high = min((s for s in sizes if s >= size), default=sizes[-1])
    share = 0.0 if low >= high else math.log(size / low) / math.log(high / low)
    return {layer: s.lerp(table[high][layer], share) for layer, s in table[low].items()}


def picture_statistics(
    picture: np.ndarray, side: int, encoder: Encoder, device: torch.device, pooling: str = "max"
) -> dict[str, Statistics]:
    """Statistics by style layer of a picture (H, W, 3), resized to a longer side of `side` px."""
    layers = set(encoder.architecture.style_layers)
    features = picture_features(picture, side, encoder, device, layers, pooling)
    return {layer: feature_statistics(f, encoder.metrics.get(layer)) for layer, f in features.items()}


@torch.no_grad()
def picture_features(
    picture: np.ndarray, side: int, encoder: Encoder, device: torch.device, layers: set[str], pooling: str
) -> dict[str, Tensor]:
    """Features (h, w, C) by layer of a picture (H, W, 3), resized to a longer side of `side` px, from
    32 px.
    """
    height, width = fit(picture.shape[0], picture.shape[1], max(side, 32))
    resized = resize(to_tensor(picture, device), max(height, MARGIN), max(width, MARGIN))
    found = encoder(resized, layers, pooling)
    return {layer: f[0].permute(1, 2, 0).float() for layer, f in found.items()}


def save_table(path: Path, table: dict[int, dict[str, Statistics]], digest: str) -> None:
    """Write statistics in half precision, each matrix's upper triangle, over the covariance's trace."""
    tensors = {}
    for size, layers in table.items():
        for layer, s in layers.items():
            scale = s.covariance.trace() / len(s.mean)
            rows, columns = torch.triu_indices(*s.covariance.shape)
            tensors[f"{size}.{layer}.scale"] = scale.reshape(1).cpu()
            tensors[f"{size}.{layer}.mean"] = (s.mean / scale.sqrt()).half().cpu()
            tensors[f"{size}.{layer}.covariance"] = (s.covariance / scale)[rows, columns].half().cpu()
    write_tensors(path, tensors, {"encoder_sha256": digest})


def load_table(path: Path) -> tuple[dict[int, dict[str, Statistics]], str]:
    """The statistics and the encoder's SHA-256 that `save_table` wrote.

    Raises PochadeError for a broken file.
    """
    try:
        table: dict[int, dict[str, Statistics]] = {}
        with safe_open(path, "pt") as file:
            digest = file.metadata()["encoder_sha256"]
            for key in (k for k in file.keys() if k.endswith(".mean")):  # noqa: SIM118 - no dict
                size, layer, _ = key.split(".")
                scale = file.get_tensor(f"{size}.{layer}.scale")
                mean = file.get_tensor(key).float() * scale.sqrt()
                half = torch.zeros(len(mean), len(mean))
                half[tuple(torch.triu_indices(*half.shape))] = file.get_tensor(
                    f"{size}.{layer}.covariance"
                ).float()
                covariance = (half + half.triu(1).T) * scale
                table.setdefault(int(size), {})[layer] = Statistics(mean, covariance)
        return table, digest
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise PochadeError(
            "The preset file {path} is broken ({error}); install it again", path=path, error=error
        ) from error
