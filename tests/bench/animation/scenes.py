"""The benchmark's animated scenes, the same in every build. Metres, z up, 480 x 270 px, from frame 1."""

import math
from random import Random

import bmesh
import bpy
from harbour import add_light
from materials import make_textured
from mathutils import Euler, Matrix, Vector, noise
from shapes import add_box, add_object, colour_faces, make_material, make_sheet, spread
from staging import add_camera, animate, looking
from village import add_house

WIDTH, HEIGHT = 480, 270


def build(name: str) -> bpy.types.Scene:
    """The scene of this name in an empty Blender, ready to be rendered on the CPU with all passes."""
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x = WIDTH
    scene.render.resolution_y = HEIGHT
    scene.render.resolution_percentage = 100
    scene.render.use_motion_blur, scene.render.use_persistent_data = False, True
    cycles = scene.cycles
    cycles.device, cycles.max_bounces, cycles.use_adaptive_sampling = "CPU", 3, False
    cycles.caustics_reflective = cycles.caustics_refractive = False
    cycles.samples, cycles.use_denoising, cycles.seed = 28, True, 0
    layer = scene.view_layers[0]
    layer.use_pass_z = layer.use_pass_vector = layer.use_pass_object_index = (
        layer.use_pass_cryptomatte_object
    ) = True
    layer.pass_cryptomatte_depth = 4
    scene.frame_start, scene.frame_end = 1, 24
    SCENES[name](scene)
    for index, thing in enumerate(scene.objects, 1):
        thing.pass_index = index
    return scene


# --- a camera flies past a village green --------------------------------------------------------------------


def build_flight(scene: bpy.types.Scene):
    dice = Random(3)
    add_light(scene)
    add_green(scene)
    add_hamlet(scene, dice)
    add_colonnade(scene)
    add_bushes(scene, dice)
    add_balloons(scene)
    camera = add_camera(scene, 28)

    def fly(frame):
        turn = math.radians(14 + 0.2 * frame)
        at = Vector((-4.5 + 0.10 * frame, -2.2 + 0.035 * frame, 2.3 + 0.012 * frame))
        return looking(at, at + Vector((math.sin(turn), math.cos(turn), 0.14)))

    animate(scene, camera, fly)


def build_journey(scene: bpy.types.Scene):
    """The flight, twice as long: of chunks of the default size one begins in its middle."""
    scene.frame_end = 49
    build_flight(scene)


def height(x: float, y: float) -> float:
    """Of the green, which rises to hills on the horizon."""
    hills = max(y - 26, 0) ** 1.25 * 0.11 * (1.25 + noise.noise((x * 0.035, y * 0.03, 7)))
    return noise.fractal(Vector((x, y, 1)) * 0.07, 1, 2, 3) * 0.5 + hills


def add_green(scene):
    grass = make_textured("Grass", "noise", [(0.03, 0.08, 0.01), (0.16, 0.24, 0.03), (0.42, 0.38, 0.08)], 1.1)
    add_object(scene, "Green", make_sheet(spread(-60, 110, 150), spread(-4, 130, 120), height), [grass])


def add_hamlet(scene, dice: Random):
    plaster = [
        make_textured(f"Wall {i}", "bricks", [tuple(c * 0.45 for c in colour), colour], 0.9, upright=True)
        for i, colour in enumerate(
            [(0.80, 0.52, 0.30), (0.66, 0.30, 0.20), (0.86, 0.78, 0.62), (0.45, 0.55, 0.62)]
        )
    ]
    tiles = [
        make_textured(f"Roof {i}", "waves", [tuple(c * 0.4 for c in colour), colour], 0.8)
        for i, colour in enumerate([(0.60, 0.17, 0.07), (0.34, 0.20, 0.30)])
    ]
    panes = [
        make_material("Lit Window", (1.0, 0.55, 0.16), glow=3),
        make_material("Dark Window", (0.05, 0.07, 0.10), 1),
    ]
    x, number = -16.0, 0
    while x < 34:
        width, y = dice.uniform(3.6, 5.2), dice.uniform(11, 19)
        mesh = bmesh.new()
        at = Matrix.Translation((x, y, height(x, y))) @ Matrix.Rotation(dice.uniform(-0.3, 0.3), 4, "Z")
        add_house(mesh, dice, at, width, dice.uniform(3.6, 5), dice.choice((2.9, 4.9, 4.9)), 0, 1, 2, 3)
        add_object(scene, f"House {number}", mesh, [plaster[number % 4], tiles[number % 2], *panes])
        x, number = x + width + dice.uniform(0.4, 2.4), number + 1


