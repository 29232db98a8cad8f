"""Pictures between arrays and tensors, and what the device can carry."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .encoders import Encoder
from .encoders.network import MARGIN, stride
from .errors import PochadeError
from .settings import Settings

DEVICES = {"cpu": "the processor", "cuda": "the graphics card", "mps": "Apple's graphics processor"}


def choose_device(name: str = "auto") -> torch.device:
    """The device to paint on: "auto" takes the fastest there is. Raises PochadeError for one that is not there."""
    here = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if name == "auto":
        return torch.device(next(kind for kind, found in here.items() if found))
    if not here.get(name.partition(":")[0]):
        raise PochadeError(f"PyTorch finds no device {name!r} on this machine; choose Automatic in the preferences")
    return torch.device(name)


def describe_device(device: torch.device) -> str:
    """What an artist would call it."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else DEVICES[device.type]


def to_tensor(picture: np.ndarray, device: torch.device) -> Tensor:
    """Array (H, W, C) -> float32 tensor (1, C, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(picture, np.float32)).permute(2, 0, 1)[None].to(device)


def to_array(picture: Tensor) -> np.ndarray:
    """Tensor (1, C, H, W) -> float32 array (H, W, C), clipped to 0 to 1."""
    return np.ascontiguousarray(picture.detach()[0].clamp(0, 1).permute(1, 2, 0).float().cpu().numpy())


def resize(picture: Tensor, height: int, width: int) -> Tensor:
    """Picture (1, C, H, W) at another size in pixels; bicubic, low-pass filtered when it shrinks, clipped to 0 to 1."""
    if picture.shape[-2:] == (height, width):
        return picture
    return F.interpolate(picture, (height, width), mode="bicubic", antialias=True).clamp(0, 1)


def fit(height: int, width: int, side: int) -> tuple[int, int]:
    """Height and width with the longer one equal to `side`, the shape kept."""
    scale = side / max(height, width)
    return max(1, round(height * scale)), max(1, round(width * scale))


def available_memory(device: torch.device) -> int:
    """Bytes that a new job may take."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    if device.type == "mps":
        return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
    if sys.platform.startswith("linux"):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    if sys.platform == "win32":
        return _windows_memory()
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4  # macOS tells no more without a helper


def _windows_memory() -> int:
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
            (name, ctypes.c_uint64) for name in ("total", "available", "page_total", "page_available", "v_total", "v_available", "x")]

    status = Status(length=ctypes.sizeof(Status))
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status.available


def release_memory(device: torch.device) -> None:
    """Give the device's unused memory back: Cycles wants it for the next render."""
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).empty_cache()


def estimate_memory(height: int, width: int, settings: Settings, encoder: Encoder) -> int:
    """Bytes that painting a picture of this size takes at its peak, beyond PyTorch itself."""
    height, width = fit(height, width, settings.size)
    pixels = (height + 2 * MARGIN) * (width + 2 * MARGIN)
    features = sum(after / stride(f"relu{place}") ** 2 for place, _, after in encoder.architecture.convolutions())
    gradients = 2.2 * max(b + a for _, b, a in encoder.architecture.convolutions()[:2])
    pictures = 10 + (2 * settings.history + 6 if settings.optimizer == "lbfgs" else 4)
    return int(4 * pixels * (features * 1.3 + gradients + 3 * pictures))


def require_memory(height: int, width: int, settings: Settings, encoder: Encoder, device: torch.device) -> None:
    """Raise PochadeError, naming a size that would do, where painting would not fit into the memory that is free."""
    need, free = estimate_memory(height, width, settings, encoder), available_memory(device)
    if need <= free:
        return
    smaller = range((settings.size - 1) // 16 * 16, 63, -16)
    side = next((s for s in smaller if estimate_memory(height, width, replace(settings, size=s), encoder) <= free), None)
    way_out = f"lower Size to {side} px" if side else "close other programs"
    raise PochadeError(f"Painting at {settings.size} px takes about {need / 2**30:.1f} GB and {describe_device(device)} has "
                       f"{free / 2**30:.1f} GB free; {way_out}")
