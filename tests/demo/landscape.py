"""The bay of the demo's scene: sea, mountains, a hill and its trees. Metres, z up, the sea at 0."""

from random import Random

import bmesh
import bpy
from mathutils import Matrix, Vector, noise
from shapes import add_face, add_object, colour_faces, make_material, make_sheet, spread


def ease(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return value * value * (3 - 2 * value)


def ground(x: float, y: float) -> float:
    """Height of the hill: the shore runs at y = 0, the hill falls into the bay on the left."""
    rise = ease(y / 62) * 30 + ease(y / 7) * 1.2
    side = ease((x + 22 - y * 0.12) / 42)
    rough = noise.fractal(Vector((x, y, 3)) * 0.045, 0.9, 2.1, 4) * 2.6 * ease(y / 30)
    return (rise + rough) * side - 2.2 * (1 - ease((y + 1.5) / 1.5)) - 2.2 * (1 - ease((x + 26) / 8))


def add_hill(scene: bpy.types.Scene):
    grass = make_material("Hill", (0.105, 0.17, 0.04), 0.95, grain=0.45)
    add_object(scene, "Hill", make_sheet(spread(-36, 150, 140), spread(-2, 150, 110), ground), [grass])


def add_mountains(scene: bpy.types.Scene):
    for i, (far, high, seed, shade) in enumerate(
        [(300, 34, 1, 0.16), (470, 62, 9, 0.20), (760, 120, 4, 0.26)]
    ):

        def ridge(x, y, far=far, high=high, seed=seed):
            up = ease((y - far) / (far * 0.25))
            return (
                up * high * (0.62 + 0.75 * noise.fractal(Vector((x / far * 4, seed, y / far)), 0.85, 2.2, 5))
                - 2
            )

        rock = make_material(f"Mountains {i}", (shade * 0.8, shade * 0.9, shade * 1.25), 1)
        add_object(
            scene,
            f"Mountains {i}",
            make_sheet(spread(-far * 1.4, far * 1.2, 120), spread(far, far * 1.25, 8), ridge),
            [rock],
        )


def add_sea(scene: bpy.types.Scene):
    mesh = bmesh.new()
    add_face(mesh, Matrix(), [(-3000, -300, 0), (3000, -300, 0), (3000, 4000, 0), (-3000, 4000, 0)], 0)
    water = make_material("Sea", (0.02, 0.13, 0.15), 0.06)
    tree = water.node_tree
    nodes, links = tree.nodes, tree.links
    place, stretch = nodes.new("ShaderNodeNewGeometry"), nodes.new("ShaderNodeMapping")
    stretch.inputs["Scale"].default_value = (0.16, 0.42, 1)
    waves, bump = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeBump")
    waves.inputs["Scale"].default_value, waves.inputs["Detail"].default_value = 1.3, 4
    bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = 0.42, 0.3
    links.new(place.outputs["Position"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], waves.inputs["Vector"])
    links.new(waves.outputs[0], bump.inputs["Height"])
    links.new(bump.outputs["Normal"], nodes["Principled BSDF"].inputs["Normal"])
    add_object(scene, "Sea", mesh, [water])


def add_trees(scene: bpy.types.Scene, dice: Random):
    pine = make_material("Pine", (0.045, 0.085, 0.03), 1, grain=0.4)
    cypress = make_material("Cypress", (0.022, 0.05, 0.026), 1, grain=0.3)
    mesh = bmesh.new()
    planted = 0
    while planted < 150:
        x, y = dice.uniform(-14, 95), dice.uniform(6, 95)
        if ground(x, y) < 1.5 or (y < 46 and dice.random() < 0.72):
            continue
        slim = dice.random() < 0.4
        size = (
            Vector((0.75, 0.75, dice.uniform(2.6, 4.4)))
            if slim
            else Vector((1, 1, 0.85)) * dice.uniform(1.3, 2.5)
        )
        at = Matrix.Translation((x, y, ground(x, y) + size.z * 0.75)) @ Matrix.Diagonal((*size, 1))
        crown = bmesh.ops.create_icosphere(mesh, subdivisions=2, radius=1, matrix=at)
        for vertex in crown["verts"]:
            vertex.co += noise.noise_vector(vertex.co * 0.9) * 0.35
        colour_faces(crown, int(slim))
        planted += 1
    add_object(scene, "Trees", mesh, [pine, cypress])
