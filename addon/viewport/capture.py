"""What a 3D viewport shows, read as a small picture with its depth."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    import gpu
    import numpy as np

    from ...core.instant.views import View

_DEPTHS = {"SOLID", "WIREFRAME"}  # the kinds of shading whose offscreen drawing leaves a depth buffer


class Camera:
    """An offscreen buffer to draw viewports into; kept, for the renderers keep what they prepare with it."""

    def __init__(self):
        self._buffer: gpu.types.GPUOffScreen | None = None

    def take(
        self,
        context_of: tuple[bpy.types.Scene, bpy.types.ViewLayer],
        space: bpy.types.SpaceView3D,
        region: bpy.types.Region,
        matrices: tuple,
        size: tuple[int, int],
    ) -> "View":
        """What `space` shows by a view and a projection matrix, without overlays; `size` is width, height."""
        import numpy as np

        from ...core.instant.views import View

        view_matrix, projection = matrices
        buffer = self._of_size(size)
        with _without_overlays(space):
            buffer.draw_view3d(*context_of, space, region, view_matrix, projection, do_color_management=True)
        colours, depth = _read(buffer)
        return View(
            np.ascontiguousarray(colours[::-1, :, :3]),
            np.ascontiguousarray(depth[::-1]),
            np.array(projection @ view_matrix, np.float64),
        )

    def _of_size(self, size: tuple[int, int]) -> "gpu.types.GPUOffScreen":
        import gpu

        if not self._buffer or (self._buffer.width, self._buffer.height) != size:
            self.free()
            self._buffer = gpu.types.GPUOffScreen(*size)
        return self._buffer

    def free(self) -> None:
        if self._buffer:
            self._buffer.free()
        self._buffer = None


def _read(buffer: "gpu.types.GPUOffScreen") -> "tuple[np.ndarray, np.ndarray]":
    """Colours (H, W, 4) and depth (H, W), the bottom row first."""
    import gpu
    import numpy as np

    size = buffer.width, buffer.height
    with buffer.bind():
        framebuffer = gpu.state.active_framebuffer_get()
        colours = framebuffer.read_color(0, 0, *size, 4, 0, "FLOAT")
        depth = framebuffer.read_depth(0, 0, *size)
    return np.asarray(colours, np.float32), np.asarray(depth, np.float32)


@contextmanager
def _without_overlays(space: bpy.types.SpaceView3D) -> Iterator[None]:
    shown = space.overlay.show_overlays
    if shown:  # setting it has the viewport drawn again
        space.overlay.show_overlays = False
    try:
        yield
    finally:
        if shown:
            space.overlay.show_overlays = True