def add_colonnade(scene):
    marble = make_textured(
        "Marble", "waves", [(0.20, 0.13, 0.12), (0.78, 0.62, 0.48), (0.9, 0.84, 0.74)], 1.3
    )
    plinth = make_textured("Plinth", "checker", [(0.10, 0.16, 0.22), (0.75, 0.68, 0.55)], 3.2)
    for i, x in enumerate((-7.5, -3.6, 0.3, 4.2, 8.1, 12.0)):
        mesh, at = bmesh.new(), Matrix.Translation((x, 6.4, height(x, 6.4) - 0.2))
        add_box(mesh, at, (0.95, 0.95, 0.8), 1)
        shaft = at @ Matrix.Translation((0, 0, 0.8 + 1.25))
        colour_faces(
            bmesh.ops.create_cone(mesh, segments=20, radius1=0.30, radius2=0.24, depth=2.5, matrix=shaft), 0
        )
        add_box(mesh, at @ Matrix.Translation((0, 0, 3.3)), (0.8, 0.8, 0.28), 1)
        colour_faces(
            bmesh.ops.create_icosphere(
                mesh, subdivisions=3, radius=0.36, matrix=at @ Matrix.Translation((0, 0, 3.9))
            ),
            0,
        )
        add_object(scene, f"Column {i}", mesh, [marble, plinth])


def add_bushes(scene, dice: Random):
    leaves = make_textured(
        "Leaves", "cells", [(0.20, 0.30, 0.05), (0.05, 0.13, 0.03), (0.02, 0.04, 0.02)], 3.5
    )
    blossom = make_textured(
        "Blossom", "cells", [(0.85, 0.35, 0.42), (0.30, 0.30, 0.08), (0.06, 0.12, 0.03)], 3.0
    )
    for i in range(26):
        x, y = dice.uniform(-14, 32), dice.choice((dice.uniform(7.5, 10), dice.uniform(20, 34)))
        size = dice.uniform(0.5, 1.0) if y < 12 else dice.uniform(1.2, 2.4)
        mesh = bmesh.new()
        at = Matrix.Translation((x, y, height(x, y) + size * 0.7)) @ Matrix.Diagonal(
            (size, size, size * 1.25, 1)
        )
        for vertex in bmesh.ops.create_icosphere(mesh, subdivisions=3, radius=1, matrix=at)["verts"]:
            vertex.co += noise.noise_vector(vertex.co * 1.3) * 0.3 * size
        add_object(scene, f"Bush {i}", mesh, [leaves if i % 3 else blossom])


def add_balloons(scene):
    basket = make_textured("Basket", "bricks", [(0.08, 0.04, 0.02), (0.45, 0.26, 0.10)], 4, upright=True)
    for i, (place, size, colours) in enumerate(
        [
            ((7, 34, 17.5), 3.2, [(0.75, 0.08, 0.05), (0.95, 0.75, 0.25)]),
            ((24, 52, 21), 3.6, [(0.04, 0.16, 0.42), (0.92, 0.86, 0.70)]),
        ]
    ):
        cloth = make_textured(f"Balloon {i}", "stripes", colours, 0.32, grain=0.25)
        mesh, at = bmesh.new(), Matrix.Translation(place)
        ball = bmesh.ops.create_uvsphere(mesh, u_segments=24, v_segments=16, radius=size, matrix=at)
        for vertex in ball["verts"]:
            low = min((vertex.co.z - place[2]) / size, 0)
            vertex.co = Vector(
                (
                    *(at.translation + (vertex.co - at.translation) * (1 + 0.35 * low)).xy,
                    vertex.co.z + 0.35 * low * size,
                )
            )
        add_box(mesh, at @ Matrix.Translation((0, 0, -size * 1.85)), (0.9, 0.9, 0.9), 1)
        add_object(scene, f"Balloon {i}", mesh, [cloth, basket])


