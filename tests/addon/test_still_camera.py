"""What a still camera sees change without vectors, painted: rendered by Pochade, and from others' files."""

import bpy
import pytest

from tests.addon.moving import footage
from tests.addon.test_cameras import before_wall  # noqa: F401 - a fixture

pytestmark = pytest.mark.oldest
FRAMES = (1, 2, 3)


@pytest.fixture
def still(before_wall, tmp_path):  # noqa: F811
    """The cube before the wall, seen by a still camera, in three frames that are painted as they are."""
    scene, chosen = before_wall, before_wall.pochade
    for thing in scene.objects[1:]:  # turned, rounding leaves vectors that are not quite 0
        thing.rotation_euler = (1.5708 if thing.name == "Plane" else 0, 0, 0)
    scene.cycles.samples = 1
    scene.frame_start, scene.frame_end = FRAMES[0], FRAMES[-1]
    chosen.resolution, chosen.animation.folder = "draft", str(tmp_path / "painted")
    chosen.size, chosen.steps, chosen.coarse_size, chosen.strength = 96, 1, 96, 0
    return scene


def _shown(thing, numbers):
    for number in FRAMES:
        thing.hide_render = number not in numbers
        thing.keyframe_insert("hide_render", frame=number)


def _appears(scene):
    _shown(scene.objects[2], {2, 3})


def _swapped(scene):
    _shown(scene.objects[2], {1})
    for number in (2, 3):
        bpy.ops.mesh.primitive_uv_sphere_add(radius=0.6 + 0.2 * number)
        _shown(bpy.context.object, {number})


def _built(scene):
    bpy.context.view_layer.objects.active = scene.objects[2]
    build = scene.objects[2].modifiers.new("Build", "BUILD")
    build.frame_start, build.frame_duration = 0, 5


def _stepped(scene):
    """As sliding as replacement animation gets."""
    for number in FRAMES[1:]:
        copy = scene.objects[2].copy()
        copy.location.x = 0.1 * (number - 1)
        scene.collection.objects.link(copy)
        _shown(copy, {number})
    _shown(scene.objects[2], {1})


def _cut(scene):
    first = scene.camera
    bpy.ops.object.camera_add(location=(2, -4, 1), rotation=(1.3, 0, 0.4))
    for number, camera in ((1, first), (2, bpy.context.object)):
        scene.timeline_markers.new(f"F{number}", frame=number).camera = camera


def _smoke(scene):
    bpy.ops.mesh.primitive_cube_add(size=1, location=(1, -1, 0))
    smoke = bpy.context.object
    material = bpy.data.materials.new("Smoke")
    material.use_nodes = True
    smoke.data.materials.append(material)
    tree = material.node_tree
    volume = tree.nodes.new("ShaderNodeVolumePrincipled")
    tree.links.new(volume.outputs[0], tree.nodes["Material Output"].inputs["Volume"])
    tree.nodes.remove(tree.nodes["Principled BSDF"])
    for number in FRAMES:
        volume.inputs["Density"].default_value = 5 * number
        volume.inputs["Density"].keyframe_insert("default_value", frame=number)


def _fluid(scene):
    remesh = scene.objects[2].modifiers.new("Remesh", "REMESH")
    remesh.mode = "VOXEL"
    for number in FRAMES:
        remesh.voxel_size = 0.2 + 0.03 * number
        remesh.keyframe_insert("voxel_size", frame=number)


def _shifted(scene):
    for number, shift in ((1, 0), (3, 0.1)):
        scene.camera.data.shift_x = shift
        scene.camera.data.keyframe_insert("shift_x", frame=number)


@pytest.mark.parametrize("change", [_appears, _swapped, _stepped, _built, _cut, _smoke, _fluid, _shifted])
def test_what_changes_without_vectors_is_painted(still, change, tmp_path):
    change(still)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert len(list((tmp_path / "painted").glob("*.png"))) == len(FRAMES)


@pytest.fixture
def files(still, load, tmp_path):
    """`files()`: render the frames as somebody else would, and choose them as footage."""
    save_passes = load("addon.blender.images").save_passes

    def files():
        for number in FRAMES:
            still.frame_set(number)
            bpy.ops.render.render()
            save_passes(still, bpy.data.images["Render Result"], tmp_path / f"r_{number:04}.exr")
        still.camera.animation_data_clear()
        footage(still, tmp_path / "r_0001.exr")

    return files


@pytest.mark.parametrize("change", [_appears, _swapped, _built, _cut, _shifted])
def test_so_are_others_files(still, change, files, tmp_path):
    change(still)
    files()
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert len(list((tmp_path / "painted").glob("*.png"))) == len(FRAMES)


def _slides(thing, move):
    middle = tuple(thing.location)
    for number, share in ((1, -1), (3, 1)):
        thing.location = [at + share * by for at, by in zip(middle, move, strict=True)]
        thing.keyframe_insert("location", frame=number)


@pytest.mark.parametrize("moves", ["sideways", "nearer", "camera", "turns"])
def test_others_files_with_motion_blur_are_refused(still, moves, files, tmp_path):
    still.render.use_motion_blur = True
    cube = still.objects[2]
    if moves == "turns":
        for number, angle in ((1, 0), (3, 0.8)):
            cube.rotation_euler.y = angle
            cube.keyframe_insert("rotation_euler", frame=number)
    else:
        thing = still.camera if moves == "camera" else cube
        _slides(thing, (0, -0.5, 0) if moves == "nearer" else (0.4, 0, 0.1))
    files()
    with pytest.raises(RuntimeError, match="was rendered with motion blur.*switch Motion Blur off"):
        bpy.ops.pochade.stylize_animation()
    assert not list((tmp_path / "painted").glob("0*.png"))
