"""Safetensors files: written so that others can read them, their metadata read without PyTorch."""

from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from . import json_text
from .made import is_regular

if TYPE_CHECKING:
    from torch import Tensor

_LONGEST = 1_000_000  # bytes of a header; Pochade's have a few thousand


def read_metadata(source: Path | bytes) -> dict[str, str]:
    """The metadata in the header of a file, or of a file's bytes. Raises ValueError for another kind of file
    and OSError for one that cannot be read.
    """
    if isinstance(source, Path) and source.exists() and not is_regular(source):
        raise ValueError(f"{source.name} is no file")
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = file.read(length) if length <= _LONGEST else b""
    try:
        metadata = json_text.parse(header)["__metadata__"]
    except (KeyError, TypeError) as error:
        raise ValueError("no safetensors file with metadata") from error
    if not isinstance(metadata, dict):
        raise ValueError("the metadata of a safetensors file are no table")
    return metadata


def tensors_to_bytes(tensors: "Mapping[str, Tensor]", metadata: Mapping[str, str]) -> bytes:
    """A safetensors file's bytes."""
    from safetensors.torch import save

    return save({name: tensor.cpu().contiguous() for name, tensor in tensors.items()}, dict(metadata))


def write_tensors(path: Path, tensors: "Mapping[str, Tensor]", metadata: Mapping[str, str]) -> None:
    """Write a safetensors file. Safetensors' own writing makes one that its user alone can read."""
    path.write_bytes(tensors_to_bytes(tensors, metadata))
