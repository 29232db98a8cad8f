"""Safetensors files: written so that others can read them, and checked before anything of them is allocated.

What cannot be used is a ValueError, which says why; reading needs no PyTorch.
"""

import math
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from . import json_text
from .made import is_regular

if TYPE_CHECKING:  # registration reads headers, and Blender 4.2 would import numpy for it alone
    import numpy as np
    from torch import Tensor

LARGEST = 1_000_000_000  # bytes of a file that is read whole; VGG-19 with its classifier has 575 million
HALF = 65504.0  # the largest number in half precision, in which weights are written
_LONGEST = 1_000_000  # bytes of a header; Pochade's have a few thousand
# Bytes of each number, of the types that weights come in.
_FLOATS = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}
_OTHERS = {"I64": 8, "U64": 8, "I32": 4, "U32": 4, "I16": 2, "U16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_BYTES = _FLOATS | _OTHERS

Shape = tuple[int, ...]


class Header(NamedTuple):
    """A file's metadata, and of each tensor the type, as in F16, and the shape."""

    metadata: dict[str, str]
    tensors: dict[str, tuple[str, Shape]]

    def check(self, needed: Mapping[str, Shape], optional: Mapping[str, Shape] | None = None) -> None:
        """Raise ValueError unless the tensors are those needed, and of the optional ones any, all floats."""
        known = {**(optional or {}), **needed}
        for name in [*needed, *self.tensors]:
            kind, shape = self.tensors.get(name, ("", ()))
            if name not in known:
                raise ValueError(f"it has a tensor {name[:60]!r}, which does not belong there")
            if not kind:
                raise ValueError(f"it lacks {name}")
            if kind not in _FLOATS or shape != known[name]:
                raise ValueError(f"{name} is {kind} {list(shape)} and should be floats {list(known[name])}")


def read_metadata(source: Path | bytes) -> dict[str, str]:
    """The metadata in the header of a file, or of a file's bytes; its tensors are not looked at. Raises
    ValueError for another kind of file, and OSError for one that cannot be read.
    """
    return _metadata(_header(source)[0])


def read_header(source: Path | bytes) -> Header:
    """The header, after its tensors have been compared with the size of the file, or of its bytes. Raises
    ValueError for another kind of file, or one whose tensors do not fill it, and OSError.
    """
    values, behind = _header(source)
    metadata = _metadata(values) if "__metadata__" in values else {}
    tensors, places = {}, []
    for name, entry in values.items():
        if name == "__metadata__":
            continue
        kind, shape, (begin, end) = _entry(name, entry)
        tensors[name] = kind, shape
        places.append((begin, end))
    at = 0
    for begin, end in sorted(places):  # one after the other, as the format has it
        if begin != at:
            raise ValueError("its tensors lie upon each other, or apart")
        at = end
    if at != behind:
        raise ValueError(f"its tensors take {at} bytes, and the file has {behind}")
    return Header(metadata, tensors)


def read_arrays(data: bytes, most: float = HALF) -> "dict[str, np.ndarray]":
    """The tensors in a file's bytes, whose header was checked, as float32. Raises ValueError for NaN, for
    numbers beyond `most`, and for what is no such file.
    """
    import numpy as np

    values, behind = _header(data)
    arrays = {}
    for name, entry in values.items():
        if name == "__metadata__":
            continue
        kind, shape, (begin, end) = _entry(name, entry)
        if end > behind:
            raise ValueError(f"the bytes of {name[:60]!r} are not in the file")
        first = len(data) - behind + begin
        array = _as_float32(data[first : first + end - begin], kind).reshape(shape)
        if not (np.abs(array) <= most).all():  # which NaN is not
            raise ValueError(f"{name} has broken numbers (NaN, or far too large)")
        arrays[name] = array
    return arrays


def _as_float32(data: bytes, kind: str) -> "np.ndarray":
    import numpy as np

    if kind == "BF16":  # the upper half of a float32
        return (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32)
    dtype = "?" if kind == "BOOL" else f"<{kind[0].lower()}{_BYTES[kind]}"
    with np.errstate(over="ignore"):  # it is infinite then
        return np.frombuffer(data, dtype).astype(np.float32)


def read_tensors(data: bytes, most: float = HALF) -> "dict[str, Tensor]":
    """`read_arrays` as tensors."""
    import torch

    return {name: torch.from_numpy(array) for name, array in read_arrays(data, most).items()}


def tensors_to_bytes(tensors: "Mapping[str, Tensor]", metadata: Mapping[str, str]) -> bytes:
    """A safetensors file's bytes."""
    from safetensors.torch import save

    return save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, dict(metadata))


def write_tensors(path: Path, tensors: "Mapping[str, Tensor]", metadata: Mapping[str, str]) -> None:
    """Write a safetensors file. Safetensors' own writing makes one that its user alone can read."""
    path.write_bytes(tensors_to_bytes(tensors, metadata))


def _header(source: Path | bytes) -> tuple[dict[str, Any], int]:
    """The header's values, and how many bytes are behind it."""
    if isinstance(source, Path) and source.exists() and not is_regular(source):
        raise ValueError(f"{source.name} is no file")
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= _LONGEST else b""
    values = json_text.parse(header)
    if not isinstance(values, dict):
        raise ValueError("no safetensors file")
    return values, size - 8 - length


def _metadata(values: dict[str, Any]) -> dict[str, str]:
    metadata = values.get("__metadata__")
    if not isinstance(metadata, dict) or not all(isinstance(value, str) for value in metadata.values()):
        raise ValueError("no safetensors file with metadata")
    return metadata


def _entry(name: str, entry: Any) -> tuple[str, Shape, tuple[int, int]]:
    """What a header says of one tensor: its type, its shape, and where its bytes begin and end."""
    try:
        kind, shape, (begin, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        numbers = [begin, end, *shape]
        size = _BYTES[kind]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"what it says of {name[:60]!r} cannot be read") from error
    if not all(type(number) is int and 0 <= number < 1 << 48 for number in numbers) or len(shape) > 8:
        raise ValueError(f"what it says of {name[:60]!r} are no sizes")
    if end - begin != math.prod(shape) * size:
        raise ValueError(f"{name[:60]!r} has {end - begin} bytes, which are no {list(shape)} of {kind}")
    return kind, tuple(shape), (begin, end)
