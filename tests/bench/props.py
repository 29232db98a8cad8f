"""What the flat scenes have in common: cameras, light and simple things. Metres, z up."""

import math
from collections.abc import Sequence

import bmesh
import bpy
from harbour import fill
from mathutils import Matrix, Vector
from shapes import add_object, make_material, make_sheet, spread

WHITE = (1, 1, 1)
Colour = Sequence[float]


def looking(place: Colour, target: Colour) -> Matrix:
    turn = (Vector(target) - Vector(place)).to_track_quat("-Z", "Y")
    return Matrix.LocRotScale(Vector(place), turn, None)


def add_camera(scene: bpy.types.Scene, place: Colour, target: Colour, lens: float):
    scene.camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    scene.camera.data.lens, scene.camera.matrix_basis = lens, looking(place, target)
    scene.collection.objects.link(scene.camera)


def add_lamp(
    scene: bpy.types.Scene, place: Colour, target: Colour, watts: float, size: float, colour: Colour = WHITE
):
    """A square of light; the larger, the softer its shadows."""
    lamp = bpy.data.objects.new("Lamp", bpy.data.lights.new("Lamp", "AREA"))
    lamp.data.energy, lamp.data.size, lamp.data.color = watts, size, colour
    lamp.matrix_basis = looking(place, target)
    scene.collection.objects.link(lamp)


def add_sun(scene: bpy.types.Scene, direction: Colour, strength: float, colour: Colour = WHITE):
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.color, sun.data.angle = strength, colour, 0.04
    sun.matrix_basis = looking(direction, (0, 0, 0))
    scene.collection.objects.link(sun)


def set_world(scene: bpy.types.Scene, *colours: Colour):
    """One colour all around, or several from the horizon to the zenith."""
    scene.world = bpy.data.worlds.new("World")
    scene.world.use_nodes = True
    nodes, links = scene.world.node_tree.nodes, scene.world.node_tree.links
    view, split = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeSeparateXYZ")
    ramp = nodes.new("ShaderNodeValToRGB")
    fill(ramp.color_ramp, [(0.6 * i / max(len(colours) - 1, 1), c) for i, c in enumerate(colours)])
    links.new(view.outputs["Generated"], split.inputs[0])
    links.new(split.outputs["Z"], ramp.inputs[0])
    links.new(ramp.outputs[0], nodes["Background"].inputs["Color"])


def put(kind: str, material: bpy.types.Material, name: str = "", *, round_: int = 0, **options):
    """One of Blender's primitive meshes, made smooth by subdividing it `round_` times where that is more
    than 0.
    """
    getattr(bpy.ops.mesh, f"primitive_{kind}_add")(**options)
    thing = bpy.context.object
    thing.name = name or thing.name
    thing.data.materials.append(material)
    if round_:
        subdivide(thing, round_)
    return thing


def subdivide(thing: bpy.types.Object, levels: int):
    thing.modifiers.new("Round", "SUBSURF").render_levels = levels
    thing.data.shade_smooth()


def lathe(
    scene: bpy.types.Scene,
    name: str,
    outline: Sequence[Colour],
    material: bpy.types.Material,
    place: Colour = (0, 0, 0),
) -> bpy.types.Object:
    """What turns around z with this outline of (radius, height), rounded."""
    mesh = bmesh.new()
    points = [mesh.verts.new((radius, 0, height)) for radius, height in outline]
    edges = [mesh.edges.new(pair) for pair in zip(points, points[1:], strict=False)]
    geometry = [*points, *edges]
    bmesh.ops.spin(mesh, geom=geometry, axis=(0, 0, 1), cent=(0, 0, 0), angle=2 * math.pi, steps=32)
    bmesh.ops.remove_doubles(mesh, verts=mesh.verts, dist=1e-6)
    bmesh.ops.recalc_face_normals(mesh, faces=mesh.faces)
    thing = add_object(scene, name, mesh, [material])
    thing.location = place
    subdivide(thing, 2)
    return thing


def add_backdrop(scene: bpy.types.Scene, material: bpy.types.Material, back: float = 4):
    """A floor that rises into a wall in a bend, as photographers have it."""

    def height(_, y):
        return max(y - back, 0) ** 2 * 0.6

    along = [-30, *spread(back - 0.5, back + 5, 40)]
    add_object(scene, "Backdrop", make_sheet(spread(-40, 40, 3), along, height), [material])


def make_glossy(name: str, colour: Colour, roughness: float, metallic: float = 0):
    material = make_material(name, colour, roughness)
    material.node_tree.nodes["Principled BSDF"].inputs["Metallic"].default_value = metallic
    return material
