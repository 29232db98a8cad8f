"""What a job may use of the machine: the device, its precision, and how much memory.

It needs no PyTorch, for panels read it.
"""

import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache

from ..files import room
from ..words import GIGABYTE

# What there is to paint on, by PyTorch's names of kinds: what an artist calls it, and what it is.
DEVICES = {
    "auto": ("Automatic", "The fastest device there is"),
    "cpu": ("CPU", "The processor: works everywhere"),
    "cuda": ("GPU (CUDA)", "An NVIDIA graphics card, or an AMD one with PyTorch's ROCm build"),
    "xpu": ("GPU (Intel)", "An Intel graphics card, with PyTorch's XPU build"),
    "mps": ("GPU (Metal)", "The graphics unit of an Apple computer"),
}


@dataclass(frozen=True)
class Machine:
    """What an artist chose.

    `device` is PyTorch's name of one, or "auto". `precision` is the type that convolutions are computed in:
    "auto", "float32" or "bfloat16". `memory` is the GB that painting may take, 0 for all that is free.
    """

    device: str = "auto"
    precision: str = "auto"
    memory: float = 0.0


def has_engine() -> bool:
    """Whether there is a PyTorch that can be loaded. It is loaded then, which takes seconds."""
    return _loads_engine(tuple(sys.path))


@cache
def _loads_engine(_path: tuple[str, ...]) -> bool:
    """One that does not load is not tried again, unless Python looks elsewhere since."""
    try:
        import safetensors  # noqa: F401
        import torch  # noqa: F401
    except Exception:  # noqa: BLE001 - a broken build raises whatever it likes
        return False
    return True


# Per thread, as PyTorch keeps its grad mode and autocast, so that it need not be passed to every convolution.
# Only `use_machine` sets it, and sets it back.
_in_use: ContextVar[Machine] = ContextVar("machine")


def machine_in_use() -> Machine:
    """What the job of this thread may use."""
    return _in_use.get(Machine())


@contextmanager
def use_machine(machine: Machine) -> Iterator[None]:
    """Within the context, this thread's convolutions and estimates keep to `machine`."""
    before = machine_in_use(), room.memory_limit.get()
    _in_use.set(machine)
    room.memory_limit.set(machine.memory * GIGABYTE or math.inf)
    try:
        yield
    finally:  # by value, not by token: whoever closes a job's generator may be another thread
        _in_use.set(before[0])
        room.memory_limit.set(before[1])
