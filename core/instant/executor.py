"""What computes instant paintings: PyTorch where it is, or else numpy alone."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from ..compute.machine import Machine, has_engine, use_machine
from .architecture import NetworkArchitecture
from .transform import Numbers, Transform

PICTURES, LAYERS = 4, 3  # that are held at once: pictures, and copies of the largest layer


class Executor(Protocol):
    """What paints with networks, on some device."""

    def resize(self, picture: np.ndarray, height: int, width: int) -> np.ndarray:
        """A picture (H, W, C) at another height and width in px, clipped to 0 to 1."""

    def network(self, source: Path | bytes, side: int) -> AbstractContextManager[Transform]:
        """The network in a file, or in its bytes, where it is computed. Raises PochadeError as `loaded` does,
        and where memory does not suffice for a picture of `side` px.
        """

    def tile(self, height: int, width: int, architecture: NetworkArchitecture) -> int | None:
        """The side in px of the tiles to paint a picture in, None to take it whole."""

    def put(self, picture: np.ndarray) -> Numbers:
        """A picture (H, W, 3) as a network takes it, (1, 3, H, W)."""

    def get(self, picture: Numbers) -> np.ndarray:
        """What a network gives, (1, 3, H, W), as a picture (H, W, 3), clipped to 0 to 1."""


@contextmanager
def executor_on(machine: Machine | str = "auto") -> Iterator[Executor]:
    """What paints on a machine, or on its device of that name with all else automatic: PyTorch where
    there is one, else numpy on the processor. Raises PochadeError as `compute_on` does.
    """
    if not has_engine():
        from .by_numpy import ByNumpy

        with use_machine(Machine(machine) if isinstance(machine, str) else machine):
            yield ByNumpy()
        return
    from ..compute.devices import compute_on
    from .by_torch import ByTorch

    with compute_on(machine) as device:
        yield ByTorch(device)


def network_memory(height: int, width: int, architecture: NetworkArchitecture) -> int:
    """Bytes that painting a picture of this size whole takes at its peak, beyond PyTorch itself."""
    positions = [1 / architecture.unshuffle**2 / 4**k for k in range(len(architecture.down))]  # a pixel
    positions += [positions[-1] * 4**k for k in range(1, len(architecture.up) + 1)]
    channels = (*architecture.down, *architecture.up)
    features = [count * share for count, share in zip(channels, positions, strict=True)]
    return int(np.float32().itemsize * height * width * (3 * PICTURES + LAYERS * max(features)))
