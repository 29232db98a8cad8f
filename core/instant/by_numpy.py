"""Networks computed by numpy alone, where there is no PyTorch: on all processor cores.

A convolution is a matrix product, of its kernel and of the pixels that the kernel sees (im2col). It is made
in bands of rows that fit into a core's cache, each in a thread of its own: numpy lets others run meanwhile.
Products are numpy's einsum, for Blender's numpy has no BLAS: matmul is then 13 times slower, and einsum takes
1.7 times as long as OpenBLAS.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..compute.arrays import resize
from ..compute.tiles import TILE
from ..files.room import room
from .architecture import EPSILON, FOLDS, About, Layer, NetworkArchitecture
from .executor import network_memory
from .files import loaded
from .transform import InstanceStatistics, Transform

BAND = 2**18  # numbers that a band's pixels are: 1 MB
SHARE = 0.5  # of the memory that is free, for a picture that is painted whole


class NumpyNetwork(Transform):
    """A network that paints in one style, by the weights that its file names. Arrays are float32."""

    def __init__(self, about: About, weights: dict[str, np.ndarray]):
        self.about, self._weights = about, weights
        self._kernels = {layer.name: self._kernel(layer) for layer in about.architecture.layers}

    def _kernel(self, layer: Layer) -> tuple[np.ndarray, np.ndarray]:
        """The layer's weights as a matrix (D, side * side * C), and its bias (D, 1).

        Of a layer that doubles, each pixel of a doubled pair of rows and columns is a channel of its own.
        """
        weight, bias = (self._weights[f"{layer.name}.{part}"] for part in ("weight", "bias"))
        if layer.doubles:
            fold = np.array(FOLDS[self.about.architecture.enlargement], np.float32)
            weight = np.einsum("pau,qbv,oiuv->opqiab", fold, fold, weight).reshape(-1, layer.before, 3, 3)
            bias = bias.repeat(4)
        matrix = weight.transpose(0, 2, 3, 1).reshape(len(weight), -1)
        return np.ascontiguousarray(matrix), bias[:, None]

    def mirror(self, picture: np.ndarray, below: int, right: int) -> np.ndarray:
        return np.pad(picture, ((0, 0), (0, 0), (0, below), (0, right)), "reflect")

    def unshuffle(self, picture: np.ndarray, side: int) -> np.ndarray:
        batch, channels, height, width = picture.shape
        cells = picture.reshape(batch, channels, height // side, side, width // side, side)
        return cells.transpose(0, 1, 3, 5, 2, 4).reshape(batch, -1, height // side, width // side)

    def convolve(self, x: np.ndarray, layer: Layer) -> np.ndarray:
        margin, (kernel, bias) = layer.side // 2, self._kernels[layer.name]
        sides = ((0, 0), (margin, margin), (margin, margin))
        padded = np.pad(x[0], sides, "edge" if layer.doubles else "reflect")
        height, width = (-(-length // layer.stride) for length in x.shape[2:])
        result = np.empty((len(kernel), height, width), np.float32)

        def fill(rows: slice) -> None:
            seen = _pixels_seen(padded, layer, rows, width)
            product = np.einsum("ok,kp->op", kernel, seen)
            np.add(product, bias, product)
            result[:, rows] = product.reshape(len(kernel), -1, width)

        step = max(BAND // (kernel.shape[1] * width), 1)
        _in_threads(fill, [slice(top, min(top + step, height)) for top in range(0, height, step)])
        if not layer.doubles:
            return result[None]
        pairs = result.reshape(1, layer.after, 2, 2, height, width).transpose(0, 1, 4, 2, 5, 3)
        return pairs.reshape(1, layer.after, 2 * height, 2 * width)

    def normalise(self, x: np.ndarray, layer: Layer, statistics: InstanceStatistics | None) -> np.ndarray:
        weight, bias = (self._weights[f"{layer.normalisation}.{part}"] for part in ("weight", "bias"))

        def fill(number: int) -> None:
            channel = x[0, number]
            if statistics is None:
                mean = channel.mean()
                variance = np.square(channel - mean).mean()
            else:
                mean, variance = (part[0, number, 0, 0] for part in statistics)
            scale = weight[number] / np.sqrt(variance + np.float32(EPSILON))
            channel *= scale
            channel += bias[number] - mean * scale

        _in_threads(fill, range(x.shape[1]))
        return x

    def rectify(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0, out=x)

    def squash(self, x: np.ndarray) -> np.ndarray:
        return 0.5 + 0.5 * np.tanh(x)


def _pixels_seen(padded: np.ndarray, layer: Layer, rows: slice, width: int) -> np.ndarray:
    """What the kernel sees of features (C, H, W) with their margin, at each position of these rows of the
    result: (side * side * C, positions).
    """
    side, stride, count = layer.side, layer.stride, rows.stop - rows.start
    seen = np.empty((side, side, len(padded), count, width), np.float32)
    for i in range(side):
        top = stride * rows.start + i
        for j in range(side):
            seen[i, j] = padded[:, top : top + stride * count : stride, j : j + stride * width : stride]
    return seen.reshape(-1, count * width)


def _in_threads(work: Callable[[Any], None], parts: Iterable) -> None:
    """Do the work on each of the parts, on all cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(work, parts))


class ByNumpy:
    """What paints without PyTorch; an Executor."""

    resize = staticmethod(resize)

    @contextmanager
    def network(self, source: Path | bytes, side: int) -> Iterator[NumpyNetwork]:
        yield loaded(NumpyNetwork, source)

    def tile(self, height: int, width: int, architecture: NetworkArchitecture) -> int | None:
        return None if network_memory(height, width, architecture) <= SHARE * room() else TILE

    def put(self, picture: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(picture.transpose(2, 0, 1)[None], np.float32)

    def get(self, picture: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(picture[0].transpose(1, 2, 0).clip(0, 1))
