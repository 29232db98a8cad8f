"""View layers painted apart, put together as the scene's compositor does it, on one machine or many."""

import bpy
import numpy as np
import pytest

from tests.addon.commands import command  # noqa: F401 - a fixture
from tests.addon.test_cameras import before_wall  # noqa: F401 - a fixture
from tests.addon.test_still_camera import _shown, _slides, still  # noqa: F401 - a fixture
from tests.addon.test_view_layers import _in_layers

pytestmark = pytest.mark.oldest


@pytest.fixture
def apart(still):  # noqa: F811
    """The cube before the wall, in view layers of their own that are painted apart, as they are rendered."""
    still.frame_end, still.pochade.animation.apart = 2, True
    still.view_settings.view_transform = "Standard"
    _slides(still.objects["Cube"], (0.4, 0, 0))
    return still


def painted_and_rendered(folder, load, number=2):
    """A frame as it is painted, without strength, and as Blender's own compositor made it."""
    pictures = load("core.files.pictures")
    return [pictures.read_picture(path / f"{number:04}.png")[..., :3] for path in (folder, folder / "source")]


def mixed(scene, load, kind, factor, below, above):
    """Put the layers together anew: by Alpha Over, or by a Mix of a kind; through a Blur, and a reroute."""
    compat = load("addon.blender.compat")
    tree = compat.ensure_compositor_tree(scene)
    tree.nodes.clear()
    if kind == "OVER":
        node = tree.nodes.new("CompositorNodeAlphaOver")
        sockets = [socket for socket in node.inputs if socket.type == "RGBA"]
        next(socket for socket in node.inputs if socket.type == "VALUE").default_value = factor
        result = node.outputs[0]
    else:
        amount, *sockets, result = compat.add_mix(tree, kind)
        amount.default_value = factor
    for socket, name in zip(sockets, (below, above), strict=True):
        layer, reroute = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("NodeReroute")
        layer.layer = name
        tree.links.new(layer.outputs["Image"], reroute.inputs[0])
        tree.links.new(reroute.outputs[0], socket)
    tree.links.new(result, compat.ensure_output(tree))


@pytest.mark.parametrize(
    ("kind", "factor", "below", "above"),
    [
        ("OVER", 1.0, "Wall", "Cube"),
        ("OVER", 0.6, "Cube", "Wall"),
        ("MIX", 0.3, "Wall", "Cube"),
        ("ADD", 0.5, "Wall", "Cube"),
        ("MULTIPLY", 1.0, "Wall", "Cube"),
        ("SCREEN", 0.8, "Wall", "Cube"),
    ],
)
def test_the_compositor_says_how_layers_are_put_together(apart, load, tmp_path, kind, factor, below, above):
    _in_layers(apart, load, ("Wall", "Cube"))
    mixed(apart, load, kind, factor, below, above)
    assert load("addon.tasks.layers").plan_of(apart)
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    painted, rendered = painted_and_rendered(tmp_path / "painted", load)
    assert np.abs(painted - rendered).max() < 3 / 255
    assert np.ptp(rendered) > 0.3


def test_a_layer_that_the_compositor_leaves_out_is_not_painted(apart, load, tmp_path):
    _in_layers(apart, load, ("Wall", "Cube"))
    apart.view_layers.new("Third")
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert sorted(path.name for path in (tmp_path / "painted" / "layers").iterdir()) == ["Cube", "Wall"]


def test_without_a_compositor_what_comes_in_later_lies_in_front_of_what_is_farther(apart, load, tmp_path):
    _in_layers(apart, load, ("Wall", "Cube"))
    apart.render.use_compositing = False
    _shown(apart.objects["Cube"], {2})
    assert load("addon.tasks.layers").plan_of(apart) is None
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    folder = tmp_path / "painted"
    painted, _ = painted_and_rendered(folder, load)
    cube = load("core.files.pictures").read_picture(folder / "layers" / "Cube" / "0002.png")
    assert cube[32, 48, 3] == 1 and np.abs(painted[32, 48] - cube[32, 48, :3]).max() < 2 / 255


def test_layers_are_painted_in_chunks_as_on_a_farm(apart, load, tmp_path, command):  # noqa: F811
    _in_layers(apart, load, ("Wall", "Cube"))
    apart.frame_end = 4
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    folder = tmp_path / "painted"

    def stage(name, *more):
        return command("animate", "--stage", name, "--chunk", 2, *more)

    assert stage("render")[0] == 0
    assert stage("anchors")[0] == 0
    anchors = [path.name for path in sorted((folder / "layers" / "Cube").glob("*.png"))]
    assert len(anchors) == 3 and anchors[0] == "0001.png"
    for number in (1, 2):
        assert stage("chunk", "--number", number)[0] == 0
    assert not [*folder.glob("0*.png")]
    status, lines = stage("collect")
    assert status == 0 and "All 4 frames are in" in lines[-1]
    for number in range(1, 5):
        painted, rendered = painted_and_rendered(folder, load, number)
        assert np.abs(painted - rendered).max() < 3 / 255
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.png")}
    assert stage("collect")[0] == stage("chunk", "--number", 1)[0] == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_objects_are_held_together_in_each_layer(apart, load, tmp_path):
    """The map of a layer's objects is its own Cryptomatte's."""
    _in_layers(apart, load, ("Wall", "Cube"))
    apart.pochade.hold_objects = True
    for layer in apart.view_layers:
        layer.use_pass_cryptomatte_object = True
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    read = load("core.style.objects").read_objects
    file = tmp_path / "painted" / "source" / "0001.exr"
    wall, cube = (read(file, name) for name in ("Wall", "Cube"))
    assert wall[5, 5] and not cube[5, 5] and cube[32, 48]
    assert len(np.unique(read(file))) > len(np.unique(wall))
