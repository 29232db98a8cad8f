"""Several view layers, put together in the compositor: of each pixel, the motion of the one in front."""

import bpy
import numpy as np
import pytest

from tests.addon.test_cameras import before_wall  # noqa: F401 - a fixture
from tests.addon.test_still_camera import _slides, still  # noqa: F401 - a fixture

pytestmark = pytest.mark.oldest


def _in_layers(scene, load, names):
    """The cube and the wall in collections and view layers of their own; the cube is put over the wall."""
    compat = load("addon.blender.compat")
    layers = [scene.view_layers[0], scene.view_layers.new("Second")]
    for layer, name in zip(layers, names, strict=True):
        layer.name = name
    for thing in list(scene.objects)[1:]:
        name = "Front" if thing.name == "Cube" else "Back"
        collection = bpy.data.collections.new(name)
        scene.collection.children.link(collection)
        collection.objects.link(thing)
        scene.collection.objects.unlink(thing)
    for layer, kept in zip(
        layers, ("Front", "Back") if names[0] != "Wall" else ("Back", "Front"), strict=True
    ):
        for child in layer.layer_collection.children:
            child.exclude = child.name != kept
    scene.render.film_transparent = True
    tree = compat.ensure_compositor_tree(scene)
    over = tree.nodes.new("CompositorNodeAlphaOver")
    images = [socket for socket in over.inputs if socket.type == "RGBA"]
    for socket, name in zip(images, sorted(names, key=lambda name: name != "Wall"), strict=True):
        node = tree.nodes.new("CompositorNodeRLayers")
        node.layer = name
        tree.links.new(node.outputs["Image"], socket)
    tree.links.new(over.outputs[0], compat.ensure_output(tree))


@pytest.mark.parametrize("names", [("Cube", "Wall"), ("Wall", "Cube"), ("Wall", "Composite")])
def test_the_layer_in_front_says_how_things_move(still, load, tmp_path, names):  # noqa: F811
    _in_layers(still, load, names)
    cube = still.objects["Cube"]
    cube.pass_index = 7
    _slides(cube, (0.4, 0, 0))
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert {layer.name for layer in still.view_layers} == set(names)
    exr, file = load("core.files.exr"), tmp_path / "painted" / "source" / "0002.exr"
    passes, picture = exr.read_passes(file), exr.read_beauty(file)
    inside = passes.depth < 6
    assert 500 < inside.sum() < 2000 and inside[32, 48]
    assert np.abs(passes.vector[32, 48] - (-10, 0, -10, 0)).max() < 0.5, "the cube goes to the right"
    assert np.rint(passes.index[32, 48]) == 7
    assert passes.depth[5, 5] > 8 and not passes.vector[5, 5].any() and not passes.index[5, 5]
    wall, thing = picture[5, 5, :3], picture[32, 48, :3]
    assert wall.max() > 0.1 and 0 < thing.max() <= 0.2, "and both are in the picture"


def painted_apart(scene, tmp_path, names, load, style="composition_vii"):
    """The frames of the cube before the wall, each layer by itself; the cube in a style of its own."""
    _in_layers(scene, load, names)
    _slides(scene.objects["Cube"], (0.4, 0, 0))
    scene.pochade.animation.apart = True
    own = scene.pochade.layers.add()
    own.name, own.preset = "Cube", style
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    return own


def test_layers_apart_are_put_together_as_the_compositor_does(still, load, tmp_path):  # noqa: F811
    """With no strength the painting is the render, whatever is painted first."""
    still.pochade.strength = 0
    painted_apart(still, tmp_path, ("Wall", "Cube"), load)
    pictures = load("core.files.pictures")
    for name in ("0001.png", "0002.png"):
        painted = pictures.read_picture(tmp_path / "painted" / name)
        plain = pictures.read_picture(tmp_path / "painted" / "source" / name)
        assert np.abs(painted[..., :3] - plain[..., :3]).max() < 3 / 255
    assert sorted(path.name for path in (tmp_path / "painted" / "layers").iterdir()) == ["Cube", "Wall"]


def test_each_layer_has_its_style_and_stopped_goes_on(still, load, tmp_path):  # noqa: F811
    own = painted_apart(still, tmp_path, ("Wall", "Cube"), load)
    pictures, folder = load("core.files.pictures"), tmp_path / "painted"
    wall, cube = (pictures.read_picture(folder / "layers" / name / "0002.png") for name in ("Wall", "Cube"))
    assert cube[5, 5, 3] == 0 and cube[32, 48, 3] == 1
    whole = pictures.read_picture(folder / "0002.png")
    assert np.abs(whole[32, 48, :3] - cube[32, 48, :3]).max() < 2 / 255
    before = {path: path.stat().st_mtime_ns for path in folder.glob("**/*.png")}
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert {path: path.stat().st_mtime_ns for path in folder.glob("**/*.png")} == before
    still.frame_end += 1
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert all(path.stat().st_mtime_ns == before[path] for path in before), "a longer range goes on"
    own.preset = "great_wave"
    bpy.ops.pochade.stylize_animation()
    changed = {path for path in before if path.stat().st_mtime_ns != before[path]}
    names = ("0001.png", "0002.png", "0003.png")
    assert changed <= {at / name for at in (folder, folder / "layers" / "Cube") for name in names}
    assert len(changed) > 2, "and what is as it was stays"
    read = load("core.files.recipes").read
    styles = [read(folder / name / "0002.png")["style"] for name in ("layers/Cube", "layers/Wall", ".")]
    assert styles == ["The Great Wave off Kanagawa", "Composition VII", "Composition VII"]


def test_a_layer_that_hides_all_others_is_named(still, load, tmp_path):  # noqa: F811
    _in_layers(still, load, ("Wall", "Cube"))
    _slides(still.objects["Cube"], (0.4, 0, 0))
    still.render.film_transparent, still.render.use_compositing = False, False
    still.pochade.animation.apart = True
    with pytest.raises(RuntimeError, match="The view layer Cube fills the whole picture"):
        bpy.ops.pochade.stylize_animation()


def test_a_layer_named_composite_is_in_the_way_of_a_still(still, load, PochadeError, tmp_path):  # noqa: F811
    _in_layers(still, load, ("Wall", "Composite"))
    images = load("addon.blender.images")
    bpy.ops.render.render()
    if bpy.app.version < (5, 0):
        images.save_passes(still, images.find_render(), tmp_path / "a.exr")
        return
    with pytest.raises(PochadeError, match="A view layer named Composite has its passes where.*another name"):
        images.save_passes(still, images.find_render(), tmp_path / "a.exr")
