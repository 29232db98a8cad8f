"""The file that a training is kept in until it is finished."""

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor

from ..errors import PochadeError
from ..files.atomic import whole
from ..files.made import read_whole
from ..files.tensors import LARGEST, Header, Shape, read_header, read_tensors, write_tensors
from ..instant.network import Network
from ..words import Sentence
from .muon import Muon

SECONDS = 30.0  # between two checkpoints


class TrainingCheckpoint:
    """Network and optimiser of a training in a file; without a path nothing is kept.

    `identity` tells trainings apart: a file of another one is not read. `photos` are their names.
    """

    def __init__(
        self, path: Path | None, identity: str, photos: Sequence[str], network: Network, optimizer: Muon
    ):
        self._path, self._identity, self._network, self._optimizer = path, identity, network, optimizer
        self._photos = sha256("\0".join(photos).encode()).hexdigest()
        self.note = ""  # what the artist has to know of the file, once it is restored
        self._saved, self._time = 0, time.monotonic()

    def save_now_and_then(self, step: int) -> None:
        """Save after `step` iterations where the last time is long ago."""
        if time.monotonic() - self._time > SECONDS:
            self.save(step)

    def save(self, step: int) -> None:
        """Save what is not saved yet, whole or not at all. Raises PochadeError where that fails."""
        if self._path is None or step <= self._saved:
            return
        tensors = {f"network.{name}": tensor for name, tensor in self._network.state_dict().items()}
        for number, state in self._optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": tensor for name, tensor in state.items()}
        with whole(self._path) as part:
            metadata = {"identity": self._identity, "photos": self._photos, "step": str(step)}
            write_tensors(part, tensors, metadata)
        self._saved, self._time = step, time.monotonic()

    def restore(self) -> int:
        """Load network and optimiser, and return how many iterations they have had.

        Without a file, or with another training's, nothing is loaded and the result is 0. Raises PochadeError
        for a damaged file.
        """
        if self._path is None:
            return 0
        try:
            data = read_whole(self._path, LARGEST)
            header = read_header(data)
            if header.metadata.get("identity") != self._identity:
                self.note = Sentence("Begun anew: what was kept is of another style, or of other settings")
                return 0
            step = int(header.metadata["step"])
            if step < 1:
                raise ValueError("it has no steps")
            header.check(self._shapes(header))
            tensors = read_tensors(data, torch.finfo(torch.float32).max)
        except FileNotFoundError:
            return 0
        except (OSError, KeyError, ValueError) as error:
            raise PochadeError(
                "The training cannot go on from {path} ({error}); remove that file to begin anew",
                path=self._path,
                error=error,
            ) from error
        prefix = "network."
        self._network.load_state_dict(
            {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
        )
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, key = name.split(".")
                state.setdefault(int(number), {})[key] = tensor
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
        self._saved = step
        if header.metadata.get("photos") != self._photos:
            self.note = Sentence(
                "Goes on from iteration {saved}, with other photos than before", saved=self._saved
            )
        return self._saved

    def _shapes(self, header: Header) -> dict[str, Shape]:
        """What a file has to hold: the network, and each parameter's momentum, or else averages."""
        needed = {f"network.{name}": tuple(t.shape) for name, t in self._network.state_dict().items()}
        for number, parameter in enumerate(self._network.parameters()):
            own, shape = f"optimizer.{number}.", tuple(parameter.shape)
            if f"{own}momentum" in header.tensors:
                needed[f"{own}momentum"] = shape
            else:
                needed |= {f"{own}mean": shape, f"{own}square": shape, f"{own}count": ()}
        return needed