# --- a star and a ring pass before a wall and behind a column -----------------------------------------------


def build_turning(scene: bpy.types.Scene):
    add_studio(scene)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.color, sun.data.angle = 3.6, (1.0, 0.86, 0.68), 0.05
    sun.rotation_euler = Vector((-0.55, -0.75, 0.62)).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Studio")
    scene.world.color = (0.30, 0.36, 0.46)
    star, ring = add_star(scene), add_ring(scene)

    def move(frame, *degrees):
        turn = Euler([math.radians(angle) for angle in degrees]).to_matrix().to_4x4()
        return (
            Matrix.Translation((-1.5 + 0.072 * frame, 0.05 * math.sin(frame / 3), 1.75 + 0.012 * frame))
            @ turn
        )

    animate(scene, star, lambda frame: move(frame, 14, 2.2 * frame, 14 + 2.6 * frame))
    animate(scene, ring, lambda frame: move(frame, 72, -1.4 * frame, 20 - 2 * frame))
    add_camera(scene, 42).matrix_basis = looking(Vector((0.2, -7.6, 2.0)), Vector((0.1, 0, 1.62)))


def build_travelling(scene: bpy.types.Scene):
    """The same before a camera that travels along."""
    build_turning(scene)

    def travel(frame):
        at = Vector((-0.8 + 0.12 * frame, -7.6, 1.8 + 0.03 * frame))
        return looking(at, at + Vector((-0.1, 7.6, -0.38 + 0.01 * frame)))

    animate(scene, scene.camera, travel)


def add_studio(scene):
    bricks = make_textured(
        "Bricks", "bricks", [(0.10, 0.08, 0.08), (0.36, 0.13, 0.08), (0.72, 0.42, 0.26)], 1.5, upright=True
    )
    tiles = make_textured("Tiles", "checker", [(0.06, 0.14, 0.18), (0.70, 0.62, 0.46)], 1.6)
    wood = make_textured("Wood", "waves", [(0.16, 0.07, 0.03), (0.46, 0.25, 0.10), (0.66, 0.42, 0.20)], 1.6)
    ivy = make_textured("Ivy", "cells", [(0.30, 0.42, 0.08), (0.06, 0.17, 0.05), (0.02, 0.05, 0.03)], 5)
    mesh = bmesh.new()
    add_box(mesh, Matrix.Translation((0, 2.6, 0)), (12, 0.3, 6), 0)
    add_object(scene, "Wall", mesh, [bricks])
    add_object(scene, "Floor", make_sheet([-6, 6], [-5, 2.5], lambda x, y: 0), [tiles])
    for name, place, size, material in [
        ("Post", (1.12, -1.7, 0), (0.26, 0.26, 4.2), wood),
        ("Beam", (0, -1.7, 3.35), (12, 0.2, 0.24), wood),
        ("Chest", (-2.25, 1.4, 0), (1.3, 0.8, 0.75), wood),
        ("Bench", (2.5, 1.5, 0.45), (1.6, 0.6, 0.12), wood),
    ]:
        mesh = bmesh.new()
        add_box(mesh, Matrix.Translation(place), size, 0)
        add_object(scene, name, mesh, [material])
    dice = Random(8)
    for i in range(9):
        mesh, size = bmesh.new(), dice.uniform(0.25, 0.6)
        at = Matrix.Translation((dice.choice((-1, 1)) * dice.uniform(1.6, 3.6), 2.35, dice.uniform(1.0, 3.4)))
        at @= Matrix.Diagonal((1, 0.4, 1.3, 1))
        for vertex in bmesh.ops.create_icosphere(mesh, subdivisions=3, radius=size, matrix=at)["verts"]:
            vertex.co += noise.noise_vector(vertex.co * 3) * 0.14
        add_object(scene, f"Ivy {i}", mesh, [ivy])


def add_star(scene) -> bpy.types.Object:
    """A spike on every face of an icosahedron."""
    mesh = bmesh.new()
    colour_faces(bmesh.ops.create_icosphere(mesh, subdivisions=1, radius=0.52), 0)
    for i, face in enumerate(bmesh.ops.poke(mesh, faces=mesh.faces[:], offset=0.62)["faces"]):
        face.material_index = i // 3 % 2
    gold = make_textured("Gold", "waves", [(0.30, 0.12, 0.02), (0.85, 0.52, 0.08), (1.0, 0.86, 0.40)], 3.0)
    blue = make_textured("Blue", "checker", [(0.02, 0.08, 0.30), (0.25, 0.55, 0.75)], 6)
    return add_object(scene, "Star", mesh, [gold, blue])


