"""A small scene to try everything on: a bay with an island and a boat that sails by, rendered, with three
regions and an animation set up. Made from nothing, on click.

Metres, z up; the sea is at 0 and the camera stands still, so that the masks of land and sky hold for all
frames. The boat is a region by Cryptomatte, which goes where it goes.
"""

import math
from collections.abc import Iterable
from pathlib import Path

import bpy

from ...core.files.exr import can_be_read
from ...core.files.temporary import TemporaryFolder
from ..blender import canvas, compat, images, passes
from ..styles import presets

WIDTH, HEIGHT = 640, 360
FRAMES = 12
_SAMPLES = 24
_ISLAND = ((-9, 42, 13, 9), (2, 50, 16, 13), (17, 58, 20, 8))  # x, y, radius and height of each hill


def open_example() -> None:
    """Make it the open file, in the present windows; what was open goes, without a question."""
    bpy.ops.wm.read_homefile(use_empty=True, load_ui=False)
    scene = bpy.context.scene
    boat = _build(scene)
    # What stands before the sky once other things are away; in the region's list the first one counts.
    land = _mask(scene, "Island", [bpy.data.objects["Sea"], *boat.objects])
    earth = _mask(scene, "Sky", [*boat.objects])
    _choose(scene, boat, land, earth)
    passes.switch_on(scene, ["OBJECT"])
    bpy.ops.render.render()
    for space in canvas.editors():
        space.image = images.find_render()


def _choose(
    scene: bpy.types.Scene, boat: bpy.types.Collection, land: bpy.types.Image, earth: bpy.types.Image
) -> None:
    """Style, regions and animation."""
    chosen = scene.pochade
    chosen.source, chosen.resolution = "RENDER", "draft"
    presets.pick(scene, "great_wave")
    region = chosen.regions.add()
    region.kind, region.target, region.enabled = "COLLECTION", boat.name, can_be_read()
    region.style_kind, region.preset_id = "PRESET", "the_scream"
    for mask, invert, preset in ((land, False, "composition_vii"), (earth, True, "starry_night")):
        region = chosen.regions.add()
        region.kind, region.mask, region.invert = "MASK", mask, invert
        region.style_kind, region.preset_id = "PRESET", preset
    chosen.animation.source = "RENDER"
    chosen.animation.folder = str(Path(bpy.app.tempdir, "pochade"))


def _build(scene: bpy.types.Scene) -> bpy.types.Collection:
    """All that is in it; returns the boat, which is two things."""
    _set_up(scene)
    _add(scene, "Sea", *_sheet(), (0.02, 0.16, 0.22), roughness=0.25)
    hills = [_hill(*hill) for hill in _ISLAND]
    _add(scene, "Island", *_joined(hills), (0.16, 0.26, 0.06))
    hull = [(-2, 0, 1.1), (2, 0, 1.1), (1.4, -0.7, 0), (-1.3, -0.7, 0), (1.4, 0.7, 0), (-1.3, 0.7, 0)]
    sides = [(0, 3, 2, 1), (0, 1, 4, 5), (0, 5, 3), (1, 2, 4)]
    boat = _add(scene, "Boat", hull, sides, (0.35, 0.08, 0.03))
    sail = _add(scene, "Sail", [(-1.4, 0, 1.3), (1.7, 0, 1.3), (0.2, 0, 6)], [(0, 1, 2)], (0.95, 0.88, 0.72))
    sail.parent = boat
    boat.scale = (1.3, 1.3, 1.3)
    for frame, x in ((1, -7.0), (FRAMES, -2.0)):
        boat.location = (x, 14, 0)
        boat.keyframe_insert("location", frame=frame)
    together = bpy.data.collections.new("Boat")
    scene.collection.children.link(together)
    for part in (boat, sail):
        scene.collection.objects.unlink(part)
        together.objects.link(part)
    return together


def _set_up(scene: bpy.types.Scene) -> None:
    """Camera, light and render settings."""
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location, camera.rotation_euler = (0, -6, 4.2), (math.radians(91), 0, 0)
    camera.data.lens = 30
    sun = bpy.data.objects.new("Sun", bpy.data.lights.new("Sun", "SUN"))
    sun.data.energy, sun.data.color = 4.5, (1, 0.72, 0.45)
    sun.rotation_euler = (math.radians(62), 0, math.radians(-50))
    for each in (camera, sun):
        scene.collection.objects.link(each)
    scene.camera, scene.world = camera, bpy.data.worlds.new("Evening")
    _make_sky(scene.world)
    scene.frame_start, scene.frame_end = 1, FRAMES
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", _SAMPLES, False
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.render.resolution_percentage = 100


