"""Windows: whether a PyTorch loads beside the C++ runtime that this process has loaded already.

Blender brings its own MSVCP140.dll, and a process takes one: PyTorch 2.9 to 2.14 rely on what it can since
14.40 (VS 2022 17.10), for they leave the mutexes that they lock uninitialised. With an older one their
c10.dll crashes as it is loaded (WinError 1114; PyTorch's issue 169429). Blender 4.2 to 5.0 have 14.29.
"""

import struct
import sys
from functools import cache
from pathlib import Path

_DLL = "msvcp140.dll"
_NEEDED = (14, 40)
_FIRST, _MENDED = (2, 9), (2, 15)


def unfit_beside(torch: tuple[int, ...], runtime: tuple[int, ...]) -> bool:
    """Whether this version of PyTorch, (2, 14, 1) say, crashes beside this version of MSVCP140.dll."""
    return _FIRST <= torch[:2] < _MENDED and runtime < _NEEDED


@cache
def loaded_runtime() -> tuple[int, ...] | None:
    """The version of the MSVCP140.dll in this process; None where none is, as on other systems."""
    if sys.platform != "win32":
        return None
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.GetModuleHandleW.argtypes, kernel.GetModuleHandleW.restype = [ctypes.c_wchar_p], ctypes.c_void_p
    kernel.GetModuleFileNameW.argtypes = [ctypes.c_void_p, ctypes.c_wchar_p, ctypes.c_uint32]
    handle, name = kernel.GetModuleHandleW(_DLL), ctypes.create_unicode_buffer(1 << 15)
    if not handle or not kernel.GetModuleFileNameW(handle, name, len(name)):
        return None
    try:
        return file_version(Path(name.value).read_bytes())
    except OSError:
        return None


def file_version(binary: bytes) -> tuple[int, ...] | None:
    """The four numbers of a Windows binary's version; None where it has none."""
    start = binary.find(struct.pack("<II", 0xFEEF04BD, 0x10000))  # of a VS_FIXEDFILEINFO
    if start < 0:
        return None
    high, low = struct.unpack_from("<II", binary, start + 8)
    return (high >> 16, high & 0xFFFF, low >> 16, low & 0xFFFF)
