"""What the benchmark's scenes have in common: cameras, and things that move."""

from collections.abc import Callable

import bpy
from mathutils import Matrix, Vector


def animate(scene: bpy.types.Scene, thing: bpy.types.Object, place: Callable[[int], Matrix]):
    """Put a thing at place(frame): a key for every frame and those around, for the Vector pass."""
    for frame in range(scene.frame_start - 1, scene.frame_end + 2):
        thing.matrix_basis = place(frame)
        thing.keyframe_insert("location", frame=frame)
        thing.keyframe_insert("rotation_euler", frame=frame)


def add_camera(scene: bpy.types.Scene, lens: float) -> bpy.types.Object:
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.lens, camera.data.clip_end = lens, 3000
    scene.collection.objects.link(camera)
    scene.camera = camera
    return camera


def looking(at: Vector, target: Vector) -> Matrix:
    """Where a camera stands that looks from one point at another."""
    return Matrix.Translation(at) @ (target - at).to_track_quat("-Z", "Y").to_matrix().to_4x4()
