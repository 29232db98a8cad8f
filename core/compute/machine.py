"""What a job may use of the machine: the device, how exactly it computes there, and how much memory. No
PyTorch: panels read it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

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
    """What an artist chose. `device` is PyTorch's name of one, or "auto"; `precision` "auto", "float32" or
    "bfloat16", which convolutions compute in: statistics are float32 everywhere; `memory` the GB that
    painting may take, 0 for what is free.
    """

    device: str = "auto"
    precision: str = "auto"
    memory: float = 0.0


# As PyTorch keeps its own grad mode and autocast: per thread, so that every convolution need not be handed
# what it computes in. Only `use_machine` sets it, and sets it back.
_in_use: ContextVar[Machine] = ContextVar("machine")


def machine_in_use() -> Machine:
    """What the job of this thread may use."""
    return _in_use.get(Machine())


@contextmanager
def use_machine(machine: Machine) -> Iterator[None]:
    """Have this thread's convolutions and estimates keep to `machine` meanwhile."""
    before = machine_in_use()
    _in_use.set(machine)
    try:
        yield
    finally:  # by value, not by token: whoever closes a job's generator may be another thread
        _in_use.set(before)
