"""The demo's scene: a harbour village at the end of a summer day. Made from nothing; every build is the same.

Metres, z up; the sea is at 0, the camera looks along +y from a boat in the bay.
"""

import math
import random
from collections.abc import Callable, Iterable, Sequence

import bmesh
import bpy
from mathutils import Matrix, Vector, noise

SUN = Vector((-0.80, -0.50, 0.27)).normalized()  # where the light comes from
GLOW = Vector((-0.62, 0.80, 0.06)).normalized()  # the brightest part of the sky
HAZE = (0.98, 0.58, 0.34)

WALLS = [(0.80, 0.55, 0.26), (0.78, 0.36, 0.24), (0.86, 0.76, 0.58), (0.80, 0.46, 0.38), (0.62, 0.68, 0.70), (0.88, 0.64, 0.34)]
ROOFS = [(0.42, 0.12, 0.055), (0.50, 0.17, 0.07), (0.34, 0.095, 0.055)]


def build_scene(scene: bpy.types.Scene, width: int = 960, height: int = 540, samples: int = 8):
    """Fill an empty scene and set it up for Cycles on the CPU."""
    dice = random.Random(5)
    _light(scene)
    _sea(scene)
    _mountains(scene)
    _hill(scene)
    _village(scene, dice)
    _church(scene)
    _trees(scene, dice)
    _quay(scene)
    _boats(scene)
    _camera(scene)
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    scene.cycles.device = "CPU"
    scene.cycles.samples = samples
    scene.cycles.use_adaptive_sampling = True
    scene.cycles.use_denoising = True
    scene.cycles.max_bounces = 3
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 4


# --- materials --------------------------------------------------------------------------------------------------


def _material(name: str, colour: Sequence[float], roughness: float = 0.8, glow: float = 0.0, grain: float = 0.0) -> bpy.types.Material:
    """A matt surface that fades into the haze with its distance. `glow` is emitted light, `grain` the colour's unevenness."""
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
    _fade(tree, surface)
    return material


def _fade(tree: bpy.types.NodeTree, surface: bpy.types.Node):
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


# --- meshes -----------------------------------------------------------------------------------------------------


def _place(scene: bpy.types.Scene, name: str, mesh: bmesh.types.BMesh, materials: Iterable[bpy.types.Material]) -> bpy.types.Object:
    """Put what bmesh built into the scene; its faces' material_index counts in `materials`."""
    data = bpy.data.meshes.new(name)
    mesh.to_mesh(data)
    mesh.free()
    for material in materials:
        data.materials.append(material)
    thing = bpy.data.objects.new(name, data)
    scene.collection.objects.link(thing)
    return thing


def _face(mesh: bmesh.types.BMesh, at: Matrix, corners: Iterable[Sequence[float]], material: int):
    face = mesh.faces.new([mesh.verts.new(at @ Vector(corner)) for corner in corners])
    face.material_index = material


def _box(mesh: bmesh.types.BMesh, at: Matrix, size: Sequence[float], material: int):
    """A box that stands on `at`."""
    done = bmesh.ops.create_cube(mesh, size=1, matrix=at @ Matrix.Translation((0, 0, size[2] / 2)) @ Matrix.Diagonal((*size, 1)))
    for vertex in done["verts"]:
        for face in vertex.link_faces:
            face.material_index = material


def _sheet(x: Sequence[float], y: Sequence[float], height: Callable[[float, float], float]) -> bmesh.types.BMesh:
    """A surface over the grid of x and y."""
    mesh = bmesh.new()
    rows = [[mesh.verts.new((a, b, height(a, b))) for a in x] for b in y]
    for near, far in zip(rows, rows[1:], strict=False):
        for i in range(len(x) - 1):
            mesh.faces.new((near[i], near[i + 1], far[i + 1], far[i])).smooth = True
    return mesh


def _span(start: float, end: float, count: int) -> list[float]:
    return [start + (end - start) * i / (count - 1) for i in range(count)]


# --- the landscape ----------------------------------------------------------------------------------------------


def _ease(value: float) -> float:
    value = min(max(value, 0.0), 1.0)
    return value * value * (3 - 2 * value)


def ground(x: float, y: float) -> float:
    """Height of the hill: the shore runs at y = 0, the hill falls into the bay on the left."""
    rise = _ease(y / 62) * 30 + _ease(y / 7) * 1.2
    side = _ease((x + 22 - y * 0.12) / 42)
    rough = noise.fractal(Vector((x, y, 3)) * 0.045, 0.9, 2.1, 4) * 2.6 * _ease(y / 30)
    return (rise + rough) * side - 2.2 * (1 - _ease((y + 1.5) / 1.5)) - 2.2 * (1 - _ease((x + 26) / 8))


