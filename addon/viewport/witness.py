"""Reads what a 3D viewport itself draws, while it is being drawn.

An offscreen drawing of EEVEE's leaves no depth, and one of Cycles' is black. Blender draws the picture, then
what is over it, with the picture's depth still there (POST_VIEW); the picture itself is bound, as linear
light, when the next drawing begins (PRE_VIEW, from Blender 5.2 on).
"""

from typing import TYPE_CHECKING, NamedTuple

import bpy

from .capture import read_colours, read_depth

if TYPE_CHECKING:
    import numpy as np

_OFFSCREEN = {"BLENDER_EEVEE", "BLENDER_EEVEE_NEXT", "BLENDER_WORKBENCH"}


class Drawn(NamedTuple):
    """One drawing, as large as the region, the bottom row first: depth (H, W), light (H, W, 4) if it was
    asked for, and the matrices that it was seen by.
    """

    depth: "np.ndarray"
    light: "np.ndarray | None"
    matrices: tuple


def has_depth_offscreen(space: bpy.types.SpaceView3D, scene: bpy.types.Scene) -> bool:
    """Whether an offscreen drawing of what a viewport shows leaves its depth."""
    workbench = space.shading.type == "RENDERED" and scene.render.engine == "BLENDER_WORKBENCH"
    return workbench or space.shading.type in {"SOLID", "WIREFRAME"}


def is_path_traced(space: bpy.types.SpaceView3D, scene: bpy.types.Scene) -> bool:
    """Whether a renderer of its own draws what a viewport shows, as Cycles does."""
    return space.shading.type == "RENDERED" and scene.render.engine not in _OFFSCREEN


class Witness:
    """Waits for a drawing of one region, and reads it. `before` and `after` are called at each of them."""

    def __init__(self):
        self._wanted = self._with_light = False
        self._half: Drawn | None = None
        self._drawn: Drawn | None = None

    def ask(self, region: bpy.types.Region, light: bool) -> Drawn | None:
        """A drawing since the last answer; None until there is one."""
        drawn, self._drawn = self._drawn, None
        if not drawn:
            self._wanted, self._with_light = True, light
            region.tag_redraw()
        return drawn

    def before(self, region: bpy.types.Region) -> None:
        """PRE_VIEW: what the drawing before has left."""
        half, self._half = self._half, None
        size = region.width, region.height
        if half and half.depth.shape == size[::-1]:
            self._drawn = half._replace(light=read_colours(size))

    def after(self, region: bpy.types.Region, view: bpy.types.RegionView3D) -> None:
        """POST_VIEW: the depth of this drawing."""
        if not self._wanted:
            return
        self._wanted = False
        depth = read_depth((region.width, region.height))
        drawn = Drawn(depth, None, (view.view_matrix.copy(), view.window_matrix.copy()))
        if self._with_light:
            self._half = drawn
            region.tag_redraw()
        else:
            self._drawn = drawn


def small_depth(depth: "np.ndarray", size: tuple[int, int], flat: float) -> "np.ndarray":
    """A depth (H, W) at a width and height, the farthest around each place: lines drawn over the picture have
    theirs in it, too, and are thinner. Without overlays there is none: then all is at the depth `flat`.
    """
    import numpy as np

    if depth.min() == depth.max():
        return np.full(size[::-1], flat, np.float32)
    rows, columns = (_places(length, count) for length, count in zip(depth.shape, size[::-1], strict=True))
    around = [depth[r][:, c] for r in (rows[0], rows[1]) for c in (columns[0], columns[1])]
    return np.maximum.reduce(around)


def small_light(light: "np.ndarray", size: tuple[int, int]) -> "np.ndarray":
    """Light (H, W, 4) at a width and height, the average of four places in each new pixel, (h, w, 3)."""
    rows, columns = (_places(length, count) for length, count in zip(light.shape, size[::-1], strict=False))
    around = [light[r][:, c, :3] for r in (rows[0], rows[1]) for c in (columns[0], columns[1])]
    return sum(around) / len(around)


def _places(length: int, count: int) -> "tuple[np.ndarray, np.ndarray]":
    """A quarter and three quarters into each of `count` parts of a length, as indices."""
    import numpy as np

    scale, parts = length / count, np.arange(count)
    return tuple(((parts + share) * scale).astype(int).clip(0, length - 1) for share in (0.25, 0.75))
