"""Where each frame of a shot is seen from."""

import bpy

from ...core.sequence.shot import Camera


def camera_of(scene: bpy.types.Scene, size: tuple[int, int]) -> Camera | None:
    """The perspective camera now, for pictures of this size (width, height); None of other cameras."""
    camera = scene.camera
    if not camera or camera.type != "CAMERA" or camera.data.type != "PERSP":
        return None
    render = scene.render
    view = scene.view_layers[0].depsgraph or bpy.context.evaluated_depsgraph_get()
    seen = camera.evaluated_get(view)
    width, height, left, top = *size, 0, 0
    if render.use_border and render.use_crop_to_border:
        width, height = (
            side * render.resolution_percentage // 100 for side in (render.resolution_x, render.resolution_y)
        )
        left, top = render.border_min_x * width, (1 - render.border_max_y) * height
    projection = seen.calc_matrix_camera(
        view, x=width, y=height, scale_x=render.pixel_aspect_x, scale_y=render.pixel_aspect_y
    )
    to_camera = seen.matrix_world.normalized().to_3x3().inverted()
    # What is infinitely far knows no translation.
    x, y, _, w = (to_camera.transposed() @ row.to_3d() for row in projection)
    rows = (
        (width * x + width * w) / 2 - (left + 0.5) * w,
        (height * w - height * y) / 2 - (top + 0.5) * w,
        w,
    )
    return Camera(tuple(tuple(row) for row in rows))
