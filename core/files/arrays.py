"""NumPy arrays in files, bit for bit, each with its SHA-256 behind it."""

import hashlib
import io
import math
from pathlib import Path

import numpy as np

from .made import read_whole

DIGEST = 32  # bytes of a SHA-256
LARGEST = 16_000_000_000  # bytes of a file


def to_bytes(array: np.ndarray) -> bytes:
    """What a file with this array is to hold."""
    data = io.BytesIO()  # np.save to a file does not tell why it failed
    np.save(data, array, allow_pickle=False)
    return data.getvalue() + hashlib.sha256(data.getbuffer()).digest()


def read(path: Path) -> np.ndarray:
    """The array in a file. Raises ValueError where a byte is not as it was written, and for what could not
    have been, and OSError.
    """
    data = read_whole(path, LARGEST)
    data, digest = data[:-DIGEST], data[-DIGEST:]
    if hashlib.sha256(data).digest() != digest:
        raise ValueError("what it has kept is damaged")
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("what it has kept is of another kind")
    try:
        shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    except Exception as error:  # somebody's header makes its reader raise whatever it likes
        raise ValueError("what it has kept is of another kind") from error
    if dtype.hasobject or dtype.itemsize * math.prod(shape) != len(data) - file.tell():
        raise ValueError("what it has kept is of another size")
    array = np.load(io.BytesIO(data), allow_pickle=False)
    if dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError("what it has kept is not finite")
    return array
