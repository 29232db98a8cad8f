"""Instant styles on disk: safetensors files with architecture and provenance in their header, listed without PyTorch."""

import json
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PochadeError
from ..files import whole
from .architecture import About, Architecture

if TYPE_CHECKING:
    from .network import Network

HEADER = "pochade_instant"  # the metadata entry that makes a safetensors file an instant style: its About as JSON
FORMAT = 1
_LONGEST = 1_000_000  # bytes of a header; an instant style's has a few thousand


def read_about(path: Path) -> About:
    """What a file's header says of its network. Raises PochadeError for a file that is missing, broken, another kind or too new."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(length)) if length <= _LONGEST else {}
        values = json.loads(header["__metadata__"][HEADER])
        if values.pop("format") > FORMAT:
            raise PochadeError(f"The instant style {path.name} was made by a newer Pochade; update the extension")
        made_of = values.pop("architecture")
        made_of |= {part: tuple(made_of[part]) for part in ("down", "up")}
        return About(architecture=Architecture(**made_of), **values)
    except FileNotFoundError:
        raise PochadeError(f"The instant style {path} is missing: train it again, or choose another one") from None
    except OSError as error:
        raise PochadeError(f"The instant style {path} cannot be read ({error})") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PochadeError(f"{path.name} is no instant style; choose a file that Train Instant Style made") from None


def load_network(path: Path) -> "Network":
    """The network in a file, on the CPU; read again only when the file has changed, so callers share it.

    Raises PochadeError as `read_about` does, and where the weights are not those that the header tells of.
    """
    path = Path(path)
    stat = path.stat() if path.exists() else None
    return _load(path, *((stat.st_mtime_ns, stat.st_size) if stat else ()))


@lru_cache(maxsize=4)
def _load(path: Path, *_version: int) -> "Network":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from .network import Network

    network = Network(read_about(path))
    try:
        network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    except (OSError, SafetensorError, RuntimeError) as error:
        raise PochadeError(f"The instant style {path.name} is damaged: its weights are not those of its network; "
                           "train it again, or choose another one") from error
    return network.requires_grad_(False)


def save_network(path: Path, network: "Network") -> None:
    """Write a network, with what it is `about`, in half precision; the file is whole or absent. Raises PochadeError when it cannot."""
    from safetensors.torch import save_file

    header = json.dumps(dict(format=FORMAT, **asdict(network.about)))
    weights = {name: tensor.detach().half().contiguous().cpu() for name, tensor in network.state_dict().items()}
    with whole(Path(path)) as part:
        save_file(weights, part, {HEADER: header})