def _hill(scene):
    grass = _material("Hill", (0.105, 0.17, 0.04), 0.95, grain=0.45)
    _place(scene, "Hill", _sheet(_span(-36, 150, 140), _span(-2, 150, 110), ground), [grass])


def _mountains(scene):
    for i, (far, high, seed, shade) in enumerate([(300, 34, 1, 0.16), (470, 62, 9, 0.20), (760, 120, 4, 0.26)]):
        def ridge(x, y, far=far, high=high, seed=seed):
            up = _ease((y - far) / (far * 0.25))
            return up * high * (0.62 + 0.75 * noise.fractal(Vector((x / far * 4, seed, y / far)), 0.85, 2.2, 5)) - 2
        rock = _material(f"Mountains {i}", (shade * 0.8, shade * 0.9, shade * 1.25), 1)
        _place(scene, f"Mountains {i}", _sheet(_span(-far * 1.4, far * 1.2, 120), _span(far, far * 1.25, 8), ridge), [rock])


def _sea(scene):
    mesh = bmesh.new()
    _face(mesh, Matrix(), [(-3000, -300, 0), (3000, -300, 0), (3000, 4000, 0), (-3000, 4000, 0)], 0)
    water = _material("Sea", (0.02, 0.13, 0.15), 0.06)
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
    _place(scene, "Sea", mesh, [water])


def _trees(scene, dice):
    pine, cypress = _material("Pine", (0.045, 0.085, 0.03), 1, grain=0.4), _material("Cypress", (0.022, 0.05, 0.026), 1, grain=0.3)
    mesh = bmesh.new()
    planted = 0
    while planted < 150:
        x, y = dice.uniform(-14, 95), dice.uniform(6, 95)
        if ground(x, y) < 1.5 or (y < 46 and dice.random() < 0.72):
            continue
        slim = dice.random() < 0.4
        size = Vector((0.75, 0.75, dice.uniform(2.6, 4.4))) if slim else Vector((1, 1, 0.85)) * dice.uniform(1.3, 2.5)
        at = Matrix.Translation((x, y, ground(x, y) + size.z * 0.75)) @ Matrix.Diagonal((*size, 1))
        for vertex in bmesh.ops.create_icosphere(mesh, subdivisions=2, radius=1, matrix=at)["verts"]:
            vertex.co += noise.noise_vector(vertex.co * 0.9) * 0.35
            for face in vertex.link_faces:
                face.material_index = int(slim)
        planted += 1
    _place(scene, "Trees", mesh, [pine, cypress])


# --- the village ------------------------------------------------------------------------------------------------


