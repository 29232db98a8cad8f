"""Instant styles on disk: safetensors files with architecture and provenance in their header.

Headers are read without PyTorch.
"""

import json
import math
from collections.abc import Callable
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import PochadeError
from ..files import json_text
from ..files.atomic import whole
from ..files.made import read_whole
from ..files.tensors import LARGEST, Shape, read_arrays, read_header, read_metadata, tensors_to_bytes
from ..words import Sentence
from .architecture import About, NetworkArchitecture

if TYPE_CHECKING:
    import numpy as np

    from .network import Network

MadeT = TypeVar("MadeT")

# The metadata entry that makes a safetensors file an instant style: its About as JSON.
HEADER = "pochade_instant"
FORMAT = 1
# What training begins with: a network that learns any style soon (core.training.reptile).
START = Path(__file__).with_name("start.safetensors")
_DEEPEST = 8  # halvings, and doublings
_COARSEST = 64  # px of a picture for one position at the coarsest; its sides are filled up to multiples
ONE_STYLE = Sentence(
    "Instant painting takes one style at a time: remove the others, or set Method to Step by Step"
)
OTHER_START = Sentence("choose another Start From")


def not_trained(name: str, otherwise: str = Sentence("set Method to Step by Step")) -> str:
    """The sentence on a style without a network: what an artist can do, `otherwise` than train one."""
    return Sentence(
        "No network has learnt {name} yet: use Train Instant Style, or {otherwise}",
        name=name,
        otherwise=otherwise,
    )


def read_about(source: Path | bytes) -> About:
    """What the header of a file, or of a file's bytes, says of its network.

    Raises PochadeError for a file that is missing, broken, of another kind or too new.
    """
    name = _name(source)
    try:
        values = json_text.parse(read_metadata(source if isinstance(source, bytes) else Path(source))[HEADER])
        if values.pop("format") > FORMAT:
            raise PochadeError("{name} was made by a newer Pochade; update the extension", name=name)
        made_of = values.pop("architecture")
        if max(len(made_of["down"]), len(made_of["up"])) > _DEEPEST:
            raise ValueError("it halves the size too often")
        made_of |= {part: tuple(made_of[part]) for part in ("down", "up")}
        about = About(architecture=NetworkArchitecture(**made_of), **values)
        _check(about)
        return about
    except FileNotFoundError:
        raise PochadeError("{name} is missing: train it again, or choose another one", name=name) from None
    except OSError as error:
        raise PochadeError("{name} cannot be read ({error})", name=name, error=error) from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise PochadeError(
            "{name} is no network that Train Instant Style made; train it again, or choose another file",
            name=name,
        ) from None


def _check(about: About) -> None:
    """Raise ValueError or TypeError for what Train Instant Style would not have written."""
    mean, covariance = about.palette
    numbers = [*mean, *(number for row in covariance for number in row)]
    if len(mean) != 3 or [len(row) for row in covariance] != [3, 3, 3]:
        raise ValueError("its palette has not three colors")
    if not all(type(number) in (int, float) and math.isfinite(number) for number in numbers):
        raise ValueError("its palette is not finite")
    if not all(isinstance(text, str) for text in (about.name, about.attribution)):
        raise ValueError("its name or attribution is no text")
    if about.architecture.multiple > _COARSEST:
        raise ValueError("it halves the size too often")
    if not 0 < about.stroke_side < 1e6:
        raise ValueError("its strokes have no size")


def _name(source: Path | bytes) -> str:
    return (
        "The instant style"
        if isinstance(source, bytes)
        else Sentence("The instant style {name}", name=Path(source).name)
    )


def load_network(source: Path | bytes) -> "Network":
    """The network in a file, or in a file's bytes, by PyTorch on the CPU; as `loaded`."""
    return loaded(_by_torch, source)


def _by_torch(about: About, weights: "dict[str, np.ndarray]") -> "Network":
    import torch

    from .network import Network

    network = Network(about)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in weights.items()})
    return network.requires_grad_(False)


def loaded(make: Callable[[About, "dict[str, np.ndarray]"], MadeT], source: Path | bytes) -> MadeT:
    """What `make` makes of what a file, or a file's bytes, says of its network, and of the network's weights.

    It is made again only when they have changed, so callers share it. Raises PochadeError as `read_about`
    does, and where the weights are not those of the header's architecture.
    """
    if isinstance(source, bytes):
        return _loaded(make, source)
    path = Path(source)
    stat = path.stat() if path.exists() else None
    return _loaded(make, path, *((stat.st_mtime_ns, stat.st_size) if stat else ()))


@lru_cache(maxsize=4)
def _loaded(make: Callable, source: Path | bytes, *_version: int) -> Any:
    about, data = _checked(source)
    try:
        return make(about, read_arrays(data))
    except (ValueError, RuntimeError) as error:
        raise _damaged(source, error) from error


def check_network(source: Path | bytes) -> None:
    """Raise PochadeError as `load_network` does, but for broken numbers. Needs no PyTorch."""
    _checked(source)


def _checked(source: Path | bytes) -> tuple[About, bytes]:
    """What a file says of its network, and its bytes, whose tensors have the network's names and shapes."""
    about = read_about(source)
    try:
        data = source if isinstance(source, bytes) else read_whole(source, LARGEST)
        read_header(data).check(shapes_of(about.architecture))
    except (OSError, ValueError) as error:
        raise _damaged(source, error) from error
    return about, data


def _damaged(source: Path | bytes, why: Exception) -> PochadeError:
    return PochadeError(
        "{source} is damaged: its weights are not those of its network ({why}); train "
        "it again, or choose another one",
        source=_name(source),
        why=why,
    )


def shapes_of(architecture: NetworkArchitecture) -> dict[str, Shape]:
    """The shape of each of the weights that a network has, by the names in its file: known before the network
    is made.
    """
    shapes: dict[str, Shape] = {}
    for layer in architecture.layers:
        shapes[f"{layer.name}.weight"] = layer.after, layer.before, layer.side, layer.side
        for name in (f"{layer.name}.bias", f"{layer.normalisation}.weight", f"{layer.normalisation}.bias"):
            shapes[name] = (layer.after,)
    return {name: shape for name, shape in shapes.items() if not name.startswith(".")}


def network_bytes(network: "Network") -> bytes:
    """A network's file: its weights in half precision, and its `about` in the header."""
    header = json.dumps(dict(format=FORMAT, **asdict(network.about)))
    weights = {name: tensor.detach().half() for name, tensor in network.state_dict().items()}
    return tensors_to_bytes(weights, {HEADER: header})


def save_network(path: Path, network: "Network") -> None:
    """Write a network's file, whole or not at all. Raises PochadeError where that fails."""
    with whole(Path(path)) as part:
        part.write_bytes(network_bytes(network))
