"""A small scene to look at in a 3D viewport. Runs in Blender."""

import bpy
import numpy as np


def village():
    """Coloured blocks, a ball and a head on a floor."""
    bpy.ops.object.select_all(action="SELECT")
    bpy.ops.object.delete()
    dice = np.random.default_rng(3)

    def coloured(colour):
        material = bpy.data.materials.new("colour")
        material.diffuse_color = (*colour, 1)
        bpy.context.object.data.materials.append(material)

    bpy.ops.mesh.primitive_plane_add(size=14)
    coloured((0.25, 0.35, 0.15))
    for _ in range(9):
        (x, y), height = dice.uniform(-4, 4, 2), dice.uniform(0.6, 2.4)
        bpy.ops.mesh.primitive_cube_add(
            size=1,
            location=(x, y, height / 2),
            scale=(*dice.uniform(0.6, 1.3, 2), height),
            rotation=(0, 0, dice.uniform(0, 3)),
        )
        coloured(dice.uniform(0.1, 0.9, 3))
    bpy.ops.mesh.primitive_uv_sphere_add(radius=1, location=(0, 0, 2.2))
    coloured((0.8, 0.3, 0.1))
    bpy.ops.mesh.primitive_monkey_add(size=1.6, location=(1.5, -3, 1))
    coloured((0.2, 0.4, 0.8))
    bpy.ops.object.select_all(action="DESELECT")
