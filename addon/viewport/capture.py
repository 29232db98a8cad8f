"""What a 3D viewport shows, read as a small picture with its depth."""

import ctypes
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bpy

if TYPE_CHECKING:
    import gpu
    import numpy as np

    from ...core.instant.views import View
    from .seen import Seen


class Camera:
    """Draws viewports into a buffer offscreen.

    A framebuffer is of one window: Blender draws nothing into it while another one's graphics context is
    current, and crashes once its window is closed. A timer finds the context of whichever window was drawn
    last, a render's say. So a buffer is kept, with what the renderers have prepared for it, only for the
    window that shows the viewport; with any other it is made and freed at once.
    """

    def __init__(self):
        self._kept: gpu.types.GPUOffScreen | None = None
        self._home: gpu.types.GPUFrameBuffer | None = None  # the own one of the window that it is kept for

    def take(self, shown: "Seen", matrices: tuple, size: tuple[int, int]) -> "View":
        """What a viewport shows by a view and a projection matrix, without overlays; `size` is width, height.
        Only while `can_draw`.
        """
        buffer = self._buffer(shown.window, size)
        try:
            with _without_overlays(shown.space):
                buffer.draw_view3d(
                    shown.window.scene,
                    shown.window.view_layer,
                    shown.space,
                    shown.region,
                    *matrices,
                    do_color_management=True,
                )
            colours, depth = _read(buffer)
        finally:
            if buffer is not self._kept:
                buffer.free()
        return view_from(colours[..., :3], depth, matrices)

    def _buffer(self, window: bpy.types.Window, size: tuple[int, int]) -> "gpu.types.GPUOffScreen":
        import gpu

        here = _framebuffer_of_window()
        if here is not self._home and _seems_of(here, window):
            self.free()
            self._home = here
        if here is not self._home:
            return gpu.types.GPUOffScreen(*size)
        if not self._kept or (self._kept.width, self._kept.height) != size:
            self.free()
            self._kept = gpu.types.GPUOffScreen(*size)
        return self._kept

    def free(self) -> None:
        """Free what is kept. What a closed window has left can never be freed, not even when Blender ends."""
        kept, self._kept = self._kept, None
        if not kept:
            return
        try:
            _ = self._home.is_bound
        except ReferenceError:  # gone, with its window
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(kept))
        else:
            kept.free()


def can_draw() -> bool:
    """Whether a window's graphics context is current: there is none after a window was closed until the next
    drawing of another one.
    """
    import gpu

    try:
        gpu.types.GPUFrameBuffer()  # costs nothing while nobody binds it
    except RuntimeError:
        return False
    return True


def _framebuffer_of_window() -> "gpu.types.GPUFrameBuffer":
    """The own framebuffer of the window whose context is current: the same object as long as one is kept."""
    import gpu

    buffer = gpu.types.GPUOffScreen(1, 1)
    try:
        with buffer.bind():
            buffer.unbind(restore=False)  # binds the window's own
            return gpu.state.active_framebuffer_get()
    finally:
        buffer.free()


def _seems_of(framebuffer: "gpu.types.GPUFrameBuffer", window: bpy.types.Window) -> bool:
    """Whether it is a window's own one, by its size: Blender tells no more."""
    windows, size = bpy.context.window_manager.windows, tuple(framebuffer.viewport_get()[2:])
    return len(windows) == 1 or [each for each in windows if (each.width, each.height) == size] == [window]


def view_from(colours: "np.ndarray", depth: "np.ndarray", matrices: tuple) -> "View":
    """The View of colours (H, W, 3) and depth (H, W), the bottom row first, by a view and a projection."""
    import numpy as np

    from ...core.instant.views import View

    view_matrix, projection = matrices
    return View(
        np.ascontiguousarray(colours[::-1], np.float32),
        np.ascontiguousarray(depth[::-1], np.float32),
        np.array(projection @ view_matrix, np.float64),
    )


def matrices_of_render(
    scene: bpy.types.Scene, layer: bpy.types.ViewLayer, view: bpy.types.RegionView3D, size: tuple[int, int]
) -> tuple:
    """The view and the projection matrix of a picture of `size` (width, height) px: through the camera where
    the viewport looks through it, else with the longer side as long as the viewport's.
    """
    render, camera = scene.render, scene.camera
    if view.view_perspective == "CAMERA" and camera:
        graph = layer.depsgraph or bpy.context.evaluated_depsgraph_get()
        seen = camera.evaluated_get(graph)
        scales = {"scale_x": render.pixel_aspect_x, "scale_y": render.pixel_aspect_y}
        projection = seen.calc_matrix_camera(graph, x=size[0], y=size[1], **scales)
        return seen.matrix_world.normalized().inverted(), projection
    projection = view.window_matrix.copy()
    across, up = projection[0][0], projection[1][1]
    widest = min(across, up)
    shape = size[0] / size[1]
    across_now, up_now = (widest, widest * shape) if shape >= 1 else (widest / shape, widest)
    for column in range(4):
        projection[0][column] *= across_now / across
        projection[1][column] *= up_now / up
    return view.view_matrix.copy(), projection


def drawn_alone(size: tuple[int, int], draw: Callable[[], None]) -> "np.ndarray":
    """What `draw` draws into an empty framebuffer of this width and height, (H, W, 4)."""
    import gpu

    buffer = gpu.types.GPUOffScreen(*size)
    try:
        with buffer.bind():
            gpu.state.active_framebuffer_get().clear(color=(0, 0, 0, 0))
            draw()
        return _read(buffer)[0][::-1]
    finally:
        buffer.free()


def _read(buffer: "gpu.types.GPUOffScreen") -> "tuple[np.ndarray, np.ndarray]":
    """Colours (H, W, 4) and depth (H, W), the bottom row first."""
    with buffer.bind():
        size = buffer.width, buffer.height
        return read_colours(size), read_depth(size)


def read_colours(size: tuple[int, int]) -> "np.ndarray":
    """What the bound framebuffer shows, (H, W, 4), the bottom row first."""
    return _filled((*size[::-1], 4), lambda at, data: at.read_color(0, 0, *size, 4, 0, "FLOAT", data=data))


def read_depth(size: tuple[int, int]) -> "np.ndarray":
    """The depth in the bound framebuffer, (H, W), the bottom row first."""
    return _filled(size[::-1], lambda at, data: at.read_depth(0, 0, *size, data=data))


def _filled(shape: tuple[int, ...], read: Callable) -> "np.ndarray":
    """What a framebuffer reads into a flat buffer: of one with dimensions Blender 4.3 tells numpy the strides
    the wrong way round.
    """
    import gpu
    import numpy as np

    data = gpu.types.Buffer("FLOAT", math.prod(shape))
    read(gpu.state.active_framebuffer_get(), data)
    return np.array(data, np.float32).reshape(shape)


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
