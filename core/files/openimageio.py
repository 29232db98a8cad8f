"""OpenEXR files by OpenImageIO, which Blender has from 4.4 on, where the engine's own library is missing."""

import importlib.util
import math
import sys
from typing import TYPE_CHECKING, Any

from .openexr import Contents, Part, placed

if TYPE_CHECKING:
    import numpy as np


def is_here() -> bool:
    return "OpenImageIO" in sys.modules or importlib.util.find_spec("OpenImageIO") is not None


def read(path: str, most: float) -> Contents:
    """A file's contents, without the parts where these have more than `most` numbers. Raises RuntimeError or
    ValueError.
    """
    import OpenImageIO

    file = OpenImageIO.ImageInput.open(path)
    if not file or file.format_name() != "openexr":
        raise ValueError(OpenImageIO.geterror() or "this is no OpenEXR file")
    try:
        specs: list[Any] = []
        while file.seek_subimage(len(specs), 0):
            specs.append(file.spec())
        file.geterror()  # that there are no more
        sizes = [
            max(((spec.width, spec.height), (spec.full_width, spec.full_height)), key=math.prod)
            for spec in specs
        ]
        width, height = max(sizes, key=math.prod, default=(0, 0))
        numbers = sum(math.prod(size) * spec.nchannels for size, spec in zip(sizes, specs, strict=True))
        parts = [] if numbers > most else [_part(file, at, spec) for at, spec in enumerate(specs)]
        return Contents(parts, len(specs), numbers, width, height)
    finally:
        file.close()


def _part(file: Any, at: int, spec: Any) -> Part:
    import numpy as np

    texts = {each.name: each.value for each in spec.extra_attribs if isinstance(each.value, str)}
    if spec.deep:
        return dict.fromkeys(spec.channelnames, np.empty((spec.height, spec.width), object)), texts
    kinds = [str(kind) for kind in spec.channelformats or [spec.format] * spec.nchannels]
    pixels = _pixels(file, at, 0, spec.nchannels, "float")
    data = (spec.x, spec.y, spec.width, spec.height)
    display = (spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    channels = {}
    for number, (name, kind) in enumerate(zip(spec.channelnames, kinds, strict=True)):
        channel = pixels[..., number]
        if kind == "half":  # as exact as it was, and no more
            channel = channel.astype(np.float16)
        elif kind != "float":
            channel = _pixels(file, at, number, number + 1, kind)[..., 0]
        channels[name] = placed(f"{texts.get('name', '')}.{name}", channel, data, display)
    return channels, texts


def _pixels(file: Any, at: int, first: int, end: int, kind: str) -> "np.ndarray":
    """Channels (H, W, end - first) of a part. Raises ValueError where they are not all there."""
    pixels = file.read_image(at, 0, first, end, kind)
    if pixels is None:
        raise ValueError(file.geterror() or "it is cut off")
    return pixels.reshape(*pixels.shape[:2], end - first)