def add_ring(scene) -> bpy.types.Object:
    """A flat band around the star, through which the wall is seen."""
    mesh, count = bmesh.new(), 64
    rims = [
        [
            mesh.verts.new((radius * math.cos(a), radius * math.sin(a), z))
            for a in spread(0, 2 * math.pi, count + 1)[:-1]
        ]
        for radius, z in ((1.30, -0.09), (1.48, -0.09), (1.48, 0.09), (1.30, 0.09))
    ]
    for inner, outer in zip(rims, rims[1:] + rims[:1], strict=True):
        for i in range(count):
            mesh.faces.new((inner[i], inner[i - 1], outer[i - 1], outer[i]))
    enamel = make_textured("Enamel", "cells", [(0.95, 0.85, 0.65), (0.70, 0.10, 0.08), (0.18, 0.02, 0.06)], 4)
    return add_object(scene, "Ring", mesh, [enamel])


# --- a still life, rendered noisily -------------------------------------------------------------------------


def build_still(scene: bpy.types.Scene):
    scene.frame_end = 100
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.use_animated_seed = 16, False, True
    add_table(scene)
    lamp = bpy.data.objects.new("Window", bpy.data.lights.new("Window", "AREA"))
    lamp.data.energy, lamp.data.size, lamp.data.color = 190, 1.6, (1.0, 0.88, 0.70)
    lamp.matrix_basis = looking(Vector((-2.6, -1.4, 2.6)), Vector((0.2, 0.2, 0.2)))
    scene.collection.objects.link(lamp)
    scene.world = bpy.data.worlds.new("Room")
    scene.world.color = (0.10, 0.11, 0.13)
    add_camera(scene, 48).matrix_basis = looking(Vector((0.1, -3.3, 1.25)), Vector((0.05, 0, 0.42)))


def add_table(scene):
    cloth = make_textured("Cloth", "checker", [(0.55, 0.08, 0.06), (0.85, 0.80, 0.68)], 4.5)
    paper = make_textured(
        "Wallpaper", "cells", [(0.55, 0.50, 0.24), (0.10, 0.20, 0.20), (0.03, 0.09, 0.11)], 4
    )
    glaze = make_textured("Glaze", "waves", [(0.03, 0.10, 0.32), (0.80, 0.80, 0.74)], 3)
    add_object(scene, "Table", make_sheet([-3, 3], [-1.6, 0.9], lambda x, y: 0), [cloth])
    add_object(scene, "Backdrop", make_sheet([-4, 4], [1.2, 1.21], lambda x, y: (y - 1.205) * 700), [paper])
    outline = [(0.16, 0), (0.24, 0.08), (0.34, 0.30), (0.30, 0.52), (0.14, 0.70), (0.12, 0.80), (0.19, 0.92)]
    mesh, count = bmesh.new(), 32
    rims = [
        [
            mesh.verts.new((-0.45 + r * math.cos(a), 0.15 + r * math.sin(a), z))
            for a in spread(0, 2 * math.pi, count + 1)[:-1]
        ]
        for r, z in outline
    ]
    for low, high in zip(rims, rims[1:], strict=False):
        for i in range(count):
            mesh.faces.new((low[i - 1], low[i], high[i], high[i - 1])).smooth = True
    add_object(scene, "Jug", mesh, [glaze])
    fruits = [
        ("Orange", (0.25, -0.1), 0.19, [(0.60, 0.20, 0.02), (0.95, 0.48, 0.06)]),
        ("Apple", (0.62, 0.12), 0.20, [(0.45, 0.03, 0.03), (0.75, 0.42, 0.12)]),
        ("Lime", (0.52, -0.42), 0.14, [(0.12, 0.25, 0.03), (0.45, 0.58, 0.12)]),
        ("Plum", (-0.12, -0.45), 0.13, [(0.12, 0.03, 0.14), (0.36, 0.16, 0.34)]),
    ]
    for name, (x, y), size, colours in fruits:
        mesh = bmesh.new()
        bmesh.ops.create_uvsphere(
            mesh, u_segments=32, v_segments=20, radius=size, matrix=Matrix.Translation((x, y, size * 0.96))
        )
        for face in mesh.faces:
            face.smooth = True
        add_object(scene, name, mesh, [make_textured(name, "noise", colours, 8)])


