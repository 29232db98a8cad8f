"""Feed a loader with mutated files, and count what it takes."""

import random
import sys
import tempfile
import tracemalloc
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from core.compute.machine import Machine, use_machine
from core.errors import PochadeError

from .loaders import LOADERS, Loader

# The valid files have a few kilobytes: bytes of Python's and NumPy's memory at the peak, of all of PyTorch's
# tensors together, and calls, that no such file needs.
MOST_BYTES, MOST_IN_TENSORS, MOST_CALLS = 100_000_000, 100_000_000, 2_000_000


class Fault(Exception):
    """A file that a loader neither loaded nor refused with a sentence; says how to make it again."""


class Counting(TorchDispatchMode):
    """Counts the bytes of tensors that PyTorch makes, and calls of functions; too many raise Fault."""

    def __init__(self) -> None:
        super().__init__()
        self.made = self.calls = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **(named or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor) and not tensor.is_meta:
                self.made += tensor.numel() * tensor.element_size()
        if self.made > MOST_IN_TENSORS:
            raise Fault(f"makes tensors of {self.made} bytes")
        return result

    def count(self, _frame: Any, _event: str, _argument: Any) -> None:
        self.calls += 1
        if self.calls > MOST_CALLS:
            sys.setprofile(None)
            raise Fault("calls functions without end")


def fuzz(name: str, seed: int, count: int) -> None:
    """Feed a loader with so many files. Raises Fault for the first that does not hold."""
    loader = LOADERS[name]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "seeds").mkdir()
        seeds = loader.seeds(Path(folder) / "seeds")
        for number, data in enumerate(seeds):
            for time in range(2):  # the first one imports modules
                _feed(loader, data, Path(folder) / f"whole{number}{time}", allowed=(), counts=time > 0)
        for number in range(count):
            rng = random.Random(f"{name} {seed} {number}")
            data = loader.mutation(rng.choice(seeds), rng)
            try:
                _feed(loader, data, Path(folder) / str(number))
            except Exception as error:
                raise Fault(
                    f"{name}, seed {seed}, file {number}, {len(data)} bytes: {type(error).__name__}: {error}"
                ) from error


def _feed(loader: Loader, data: bytes, folder: Path, allowed=PochadeError, counts=True) -> None:
    """Have a file loaded; what is not finite, not one line, or takes too much, is an exception."""
    folder.mkdir()
    path = folder / f"0{loader.ending}"
    path.write_bytes(data)
    counting = Counting()
    if counts:
        tracemalloc.start(1)
        sys.setprofile(counting.count)
    try:
        with counting, use_machine(Machine("cpu", memory=MOST_BYTES / 2**30)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _check_finite(loader.load(path))
    except allowed as error:
        if not str(error) or "\n" in str(error):
            raise Fault(f"says {str(error)!r}") from error
    finally:
        sys.setprofile(None)
        peak = tracemalloc.get_traced_memory()[1]  # 0 where nothing is counted
        tracemalloc.stop()
    if peak > MOST_BYTES:
        raise Fault(f"takes {peak} bytes")


def _check_finite(values: Iterable[Any]) -> None:
    for value in values:
        array = value.detach().numpy() if isinstance(value, torch.Tensor) else value
        if not np.isfinite(array).all():
            raise Fault("gives numbers that are not finite")
