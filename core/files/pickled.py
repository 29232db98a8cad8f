"""PyTorch's own weight files (.pth), counted before PyTorch makes anything of them."""

import mmap
import pickletools
import zipfile
from io import BytesIO
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from .made import check_regular

if TYPE_CHECKING:
    from torch import Tensor

LONGEST = 50_000  # steps of a pickle: VGG-19 with its classifier takes some two thousand, RAFT ten
MAGIC = 0x1950A86A20F9469CFC6C  # the number that PyTorch's first format begins with
# Steps whose numbers are no sizes: places in the pickle's memory, its version and its own length.
_OTHER_NUMBERS = "PUT", "GET", "PROTO", "FRAME"


def read_weights(path: Path) -> "dict[str, Tensor]":
    """The tensors of a state dict by name, on the CPU, mapped where the format allows that.

    Nothing that comes in the file is executed. Whatever is wrong with it is an exception of any kind, also
    where its tensors, sizes or steps would be more than a file of this size can have.
    """
    import torch

    check_regular(path)
    size = path.stat().st_size
    packed = zipfile.is_zipfile(path)
    if packed:
        _check_zip(path, size)
    else:
        # Mapped: a file's own `read` allocates as many bytes as a length in it says.
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for _ in range(5):  # magic number, version, system, the tensors, their keys
                _check_pickle(data, size)
    # PyTorch's first format cannot be mapped.
    found = torch.load(path, map_location="cpu", weights_only=True, mmap=packed)
    found = found.get("state_dict", found)
    tensors = {
        name: tensor
        for name, tensor in found.items()
        if isinstance(name, str) and isinstance(tensor, torch.Tensor)
    }
    for name, tensor in tensors.items():
        if tensor.layout is not torch.strided or tensor.is_meta:
            raise ValueError(f"{name} is no plain tensor")
    if sum(tensor.numel() * tensor.element_size() for tensor in tensors.values()) > size:
        raise ValueError("its tensors are more than the file")
    return tensors


def _check_zip(path: Path, size: int) -> None:
    """Raise ValueError for a zip whose contents are larger than itself, or whose pickle is not plain."""
    with zipfile.ZipFile(path) as file:
        members = file.infolist()
        if any(member.compress_type != zipfile.ZIP_STORED for member in members):
            raise ValueError("it is compressed")
        if sum(max(member.file_size, member.compress_size) for member in members) > size:
            raise ValueError("its parts are more than the file")
        for member in members:
            if member.filename.endswith(".pkl"):
                _check_pickle(BytesIO(file.read(member)), size)


def _check_pickle(file: BytesIO | mmap.mmap, size: int) -> None:
    """Raise ValueError for a pickle of too many steps, or whose numbers, which are sizes, are more than the
    file's bytes together.
    """
    total = 0
    for steps, (step, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], file))):
        if isinstance(argument, int) and argument != MAGIC and not step.name.endswith(_OTHER_NUMBERS):
            total += abs(argument)
        if total > size or steps > LONGEST:
            raise ValueError("it is larger than its file can be")
