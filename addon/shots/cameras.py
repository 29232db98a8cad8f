"""Where each frame of a shot is seen from, and for how long."""

import bpy

from ...core.sequence.shot import Camera
from ..blender import images


def camera_of(scene: bpy.types.Scene) -> Camera | None:
    """The camera now, for the pictures that the scene's settings give; None of a panoramic one."""
    camera = scene.camera
    if not camera or camera.type != "CAMERA" or camera.data.type not in ("PERSP", "ORTHO"):
        return None
    render = scene.render
    view = scene.view_layers[0].depsgraph or bpy.context.evaluated_depsgraph_get()
    seen = camera.evaluated_get(view)
    (width, height), (left, top, *_) = images.full_size(render), images.rendered_part(render)
    projection = seen.calc_matrix_camera(
        view, x=width, y=height, scale_x=render.pixel_aspect_x, scale_y=render.pixel_aspect_y
    )
    perspective = seen.data.type == "PERSP"
    # Of the picture's middle from the camera's axis, from -1 to 1, y up.
    shift_x, shift_y = (-row[2] if perspective else row[3] for row in projection[:2])
    right, up, back = seen.matrix_world.normalized().inverted()[:3]
    sensor = seen.data.sensor_height if seen.data.sensor_fit == "VERTICAL" else seen.data.sensor_width
    return Camera(
        (tuple(right), tuple(-up), tuple(-back)),
        (projection[0][0] * width / 2, projection[1][1] * height / 2),
        ((1 + shift_x) * width / 2 - left - 0.5, (1 - shift_y) * height / 2 - top - 0.5),
        perspective,
        seen.data.ortho_scale * seen.data.lens / sensor,
        camera.name_full,
        _blind_to(perspective) if render.engine == "CYCLES" else "",
    )


def shutter_of(scene: bpy.types.Scene) -> tuple[float, float]:
    """When the shutter opens and closes now, in frames from the one that is rendered."""
    length = scene.render.motion_blur_shutter
    opens = {"START": 0.0, "CENTER": -length / 2, "END": -length}[scene.render.motion_blur_position]
    return opens, opens + length


def _blind_to(perspective: bool) -> str:
    """What this Blender's Cycles leaves out of its vectors."""
    if bpy.app.version < (5, 0):
        return "lens"
    if not perspective:
        return "orthographic" if bpy.app.version < (5, 2) else "lens"
    return "shift"
