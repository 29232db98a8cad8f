"""The file that a training is kept in until it is finished."""

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from safetensors import SafetensorError, safe_open
from torch import Tensor

from ..errors import PochadeError
from ..files.atomic import whole
from ..files.tensors import write_tensors
from ..instant.network import Network
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
            with safe_open(self._path, "pt") as file:
                header = file.metadata() or {}
                if header.get("identity") != self._identity:
                    self.note = "Begun anew: what was kept is of another style, or of other settings"
                    return 0
                tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no dict
            prefix = "network."
            self._network.load_state_dict(
                {
                    name.removeprefix(prefix): tensor
                    for name, tensor in tensors.items()
                    if name.startswith(prefix)
                }
            )
        except FileNotFoundError:
            return 0
        except (OSError, SafetensorError, RuntimeError) as error:
            raise PochadeError(
                f"The training cannot go on from {self._path} ({error}); remove that file to begin anew"
            ) from error
        state: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            if name.startswith("optimizer."):
                _, number, key = name.split(".")
                state.setdefault(int(number), {})[key] = tensor
        self._optimizer.load_state_dict({**self._optimizer.state_dict(), "state": state})
        self._saved = int(header["step"])
        if header.get("photos") != self._photos:
            self.note = f"Goes on from iteration {self._saved}, with other photos than before"
        return self._saved
