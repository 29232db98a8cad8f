"""OpenEXR files as Blender lays them out, made without it."""

import numpy as np
import OpenEXR


def write_exr(path, channels, header=None, several_parts=False):
    """Write channels (H, W) by full names: in one part as Blender 4.x, or a part a pass as 5.x."""
    header = {"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage} | (header or {})
    passes = {}
    for key, pixels in channels.items():
        pixels = np.ascontiguousarray(pixels, getattr(pixels, "dtype", np.float32))
        passes.setdefault(key.rpartition(".")[0] if several_parts else "", {})[key] = pixels
    parts = [
        OpenEXR.Part({**header, **({"name": name} if name else {})}, found, name)
        for name, found in passes.items()
    ]
    OpenEXR.File(parts).write(str(path))
    return path


def passes_channels(vector, depth=None, index=None, layer="ViewLayer.", index_name="IndexOB"):
    """The channels of a Vector pass (H, W, 4), and of the others where they are given."""
    found = {f"{layer}Vector.{name}": vector[..., number] for number, name in enumerate("XYZW")}
    found |= {} if depth is None else {f"{layer}Depth.Z": depth}
    return {**found, **({} if index is None else {f"{layer}{index_name}.X": index})}
