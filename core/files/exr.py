"""A frame's render passes: Blender's multilayer OpenEXR, up to 4.x in one part, then in several."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PochadeError
from ..words import one_line
from . import openexr
from .room import check_room, room

if TYPE_CHECKING:
    import numpy as np

_OBJECT_INDEX = ("Object Index", "IndexOB")  # its name from Blender 5.0 on, and before
_OBJECT_ID = ("CryptoObject00",)  # in its channel r, of the object that covers most of a pixel
_ALBEDO = ("Diffuse Color", "DiffCol")  # likewise
_COMBINED = ("Combined", "")  # "" in a file of a single layer: R, G, B and A without a pass
BYTES = (
    12  # for each number of a file, at the peak: as it is in the file, from process to process, as float32
)
_COMPOSITE = "Composite"  # what stands in the place of a view layer's name before the compositor's picture


@dataclass(frozen=True)
class Passes:
    """One frame's passes, float32, top row first; None for one that is not in the file.

    combined: (H, W, 3 or 4), scene-linear, after compositing where the file has that. vector: (H, W, 4), px,
    x right and y up: the point at p was at p + (X, Y) in the frame before and will be at p - (Z, W) in the
    next one. depth: (H, W), in the scene's unit, 1e10 where nothing is. index: (H, W), a number for each
    object: its Cryptomatte where the file has that, else its pass index, which most artists leave at 0.
    albedo: (H, W, 3), the colour of what is seen, without its light; scene-linear.
    """

    combined: "np.ndarray | None"
    vector: "np.ndarray | None"
    depth: "np.ndarray | None"
    index: "np.ndarray | None"
    albedo: "np.ndarray | None" = None


def read_passes(path: str | Path, layer: str | None = None) -> Passes:
    """The passes of a view layer: the named one, or the first with a Vector pass, or the first.

    Raises PochadeError when the file cannot be read whole, or has no such view layer.
    """
    channels, _ = read_channels(path)
    layers: dict[str, dict[str, dict[str, Any]]] = {}
    for key, pixels in channels.items():  # "View Layer.Vector.X", with any of the first two parts missing
        *above, channel = key.rsplit(".", 2)
        of_layer, of_pass = ["", "", *above][-2:]
        layers.setdefault(of_layer, {}).setdefault(of_pass, {})[channel] = pixels
    composite = layers.pop(_COMPOSITE, {})
    if layer is None:
        layer = next((name for name, passes in layers.items() if "Vector" in passes), next(iter(layers), ""))
    elif layer not in layers:
        raise PochadeError(
            f"{Path(path).name} has no view layer {layer}: it has {', '.join(layers) or 'none'}"
        )
    passes = layers.get(layer, {})
    return Passes(
        _stacked({**passes, **composite}, _COMBINED, "RGB", "A"),
        _stacked(passes, ("Vector",), "XYZW"),
        _stacked(passes, ("Depth",), "Z"),
        _first(_stacked(passes, _OBJECT_ID, "r"), _stacked(passes, _OBJECT_INDEX, "X")),
        _stacked(passes, _ALBEDO, "RGB"),
    )


def _first(*arrays: "np.ndarray | None") -> "np.ndarray | None":
    return next((array for array in arrays if array is not None), None)


def read_channels(path: str | Path) -> tuple[dict[str, "np.ndarray"], dict[str, str]]:
    """Every channel (H, W) by its full name, "ViewLayer.Depth.Z" say, and the texts of the first header.

    Raises PochadeError when the engine has no OpenEXR, or the file cannot be read whole.
    """
    if not openexr.is_here():
        raise PochadeError("A render's passes need OpenEXR: install the engine in Pochade's preferences")
    if not Path(path).is_file():
        raise PochadeError(f"There is no OpenEXR file at {path}")
    name = Path(path).name
    try:
        found = openexr.read(str(path), room() / BYTES)
    except (RuntimeError, ValueError, OSError, MemoryError, KeyError, TypeError) as error:
        raise PochadeError(
            f"{name} is no OpenEXR file, or damaged: render the frame again ({one_line(error)})"
        ) from error
    if not found.parts:
        check_room(
            f"{name} has {found.width} x {found.height} pixels with all its passes", BYTES * found.numbers
        )
    # OpenEXR leaves out what it cannot read, and raises nothing.
    if not found.parts or len(found.parts) < found.promised:
        raise PochadeError(f"{name} is damaged or incomplete: render the frame again")
    channels = {key: pixels for of_part, _ in found.parts for key, pixels in of_part.items()}
    if any(pixels.dtype.kind not in "fu" or pixels.ndim != 2 for pixels in channels.values()):
        raise PochadeError(f"{name} is a deep picture, several values a pixel: render it as a flat one")
    return channels, found.parts[0][1]


def _stacked(
    passes: dict[str, dict[str, Any]], names: Iterable[str], channels: str, optional: str = ""
) -> "np.ndarray | None":
    """The first of these passes that has all channels: (H, W) for a single channel, else (H, W, C).

    Raises PochadeError for channels of several sizes.
    """
    import numpy as np

    for found in filter(None, map(passes.get, names)):
        if all(channel in found for channel in channels):
            arrays = [found[channel] for channel in (*channels, *optional) if channel in found]
            if len({array.shape for array in arrays}) > 1:
                raise PochadeError(
                    "An OpenEXR file has channels of several sizes in one pass: have all of one size"
                )
            return (
                np.stack(arrays, axis=-1).astype(np.float32)
                if len(arrays) > 1
                else arrays[0].astype(np.float32)
            )
    return None