def _house(mesh, dice, at: Matrix, width: float, depth: float, height: float, walls: int, roof: int, lit: int, dark: int):
    """Walls 3 m into the ground (the hill is steep), a gabled roof, windows on the side to the sea."""
    _box(mesh, at @ Matrix.Translation((0, 0, -3)), (width, depth, height + 3), walls)
    x, y, eaves, top = width / 2 + 0.35, depth / 2 + 0.35, height - 0.15, height + width * 0.32
    for side in (-1, 1):
        _face(mesh, at, [(side * x, -y, eaves), (side * x, y, eaves), (0, y, top), (0, -y, top)], roof)
        _face(mesh, at, [(-x + 0.35, side * (y - 0.35), height), (x - 0.35, side * (y - 0.35), height), (0, side * (y - 0.35), top - 0.2)], walls)
    front = -depth / 2 - 0.03
    for floor in range(int(height // 2.4)):
        for i in range(int(width // 1.7)):
            u, v = (i + 0.5 - int(width // 1.7) / 2) * 1.6, floor * 2.4 + 0.9
            pane = lit if dice.random() < 0.42 else dark
            _face(mesh, at, [(u - 0.36, front, v), (u + 0.36, front, v), (u + 0.36, front, v + 1.15), (u - 0.36, front, v + 1.15)], pane)


def _village(scene, dice):
    materials = [_material(f"Wall {i}", colour, 0.9, grain=0.12) for i, colour in enumerate(WALLS)]
    materials += [_material(f"Roof {i}", colour, 0.85, grain=0.25) for i, colour in enumerate(ROOFS)]
    materials += [_material("Lit Window", (1.0, 0.55, 0.16), glow=5), _material("Dark Window", (0.05, 0.07, 0.10), 0.2)]
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
                _house(mesh, dice, Matrix.Translation(spot) @ turn, width, depth, height, walls, roof, lit, dark)
            x += width + dice.uniform(0.1, 1.1) + row * 0.35
    _place(scene, "Village", mesh, materials)


def _church(scene):
    stone, roof = _material("Stone", (0.78, 0.66, 0.48), 0.9, grain=0.15), _material("Spire", (0.16, 0.20, 0.22), 0.5)
    bell = _material("Belfry", (1.0, 0.62, 0.25), glow=3)
    mesh = bmesh.new()
    at = Matrix.Translation((20, 45, ground(20, 44) - 1))
    _box(mesh, at @ Matrix.Translation((6, 2, 0)), (11, 7, 9), 0)
    for side in (-1, 1):
        _face(mesh, at, [(0.2, 2 + side * 4, 8.8), (11.8, 2 + side * 4, 8.8), (11.8, 2, 12.4), (0.2, 2, 12.4)], 1)
    _box(mesh, at, (4, 4, 17), 0)
    _box(mesh, at @ Matrix.Translation((0, 0, 17)), (4.7, 4.7, 0.5), 0)
    for u in (-0.8, 0.8):
        _face(mesh, at, [(u - 0.5, -2.05, 13), (u + 0.5, -2.05, 13), (u + 0.5, -2.05, 15.6), (u - 0.5, -2.05, 15.6)], 2)
    spire = at @ Matrix.Translation((0, 0, 21.5)) @ Matrix.Rotation(math.pi / 4, 4, "Z")
    done = bmesh.ops.create_cone(mesh, segments=4, radius1=3.1, radius2=0, depth=8, matrix=spire, cap_ends=False)
    for vertex in done["verts"]:
        for face in vertex.link_faces:
            face.material_index = 1
    _place(scene, "Church", mesh, [stone, roof, bell])


def _quay(scene):
    stone, lamp = _material("Quay", (0.34, 0.27, 0.20), 0.9, grain=0.3), _material("Lamp", (1.0, 0.62, 0.25), glow=40)
    iron = _material("Iron", (0.03, 0.03, 0.035), 0.5)
    mesh = bmesh.new()
    _box(mesh, Matrix.Translation((24, -1.6, -2)), (76, 3.6, 3.1), 0)
    for x, y in [(-11, -2.6), (-1, -2.6), (9, -2.6), (19, -2.6), (29, -2.6), (39, -2.6)]:
        at = Matrix.Translation((x, y, 0.9))
        _box(mesh, at, (0.14, 0.14, 3.4), 2)
        done = bmesh.ops.create_icosphere(mesh, subdivisions=2, radius=0.3, matrix=at @ Matrix.Translation((0, 0, 3.6)))
        for vertex in done["verts"]:
            for face in vertex.link_faces:
                face.material_index = 1
    _place(scene, "Quay", mesh, [stone, lamp, iron])


def _boats(scene):
    wood, trim, sail = _material("Hull", (0.09, 0.20, 0.30), 0.4), _material("Deck", (0.50, 0.26, 0.10), 0.6), _material("Sail", (0.92, 0.80, 0.64), 0.9)
    red = _material("Red Hull", (0.45, 0.06, 0.03), 0.4)
    for name, hull, (x, y), turn, size, sails in [
            ("Sloop", wood, (-15, -19), 0.35, 1.3, True), ("Dinghy", red, (3, -26), -0.5, 0.62, False),
            ("Ketch", red, (14, -9), 0.25, 1.0, False), ("Yawl", wood, (-46, 48), -0.35, 1.3, True)]:
        mesh = bmesh.new()
        at = Matrix.Translation((x, y, 0)) @ Matrix.Rotation(turn, 4, "Z") @ Matrix.Diagonal((size, size, size, 1))
        _hull(mesh, at)
        if sails or size > 0.8:
            _box(mesh, at @ Matrix.Translation((0.3, 0, 0.6)), (0.11, 0.11, 7.6), 1)
            _box(mesh, at @ Matrix.Translation((-1.2, 0, 1.5)), (3.1, 0.09, 0.09), 1)
        if sails:
            _sail(mesh, at, (0.22, 0, 1.7), (-2.7, 0, 1.7), (0.25, 0, 8.0))
            _sail(mesh, at, (0.5, 0, 1.2), (3.0, 0, 1.2), (0.38, 0, 7.2))
        _place(scene, name, mesh, [hull, trim, sail])


def _hull(mesh, at: Matrix):
    ribs = []
    for i in range(11):
        t = i / 10
        beam, sheer = 1.05 * math.sin(math.pi * (0.1 + 0.9 * t)) ** 0.6 if t < 1 else 0.02, 0.75 + 0.5 * (t - 0.35) ** 2 * 2
        x = -2.9 + 6.1 * t
        ribs.append([mesh.verts.new(at @ Vector(p)) for p in (
            (x, -beam, sheer), (x, -beam * 0.75, 0.1), (x, 0, -0.4), (x, beam * 0.75, 0.1), (x, beam, sheer))])
    for a, b in zip(ribs, ribs[1:], strict=False):
        for i in range(4):
            mesh.faces.new((a[i], a[i + 1], b[i + 1], b[i]))
        mesh.faces.new((a[0], a[4], b[4], b[0])).material_index = 1
    mesh.faces.new(ribs[0])


def _sail(mesh, at: Matrix, tack, clew, head):
    """A triangle of cloth with the wind in it."""
    tack, clew, head = Vector(tack), Vector(clew), Vector(head)
    rows = []
    for i in range(9):
        v = i / 8
        left, right = tack.lerp(head, v), clew.lerp(head, v)
        rows.append([mesh.verts.new(at @ (left.lerp(right, u) + Vector((0, 1.1 * math.sin(math.pi * u) * (1 - v) ** 0.7, 0)))) for u in _span(0, 1, 7)])
    for low, high in zip(rows, rows[1:], strict=False):
        for i in range(6):
            face = mesh.faces.new((low[i], low[i + 1], high[i + 1], high[i]))
            face.material_index, face.smooth = 2, True


# --- light and camera -------------------------------------------------------------------------------------------


def _light(scene):
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.color, sun.data.angle = 7.0, (1.0, 0.58, 0.27), 0.03
    sun.rotation_euler = SUN.to_track_quat("Z", "Y").to_euler()
    scene.collection.objects.link(sun)
    scene.world = bpy.data.worlds.new("Evening")
    _sky(scene.world)


def _sky(world):
    """A sky that turns from the sun's gold into blue, with bands of cloud."""
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    view, split = nodes.new("ShaderNodeTexCoord"), nodes.new("ShaderNodeSeparateXYZ")
    links.new(view.outputs["Generated"], split.inputs[0])
    air = nodes.new("ShaderNodeValToRGB")
    stops = [(0.0, (1.05, 0.50, 0.19)), (0.07, (1.0, 0.58, 0.32)), (0.17, (0.52, 0.54, 0.66)), (0.32, (0.15, 0.28, 0.55)), (0.7, (0.04, 0.10, 0.30))]
    _fill(air.color_ramp, stops)
    links.new(split.outputs["Z"], air.inputs[0])

    facing = nodes.new("ShaderNodeVectorMath")
    facing.operation, facing.inputs[1].default_value = "DOT_PRODUCT", GLOW
    links.new(view.outputs["Generated"], facing.inputs[0])
    glow = nodes.new("ShaderNodeValToRGB")
    _fill(glow.color_ramp, [(0.5, (0, 0, 0)), (0.8, (0.22, 0.08, 0.01)), (0.96, (0.75, 0.32, 0.07)), (1.0, (1.5, 0.80, 0.28))])
    links.new(facing.outputs["Value"], glow.inputs[0])

    stretch, puffs, cover = nodes.new("ShaderNodeMapping"), nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeValToRGB")
    stretch.inputs["Scale"].default_value = (1.6, 1.6, 7.5)
    puffs.inputs["Scale"].default_value, puffs.inputs["Detail"].default_value = 2.1, 4
    _fill(cover.color_ramp, [(0.46, (0, 0, 0)), (0.60, (0.9, 0.9, 0.9))])
    links.new(view.outputs["Generated"], stretch.inputs["Vector"])
    links.new(stretch.outputs["Vector"], puffs.inputs["Vector"])
    links.new(puffs.outputs[0], cover.inputs[0])

    clouds, light = nodes.new("ShaderNodeMixRGB"), nodes.new("ShaderNodeMixRGB")
    clouds.inputs["Color2"].default_value = (1.15, 0.62, 0.45, 1)
    light.blend_type, light.inputs["Fac"].default_value = "ADD", 1
    links.new(cover.outputs[0], clouds.inputs["Fac"])
    links.new(air.outputs[0], clouds.inputs["Color1"])
    links.new(clouds.outputs[0], light.inputs["Color1"])
    links.new(glow.outputs[0], light.inputs["Color2"])
    links.new(light.outputs[0], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = 0.8
    world.cycles.sampling_method = "NONE"  # so smooth a sky needs no map of its lights, which takes seconds to build


def _fill(ramp: bpy.types.ColorRamp, stops: Sequence[tuple[float, Sequence[float]]]):
    while len(ramp.elements) < len(stops):
        ramp.elements.new(1.0)
    for element, (position, colour) in zip(ramp.elements, stops, strict=True):
        element.position, element.color = position, (*colour, 1)


def _camera(scene):
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location = (-5, -60, 6.5)
    camera.rotation_euler = (Vector((3.5, 20, 14.0)) - camera.location).to_track_quat("-Z", "Y").to_euler()
    camera.data.lens, camera.data.clip_end = 33, 5000
    scene.collection.objects.link(camera)
    scene.camera = camera
