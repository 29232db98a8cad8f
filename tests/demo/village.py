"""The village of the demo's scene, its quay and its boats. Metres, z up, the sea at 0."""

import math
from random import Random

import bmesh
import bpy
from landscape import ground
from mathutils import Matrix, Vector
from shapes import add_box, add_face, add_object, colour_faces, make_material, spread

WALLS = [
    (0.80, 0.55, 0.26),
    (0.78, 0.36, 0.24),
    (0.86, 0.76, 0.58),
    (0.80, 0.46, 0.38),
    (0.62, 0.68, 0.70),
    (0.88, 0.64, 0.34),
]
ROOFS = [(0.42, 0.12, 0.055), (0.50, 0.17, 0.07), (0.34, 0.095, 0.055)]


def add_house(
    mesh,
    dice,
    at: Matrix,
    width: float,
    depth: float,
    height: float,
    walls: int,
    roof: int,
    lit: int,
    dark: int,
):
    """Walls 3 m into the ground (the hill is steep), a gabled roof, windows on the side to the sea."""
    add_box(mesh, at @ Matrix.Translation((0, 0, -3)), (width, depth, height + 3), walls)
    x, y, eaves, top = width / 2 + 0.35, depth / 2 + 0.35, height - 0.15, height + width * 0.32
    for side in (-1, 1):
        add_face(mesh, at, [(side * x, -y, eaves), (side * x, y, eaves), (0, y, top), (0, -y, top)], roof)
        gable = side * depth / 2
        add_face(
            mesh, at, [(-width / 2, gable, height), (width / 2, gable, height), (0, gable, top - 0.2)], walls
        )
    front = -depth / 2 - 0.03
    for floor in range(int(height // 2.4)):
        for i in range(int(width // 1.7)):
            u, v = (i + 0.5 - int(width // 1.7) / 2) * 1.6, floor * 2.4 + 0.9
            pane = lit if dice.random() < 0.42 else dark
            add_face(
                mesh,
                at,
                [
                    (u - 0.36, front, v),
                    (u + 0.36, front, v),
                    (u + 0.36, front, v + 1.15),
                    (u - 0.36, front, v + 1.15),
                ],
                pane,
            )


def add_village(scene: bpy.types.Scene, dice: Random):
    materials = [make_material(f"Wall {i}", colour, 0.9, grain=0.12) for i, colour in enumerate(WALLS)]
    materials += [make_material(f"Roof {i}", colour, 0.85, grain=0.25) for i, colour in enumerate(ROOFS)]
    materials += [
        make_material("Lit Window", (1.0, 0.55, 0.16), glow=5),
        make_material("Dark Window", (0.05, 0.07, 0.10), 0.2),
    ]
    lit, dark = len(materials) - 2, len(materials) - 1
    mesh = bmesh.new()
    for row, y in enumerate((3.4, 11, 18, 25, 32, 39)):
        x = -9 + row * 3.1 + dice.uniform(0, 2)
        while x < 52 + row * 3:
            width, depth = dice.uniform(4.2, 6.4), dice.uniform(4.5, 6)
            height = dice.choice((4.9, 4.9, 7.3)) if row else dice.choice((4.9, 7.3, 7.3))
            spot = Vector((x + width / 2, y + dice.uniform(-0.9, 0.9), 0))
            spot.z = ground(spot.x, spot.y - depth / 2)
            if spot.z > 0.8 and dice.random() > 0.05 * row:
                turn = Matrix.Rotation(dice.uniform(-0.22, 0.22), 4, "Z")
                walls, roof = dice.randrange(len(WALLS)), len(WALLS) + dice.randrange(len(ROOFS))
                add_house(
                    mesh, dice, Matrix.Translation(spot) @ turn, width, depth, height, walls, roof, lit, dark
                )
            x += width + dice.uniform(0.1, 1.1) + row * 0.35
    add_object(scene, "Village", mesh, materials)


def add_church(scene: bpy.types.Scene):
    stone = make_material("Stone", (0.78, 0.66, 0.48), 0.9, grain=0.15)
    roof = make_material("Spire", (0.16, 0.20, 0.22), 0.5)
    bell = make_material("Belfry", (1.0, 0.62, 0.25), glow=3)
    mesh = bmesh.new()
    at = Matrix.Translation((20, 45, ground(20, 44) - 1))
    add_box(mesh, at @ Matrix.Translation((6, 2, 0)), (11, 7, 9), 0)
    for side in (-1, 1):
        add_face(
            mesh,
            at,
            [(0.2, 2 + side * 4, 8.8), (11.8, 2 + side * 4, 8.8), (11.8, 2, 12.4), (0.2, 2, 12.4)],
            1,
        )
    add_box(mesh, at, (4, 4, 17), 0)
    add_box(mesh, at @ Matrix.Translation((0, 0, 17)), (4.7, 4.7, 0.5), 0)
    for u in (-0.8, 0.8):
        add_face(
            mesh,
            at,
            [(u - 0.5, -2.05, 13), (u + 0.5, -2.05, 13), (u + 0.5, -2.05, 15.6), (u - 0.5, -2.05, 15.6)],
            2,
        )
    spire = at @ Matrix.Translation((0, 0, 21.5)) @ Matrix.Rotation(math.pi / 4, 4, "Z")
    colour_faces(bmesh.ops.create_cone(mesh, segments=4, radius1=3.1, radius2=0, depth=8, matrix=spire), 1)
    add_object(scene, "Church", mesh, [stone, roof, bell])


def add_quay(scene: bpy.types.Scene):
    stone = make_material("Quay", (0.34, 0.27, 0.20), 0.9, grain=0.3)
    lamp = make_material("Lamp", (1.0, 0.62, 0.25), glow=40)
    iron = make_material("Iron", (0.03, 0.03, 0.035), 0.5)
    mesh = bmesh.new()
    add_box(mesh, Matrix.Translation((24, -1.6, -2)), (76, 3.6, 3.1), 0)
    for x, y in [(-11, -2.6), (-1, -2.6), (9, -2.6), (19, -2.6), (29, -2.6), (39, -2.6)]:
        at = Matrix.Translation((x, y, 0.9))
        add_box(mesh, at, (0.14, 0.14, 3.4), 2)
        colour_faces(
            bmesh.ops.create_icosphere(
                mesh, subdivisions=2, radius=0.3, matrix=at @ Matrix.Translation((0, 0, 3.6))
            ),
            1,
        )
    add_object(scene, "Quay", mesh, [stone, lamp, iron])


def add_boats(scene: bpy.types.Scene):
    blue = make_material("Blue Hull", (0.09, 0.20, 0.30), 0.4)
    red = make_material("Red Hull", (0.45, 0.06, 0.03), 0.4)
    deck = make_material("Deck", (0.50, 0.26, 0.10), 0.6)
    cloth = make_material("Sail", (0.92, 0.80, 0.64), 0.9)
    for name, hull, (x, y), turn, size, sails in [
        ("Sloop", blue, (-15, -19), 0.35, 1.3, True),
        ("Dinghy", red, (3, -26), -0.5, 0.62, False),
        ("Ketch", red, (14, -9), 0.25, 1.0, False),
        ("Yawl", blue, (-46, 48), -0.35, 1.3, True),
    ]:
        mesh = bmesh.new()
        at = (
            Matrix.Translation((x, y, 0))
            @ Matrix.Rotation(turn, 4, "Z")
            @ Matrix.Diagonal((size, size, size, 1))
        )
        add_hull(mesh, at)
        if sails or size > 0.8:
            add_box(mesh, at @ Matrix.Translation((0.3, 0, 0.6)), (0.11, 0.11, 7.6), 1)
            add_box(mesh, at @ Matrix.Translation((-1.2, 0, 1.5)), (3.1, 0.09, 0.09), 1)
        if sails:
            add_sail(mesh, at, (0.22, 0, 1.7), (-2.7, 0, 1.7), (0.25, 0, 8.0))
            add_sail(mesh, at, (0.5, 0, 1.2), (3.0, 0, 1.2), (0.38, 0, 7.2))
        add_object(scene, name, mesh, [hull, deck, cloth])


def add_hull(mesh, at: Matrix):
    ribs = []
    for i in range(11):
        t = i / 10
        beam = 1.05 * math.sin(math.pi * (0.1 + 0.9 * t)) ** 0.6 if t < 1 else 0.02
        sheer = 0.75 + 0.5 * (t - 0.35) ** 2 * 2
        x = -2.9 + 6.1 * t
        ribs.append(
            [
                mesh.verts.new(at @ Vector(p))
                for p in (
                    (x, -beam, sheer),
                    (x, -beam * 0.75, 0.1),
                    (x, 0, -0.4),
                    (x, beam * 0.75, 0.1),
                    (x, beam, sheer),
                )
            ]
        )
    for a, b in zip(ribs, ribs[1:], strict=False):
        for i in range(4):
            mesh.faces.new((a[i], a[i + 1], b[i + 1], b[i]))
        mesh.faces.new((a[0], a[4], b[4], b[0])).material_index = 1
    mesh.faces.new(ribs[0])


def add_sail(mesh, at: Matrix, tack, clew, head):
    """A triangle of cloth with the wind in it."""
    tack, clew, head = Vector(tack), Vector(clew), Vector(head)
    rows = []
    for i in range(9):
        v = i / 8
        left, right = tack.lerp(head, v), clew.lerp(head, v)
        rows.append(
            [
                mesh.verts.new(
                    at @ (left.lerp(right, u) + Vector((0, 1.1 * math.sin(math.pi * u) * (1 - v) ** 0.7, 0)))
                )
                for u in spread(0, 1, 7)
            ]
        )
    for low, high in zip(rows, rows[1:], strict=False):
        for i in range(6):
            face = mesh.faces.new((low[i], low[i + 1], high[i + 1], high[i]))
            face.material_index, face.smooth = 2, True