def _make_sky(world: bpy.types.World) -> None:
    """Blue above, gold at the horizon, and clouds in bands."""
    tree = compat.nodes_of(world)
    view, split, height, stretch, puffs, cover, mix = (
        tree.nodes.new(f"ShaderNode{kind}")
        for kind in ("TexCoord", "SeparateXYZ", "ValToRGB", "Mapping", "TexNoise", "ValToRGB", "MixRGB")
    )
    _fill(height.color_ramp, ((0, (1, 0.6, 0.3)), (0.13, (0.75, 0.6, 0.55)), (0.4, (0.12, 0.28, 0.62))))
    _fill(cover.color_ramp, ((0.45, (0, 0, 0)), (0.5, (0.4, 0.4, 0.4)), (0.62, (1, 1, 1))))
    stretch.inputs["Scale"].default_value = (1.5, 1.5, 6)
    puffs.inputs["Scale"].default_value, puffs.inputs["Detail"].default_value = 2.4, 5
    mix.inputs["Color2"].default_value = (1.2, 0.85, 0.65, 1)
    for one, other in (
        (view.outputs["Generated"], split.inputs[0]),
        (split.outputs["Z"], height.inputs[0]),
        (view.outputs["Generated"], stretch.inputs["Vector"]),
        (stretch.outputs["Vector"], puffs.inputs["Vector"]),
        (puffs.outputs[0], cover.inputs[0]),
        (cover.outputs[0], mix.inputs["Fac"]),
        (height.outputs[0], mix.inputs["Color1"]),
        (mix.outputs[0], tree.nodes["Background"].inputs["Color"]),
    ):
        tree.links.new(one, other)
    world.cycles.sampling_method = "NONE"  # a map of so smooth a sky's lights takes longer than it helps


def _fill(ramp: bpy.types.ColorRamp, stops: tuple) -> None:
    for number, (position, colour) in enumerate(stops):
        element = ramp.elements[number] if number < 2 else ramp.elements.new(position)
        element.position, element.color = position, (*colour, 1)


def _sheet() -> tuple[list, list]:
    """The sea: waves in the foreground, flat far away."""
    columns, rows = 70, 70
    points = []
    for row in range(rows):
        far = -5 + 400 * (row / (rows - 1)) ** 3
        for column in range(columns):
            x = (column / (columns - 1) - 0.5) * (30 + 4 * (far + 5))
            wave = 0.28 * math.sin(x * 0.9 + far * 0.5) + 0.22 * math.sin(far * 1.7 - x * 0.35)
            points.append((x, far, wave * max(0.0, 1 - far / 60)))
    faces = [
        (at, at + 1, at + columns + 1, at + columns)
        for row in range(rows - 1)
        for at in range(row * columns, row * columns + columns - 1)
    ]
    return points, faces


def _hill(x: float, y: float, radius: float, height: float) -> tuple[list, list]:
    """A cone with a ragged outline."""
    around = 28
    points = [(x, y, height)]
    for ring in (1, 2, 3, 4):
        for step in range(around):
            angle, out = step / around * math.tau, ring / 4
            ragged = 1 + 0.18 * math.sin(3 * angle + x) + 0.12 * math.sin(7 * angle + y)
            points.append(
                (
                    x + math.cos(angle) * radius * out * ragged,
                    y + math.sin(angle) * radius * out * ragged * 0.6,
                    height * (1 - out) * (0.85 + 0.3 * math.sin(5 * angle + ring))
                    - (0.5 if ring == 4 else 0),
                )
            )
    faces = [(0, 1 + step, 1 + (step + 1) % around) for step in range(around)]
    for ring in range(3):
        for step in range(around):
            one, other = 1 + ring * around + step, 1 + ring * around + (step + 1) % around
            faces.append((one, one + around, other + around, other))
    return points, faces


def _joined(meshes: Iterable[tuple[list, list]]) -> tuple[list, list]:
    points, faces = [], []
    for more, between in meshes:
        faces += [tuple(corner + len(points) for corner in face) for face in between]
        points += more
    return points, faces


def _add(
    scene, name: str, points: list, faces: list, colour: tuple, roughness: float = 1.0
) -> bpy.types.Object:
    mesh, material = bpy.data.meshes.new(name), bpy.data.materials.new(name)
    mesh.from_pydata(points, [], faces)
    if name == "Sea":
        mesh.shade_smooth()
    surface = compat.nodes_of(material).nodes["Principled BSDF"]
    surface.inputs["Base Color"].default_value = (*colour, 1)
    surface.inputs["Roughness"].default_value = roughness
    mesh.materials.append(material)
    added = bpy.data.objects.new(name, mesh)
    scene.collection.objects.link(added)
    return added


def _mask(scene: bpy.types.Scene, name: str, away: list[bpy.types.Object]) -> bpy.types.Image:
    """Where anything is seen before the sky, white on black, while these objects are away."""
    for each in away:
        each.hide_render = True
    scene.render.film_transparent, scene.cycles.samples = True, 2
    try:
        bpy.ops.render.render()
        with TemporaryFolder() as folder:
            path = Path(folder, "mask.png")
            images.save_displayed(scene, images.find_render(), path)
            seen = bpy.data.images.load(str(path))
            alpha = list(seen.pixels)[3::4]
            bpy.data.images.remove(seen)
    finally:
        scene.render.film_transparent, scene.cycles.samples = False, _SAMPLES
        for each in away:
            each.hide_render = False
    mask = bpy.data.images.new(name, WIDTH, HEIGHT)
    mask.pixels = [value for share in alpha for value in (share, share, share, 1.0)]
    mask.pack()
    return mask
