"""Pictures between arrays and tensors, and what the device can carry."""

import math
import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .encoders import Encoder
from .encoders.network import MARGIN, pad, precision, stride
from .errors import PochadeError
from .machine import GIGABYTE, Machine, machine_in_use, use_machine
from .settings import Settings

TILE = 768  # px; larger ones waste less around themselves, and take more memory
WHOLE = (
    2 * 2**30
)  # bytes that the processor's memory can spare for painting a picture whole; it has other things to hold
_NAMELESS = {
    "mps": "Apple's graphics processor",
    "cpu": "the processor",
}  # what PyTorch has no name of their own for


def choose_device(machine: Machine | str = "auto") -> torch.device:
    """The device to paint on, a Machine's or by its name, and from then on what this thread keeps to: "auto"
    takes the fastest there is. Raises PochadeError for one that is not there.
    """
    name = use_machine(machine).device
    here = kinds_here()
    if name == "auto":
        return torch.device(here[0])
    if name.partition(":")[0] not in here:
        raise PochadeError(
            f"PyTorch finds no device {name!r} on this machine; choose Automatic as the device"
        )
    return torch.device(name)


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


def to_tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """Array (H, W, C) -> float32 tensor (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None].to(device)


def to_array(picture: Tensor) -> np.ndarray:
    """Tensor (1, C, H, W) -> float32 array (H, W, C), clipped to 0 to 1."""
    return np.ascontiguousarray(picture.detach()[0].clamp(0, 1).permute(1, 2, 0).float().cpu().numpy())


def resize(
    picture: Tensor,
    height: int,
    width: int,
    wrap: tuple[bool, bool] = (False, False),
    limits: tuple[float, float] | None = (0, 1),
) -> Tensor:
    """Picture (1, C, H, W) at another size in pixels; bicubic, low-pass filtered when it shrinks, clipped to
    `limits`.

    `wrap` says for either axis, down and across, whether the picture goes on from its other edge.
    """
    if picture.shape[-2:] == (height, width):
        return picture
    # What is added at the edges must have a whole number of pixels before and after.
    before, after = [], []
    for old, new, wraps in zip(picture.shape[-2:], (height, width), wrap, strict=True):
        common = math.gcd(old, new)
        least = old // common
        before.append(math.ceil(4 * max(1, old / new) / least) * least if wraps else 0)
        after.append(before[-1] * new // old)
    picture = pad(picture, tuple(before), wrap)
    resized = F.interpolate(
        picture, (height + 2 * after[0], width + 2 * after[1]), mode="bicubic", antialias=True
    )
    resized = resized if limits is None else resized.clamp(*limits)
    return resized[..., after[0] : after[0] + height, after[1] : after[1] + width]


def fit(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the longer one equal to `side`, the shape kept."""
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def available_memory(device: torch.device) -> int:
    """Bytes that are free for a new job."""
    if device.type in ("cuda", "xpu"):
        return getattr(torch, device.type).mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    if sys.platform.startswith("linux"):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    if sys.platform == "win32":
        return windows_memory().available
    return (
        os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4
    )  # macOS tells no more without a helper


def memory_limit() -> float:
    """Bytes that the machine in use allows a job, beyond PyTorch itself; infinite where nobody chose."""
    return machine_in_use().memory * GIGABYTE or math.inf


def windows_memory():
    """Windows' account of its memory; `total` and `available` are in bytes."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
            (name, ctypes.c_uint64)
            for name in ("total", "available", "page_total", "page_available", "v_total", "v_available", "x")
        ]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status


def release_memory(device: torch.device) -> None:
    """Give the device's unused memory back: Cycles wants it for the next render."""
    if device.type != "cpu":
        getattr(torch, device.type).empty_cache()


def estimate_memory(
    height: int,
    width: int,
    settings: Settings,
    encoder: Encoder,
    device: torch.device,
    tile: int | None = None,
) -> int:
    """Bytes that painting a picture of this size takes at its peak, beyond PyTorch itself, in tiles of `tile`
    px or whole.
    """
    height, width = fit(height, width, max(settings.size, settings.finish_size))
    architecture = encoder.architecture
    channels = {
        f"relu{place}": after / stride(f"relu{place}") ** 2 for place, _, after in architecture.convolutions()
    }  # a pixel
    pictures = 13 + (2 * settings.history if settings.optimizer == "lbfgs" else 4)
    kept = 3 * pictures + sum(channels[layer] for layer in architecture.content_layers)
    around = 2 * (architecture.reach() if tile else MARGIN)
    cut = (min(height, tile or height) + around) * (min(width, tile or width) + around)
    gradients = 2.2 * max(b + a for _, b, a in architecture.convolutions()[:2])
    read = sum(channels[layer] for layer in {*architecture.style_layers, *architecture.content_layers})
    return int(
        4 * height * width * kept
        + cut * (precision(device).itemsize * (1.3 * sum(channels.values()) + gradients) + 6 * read)
    )


def choose_tile(
    height: int, width: int, settings: Settings, encoder: Encoder, device: torch.device
) -> int | None:
    """The side in px of the tiles to paint a picture in, None to take it whole.

    Raises PochadeError, naming a size that would do, where painting would not fit into the memory that is
    free.
    """
    free, limit = available_memory(device), memory_limit()
    room = min(free, limit)
    whole = estimate_memory(height, width, settings, encoder, device)
    if whole <= (WHOLE if device.type == "cpu" else 0.8 * free) and whole <= room:
        return None

    def need(**changes) -> int:
        return estimate_memory(height, width, replace(settings, **changes), encoder, device, TILE)

    if need() <= room:
        return TILE
    largest = max(settings.size, settings.finish_size)
    # A finishing pass is the larger one of two sizes, and the one to lower.
    name, label = ("finish_size", "Finish Size") if settings.finish_size > settings.size else ("size", "Size")
    side = next((s for s in range((largest - 1) // 16 * 16, 63, -16) if need(**{name: s}) <= room), None)
    takes, smaller = (
        f"Painting at {largest} px takes about {need() / GIGABYTE:.1f} GB and",
        f"lower {label} to {side} px" if side else "",
    )
    if limit < free:
        raise PochadeError(
            f"{takes} Memory Limit in the preferences allows {limit / GIGABYTE:.1f} GB; "
            f"raise it{f', or {smaller}' if smaller else ''}"
        )
    raise PochadeError(
        f"{takes} {describe_device(device)} has {free / GIGABYTE:.1f} GB free; "
        f"{smaller or 'close other programs'}"
    )
