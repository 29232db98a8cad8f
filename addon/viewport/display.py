"""The scene's display transform as a table, for light that is read as it is."""

from typing import TYPE_CHECKING

import bpy

from ..blender import images
from ..shots.files import linear_image

if TYPE_CHECKING:
    import numpy as np

_SIDE = 32  # of the table: so many values of red, green and blue
_STOPS = -12.0, 8.0  # from the first but one, which is black, to the last


class DisplayTransform:
    """What Blender makes of scene-linear light for the display, by a scene's view settings."""

    def __init__(self, scene: bpy.types.Scene):
        import numpy as np

        steps = np.exp2(np.linspace(*_STOPS, _SIDE)).astype(np.float32)
        steps[0] = 0
        red, green, blue = np.meshgrid(steps, steps, steps, indexing="ij")
        light = np.stack((red, green, blue), 3).reshape(_SIDE, _SIDE * _SIDE, 3)
        image = linear_image(light)
        try:
            self._table = images.read_source(scene, image)[..., :3].reshape(_SIDE, _SIDE, _SIDE, 3)
        finally:
            bpy.data.images.remove(image)

    def __call__(self, light: "np.ndarray") -> "np.ndarray":
        """Light (H, W, 3) as it is displayed, sRGB 0 to 1; trilinear between the table's values."""
        import numpy as np

        low, high = _STOPS
        stops = np.log2(np.maximum(light, 2**low))
        at = ((stops - low) * ((_SIDE - 1) / (high - low))).clip(0, _SIDE - 1.001)
        first = at.astype(np.intp)
        share = (at - first).astype(np.float32)
        shown = 0
        for corner in range(8):
            bits = [(corner >> axis) & 1 for axis in range(3)]
            weights = [share[..., axis] if bit else 1 - share[..., axis] for axis, bit in enumerate(bits)]
            places = tuple(first[..., axis] + bit for axis, bit in enumerate(bits))
            shown = shown + np.prod(weights, 0)[..., None] * self._table[places]
        return shown
