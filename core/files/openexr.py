"""OpenEXR's library: called in this process, or in one of its own where it would clash with Blender's.

Blender brings another version of OpenEXR, whose C functions have the same names. On Linux what was loaded
first is called by both, and Blender crashes; where that threatens, this file runs as a program of its own,
once for each OpenEXR file.
"""

import ctypes
import importlib.util
import json
import math
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np

_FAR = 1e10  # the depth where nothing is

# Channels (H, W) by their full names, and the header's texts.
Part = tuple[dict[str, "np.ndarray"], dict[str, str]]
Box = tuple[int, int, int, int]  # left, top, width and height, px


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
        boxes = _box(header["dataWindow"]), _box(header["displayWindow"])
        sizes.append(max((box[2:] for box in boxes), key=math.prod))
        numbers += math.prod(sizes[-1]) * len(header["channels"])
    width, height = max(sizes, key=math.prod, default=(0, 0))
    promised = len(headers), numbers, width, height
    if numbers > most:
        return [], *promised
    parts = OpenEXR.File(path, separate_channels=True).parts
    found = [
        (
            {
                name: placed(
                    f"{part.header.get('name', '')}.{name}",
                    channel.pixels,
                    _box(part.header["dataWindow"]),
                    _box(part.header["displayWindow"]),
                )
                for name, channel in part.channels.items()
            },
            {
                key: str(value)
                for key, value in part.header.items()
                if isinstance(value, str) or key == "multiView"
            },
        )
        for part in parts
    ]
    return found, *promised


def _box(window: Any) -> Box:
    """A header's window, which has its last column and row."""
    (left, top), (right, bottom) = (corner.tolist() for corner in window)
    return left, top, max(right - left + 1, 0), max(bottom - top + 1, 0)


def placed(name: str, pixels: "np.ndarray", data: Box, display: Box) -> "np.ndarray":
    """A channel of the `data` window as it lies in the `display` window, which is the picture: renderers
    leave out what is empty around things, where nothing is far away, and add what lies beyond the edges.
    """
    import numpy as np

    if data == display or pixels.shape != data[:1:-1] or pixels.dtype.kind not in "fu":
        return pixels  # deep ones and those of fewer pixels are refused elsewhere
    (left, top, *_), (x, y, width, height) = data, display
    whole = np.full((height, width), _FAR if name.endswith("Depth.Z") else 0, pixels.dtype)
    down, right = max(top - y, 0), max(left - x, 0)  # where it begins in the picture
    inside = pixels[max(y - top, 0) :, max(x - left, 0) :][: max(height - down, 0), : max(width - right, 0)]
    whole[down : down + inside.shape[0], right : right + inside.shape[1]] = inside
    return whole


def _write(path: str, picture: "np.ndarray") -> None:
    import OpenEXR

    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}
    OpenEXR.File(header, {"RGBA" if picture.shape[2] == 4 else "RGB": picture}).write(path)


if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    name, given = pickle.load(sys.stdin.buffer)
    sys.stdout.buffer.write(pickle.dumps(globals()[name](*given), protocol=pickle.HIGHEST_PROTOCOL))
