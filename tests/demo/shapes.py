"""Materials and meshes for the demo's scene. Metres, z up."""

from collections.abc import Callable, Iterable, Sequence

import bmesh
import bpy
from mathutils import Matrix, Vector

HAZE = (0.98, 0.58, 0.34)  # the colour of the evening's air


def make_material(
    name: str, colour: Sequence[float], roughness: float = 0.8, glow: float = 0.0, grain: float = 0.0
) -> bpy.types.Material:
    """A matt surface that fades into the haze; `glow` is emitted light, `grain` uneven colour."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    nodes, links = tree.nodes, tree.links
    surface = nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*colour, 1)
    surface.inputs["Roughness"].default_value = roughness
    if glow:
        surface.inputs["Emission Color"].default_value = (*colour, 1)
        surface.inputs["Emission Strength"].default_value = glow
    if grain:
        spots = nodes.new("ShaderNodeTexNoise")
        spots.inputs["Scale"].default_value = 0.35
        spots.inputs["Detail"].default_value = 3
        place = nodes.new("ShaderNodeNewGeometry")
        links.new(place.outputs["Position"], spots.inputs["Vector"])
        ramp = nodes.new("ShaderNodeValToRGB")
        for stop, shade, at in zip(ramp.color_ramp.elements, (1 - grain, 1 + grain), (0.3, 0.7), strict=True):
            stop.position, stop.color = at, (*(c * shade for c in colour), 1)
        links.new(spots.outputs[0], ramp.inputs[0])
        links.new(ramp.outputs[0], surface.inputs["Base Color"])
    add_haze(tree, surface)
    return material


def add_haze(tree: bpy.types.NodeTree, surface: bpy.types.Node):
    """Mix the haze over a surface: air is what gives a landscape its depth."""
    nodes, links = tree.nodes, tree.links
    depth, share = nodes.new("ShaderNodeCameraData"), nodes.new("ShaderNodeMapRange")
    share.inputs["From Min"].default_value, share.inputs["From Max"].default_value = 60, 620
    share.inputs["To Max"].default_value = 0.82
    haze, mix = nodes.new("ShaderNodeEmission"), nodes.new("ShaderNodeMixShader")
    haze.inputs["Color"].default_value, haze.inputs["Strength"].default_value = (*HAZE, 1), 0.75
    links.new(depth.outputs["View Z Depth"], share.inputs["Value"])
    links.new(share.outputs["Result"], mix.inputs["Fac"])
    links.new(surface.outputs[0], mix.inputs[1])
    links.new(haze.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["Material Output"].inputs["Surface"])


def add_object(
    scene: bpy.types.Scene, name: str, mesh: bmesh.types.BMesh, materials: Iterable[bpy.types.Material]
) -> bpy.types.Object:
    """Put what bmesh built into the scene; its faces' material_index counts in `materials`."""
    data = bpy.data.meshes.new(name)
    mesh.to_mesh(data)
    mesh.free()
    for material in materials:
        data.materials.append(material)
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    return thing


def add_face(mesh: bmesh.types.BMesh, at: Matrix, corners: Iterable[Sequence[float]], material: int):
    face = mesh.faces.new([mesh.verts.new(at @ Vector(corner)) for corner in corners])
    face.material_index = material


def add_box(mesh: bmesh.types.BMesh, at: Matrix, size: Sequence[float], material: int):
    """A box that stands on `at`."""
    middle = at @ Matrix.Translation((0, 0, size[2] / 2)) @ Matrix.Diagonal((*size, 1))
    colour_faces(bmesh.ops.create_cube(mesh, size=1, matrix=middle), material)


def colour_faces(made: dict, material: int):
    """Give what a bmesh operator made one material."""
    for vertex in made["verts"]:
        for face in vertex.link_faces:
            face.material_index = material


def make_sheet(
    x: Sequence[float], y: Sequence[float], height: Callable[[float, float], float]
) -> bmesh.types.BMesh:
    """A surface over the grid of x and y."""
    mesh = bmesh.new()
    rows = [[mesh.verts.new((a, b, height(a, b))) for a in x] for b in y]
    for near, far in zip(rows, rows[1:], strict=False):
        for i in range(len(x) - 1):
            mesh.faces.new((near[i], near[i + 1], far[i + 1], far[i])).smooth = True
    return mesh


def spread(start: float, end: float, count: int) -> list[float]:
    return [start + (end - start) * i / (count - 1) for i in range(count)]
