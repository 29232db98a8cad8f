"""Two scenes without light and shadow: a toon-shaded figure, and line art. Metres, z up."""

import math

import bmesh
import bpy
from harbour import fill
from mathutils import Matrix, Vector
from props import WHITE, Colour, add_camera, put, set_world, subdivide
from shapes import add_box, add_object

BLACK = (0, 0, 0)
LIGHT = Vector((-0.5, -0.65, 0.6)).normalized()  # where the light of toon shading comes from


def make_flat(name: str, *colours: Colour) -> bpy.types.Material:
    """No light and shadow but steps of colour, from what faces away from LIGHT to what faces it."""
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    nodes.remove(nodes["Principled BSDF"])
    shape, facing = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeVectorMath")
    facing.operation, facing.inputs[1].default_value = "DOT_PRODUCT", LIGHT
    links.new(shape.outputs["Normal"], facing.inputs[0])
    steps, glow = nodes.new("ShaderNodeValToRGB"), nodes.new("ShaderNodeEmission")
    steps.color_ramp.interpolation = "CONSTANT"
    fill(steps.color_ramp, [((0, 0.12, 0.82)[i], colour) for i, colour in enumerate(colours)])
    links.new(facing.outputs["Value"], steps.inputs[0])
    links.new(steps.outputs[0], glow.inputs["Color"])
    links.new(glow.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def make_outline() -> bpy.types.Material:
    """Black where a surface is seen from the front, nothing from behind: for `outline`."""
    material = make_flat("Outline", BLACK)
    nodes, links = material.node_tree.nodes, material.node_tree.links
    mix, clear = nodes.new("ShaderNodeMixShader"), nodes.new("ShaderNodeBsdfTransparent")
    shape = next(node for node in nodes if node.type == "NEW_GEOMETRY")
    links.new(shape.outputs["Backfacing"], mix.inputs["Fac"])
    links.new(next(node for node in nodes if node.type == "EMISSION").outputs[0], mix.inputs[1])
    links.new(clear.outputs[0], mix.inputs[2])
    links.new(mix.outputs[0], nodes["Material Output"].inputs["Surface"])
    return material


def outline(thing: bpy.types.Object, black: bpy.types.Material, width: float):
    """Draw around a thing: a hull of it, larger and inside out."""
    thing.data.materials.append(black)
    hull = thing.modifiers.new("Outline", "SOLIDIFY")
    hull.thickness, hull.offset, hull.use_flip_normals = width, 1, True
    hull.use_rim, hull.material_offset = False, len(thing.data.materials) - 1


def build_toon(scene: bpy.types.Scene):
    black = make_outline()
    skin = make_flat("Skin", (0.75, 0.38, 0.24), (0.98, 0.66, 0.46))
    hair = make_flat("Hair", (0.16, 0.03, 0.05), (0.42, 0.08, 0.07), (0.80, 0.30, 0.18))
    coat = make_flat("Coat", (0.48, 0.16, 0.02), (0.93, 0.48, 0.04), (1.0, 0.72, 0.20))
    scarf = make_flat("Scarf", (0.02, 0.16, 0.20), (0.05, 0.42, 0.46))
    trousers = make_flat("Trousers", (0.02, 0.03, 0.10), (0.06, 0.10, 0.26))
    boots = make_flat("Boots", (0.08, 0.03, 0.02), (0.26, 0.11, 0.06))
    ink, white = make_flat("Ink", (0.015, 0.01, 0.02)), make_flat("White", WHITE)

    def part(name, material, place, size, turn=(0, 0, 0), width=0.028):
        thing = put("uv_sphere", material, name, location=place, rotation=turn)
        thing.scale = size
        bpy.ops.object.transform_apply(location=False, rotation=False)
        subdivide(thing, 1)
        if width:
            outline(thing, black, width)
        return thing

    def limb(name, material, start, end, radii):
        way = Vector(end) - Vector(start)
        mesh = bmesh.new()
        at = (
            Matrix.Translation((Vector(start) + Vector(end)) / 2)
            @ way.to_track_quat("Z", "Y").to_matrix().to_4x4()
        )
        bmesh.ops.create_cone(
            mesh, cap_ends=True, segments=32, radius1=radii[0], radius2=radii[1], depth=way.length, matrix=at
        )
        thing = add_object(scene, name, mesh, [material])
        bevel = thing.modifiers.new("Bevel", "BEVEL")
        bevel.width, bevel.segments = min(radii) * 0.6, 4
        thing.data.shade_smooth()
        outline(thing, black, 0.028)

    part("Head", skin, (0, 0, 2.55), (0.56, 0.52, 0.55))
    cap = part("Hair", hair, (0.02, 0.10, 2.68), (0.64, 0.58, 0.60))
    part("Fringe", hair, (-0.20, -0.40, 2.93), (0.36, 0.20, 0.17), (0.3, 0.55, 0))
    part("Fringe right", hair, (0.26, -0.38, 2.93), (0.30, 0.20, 0.16), (0.3, -0.6, 0))
    cap.rotation_euler = (-0.35, 0, 0)
    part("Tail", hair, (0.72, 0.30, 2.62), (0.22, 0.22, 0.50), (0, -0.55, 0))
    for x in (-0.2, 0.2):
        part("Eye", white, (x, -0.475, 2.53), (0.115, 0.05, 0.15), width=0.014)
        part("Pupil", ink, (x + 0.02, -0.52, 2.52), (0.06, 0.03, 0.095), width=0)
        part("Glint", white, (x - 0.01, -0.55, 2.56), (0.022, 0.012, 0.028), width=0)
    part("Mouth", ink, (0.0, -0.515, 2.30), (0.07, 0.02, 0.02), width=0)
    limb("Coat", coat, (0, 0, 0.85), (0, 0, 2.02), (0.66, 0.26))
    for i, z in enumerate((1.25, 1.52)):
        part(f"Button {i}", white, (0, -0.56 + 0.1 * i, z), (0.05, 0.03, 0.05), width=0.014)
    knot = put("torus", scarf, "Scarf", major_radius=0.30, minor_radius=0.13, location=(0, 0, 2.02))
    subdivide(knot, 1)
    outline(knot, black, 0.028)
    limb("Scarf end", scarf, (0.14, -0.40, 2.0), (0.26, -0.52, 1.45), (0.10, 0.13))
    limb("Arm left", coat, (-0.28, 0, 1.86), (-0.92, -0.18, 2.32), (0.17, 0.15))
    limb("Arm right", coat, (0.28, 0, 1.86), (0.74, -0.1, 1.20), (0.17, 0.15))
    part("Hand left", skin, (-1.03, -0.21, 2.42), (0.15, 0.14, 0.16))
    part("Hand right", skin, (0.80, -0.12, 1.08), (0.15, 0.14, 0.16))
    for side, x in (("left", -0.25), ("right", 0.25)):
        limb(f"Leg {side}", trousers, (x, 0, 0.25), (x, 0, 1.0), (0.17, 0.20))
        part(f"Boot {side}", boots, (x * 1.15, -0.10, 0.14), (0.22, 0.33, 0.17))
    put(
        "cylinder", make_flat("Shadow", (0.10, 0.26, 0.24)), "Shadow", vertices=64, radius=1, depth=0.01
    ).scale = (0.95, 0.5, 1)
    put("plane", make_flat("Meadow", (0.20, 0.46, 0.36)), "Meadow", size=60, location=(0, 0, -0.02))
    disc = put(
        "circle", make_flat("Disc", (0.98, 0.80, 0.42)), "Disc", vertices=96, fill_type="NGON", radius=2.2
    )
    disc.location, disc.rotation_euler = (1.5, 9, 2.6), (math.pi / 2, 0, 0)
    set_world(scene, (0.55, 0.80, 0.82))
    scene.view_settings.view_transform = "Standard"
    add_camera(scene, (-0.6, -9, 1.9), (0.1, 0, 1.58), 48)


def build_lines(scene: bpy.types.Scene):
    paper = make_flat("Paper", WHITE)
    mesh = bmesh.new()
    add_box(mesh, Matrix.Translation((0, 0, 0)), (4, 3, 2.4), 0)
    add_box(mesh, Matrix.Translation((-1.1, 0.4, 3.0)), (0.5, 0.5, 1.4), 0)
    add_box(mesh, Matrix.Translation((0.9, -1.5, 0)), (0.9, 0.12, 1.7), 0)
    add_box(mesh, Matrix.Translation((0.9, -1.7, 0)), (1.3, 0.5, 0.15), 0)
    for x, y, turned in ((-0.9, -1.5, False), (2.0, 0.2, True)):
        at = Matrix.Translation((x, y, 0.9)) @ Matrix.Rotation(math.pi / 2 * turned, 4, "Z")
        add_box(mesh, at, (1.1, 0.12, 0.95), 0)
        for k in (-0.27, 0.27):
            add_box(mesh, at @ Matrix.Translation((k, 0, 0.08)), (0.42, 0.2, 0.79), 0)
    add_object(scene, "House", mesh, [paper])
    roof = bmesh.new()
    corners = [
        [roof.verts.new((x, y, z)) for y, z in ((-1.9, 2.25), (0, 3.9), (1.9, 2.25))] for x in (-2.3, 2.3)
    ]
    for k in range(3):
        roof.faces.new((corners[0][k], corners[0][k - 2], corners[1][k - 2], corners[1][k]))
    for ends in corners:
        roof.faces.new(ends)
    bmesh.ops.recalc_face_normals(roof, faces=roof.faces)
    add_object(scene, "Roof", roof, [paper])
    for i, (x, y, size) in enumerate([(-4.2, 1.2, 1.25), (4.0, 1.8, 1.0), (5.3, 0.2, 0.62)]):
        mesh = bmesh.new()
        for k, middle in enumerate((0.35, 1.6, 2.3, 2.95)):
            low, depth = ((0.2, 0.9), (1.15, 1.6), (0.9, 1.4), (0.62, 1.25))[k]
            cone = Matrix.Translation((x, y, middle * size))
            bmesh.ops.create_cone(
                mesh,
                cap_ends=True,
                segments=24,
                radius1=low * size,
                radius2=0.2 * size if not k else 0,
                depth=depth * size,
                matrix=cone,
            )
        for face in mesh.faces:
            face.smooth = len(face.verts) < 5
        add_object(scene, f"Tree {i}", mesh, [paper])
    mesh = bmesh.new()
    for k in range(22):
        x = -6.3 + 0.6 * k
        if not 0.2 < x < 1.6:
            add_box(mesh, Matrix.Translation((x, -2.9, 0)), (0.22, 0.08, 0.85), 0)
    for start, end in ((-6.5, 0.1), (1.7, 6.6)):
        add_box(mesh, Matrix.Translation(((start + end) / 2, -2.82, 0.5)), (end - start, 0.06, 0.1), 0)
    add_object(scene, "Fence", mesh, [paper])
    scene.cycles.samples, scene.render.use_freestyle = 64, True
    settings = scene.view_layers[0].freestyle_settings
    settings.crease_angle = math.radians(140)
    lines = settings.linesets[0]
    lines.linestyle = bpy.data.linestyles.new("Lines")
    lines.select_silhouette = lines.select_border = lines.select_crease = True
    lines.linestyle.thickness = 2.2
    set_world(scene, WHITE)
    scene.view_settings.view_transform = "Standard"
    add_camera(scene, (3.2, -14, 3.6), (0.3, 0, 1.62), 44)
