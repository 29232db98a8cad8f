"""The devices of this machine, in an artist's words, and what a job on one of them needs."""

import copy
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch

from ..errors import PochadeError, is_out_of_memory
from ..files import room
from ..files.room import free_memory, windows_memory
from ..words import Sentence, memory_in_words
from .machine import Machine, use_machine
from .precision import best_precision

NetworkT = TypeVar("NetworkT", bound=torch.nn.Module)


def look_for_devices() -> dict[str, object]:
    """What PyTorch finds, as JSON can keep it.

    `devices` are dictionaries of `Device`, the one that Automatic takes first; `device` and `precision` are
    sentences about what Automatic chose. It initialises the graphics card, which takes seconds.
    """
    devices = [device for kind in kinds_here() for device in _of_kind(kind)]
    dtype, why = best_precision(torch.device(devices[0].name))
    return {
        "devices": [asdict(device) for device in devices],
        "torch": torch.__version__,
        "device": Sentence("Automatic takes {device}: {why}", device=devices[0].title, why=_why(devices)),
        "precision": Sentence(
            "Automatic computes in {precision}, {why}", precision=str(dtype).removeprefix("torch."), why=why
        ),
    }


@dataclass(frozen=True)
class Device:
    """A device that PyTorch can compute on: its name there, a title, and its memory in words."""

    name: str
    title: str
    memory: str


def _of_kind(kind: str) -> list[Device]:
    if kind in ("cuda", "xpu"):
        module = getattr(torch, kind)
        found = [(number, module.get_device_properties(number)) for number in range(module.device_count())]
        return [Device(f"{kind}:{number}", one.name, _gigabytes(one.total_memory)) for number, one in found]
    if kind == "mps":
        memory = Sentence(
            "{size} of the computer's memory", size=_gigabytes(torch.mps.recommended_max_memory())
        )
        return [Device(kind, describe_device(torch.device(kind)), memory)]
    return [Device(kind, processor_name(), _gigabytes(_all_memory()))]


def _why(devices: list[Device]) -> str:
    if devices[0].name != "cpu":
        several = len([device for device in devices if device.name != "cpu"]) > 1
        return Sentence(
            "the first of the graphics cards that PyTorch finds"
            if several
            else "it is many times faster than the processor"
        )
    if sys.platform == "darwin":
        return Sentence("PyTorch finds no graphics unit in this computer that it can use")
    version = torch.version
    built = next(
        (
            f"{name} {number}"
            for name, number in (
                ("CUDA", version.cuda),
                ("ROCm", version.hip),
                ("Intel's XPU", getattr(version, "xpu", None)),
            )
            if number
        ),
        None,
    )
    if built:
        return Sentence(
            "this PyTorch is built for {built}, but it finds no graphics card; is the "
            "card's driver new enough?",
            built=built,
        )
    return Sentence(
        "this PyTorch is built for the processor alone; for a graphics card, install the engine in "
        "another build"
    )


def processor_name() -> str:
    """The processor's name as its maker writes it, where the system knows it."""
    if sys.platform.startswith("linux"):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    else:
        names = [platform.processor()]
    return next((" ".join(name.split()) for name in names if name.strip()), Sentence("the processor"))


def _all_memory() -> int:
    if sys.platform == "win32":
        return windows_memory().total
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _gigabytes(size: int) -> str:
    return memory_in_words(size) if size else ""


# What PyTorch has no name of their own for.
_NAMELESS = {"mps": Sentence("Apple's graphics processor"), "cpu": Sentence("the processor")}


def choose_device(machine: Machine) -> torch.device:
    """The device that a machine names; "auto" is the fastest one.

    Raises PochadeError for a device that is not there.
    """
    here = kinds_here()
    if machine.device == "auto":
        return torch.device(here[0])
    if machine.device.partition(":")[0] not in here:
        raise PochadeError(
            "PyTorch finds no device {device!r} on this machine; choose Automatic as the device",
            device=machine.device,
        )
    return torch.device(machine.device)


@contextmanager
def compute_on(machine: Machine | str = "auto") -> Iterator[torch.device]:
    """The device of a machine, or of the device's name with all else automatic.

    Within the context, this thread keeps to the machine's precision and memory. Raises PochadeError for a
    device that is not there.
    """
    machine = Machine(machine) if isinstance(machine, str) else machine
    device = choose_device(machine)
    with use_machine(machine):
        yield device


def kinds_here() -> list[str]:
    """The kinds of device that PyTorch can compute on here, the fastest first."""
    here = {
        "cuda": torch.cuda.is_available(),
        "xpu": torch.xpu.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return [kind for kind, found in here.items() if found]


def describe_device(device: torch.device) -> str:
    """What an artist would call it."""
    return _NAMELESS.get(device.type) or getattr(torch, device.type).get_device_name(device)


def available_memory(device: torch.device) -> int:
    """Bytes that are free for a new job."""
    if device.type in ("cuda", "xpu"):
        return getattr(torch, device.type).mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    return free_memory()


def memory_limit() -> float:
    """Bytes that the machine in use allows a job, beyond PyTorch itself; infinite where nobody chose."""
    return room.memory_limit.get()


def release_memory(device: torch.device) -> None:
    """Give the device's unused memory back, for the next render with Cycles."""
    module: Any = getattr(torch, device.type, None)
    if hasattr(module, "empty_cache"):
        module.empty_cache()


@contextmanager
def at_work(
    network: NetworkT, device: torch.device, size: int, way_out: str = "Resolution or Size"
) -> Iterator[NetworkT]:
    """A network on the device: itself where it is there already, else a copy, for others share the original.

    The device's unused memory is given back afterwards. Raises PochadeError where memory does not suffice for
    a picture of `size` px; it names the setting to lower, `way_out`.
    """
    there = next(network.parameters()).device
    # "cuda" is the current one of its kind, whatever its index.
    here = there.type == device.type and device.index in (None, there.index)
    working = network
    try:
        if not here:
            working = copy.deepcopy(network).to(device)
        with torch.enable_grad():
            yield working
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise PochadeError(
            "Out of memory at {size} px; lower {way_out} or close other programs", size=size, way_out=way_out
        ) from error
    finally:
        if working is not network:
            working.to("meta")  # who still holds the copy must not hold the device's memory
        release_memory(device)
