"""What cameras do between frames and renderers' vectors leave out; and the part of the picture that is
rendered. Real renders, whose colours say which point of which surface is seen.
"""

import random
from dataclasses import replace

import bpy
import numpy as np
import pytest

from tests.addon.test_motion import _warp

pytestmark = pytest.mark.oldest

WIDTH, HEIGHT, SKY = 96, 64, 1e9
A_PIXEL = 0.0085  # by which the colours of neighbouring pixels differ at least, everywhere
POSES = (1, 2)


@pytest.fixture
def before_wall(pochade):
    """A cube before a wall; every surface is coloured by its own coordinates."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 4, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 96, 64, 100
    bpy.ops.object.camera_add(location=(0, -6, 0), rotation=(1.5708, 0, 0))
    scene.camera = bpy.context.object
    bpy.ops.mesh.primitive_plane_add(size=10, location=(0, 3, 0), rotation=(1.5708, 0.2, 0))
    _coloured(bpy.context.object, 1)
    bpy.ops.mesh.primitive_cube_add(size=1.5, rotation=(0.3, 0.2, 0.5))
    _coloured(bpy.context.object, 0.2)
    layer = scene.view_layers[0]
    layer.use_pass_vector = layer.use_pass_z = True
    return scene


def _coloured(thing, scale):
    material = bpy.data.materials.new("Coordinates")
    material.use_nodes = True
    tree = material.node_tree
    shine, place = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeTexCoord")
    shine.inputs["Strength"].default_value = scale
    tree.links.new(place.outputs["Generated"], shine.inputs["Color"])
    tree.links.new(shine.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    thing.data.materials.append(material)


def _animate(data, path, values):
    for number, value in zip(POSES, values, strict=True):
        setattr(data, path, value)
        data.keyframe_insert(path, frame=number)


@pytest.fixture
def render_frames(before_wall, load, images, tmp_path):
    """`render_frames()`: render the two frames with their passes and cameras."""
    shot, camera_of = load("core.sequence.shot"), load("addon.shots.cameras").camera_of

    def render(number):
        before_wall.frame_set(number)
        bpy.ops.render.render()
        picture, passes = (tmp_path / f"{number}{ending}" for ending in (".png", ".exr"))
        images.save_displayed(before_wall, images.find_render(), picture)
        images.save_passes(before_wall, images.find_render(), passes)
        return shot.Frame(number, picture, passes, camera_of(before_wall))

    return lambda: [render(number) for number in POSES]


@pytest.fixture
def carried(render_frames, load):
    """`carried()`: the shares of pixels, seen in both frames, that differ when the one is carried to the
    other, and back; and when nothing is carried.
    """
    motion, read = load("core.sequence.motion.frame_motion"), load("core.files.exr").read_beauty

    def carried():
        frames = render_frames()
        found = motion.choose_motion("auto", frames, None, "cpu")(*frames)
        pictures = [read(frame.passes)[..., :3] for frame in frames]
        shares = []
        for flow, opposite, depths, (there, here) in (
            (found.backward, found.forward, found.depths, pictures),
            (found.forward, found.backward, found.depths[::-1], pictures[::-1]),
        ):
            warped, seen = _warp(there, flow)
            inner = [_inner(depth)[..., None] for depth in depths]  # silhouettes are mixtures
            seen &= (inner[1] & (_warp(inner[0], flow)[0] == 1))[..., 0]
            seen &= np.abs(_warp(depths[0][..., None], flow)[0][..., 0] / depths[1] - 1) < 0.1
            seen &= np.abs(flow + _warp(opposite, flow)[0]).max(axis=-1) < 1
            assert seen.sum() > 0.5 * seen.size
            for picture in (warped, there):
                shares.append(np.mean(np.abs(picture - here).max(axis=-1)[seen] > A_PIXEL))
        return shares[::2], shares[1::2]

    return carried


def _inner(depth):
    """Where no silhouette is next to a pixel, (H, W), bool."""
    around = [np.roll(depth, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)]
    return np.max(around, 0) < 1.1 * np.min(around, 0)


def _orthographic(scene):
    scene.camera.data.type, scene.camera.data.ortho_scale = "ORTHO", 6


CAMERAS = {
    "orthographic, moves": lambda c: (_orthographic, (c, "location", [(0, -6, 0), (0.5, -5.5, 0.3)])),
    "orthographic, turns": lambda c: (
        _orthographic,
        (c, "rotation_euler", [(1.5708, 0, 0), (1.5, 0.05, 0.1)]),
    ),
    "orthographic, scales": lambda c: (_orthographic, (c.data, "ortho_scale", [6, 6.6])),
    "orthographic, shifts": lambda c: (_orthographic, (c.data, "shift_x", [0, 0.06])),
    "perspective, shifts": lambda c: (None, (c.data, "shift_y", [0, 0.06])),
    "perspective, zooms": lambda c: (None, (c.data, "lens", [50, 58])),
    "perspective, another sensor": lambda c: (None, (c.data, "sensor_width", [36, 33])),
    "perspective, moves": lambda c: (None, (c, "location", [(0, -6, 0), (0.3, -5.5, 0.2)])),
}


@pytest.mark.parametrize("thing_moves", [False, True])
@pytest.mark.parametrize("kind", CAMERAS)
def test_what_the_camera_does_is_in_the_motion(before_wall, carried, kind, thing_moves):
    prepare, animated = CAMERAS[kind](before_wall.camera)
    if prepare:
        prepare(before_wall)
    _animate(*animated)
    if thing_moves:
        _animate(before_wall.objects[2], "location", [(-0.2, 0, 0), (0.1, 0.2, 0.1)])
    differ, unmoved = carried()
    assert max(differ) < 0.01
    assert min(unmoved) > 0.2


def test_what_an_orthographic_camera_follows_stays(before_wall, render_frames, load):
    """Nothing stands still that would tell how the renderer sees the camera."""
    bpy.data.objects.remove(before_wall.objects["Plane"])
    _orthographic(before_wall)
    for thing in before_wall.objects:
        start = tuple(thing.location)
        _animate(thing, "location", [start, (start[0] + 0.5, start[1], start[2] - 0.3)])
    frames = render_frames()
    found = load("core.sequence.motion.frame_motion").choose_motion("auto", frames, None, "cpu")(*frames)
    for flow, depth in zip((found.backward, found.forward), found.depths[::-1], strict=True):
        thing = _inner(depth) & (depth < SKY)
        assert thing.sum() > 300
        assert np.abs(flow[thing]).max() < 0.3


def test_the_sky_of_a_panoramic_camera_turns(before_wall, render_frames, load):
    camera = before_wall.camera
    for thing in list(before_wall.objects)[1:]:
        bpy.data.objects.remove(thing)
    camera.data.type = "PANO"
    panorama = camera.data if hasattr(camera.data, "panorama_type") else camera.data.cycles
    panorama.panorama_type = "EQUIRECTANGULAR"
    before_wall.world = bpy.data.worlds.new("Sky")
    before_wall.world.use_nodes, before_wall.world.cycles.sampling_method = True, "NONE"
    tree = before_wall.world.node_tree
    noise = tree.nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 6
    tree.links.new(noise.outputs["Color"], tree.nodes["Background"].inputs["Color"])
    _animate(camera, "rotation_euler", [(np.pi / 2, 0, 0), (np.pi / 2, 0, 0.2)])
    frames = [replace(frame, sharp=True) for frame in render_frames()]
    found = load("core.sequence.motion.frame_motion").choose_motion("auto", frames, None, "cpu")(*frames)
    turned = 0.2 / (2 * np.pi) * WIDTH  # px, to the right in the later frame
    inner = np.s_[12:-12, 12:-12]
    assert np.median(found.backward[inner][..., 0]) == pytest.approx(-turned, abs=0.3)
    assert np.median(found.forward[inner][..., 0]) == pytest.approx(turned, abs=0.3)


def _save_passes(scene, load, path):
    images = load("addon.blender.images")
    bpy.ops.render.render()
    images.save_passes(scene, images.find_render(), path)
    return load("core.files.exr").read_channels(path)[0]


def test_a_hand_drawn_region_is_the_part_that_blender_renders(before_wall, load, tmp_path):
    render, chance = before_wall.render, random.Random(3)
    size_of, camera_of = load("addon.blender.images").render_size, load("addon.shots.cameras").camera_of
    render.use_border = render.use_crop_to_border = True
    before_wall.cycles.samples = 1
    before_wall.view_layers[0].use_pass_position = True
    before_wall.camera.data.shift_x = 0.1
    for number in range(200):  # tiny pictures: 2 s in all
        render.resolution_x, render.resolution_y = chance.randint(30, 90), chance.randint(20, 60)
        render.resolution_percentage = chance.choice((100, 75, 50, 33))
        # Every other one is of round numbers, at which single and double precision differ.
        (left, right), (low, high) = (
            sorted(round(chance.random(), 1 + number % 2 * 6) for _ in range(2)) for _ in range(2)
        )
        render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y = (
            (left, right, low, high) if right - left > 0.2 and high - low > 0.2 else (0.1, 0.7, 0.3, 0.9)
        )
        before_wall.camera.data.type = ("PERSP", "ORTHO")[number % 2]
        channels = _save_passes(before_wall, load, tmp_path / "a.exr")
        x, y, z = (channels[f"ViewLayer.Position.{name}"].astype(np.float64) for name in "XYZ")
        assert size_of(render) == x.shape[::-1]
        hit, camera = channels["ViewLayer.Depth.Z"] < SKY, camera_of(before_wall)
        places = np.array(camera.to_camera) @ np.stack((x, y, z, np.ones_like(x)))[:, hit]
        seen = places[:2] / (places[2] if camera.perspective else 1)
        rows, columns = np.nonzero(hit)
        for at, there in zip(
            seen, zip(camera.focal, camera.centre, (columns, rows), strict=True), strict=True
        ):
            focal, centre, pixels = there
            assert abs(np.mean(at * focal + centre - pixels)) < 0.3


@pytest.mark.parametrize("aspect", [(1, 1), (2, 1), (1, 1.0667)])
def test_passes_of_pixels_that_are_not_square(before_wall, load, tmp_path, aspect):
    render = before_wall.render
    render.pixel_aspect_x, render.pixel_aspect_y = aspect
    channels = _save_passes(before_wall, load, tmp_path / "a.exr")
    assert channels["ViewLayer.Vector.X"].shape == (HEIGHT, WIDTH)
    assert (render.pixel_aspect_x, render.pixel_aspect_y) == pytest.approx(aspect)
