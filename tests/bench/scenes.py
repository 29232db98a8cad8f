"""Render the flat scenes that paintings are compared on, from the default cube to lettering.

    python scenes.py FOLDER [--masks] [NAME ...]

Leaves NAME.png of each scene in FOLDER and, with --masks, NAME.exr with its Cryptomatte of objects; what is
there already is left as it is. Metres, z up; the cameras look along +y.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import bpy

sys.path.append(str(Path(__file__).parents[1] / "demo"))

import bmesh  # noqa: E402
from drawn import build_lines, build_toon  # noqa: E402
from mathutils import Matrix, Vector, noise  # noqa: E402
from props import add_backdrop, add_camera, add_lamp, add_sun, lathe, make_glossy, put, set_world, subdivide  # noqa: E402
from render import PASSES  # noqa: E402
from shapes import add_box, add_object, colour_faces, make_material, make_sheet, spread  # noqa: E402

WIDTH, HEIGHT, SAMPLES = 640, 360, 14


def build_balls(scene: bpy.types.Scene):
    add_backdrop(scene, make_material("Floor", (0.62, 0.58, 0.54), 0.6))
    head = put("monkey", make_glossy("Head", (0.62, 0.20, 0.04), 0.35), "Head", round_=2, size=2)
    head.location, head.rotation_euler = (0.1, 0.3, 0.70), (-0.55, 0, -0.35)
    for i, (x, y, radius, colour, roughness, metallic) in enumerate(
        [
            (-2.0, 0.3, 0.75, (0.72, 0.05, 0.05), 0.25, 0),
            (-1.15, -1.15, 0.42, (0.90, 0.60, 0.06), 0.5, 0),
            (1.95, 0.1, 0.62, (0.05, 0.20, 0.62), 0.15, 0),
            (1.15, -1.25, 0.36, (0.06, 0.45, 0.30), 0.4, 0),
            (2.7, -0.9, 0.40, (0.85, 0.82, 0.78), 0.12, 1),
            (-2.65, -0.95, 0.33, (0.40, 0.12, 0.50), 0.3, 0),
        ]
    ):
        material = make_glossy(f"Ball {i}", colour, roughness, metallic)
        ball = put("uv_sphere", material, f"Ball {i}", radius=radius, location=(x, y, radius))
        subdivide(ball, 1)
    add_lamp(scene, (-4, -4, 5.5), (0, 0, 0.5), 560, 2.5, (1, 0.95, 0.88))
    add_lamp(scene, (5, -2, 3), (0, 0, 0.5), 60, 3, (0.75, 0.85, 1))
    set_world(scene, (0.22, 0.23, 0.25))
    add_camera(scene, (0.2, -8.8, 2.7), (0.02, 0, 0.62), 46)


def build_product(scene: bpy.types.Scene):
    add_backdrop(scene, make_material("Paper", (0.93, 0.93, 0.93), 0.8), 6)
    glass, gold = (
        make_glossy("Glaze", (0.02, 0.26, 0.27), 0.12),
        make_glossy("Gold", (0.86, 0.58, 0.26), 0.22, 1),
    )
    label = make_material("Label", (0.90, 0.86, 0.76), 0.7)
    body = [(0, 0), (0.50, 0), (0.56, 0.03), (0.56, 0.10), (0.56, 1.25), (0.54, 1.42), (0.30, 1.60)]
    lathe(scene, "Bottle", [*body, (0.20, 1.66), (0.20, 1.80), (0, 1.80)], glass, (-0.55, 0, 0))
    band = [(0.566, 0.40), (0.568, 0.41), (0.568, 0.99), (0.566, 1.0)]
    lathe(scene, "Label", band, label, (-0.55, 0, 0))
    cap = [(0.22, 1.74), (0.26, 1.75), (0.26, 1.80), (0.26, 2.16), (0.24, 2.20), (0, 2.20)]
    lathe(scene, "Cap", cap, gold, (-0.55, 0, 0))
    jar = [(0, 0), (0.50, 0), (0.55, 0.03), (0.55, 0.08), (0.55, 0.42), (0.53, 0.46), (0, 0.46)]
    lathe(scene, "Jar", jar, glass, (0.85, -0.35, 0))
    lid = [(0.54, 0.45), (0.57, 0.46), (0.57, 0.50), (0.57, 0.66), (0.54, 0.70), (0, 0.70)]
    lathe(scene, "Lid", lid, gold, (0.85, -0.35, 0))
    add_lamp(scene, (-4, -2.5, 4), (0, 0, 0.8), 300, 3)
    add_lamp(scene, (3.5, -1, 3.5), (0, 0, 0.8), 110, 2)
    set_world(scene, (0.75, 0.75, 0.75))
    scene.view_settings.view_transform = "Standard"
    add_camera(scene, (0.1, -8.4, 2.3), (0.12, 0, 1.05), 62)


def build_night(scene: bpy.types.Scene):
    wall, wood = (
        make_material("Wall", (0.26, 0.24, 0.30), 0.9),
        make_material("Wood", (0.20, 0.09, 0.04), 0.5),
    )
    boards = make_material("Boards", (0.16, 0.10, 0.07), 0.55)
    add_object(scene, "Floor", make_sheet([-6, 6], [-8, 2.5], lambda x, y: 0), [boards])
    mesh = bmesh.new()
    for place, size in (  # around the window
        ((-3.9, 2.6, 0), (4.2, 0.2, 5)),
        ((3.3, 2.6, 0), (6.2, 0.2, 5)),
        ((-0.8, 2.6, 0), (2.0, 0.2, 1.35)),
        ((-0.8, 2.6, 2.95), (2.0, 0.2, 2.05)),
    ):
        add_box(mesh, Matrix.Translation(place), size, 0)
    add_object(scene, "Wall", mesh, [wall])
    mesh = bmesh.new()
    for place, size in (
        ((-0.8, 2.5, 1.3), (2.1, 0.12, 0.08)),
        ((-0.8, 2.5, 2.9), (2.1, 0.12, 0.08)),
        ((-0.8, 2.55, 2.1), (2.0, 0.06, 0.05)),
        ((-1.82, 2.5, 1.3), (0.08, 0.12, 1.65)),
        ((-0.8, 2.55, 1.3), (0.05, 0.06, 1.65)),
        ((0.22, 2.5, 1.3), (0.08, 0.12, 1.65)),
    ):
        add_box(mesh, Matrix.Translation(place), size, 0)
    add_object(scene, "Window", mesh, [make_material("Frame", (0.45, 0.42, 0.40), 0.6)])
    mesh = bmesh.new()
    add_box(mesh, Matrix.Translation((1.5, 1.6, 0.86)), (1.9, 0.9, 0.08), 0)
    for x in (0.65, 2.35):
        for y in (1.25, 1.95):
            add_box(mesh, Matrix.Translation((x, y, 0)), (0.09, 0.09, 0.86), 0)
    add_object(scene, "Table", mesh, [wood])
    brass = make_glossy("Brass", (0.60, 0.40, 0.16), 0.3, 1)
    foot = [(0, 0), (0.20, 0), (0.19, 0.04), (0.04, 0.07), (0.03, 0.40), (0, 0.40)]
    lathe(scene, "Foot", foot, brass, (1.75, 1.6, 0.94))
    shade = make_material("Shade", (1.0, 0.60, 0.22), 0.9, glow=2.6)
    lathe(scene, "Shade", [(0.36, 0.36), (0.20, 0.74)], shade, (1.75, 1.6, 0.94))
    bulb = bpy.data.objects.new("Bulb", bpy.data.lights.new("Bulb", "POINT"))
    bulb.data.energy, bulb.data.color, bulb.data.shadow_soft_size = 170, (1, 0.62, 0.28), 0.08
    bulb.location = (1.75, 1.6, 1.42)
    scene.collection.objects.link(bulb)
    mesh = bmesh.new()
    for i, (colour, tilt) in enumerate([(0, 0.1), (1, -0.2), (2, 0.35)]):
        at = Matrix.Translation((1.05, 1.55, 0.94 + 0.07 * i)) @ Matrix.Rotation(tilt, 4, "Z")
        add_box(mesh, at, (0.46, 0.32, 0.07), colour)
    covers = [(0.35, 0.06, 0.05), (0.10, 0.20, 0.28), (0.50, 0.40, 0.20)]
    add_object(scene, "Books", mesh, [make_material(f"Cover {i}", c, 0.6) for i, c in enumerate(covers)])
    velvet = make_material("Velvet", (0.08, 0.20, 0.18), 0.9)
    mesh = bmesh.new()
    seat = Matrix.Translation((-1.7, 0.9, 0.15)) @ Matrix.Rotation(0.45, 4, "Z")
    for place, size in (
        ((0, 0, 0), (1.0, 0.95, 0.36)),
        ((0, 0.45, 0.1), (1.2, 0.26, 1.05)),
        ((-0.58, 0, 0.05), (0.24, 0.95, 0.58)),
        ((0.58, 0, 0.05), (0.24, 0.95, 0.58)),
    ):
        add_box(mesh, seat @ Matrix.Translation(place), size, 0)
    chair = add_object(scene, "Armchair", mesh, [velvet])
    bevel = chair.modifiers.new("Bevel", "BEVEL")
    bevel.width, bevel.segments = 0.07, 4
    chair.data.shade_smooth()
    rug = put(
        "cylinder", make_material("Rug", (0.38, 0.10, 0.08), 1), "Rug", vertices=64, radius=1.5, depth=0.03
    )
    rug.location = (0.2, 0.1, 0.015)
    moon = (0.45, 0.62, 1)
    add_lamp(scene, (-3.2, 7, 5.2), (-0.6, 0, 0.2), 4500, 0.6, moon)
    set_world(scene, (0.022, 0.042, 0.110))
    add_camera(scene, (-0.3, -5.6, 1.75), (0.15, 1.5, 1.28), 36)


def build_lowpoly(scene: bpy.types.Scene):
    dice = Random(3)

    def ground(x, y):
        hills = noise.fractal(Vector((x, y, 7)) * 0.09, 0.9, 2.0, 3) * 1.6
        far = max(y - 16, 0)
        hills -= 1.9 * math.exp(-((x / 6) ** 2) - ((y - 2) / 6) ** 2)
        return hills + far * 0.32 + far * 0.5 * max(noise.noise(Vector((x * 0.11, y * 0.05, 1))), -0.2) - 0.2

    sheet = make_sheet(spread(-34, 34, 46), spread(-9, 46, 40), ground)
    for vertex in sheet.verts:
        shift = noise.noise_vector(vertex.co * 3.1) * 0.55
        vertex.co.x, vertex.co.y = vertex.co.x + shift.x, vertex.co.y + shift.y
    bmesh.ops.triangulate(sheet, faces=sheet.faces)
    for face in sheet.faces:
        face.smooth = False
        middle = face.calc_center_median()
        face.normal_update()
        high = middle.z + dice.uniform(-0.7, 0.7)
        face.material_index = 3 if high > 9 else 2 if high > 5 or face.normal.z < 0.7 else dice.randint(0, 1)
    colours = [(0.20, 0.36, 0.08), (0.25, 0.42, 0.10), (0.32, 0.28, 0.26), (0.88, 0.90, 0.95)]
    add_object(scene, "Ground", sheet, [make_material(f"Ground {i}", c, 1) for i, c in enumerate(colours)])
    lake = make_glossy("Lake", (0.06, 0.30, 0.42), 0.12)
    put("plane", lake, "Lake", size=80, location=(0, 10, -0.55))
    greens = [make_material(f"Fir {i}", c, 1) for i, c in enumerate([(0.03, 0.16, 0.08), (0.05, 0.22, 0.10)])]
    bark = make_material("Bark", (0.16, 0.08, 0.04), 1)
    planted = 0
    while planted < 60:
        x, y = dice.uniform(-20, 20), dice.uniform(-3, 24)
        if ground(x, y) < 0 or abs(x) < 4.5 - 0.1 * y:
            continue
        place = (x, y, ground(x, y) - 0.1)
        _add_fir(scene, f"Fir {planted}", dice, place, dice.uniform(0.7, 1.35), [dice.choice(greens), bark])
        planted += 1
    add_sun(scene, (-0.6, -0.35, 0.5), 5.5, (1, 0.84, 0.60))
    set_world(scene, (1.0, 0.80, 0.58), (0.36, 0.62, 0.95), (0.10, 0.32, 0.75))
    add_camera(scene, (0, -12, 3.4), (0, 6, 2.6), 32)


def _add_fir(scene, name: str, dice: Random, place: tuple, size: float, materials: list):
    """A trunk and three cones."""
    mesh, at = bmesh.new(), Matrix.Translation(place)
    shapes = [(0.16, 0.16, 0.8, 0.3, 1)]
    shapes += [(0.95 - 0.25 * k, 0.12 - 0.06 * (k == 2), 1.15, 1.1 + 0.68 * k, 0) for k in range(3)]
    for low, high, depth, middle, part in shapes:
        turned = at @ Matrix.Rotation(dice.uniform(0, 3), 4, "Z")
        turned @= Matrix.Translation((0, 0, middle * size))
        cone = bmesh.ops.create_cone(
            mesh,
            cap_ends=True,
            segments=7,
            radius1=low * size,
            radius2=high * size,
            depth=depth * size,
            matrix=turned,
        )
        colour_faces(cone, part)
    add_object(scene, name, mesh, materials)


def build_fog(scene: bpy.types.Scene):
    """Firs, a fence and a lantern in a volume that scatters light: what is far away is hardly there."""
    dice = Random(5)

    def ground(x, y):
        return 0.5 * noise.noise(Vector((x * 0.12, y * 0.12, 2))) + 0.02 * max(y, 0)

    grass = make_material("Grass", (0.16, 0.20, 0.07), 1, grain=0.4)
    add_object(scene, "Ground", make_sheet(spread(-30, 30, 60), spread(-10, 50, 60), ground), [grass])
    green, bark = make_material("Fir", (0.04, 0.14, 0.09), 1), make_material("Bark", (0.14, 0.08, 0.05), 1)
    for row in range(7):
        for column in range(2 + row):
            x, y = (column - (1 + row) / 2) * 4.4 + dice.uniform(-1.6, 1.6), 1 + 4.2 * row
            place, size = (x, y, ground(x, y) - 0.1), dice.uniform(1.3, 1.9)
            if abs(x - 0.4) > 1.2:
                _add_fir(scene, f"Fir {row} {column}", dice, place, size, [green, bark])
    mesh = bmesh.new()
    for post in range(9):
        x, y = 3.4 - 0.35 * post, -4 + 2.2 * post
        add_box(mesh, Matrix.Translation((x, y, ground(x, y))), (0.14, 0.14, 1.0), 0)
    add_object(scene, "Fence", mesh, [bark])
    post = put("cylinder", bark, "Post", radius=0.06, depth=2.6)
    post.location = (-0.9, 0.4, ground(-0.9, 0.4) + 1.2)
    glass = make_material("Lantern", (1.0, 0.55, 0.18), 1, glow=9)
    put("uv_sphere", glass, "Lantern", radius=0.2, location=(-0.9, 0.4, ground(-0.9, 0.4) + 2.6))
    air = bpy.data.materials.new("Fog")
    air.use_nodes = True
    air.node_tree.nodes.clear()
    scatter, out = (
        air.node_tree.nodes.new(f"ShaderNode{kind}") for kind in ("VolumeScatter", "OutputMaterial")
    )
    scatter.inputs["Density"].default_value = 0.055
    air.node_tree.links.new(scatter.outputs[0], out.inputs["Volume"])
    box = put("cube", air, "Fog", size=1, location=(0, 18, 6))
    box.scale = (80, 64, 14)
    add_sun(scene, (-0.5, 0.3, 0.7), 2.2, (1, 0.92, 0.80))
    set_world(scene, (0.62, 0.66, 0.70))
    add_camera(scene, (0.3, -9.5, 1.9), (0, 6, 1.9), 36)


def build_letters(scene: bpy.types.Scene):
    add_backdrop(scene, make_material("Ground", (0.05, 0.30, 0.34), 0.8), 3)
    text = bpy.data.curves.new("Letters", "FONT")
    text.body, text.size, text.extrude, text.align_x = "PAINT", 2.0, 0.24, "CENTER"
    text.bevel_depth, text.bevel_resolution, text.offset = 0.035, 3, 0.03
    text.materials.append(make_glossy("Enamel", (0.78, 0.12, 0.02), 0.35))
    letters = bpy.data.objects.new("Letters", text)
    letters.location, letters.rotation_euler = (0, 0, 0.06), (math.pi / 2, 0, 0.16)
    scene.collection.objects.link(letters)
    add_lamp(scene, (-4, -4.5, 5), (0, 0, 0.8), 480, 2.2, (1, 0.95, 0.88))
    add_lamp(scene, (5, -3, 2), (0, 0, 0.8), 50, 3, (0.8, 0.9, 1))
    set_world(scene, (0.25, 0.26, 0.28))
    add_camera(scene, (-0.6, -9.0, 2.2), (-0.02, 0, 0.85), 46)


def build_hues(scene: bpy.types.Scene):
    """Two pots of one clay, one in the light of a window and one beside it in the shadow, before a wall of
    nearly their colour.
    """
    clay = make_material("Clay", (0.52, 0.20, 0.09), 0.6)
    wall = make_material("Wall", (0.56, 0.26, 0.14), 0.95)
    add_object(
        scene,
        "Shelf",
        make_sheet([-8, 8], [-3, 1.3], lambda x, y: 0),
        [make_material("Shelf", (0.50, 0.24, 0.13), 0.8)],
    )
    add_object(scene, "Wall", make_sheet([-8, 8], [1.3, 1.31], lambda x, y: (y - 1.3) * 800 - 1), [wall])
    jug = [(0, 0), (0.34, 0), (0.36, 0.02), (0.62, 0.45), (0.66, 0.85), (0.45, 1.25), (0.22, 1.45)]
    lathe(
        scene,
        "Jug",
        [*jug, (0.20, 1.70), (0.32, 1.85), (0.29, 1.86), (0.15, 1.68), (0.15, 1.3)],
        clay,
        (-0.72, 0, 0),
    )
    bowl = [(0, 0), (0.32, 0), (0.36, 0.03), (0.72, 0.40), (0.82, 0.78), (0.70, 1.05), (0.62, 1.12)]
    lathe(
        scene, "Pot", [*bowl, (0.68, 1.20), (0.64, 1.22), (0.56, 1.10), (0.60, 0.9)], clay, (0.68, -0.15, 0)
    )
    add_sun(scene, (-0.45, -0.8, 0.6), 4.2, (1, 0.90, 0.76))
    mesh = bmesh.new()  # what throws the shadow, out of sight
    add_box(mesh, Matrix.Translation((-6.8, -5, -1)), (8, 0.1, 16), 0)
    add_object(scene, "Shutter", mesh, [clay])
    set_world(scene, (0.30, 0.28, 0.28))
    add_camera(scene, (0, -6.6, 1.55), (0, 0, 0.92), 62)


SCENES: dict[str, Callable] = {
    "cube": lambda scene: None,  # what Blender starts with
    "balls": build_balls,
    "product": build_product,
    "night": build_night,
    "lowpoly": build_lowpoly,
    "fog": build_fog,
    "toon": build_toon,
    "lines": build_lines,
    "letters": build_letters,
    "hues": build_hues,
}


# --- rendering ----------------------------------------------------------------------------------------------


def render(name: str, masks: bool) -> bpy.types.Image:
    """Build and render a scene; with `masks` the Cryptomatte of its objects is in the passes."""
    bpy.ops.wm.read_homefile(use_empty=name != "cube", use_factory_startup=True)
    scene = bpy.context.scene
    scene.view_layers[0].use_pass_cryptomatte_object = masks
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100
    scene.cycles.device, scene.cycles.samples, scene.cycles.max_bounces = "CPU", SAMPLES, 4
    scene.cycles.use_denoising = True
    scene.cycles.caustics_reflective = scene.cycles.caustics_refractive = False
    scene.cycles.sample_clamp_indirect = 4
    SCENES[name](scene)
    bpy.ops.render.render()
    return next(image for image in bpy.data.images if image.type == "RENDER_RESULT")


def main(folder: Path, names: Sequence[str], masks: bool):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        picture, passes = folder / f"{name}.png", folder / f"{name}.exr"
        if picture.exists() and (passes.exists() or not masks):
            continue
        rendered, settings = render(name, masks), bpy.context.scene.render.image_settings
        rendered.save_render(str(picture))
        if masks:
            for key, value in PASSES.items():
                setattr(settings, key, value)
            rendered.save_render(str(passes))
        print(f"Rendered {name}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*", metavar="NAME", help="without one, all")
    parser.add_argument("--masks", action="store_true", help="Cryptomattes too")
    arguments = parser.parse_intermixed_args()
    main(arguments.folder.resolve(), arguments.names or [*SCENES], arguments.masks)
