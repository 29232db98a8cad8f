"""Whether there is room in memory for what a file would become, told before any of it is decoded."""

import math
import os
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ..errors import PochadeError
from ..words import memory_in_words

# Bytes that this thread's job may take; infinite where nobody chose.
memory_limit: ContextVar[float] = ContextVar("memory_limit", default=math.inf)


def free_memory() -> int:
    """Bytes of the computer's memory that are free for a new job."""
    if sys.platform.startswith("linux"):
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    if sys.platform == "win32":
        return windows_memory().available
    # macOS has no number of free bytes without a program of its own.
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") * 3 // 4


def room() -> float:
    """Bytes that are free and allowed."""
    return min(memory_limit.get(), free_memory())


def check_room(what: str, takes: int) -> None:
    """Raise PochadeError where so many bytes are not free, or not allowed; `what` says of what they are, as
    in "a.png has 40000 x 30000 pixels".
    """
    limit, free = memory_limit.get(), free_memory()
    if takes <= min(limit, free):
        return
    sizes = {"what": what, "memory": memory_in_words(takes, 1), "room": memory_in_words(min(limit, free), 1)}
    if limit < free:
        raise PochadeError(
            "{what}, which take {memory}, and Memory Limit in the preferences allows {room}: raise it, or "
            "make the picture smaller",
            **sizes,
        )
    raise PochadeError(
        "{what}, which take {memory}, and {room} are free: close other programs, or make the picture smaller",
        **sizes,
    )


def windows_memory() -> Any:
    """Windows' account of its memory; `total` and `available` are in bytes."""
    import ctypes

    class Status(ctypes.Structure):
        _fields_ = [("length", ctypes.c_uint32), ("load", ctypes.c_uint32)] + [
            (name, ctypes.c_uint64)
            for name in ("total", "available", "page_total", "page_available", "v_total", "v_available", "x")
        ]

    status = Status(length=ctypes.sizeof(Status))
    windll: Any = getattr(ctypes, "windll")  # noqa: B009 - only Windows has it
    windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status))
    return status
