"""Render an apple on nothing, for docs/icon.py: `python apple.py RESULT`. It runs in Blender's module."""

import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

PIXELS = 512


def main(result: Path) -> None:
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    add_apple(material("Apple", (0.72, 0.03, 0.02), 0.35))
    add_stem(material("Stem", (0.1, 0.05, 0.02), 0.8))
    add_leaf(material("Leaf", (0.1, 0.4, 0.04), 0.5))
    add_light("Key", (-3, -4, 4), 520, (1, 0.85, 0.62), 1.6)
    add_light("Rim", (4, 2, 2.5), 400, (0.45, 0.6, 1), 2)
    scene.world = bpy.data.worlds.new("Room")
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.data.type, camera.data.ortho_scale = "ORTHO", 2.85
    camera.location = (0, -6, 2.3)
    camera.rotation_euler = (Vector((0, 0, 0.27)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    scene.collection.objects.link(camera)
    scene.camera = camera
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 48, True
    scene.render.film_transparent = True
    scene.render.resolution_x = scene.render.resolution_y = PIXELS
    scene.render.image_settings.color_mode = "RGBA"
    scene.view_settings.view_transform = "Standard"
    scene.render.filepath = str(result)
    bpy.ops.render.render(write_still=True)


def material(name: str, colour: tuple[float, float, float], roughness: float) -> bpy.types.Material:
    made = bpy.data.materials.new(name)
    made.use_nodes = True
    surface = made.node_tree.nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*colour, 1)
    surface.inputs["Roughness"].default_value = roughness
    return made


def add_apple(look: bpy.types.Material) -> None:
    """A sphere with hollows at both ends, narrower below."""
    bpy.ops.mesh.primitive_uv_sphere_add(segments=96, ring_count=64)
    mesh = bpy.context.object.data
    for vertex in mesh.vertices:
        x, y, z = vertex.co
        around = math.hypot(x, y)
        hollow = 0.42 * math.exp(-((around / 0.3) ** 2))
        narrow = 1 + 0.12 * z
        vertex.co = x * narrow * 1.08, y * narrow * 1.08, 0.92 * z - math.copysign(hollow, z)
    mesh.shade_smooth()
    mesh.materials.append(look)


def add_stem(look: bpy.types.Material) -> None:
    """A round bar that bends to the leaf."""
    curve = bpy.data.curves.new("Stem", "CURVE")
    curve.dimensions, curve.bevel_depth, curve.use_fill_caps = "3D", 0.06, True
    line = curve.splines.new("NURBS")
    line.points.add(2)
    for point, place in zip(line.points, ((0, 0, 0.4), (0.03, 0, 0.85), (0.16, 0, 1.3)), strict=True):
        point.co = (*place, 1)
    line.use_endpoint_u, line.order_u = True, 3
    curve.materials.append(look)
    bpy.context.scene.collection.objects.link(bpy.data.objects.new("Stem", curve))


def add_leaf(look: bpy.types.Material) -> None:
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, location=(0.5, 0, 1.13))
    leaf = bpy.context.object
    leaf.scale, leaf.rotation_euler = (0.42, 0.2, 0.05), (0.9, -0.35, 0.1)
    leaf.data.shade_smooth()
    leaf.data.materials.append(look)


def add_light(name, place, watts: float, colour, size: float) -> None:
    """A square lamp of so many metres that looks at the apple."""
    light = bpy.data.lights.new(name, "AREA")
    light.energy, light.color, light.size = watts, colour, size
    lamp = bpy.data.objects.new(name, light)
    lamp.location = place
    lamp.rotation_euler = (Vector((0, 0, 0.2)) - lamp.location).to_track_quat("-Z", "Y").to_euler()
    bpy.context.scene.collection.objects.link(lamp)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