# --- a cube crosses an empty world --------------------------------------------------------------------------


def build_empty(scene: bpy.types.Scene):
    scene.frame_end = 12
    scene.world = bpy.data.worlds.new("Empty")
    scene.world.color = (0.06, 0.06, 0.06)
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.rotation_euler = 3.0, (0.7, 0.3, 0.2)
    scene.collection.objects.link(sun)
    mesh = bmesh.new()
    add_box(mesh, Matrix.Translation((0, 0, -0.8)), (1.6, 1.6, 1.6), 0)
    cube = add_object(scene, "Cube", mesh, [make_material("Paint", (0.8, 0.8, 0.8))])

    def cross(frame):
        return (
            Matrix.Translation((-3 + 0.5 * frame, 0, 0))
            @ Euler((0.3, 0.2, 0.3 + 0.1 * frame)).to_matrix().to_4x4()
        )

    animate(scene, cube, cross)
    add_camera(scene, 40).matrix_basis = looking(Vector((0, -9, 0)), Vector((0, 0, 0)))


# --- a camera passes a mirror -------------------------------------------------------------------------------


def build_mirror(scene: bpy.types.Scene):
    """A mirror in a plain wall shows a patterned room, and a ball that slides before it."""
    scene.frame_end = 8
    layer = scene.view_layers[0]
    layer.use_pass_glossy_color = layer.use_pass_glossy_direct = layer.use_pass_glossy_indirect = True
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.angle = 3.0, 0.1
    sun.rotation_euler = Vector((-0.4, -0.3, 0.9)).to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Studio")
    scene.world.color = (0.5, 0.5, 0.5)
    tiles = make_textured("Tiles", "checker", [(0.06, 0.14, 0.18), (0.70, 0.62, 0.46)], 0.8)
    plaster = make_textured("Plaster", "noise", [(0.40, 0.36, 0.30), (0.52, 0.48, 0.42)], 2.0)
    room = make_textured("Room", "cells", [(0.75, 0.12, 0.06), (0.95, 0.80, 0.30), (0.06, 0.20, 0.42)], 0.6)
    paint = make_textured("Ball", "stripes", [(0.04, 0.16, 0.42), (0.92, 0.86, 0.70)], 1.5)
    add_object(scene, "Floor", make_sheet([-8, 8], [-9, 2.2], lambda x, y: 0), [tiles])
    glass = make_material("Mirror", (0.9, 0.9, 0.9), 0)
    glass.node_tree.nodes["Principled BSDF"].inputs["Metallic"].default_value = 1
    for name, place, size, material in [
        ("Wall", (0, 2.4, 0), (16, 0.3, 5), plaster),
        ("Room", (0, -9, 0), (16, 0.3, 6), room),
        ("Mirror", (0.3, 2.2, 0.7), (3.6, 0.06, 2.2), glass),
    ]:
        mesh = bmesh.new()
        add_box(mesh, Matrix.Translation(place), size, 0)
        add_object(scene, name, mesh, [material])
    mesh = bmesh.new()
    bmesh.ops.create_uvsphere(mesh, u_segments=32, v_segments=20, radius=0.5)
    for face in mesh.faces:
        face.smooth = True
    ball = add_object(scene, "Ball", mesh, [paint])
    animate(scene, ball, lambda frame: Matrix.Translation((-1.6 + 0.09 * frame, 0.6, 0.5)))
    camera = add_camera(scene, 36)
    animate(
        scene,
        camera,
        lambda frame: looking(Vector((-1.3 + 0.16 * frame, -4.6, 1.7)), Vector((0.1, 2.2, 1.4))),
    )


SCENES = {
    "flight": build_flight,
    "journey": build_journey,
    "turning": build_turning,
    "travelling": build_travelling,
    "empty": build_empty,
    "still": build_still,
    "mirror": build_mirror,
}
