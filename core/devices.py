"""What PyTorch finds on this machine, in an artist's words: the devices, which one Automatic takes,
and why.
"""

import os
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from .encoders.network import best_precision
from .machine import GIGABYTE
from .tensors import describe_device, kinds_here


def look_for_devices() -> dict[str, object]:
    """The findings, as JSON can keep them: `devices` with a `Device`'s facts each, the one that Automatic
    takes first, and two sentences of what Automatic chose, `device` and `precision`. Initialises the graphics
    card, which takes seconds.
    """
    devices = [device for kind in kinds_here() for device in _of_kind(kind)]
    dtype, why = best_precision(torch.device(devices[0].name))
    return {
        "devices": [asdict(device) for device in devices],
        "torch": torch.__version__,
        "device": f"Automatic takes {devices[0].title}: {_why(devices)}",
        "precision": f"Automatic computes in {str(dtype).removeprefix('torch.')}, {why}",
    }


@dataclass(frozen=True)
class Device:
    """`name` is PyTorch's, `memory` in words."""

    name: str
    title: str
    memory: str


def _of_kind(kind: str) -> list[Device]:
    if kind in ("cuda", "xpu"):
        module = getattr(torch, kind)
        found = [(number, module.get_device_properties(number)) for number in range(module.device_count())]
        return [Device(f"{kind}:{number}", one.name, _gigabytes(one.total_memory)) for number, one in found]
    if kind == "mps":
        memory = f"{_gigabytes(torch.mps.recommended_max_memory())} of the computer's memory"
        return [Device(kind, describe_device(torch.device(kind)), memory)]
    return [Device(kind, processor_name(), _gigabytes(_all_memory()))]


def _why(devices: list[Device]) -> str:
    if devices[0].name != "cpu":
        several = len([device for device in devices if device.name != "cpu"]) > 1
        return (
            "the first of the graphics cards that PyTorch finds"
            if several
            else "it is many times faster than the processor"
        )
    if sys.platform == "darwin":
        return "PyTorch finds no graphics unit in this computer that it can use"
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
        return (
            f"this PyTorch is built for {built}, but it finds no graphics card; is the card's driver "
            "new enough?"
        )
    return (
        "this PyTorch is built for the processor alone; for a graphics card, install the engine in "
        "another build"
    )


def processor_name() -> str:
    """The processor's name as its maker writes it, where the system tells."""
    if sys.platform.startswith("linux"):
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
        names = [line.partition(":")[2] for line in lines if line.startswith("model name")]
    else:
        names = [platform.processor()]
    return next((" ".join(name.split()) for name in names if name.strip()), "the processor")


def _all_memory() -> int:
    if sys.platform == "win32":
        from .tensors import windows_memory

        return windows_memory().total
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _gigabytes(size: int) -> str:
    return f"{size / GIGABYTE:.0f} GB" if size else ""
