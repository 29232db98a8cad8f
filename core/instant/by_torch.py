"""Networks computed by PyTorch."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, available_memory, memory_limit
from ..compute.tensors import resize, to_array, to_tensor
from ..compute.tiles import TILE, room_for_whole
from .architecture import NetworkArchitecture
from .executor import network_memory
from .files import load_network
from .network import Network


class ByTorch:
    """What paints on a device of PyTorch's; an Executor."""

    def __init__(self, device: torch.device):
        self._device = device

    def resize(self, picture: np.ndarray, height: int, width: int) -> np.ndarray:
        return to_array(resize(to_tensor(picture, self._device), height, width))

    @contextmanager
    def network(self, source: Path | bytes, side: int) -> Iterator[Network]:
        with at_work(load_network(source), self._device, side) as network, torch.no_grad():
            yield network

    def tile(self, height: int, width: int, architecture: NetworkArchitecture) -> int | None:
        whole = network_memory(height, width, architecture)
        room = room_for_whole(self._device, available_memory(self._device), memory_limit())
        return None if whole <= room else TILE

    def put(self, picture: np.ndarray) -> Tensor:
        return to_tensor(picture, self._device)

    def get(self, picture: Tensor) -> np.ndarray:
        return to_array(picture)
