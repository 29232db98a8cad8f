"""A frame's render passes: Blender's multilayer OpenEXR, up to 4.x in one part, then in several."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import PochadeError
from ..words import Sentence, one_line
from . import openexr, openimageio
from .made import is_regular
from .room import check_room, room

if TYPE_CHECKING:
    import numpy as np

_OBJECT_INDEX = ("Object Index", "IndexOB")  # its name from Blender 5.0 on, and before
_OBJECT_ID = ("CryptoObject00",)  # in its channel r, of the object that covers most of a pixel
_ALBEDO = ("Diffuse Color", "DiffCol")  # likewise
# The light that came by way of a reflection or through glass: names of its colour, and of its direct and
# indirect part.
_DETOURS = (
    (("Glossy Color", "GlossCol"), ("Glossy Direct", "GlossDir"), ("Glossy Indirect", "GlossInd")),
    (
        ("Transmission Color", "TransCol"),
        ("Transmission Direct", "TransDir"),
        ("Transmission Indirect", "TransInd"),
    ),
)
_COMBINED = ("Combined", "")  # "" in a file of a single layer: R, G, B and A without a pass
BYTES = (
    12  # for each number of a file, at the peak: as it is in the file, from process to process, as float32
)
# How renderers call the picture itself, in lower case.
_BEAUTY = ("combined", "c", "rgba", "rgb", "beauty", "ci", "color", "colour", "image", "main")
_LONG_NAMES = {"red": "R", "green": "G", "blue": "B", "alpha": "A"}
_COMPOSITE = "Composite"  # what stands in the place of a view layer's name before the compositor's picture
_AROUND = 2  # px on every side, over which light is averaged: single passes are not denoised
_CLEARLY = 0.99  # of a depth: what is nearer than this share of it is nearer beyond doubt


@dataclass(frozen=True)
class Passes:
    """One frame's passes, float32, top row first; None for one that is not in the file.

    vector: (H, W, 4), px, x right and y up: the point at p was at p + (X, Y) in the frame before and will be
    at p - (Z, W) in the next one. depth: (H, W), in the scene's unit, 1e10 where nothing is. index: (H, W), a
    number for each object: its Cryptomatte where the file has that, else its pass index, which most artists
    leave at 0. albedo: (H, W, 3), the colour of what is seen, without its light; scene-linear. mirrored: (H,
    W), 0 to 1, the share of the light that came by way of a reflection or through glass.
    """

    vector: "np.ndarray | None"
    depth: "np.ndarray | None"
    index: "np.ndarray | None"
    albedo: "np.ndarray | None" = None
    mirrored: "np.ndarray | None" = None


def read_passes(path: str | Path, layer: str = "") -> Passes:
    """The passes of the named view layer. Of all: vectors, depths and indices of the one that is nearest at
    each pixel, the albedo and what is mirrored of the first with a Vector pass, or the first.

    Raises PochadeError as `read_channels` does, and when the file has no such view layer.
    """
    channels, _ = read_channels(path)
    layers: dict[str, dict[str, dict[str, Any]]] = {}
    for key, pixels in channels.items():  # "View Layer.Vector.X", with any of the first two parts missing
        *above, channel = key.rsplit(".", 2)
        of_layer, of_pass = ["", "", *above][-2:]
        layers.setdefault(of_layer, {}).setdefault(of_pass, {})[channel] = pixels
    # A view layer may have that name, too; it has other passes.
    if not layers.get(_COMPOSITE, {}).keys() - set(_COMBINED):
        layers.pop(_COMPOSITE, None)
    if layer and layer not in layers:
        raise PochadeError(
            "{name} has no view layer {layer}: render the frame again", name=Path(path).name, layer=layer
        )
    layers = {layer: layers[layer]} if layer else layers
    first = next((name for name, passes in layers.items() if "Vector" in passes), next(iter(layers), ""))
    passes = layers.pop(first, {})
    return Passes(
        *_nearest([_motion_passes(each) for each in (passes, *layers.values())]),
        _stacked(passes, _ALBEDO, "RGB"),
        _mirrored(passes),
    )


MotionPasses = tuple["np.ndarray | None", "np.ndarray | None", "np.ndarray | None"]
"""Vector, depth and index, as in Passes."""


def _motion_passes(passes: dict[str, dict[str, Any]]) -> MotionPasses:
    """Those of a view layer."""
    return (
        _stacked(passes, ("Vector",), "XYZW"),
        _stacked(passes, ("Depth",), "Z"),
        _first(_stacked(passes, _OBJECT_ID, "r"), _stacked(passes, _OBJECT_INDEX, "X")),
    )


def _mirrored(passes: dict[str, dict[str, Any]]) -> "np.ndarray | None":
    """`Passes.mirrored` of a view layer."""
    import numpy as np

    whole = _stacked(passes, _COMBINED, "RGB")
    parts = []
    for colour, *lights in _DETOURS:
        tint = _stacked(passes, colour, "RGB")
        found = [light for names in lights if (light := _stacked(passes, names, "RGB")) is not None]
        if tint is not None and found:
            parts.append(tint * np.sum(found, axis=0))
    if whole is None or not parts:
        return None

    def around(light: np.ndarray) -> np.ndarray:
        side = 2 * _AROUND + 1
        padded = np.pad(np.nan_to_num(light.mean(-1)), _AROUND, mode="edge")
        rows = np.lib.stride_tricks.sliding_window_view(padded, side, axis=0).mean(-1)
        return np.lib.stride_tricks.sliding_window_view(rows, side, axis=1).mean(-1)

    share = around(np.sum(parts, axis=0)) / np.maximum(around(whole), 1e-6)
    return share.clip(0, 1).astype(np.float32)


def _nearest(layers: list[MotionPasses]) -> MotionPasses:
    """Of each pixel what the view layer has that is nearest there; all of the first one's where none has both
    vectors and depths. NaN and 0 are the vectors and indices of a layer without, which must be clearly nearer
    than those with vectors: artists have depths rendered a second time, without materials.
    """
    import numpy as np

    depths = [(depth, vector, index) for vector, depth, index in layers if depth is not None]
    known = [layer for layer in depths if layer[1] is not None]
    if not known or len(layers) == 1:
        return layers[0] if layers else (None, None, None)
    shape = known[0][0].shape
    depth, index = np.full(shape, np.inf, np.float32), np.zeros(shape, np.float32)
    vector = np.zeros((*shape, 4), np.float32)
    for of_depth, of_vector, of_index in (*known, *(layer for layer in depths if layer[1] is None)):
        if of_depth.shape == shape:
            nearer = of_depth < (depth if of_vector is not None else _CLEARLY * depth)
            depth[nearer] = of_depth[nearer]
            vector[nearer] = np.nan if of_vector is None else of_vector[nearer]
            index[nearer] = 0 if of_index is None else of_index[nearer]
    return vector, depth, index if any(layer[2] is not None for layer in layers) else None


def _first(*arrays: "np.ndarray | None") -> "np.ndarray | None":
    return next((array for array in arrays if array is not None), None)


def can_be_read() -> bool:
    """Whether something here can read OpenEXR files of several layers."""
    return openexr.is_here() or openimageio.is_here()


def read_channels(path: str | Path) -> tuple[dict[str, "np.ndarray"], dict[str, str]]:
    """Every channel (H, W) by its full name, "ViewLayer.Depth.Z" say, and the texts of the first header.

    Raises PochadeError where nothing here can read OpenEXR, the file cannot be read whole, or is a stereo
    render.
    """
    if not can_be_read():
        raise PochadeError(
            "A render's passes need OpenEXR, which Pochade's engine has, and Blender from 4.4 on: see "
            "Pochade's preferences"
        )
    if not is_regular(Path(path)):
        raise PochadeError("There is no OpenEXR file at {path}", path=path)
    name = Path(path).name
    try:
        found = (openexr if openexr.is_here() else openimageio).read(str(path), room() / BYTES)
    except (RuntimeError, ValueError, OSError, MemoryError, KeyError, TypeError) as error:
        raise PochadeError(
            "{name} is no OpenEXR file, or damaged: render the frame again ({error})",
            name=name,
            error=one_line(error),
        ) from error
    if not found.parts:
        check_room(
            Sentence(
                "{name} has {width} x {height} pixels with all its passes",
                name=name,
                width=found.width,
                height=found.height,
            ),
            BYTES * found.numbers,
        )
    # OpenEXR leaves out what it cannot read, and raises nothing.
    if not found.parts or len(found.parts) < found.promised:
        raise PochadeError("{name} is damaged or incomplete: render the frame again", name=name)
    header = found.parts[0][1]
    # Blender 4.x names the views of a stereo render in the header, 5.x in each part.
    if "multiView" in header or header.get("name", "").endswith(f"-{header.get('view', '-')}"):
        raise PochadeError(
            "{name} is a stereo render, which cannot be painted: render with Stereoscopy off", name=name
        )
    channels = _by_full_names(found.parts)
    if any(pixels.dtype.kind not in "fu" or pixels.ndim != 2 for pixels in channels.values()):
        raise PochadeError(
            "{name} is a deep picture, several values a pixel: render it as a flat one", name=name
        )
    return channels, header


def _by_full_names(parts: list[openexr.Part]) -> dict[str, "np.ndarray"]:
    """The channels of all parts. Where there are several, a part's name goes before a channel's own: some
    renderers name their parts alone, and have R, G and B in each.
    """
    channels: dict[str, np.ndarray] = {}
    for of_part, texts in parts:
        part = texts.get("name", "") if len(parts) > 1 else ""
        for key, pixels in of_part.items():
            channels[key if not part or ("." in key and key not in channels) else f"{part}.{key}"] = pixels
    return channels


def read_beauty(path: str | Path) -> "np.ndarray":
    """The picture in an OpenEXR file, scene-linear float32 (H, W, 1, 3 or 4), with premultiplied alpha.

    It is what the compositor made, the only picture, or the one that is named as renderers name their beauty.
    What is not finite is 0, or as bright as half a float can be. Raises PochadeError, which names the layers
    or parts, where none is named so.
    """
    import numpy as np

    channels, _ = read_channels(path)
    name, layers = Path(path).name, _by_layers(channels)
    pictures = {layer: keys for layer, found in layers.items() if (keys := _picture_in(layer, found))}
    joined = {letter: key for found in layers.values() for letter, key in found.items()}
    if not pictures and len(joined) == len(channels) and (keys := _picture_in("", joined)):
        pictures[""] = keys  # each channel in a part of its own
    if not pictures:
        raise PochadeError(
            "{name} has no channels R, G and B, but only {names}: choose a picture",
            name=name,
            names=", ".join(sorted(channels)),
        )
    chosen = min(pictures, key=lambda layer: _rank(layer, layers))
    if len(pictures) > 1 and _rank(chosen, layers)[0] == len(_BEAUTY):
        raise PochadeError(
            "{name} has several pictures, {names}, and none is named as the one to paint: "
            "name that C, rgba or beauty, or save it alone",
            name=name,
            names=", ".join(sorted(pictures)),
        )
    arrays = [channels[key] for key in pictures[chosen]]
    if len({array.shape for array in arrays}) > 1:
        raise PochadeError("{name} has channels of several sizes: have all of one size", name=name)
    picture = np.stack(arrays, axis=2).astype(np.float32)
    return np.nan_to_num(picture, copy=False, nan=0, posinf=65504, neginf=0)


def _by_layers(channels: Iterable[str]) -> dict[str, dict[str, str]]:
    """The channels' full names by their layers', and there by R, G, B, A and the like."""
    layers: dict[str, dict[str, str]] = {}
    for key in channels:
        layer, _, channel = key.rpartition(".")
        layers.setdefault(layer, {})[_LONG_NAMES.get(channel.lower(), channel.upper())] = key
    return layers


def _picture_in(layer: str, found: dict[str, str]) -> list[str]:
    """The channels of the picture that a layer is, colours or grey; none for vectors, depth and the like."""
    if "crypto" in layer.lower():
        return []
    if found.keys() >= set("RGB"):
        return [found[letter] for letter in "RGBA" if letter in found]
    grey = next((found[letter] for letter in "YLR" if letter in found), None)
    if not grey or found.keys() & set("XGBUV"):
        return []
    return [grey, grey, grey, found["A"]] if "A" in found else [grey]


def _rank(layer: str, layers: Iterable[str]) -> tuple[int, bool]:
    """How much a layer's name is that of the beauty: the lowest is."""
    above, _, name = layer.lower().rpartition(".")
    # A view layer may be called Composite, too; it has other passes.
    of_compositor = [other for other in layers if other.startswith(f"{_COMPOSITE}.")] == [layer]
    if of_compositor or not layer:
        return -1, not layer
    place = _BEAUTY.index(name) if name in _BEAUTY else len(_BEAUTY)
    return place, not any(other.lower() == f"{above}.vector" for other in layers)


def _stacked(passes: dict[str, dict[str, Any]], names: Iterable[str], channels: str) -> "np.ndarray | None":
    """The first of these passes that has all channels: (H, W) for a single channel, else (H, W, C).

    Raises PochadeError for channels of several sizes.
    """
    import numpy as np

    for found in filter(None, map(passes.get, names)):
        if all(channel in found for channel in channels):
            arrays = [found[channel] for channel in channels]
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
