"""OpenEXR's library: called in this process, or in one of its own where it would clash with Blender's.

Blender brings another version of OpenEXR, whose C functions have the same names. On Linux what was loaded
first is called by both, and Blender crashes; where that threatens, this file runs as a program of its own,
once for each OpenEXR file.
"""

import ctypes
import importlib.util
import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

# Channels (H, W) by their full names, and the header's texts.
Part = tuple[dict[str, "np.ndarray"], dict[str, str]]


def is_here() -> bool:
    """Whether the engine has OpenEXR."""
    return "OpenEXR" in sys.modules or importlib.util.find_spec("OpenEXR") is not None


class Contents(NamedTuple):
    """What a file has: its readable parts, and by its header how many those should be, how many numbers all
    their channels have, and the largest part's width and height in px.
    """

    parts: list[Part]
    promised: int
    numbers: int
    width: int
    height: int


def read(path: str, most: float) -> Contents:
    """A file's contents, without the parts where these have more than `most` numbers. Raises RuntimeError,
    ValueError or OSError.
    """
    return Contents(*(_call("_read", path, most) if _clashes() else _read(path, most)))


def write(path: str, picture: "np.ndarray") -> None:
    """Write (H, W, 3 or 4) float32 as R, G, B and A. Raises RuntimeError, ValueError or OSError."""
    if _clashes():
        _call("_write", path, picture)
    else:
        _write(path, picture)


def _clashes() -> bool:
    """Whether this process has another OpenEXR, for all to see."""
    return sys.platform == "linux" and hasattr(ctypes.CDLL(None), "exr_start_read")


def _call(function: str, *arguments: Any) -> Any:
    """Have a function of this file called in a process of its own."""
    # With the same modules: neither the engine nor numpy need be where Python looks by itself.
    command = [sys.executable, "-I", __file__, json.dumps(sys.path)]
    done = subprocess.run(command, input=pickle.dumps((function, arguments)), capture_output=True)
    if done.returncode:
        raise RuntimeError(
            (done.stderr.decode(errors="replace").strip().splitlines() or [f"status {done.returncode}"])[-1]
        )
    return pickle.loads(done.stdout)


def _read(path: str, most: float) -> tuple[list[Part], int, int, int, int]:
    import OpenEXR

    headers = [part.header for part in OpenEXR.File(path, header_only=True).parts]
    sizes, numbers = [], 0
    for header in headers:
        low, high = (corner.tolist() for corner in header["dataWindow"])
        sizes.append([max(end - start + 1, 0) for start, end in zip(low, high, strict=True)])
        numbers += sizes[-1][0] * sizes[-1][1] * len(header["channels"])
    largest = max(sizes, key=lambda size: size[0] * size[1], default=[0, 0])
    promised = len(headers), numbers, *largest
    if numbers > most:
        return [], *promised
    parts = OpenEXR.File(path, separate_channels=True).parts
    found = [
        (
            {name: channel.pixels for name, channel in part.channels.items()},
            {
                key: str(value)
                for key, value in part.header.items()
                if isinstance(value, str) or key == "multiView"
            },
        )
        for part in parts
    ]
    return found, *promised


def _write(path: str, picture: "np.ndarray") -> None:
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGBA" if picture.shape[2] == 4 else "RGB": picture}).write(path)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    name, given = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(globals()[name](*given), protocol=pickle.HIGHEST_PROTOCOL))
