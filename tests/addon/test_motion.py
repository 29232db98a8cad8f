"""Motion of real renders: Blender's Vector pass and cameras, as core/sequence/motion/ reads them."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.oldest

WIDTH, HEIGHT = 96, 64
SKY = 1e9
MULTILAYER = {"media_type": "MULTI_LAYER_IMAGE", "file_format": "OPEN_EXR_MULTILAYER", "color_depth": "32"}


@pytest.fixture
def turning(pochade):
    """A camera that turns between frames 1 and 2, a ball that passes before it, and a sky with waves."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising = 16, False
    scene.render.resolution_x = 2 * WIDTH
    scene.render.resolution_y = 2 * HEIGHT
    scene.render.resolution_percentage = 50
    scene.world = bpy.data.worlds.new("Sky")
    scene.world.use_nodes, scene.world.cycles.sampling_method = True, "NONE"
    _waves(scene.world.node_tree, "Background", 9)
    bpy.ops.mesh.primitive_uv_sphere_add(segments=32, ring_count=16, location=(-0.8, 0, -0.2))
    ball = bpy.context.object
    ball.data.materials.append(bpy.data.materials.new("Waves"))
    ball.data.materials[0].use_nodes = True
    _waves(ball.data.materials[0].node_tree, "Emission", 4)
    bpy.ops.object.camera_add(location=(0, -6, 0.3), rotation=(1.5708, 0, 0))
    scene.camera = bpy.context.object
    for moving, path, values in (
        (ball, "location", [(-0.8, 0, -0.2), (-0.3, 0, 0)]),
        (scene.camera, "rotation_euler", [(1.5708, 0, 0), (1.60, 0.05, -0.06)]),
    ):
        for number, value in enumerate(values, 1):
            setattr(moving, path, value)
            moving.keyframe_insert(path, frame=number)
    layer = scene.view_layers[0]
    layer.use_pass_vector = layer.use_pass_z = layer.use_pass_object_index = True
    return scene


def _waves(tree, shader, scale):
    """Soft stripes across all directions, as light."""
    shine = tree.nodes.get(shader) or tree.nodes.new("ShaderNodeEmission")
    if shader == "Emission":
        tree.links.new(shine.outputs[0], tree.nodes["Material Output"].inputs["Surface"])
    noise, place = tree.nodes.new("ShaderNodeTexNoise"), tree.nodes.new("ShaderNodeTexCoord")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 0
    tree.links.new(place.outputs["Generated" if shader == "Background" else "Object"], noise.inputs["Vector"])
    tree.links.new(noise.outputs["Color"], shine.inputs["Color"])


@pytest.fixture
def render(turning, load, images, tmp_path):
    """`render(number)`: render that frame with its passes, as a core.sequence.shot.Frame with its camera."""
    shot, camera_of = load("core.sequence.shot"), load("addon.shots.cameras").camera_of

    def render(number):
        turning.frame_set(number)
        settings, path = turning.render.image_settings, tmp_path / f"{number}.exr"
        for name, value in MULTILAYER.items():
            if hasattr(settings, name):
                setattr(settings, name, value)
        turning.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)
        picture = path.with_suffix(".png")
        images.save_displayed(turning, images.find_render(), picture)
        return shot.Frame(number, picture, path, camera_of(turning))

    return render


def _warp(picture, flow):
    """`picture` (H, W, C) looked up at each pixel + flow, and where that is inside."""
    y, x = np.mgrid[:HEIGHT, :WIDTH] + np.moveaxis(flow[..., ::-1], -1, 0)
    inside = (x >= 0) & (y >= 0) & (x <= WIDTH - 1) & (y <= HEIGHT - 1)
    left, top = (
        np.clip(np.floor(place).astype(int), 0, side - 2) for place, side in ((x, WIDTH), (y, HEIGHT))
    )
    right, down = np.clip(x - left, 0, 1)[..., None], np.clip(y - top, 0, 1)[..., None]
    above = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    below = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return above * (1 - down) + below * down, inside


def test_a_frame_warped_by_its_motion_is_the_other_frame(render, load):
    motion, read = load("core.sequence.motion.frame_motion"), load("core.files.exr").read_beauty
    frames = [render(1), render(2)]
    found = motion.choose_motion("auto", frames, None, "cpu")(*frames)
    before, after = (read(frame.passes)[..., :3] for frame in frames)
    for flow, here, there, opposite, depths in (
        (found.backward, after, before, found.forward, found.depths[::-1]),
        (found.forward, before, after, found.backward, found.depths),
    ):
        warped, inside = _warp(there, flow)
        back, _ = _warp(opposite, flow)
        seen = inside & (np.abs(flow + back).max(axis=-1) < 0.5)
        sky = depths[0] >= SKY
        for part in (sky, ~sky):
            assert (seen & part).sum() > 0.6 * part.sum()
            unmoved = np.abs(there - here)[seen & part].mean()
            assert np.abs(warped - here)[seen & part].mean() < 0.2 * unmoved
    assert np.hypot(*np.moveaxis(found.backward, -1, 0))[depths[1] >= SKY].min() > 3


def test_object_indices_and_depths_come_along(turning, render, load):
    turning.objects[0].pass_index = 7
    frames = [render(1), render(2)]
    found = load("core.sequence.motion.frame_motion").choose_motion("auto", frames, None, "cpu")(*frames)
    for depth, index in zip(found.depths, found.indices, strict=True):
        ball = (depth > 4) & (depth < 7)
        assert 1000 < ball.sum() < 2000
        assert (np.rint(index)[ball] == 7).mean() > 0.9


def test_motion_blur_is_refused(turning, render, load, PochadeError):
    turning.render.use_motion_blur = True
    with pytest.raises(PochadeError, match="switch Motion Blur off"):
        load("core.sequence.motion.frame_motion").refuse_motion_blur([render(1), render(2)])
    turning.render.use_motion_blur = False
    load("core.sequence.motion.frame_motion").refuse_motion_blur([render(1), render(2)])
    for animated in turning.objects:
        animated.animation_data_clear()
    load("core.sequence.motion.frame_motion").refuse_motion_blur([render(1), render(2)])
