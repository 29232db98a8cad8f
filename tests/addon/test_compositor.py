"""A painting in the compositor: the artist gets exactly what was painted, and keeps former nodes.

Every picture here is rendered through the compositor and saved by Blender, as an artist does it.
"""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import BYTE, HEIGHT, WIDTH, blender_image, picture, render

pytestmark = pytest.mark.oldest

VIEWS = [
    ("Standard", "None", 0),
    ("AgX", "None", 0),
    ("AgX", "None", 1.5),
    ("AgX", "AgX - Punchy", 0),
    ("Filmic", "High Contrast", -1),
]


@pytest.fixture
def compositor(load):
    return load("addon.blender.compositor")


@pytest.fixture
def frame(scene, tmp_path):
    """Render the scene and give what Blender saves."""
    return lambda depth="16": render(scene, tmp_path / "frame.png", depth)


@pytest.fixture
def painting(images):
    """An opaque painting of the frame's size, in colours of all kinds."""
    array = picture()
    array[..., 3] = 1
    return images.write_result("Painting", array), array


def set_view(scene, view, look="None", exposure=0):
    scene.view_settings.view_transform = view
    scene.view_settings.look, scene.view_settings.exposure = look, exposure


def pochade_nodes(compositor, scene):
    tree = compositor.compat.compositor_tree(scene)
    return [node for node in tree.nodes if node.type == "GROUP"]


@pytest.mark.parametrize("view, look, exposure", VIEWS)
@pytest.mark.parametrize("transparent", [False, True])
def test_as_painted_is_exact_at_both_ends(
    compositor, scene, frame, painting, view, look, exposure, transparent
):
    set_view(scene, view, look, exposure)
    scene.render.film_transparent = transparent
    displayed = frame()
    image, painted = painting

    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    mixed = frame()
    shown = displayed[..., 3] > 0  # nothing is painted where the film is clear
    assert np.abs(mixed - painted)[shown][:, :3].max() <= BYTE
    assert np.array_equal(mixed[..., 3], displayed[..., 3]), "alpha"
    assert scene.view_settings.view_transform == "Standard" and scene.view_settings.look == "None"

    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - displayed).max() <= BYTE
    assert compositor.uses_still(node) == (look != "None" and bpy.app.version < (5, 0))


@pytest.mark.parametrize("view", ["Standard", "AgX", "Filmic"])
def test_match_gives_back_what_the_view_can_show(compositor, images, scene, frame, view):
    set_view(scene, view)
    displayed = frame(depth="8")
    painted = displayed[::-1, ::-1].copy()  # colours of this view, in other places
    image = images.write_result("Painting", painted)

    node = compositor.send_to_compositor(scene, image, "MATCH")
    assert np.percentile(np.abs(frame() - painted), 99) <= 0.5 * BYTE
    assert scene.view_settings.view_transform == view

    node.inputs["Factor"].default_value = 0
    assert np.abs(frame(depth="8") - displayed).max() <= 1e-3 * BYTE


@pytest.mark.parametrize("view", ["AgX", "Filmic"])
def test_match_is_exact_for_rich_colours(compositor, images, scene, frame, view):
    set_view(scene, view)
    random = np.random.default_rng(0)
    light = 2 ** random.uniform(-6, 2, (HEIGHT, WIDTH, 1)) * (
        0.4 + 1.8 * random.dirichlet((1, 1, 1), (HEIGHT, WIDTH))
    )
    source = blender_image(np.dstack([light, np.ones((HEIGHT, WIDTH))]), float_buffer=True)
    source.use_view_as_render = True
    painted = np.rint(images.read_source(scene, source) * 255) / 255
    compositor.send_to_compositor(scene, images.write_result("Painting", painted), "MATCH")
    assert np.percentile(np.abs(frame() - painted), 99) <= 0.15 * BYTE


def test_match_keeps_the_transparent_film(compositor, images, scene, frame):
    scene.render.film_transparent = True
    displayed = frame(depth="8")
    image = images.write_result("Painting", images.read_source(scene, bpy.data.images["Render Result"]))
    node = compositor.send_to_compositor(scene, image, "MATCH")
    mixed, opaque = frame(depth="8"), displayed[..., 3] == 1
    assert np.array_equal(mixed[..., 3], displayed[..., 3])
    assert np.percentile(np.abs(mixed - displayed)[opaque], 99) <= 0.5 * BYTE
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame(depth="8") - displayed).max() <= 1e-3 * BYTE


@pytest.mark.parametrize(
    "change, named",
    [
        ({"look": "AgX - Punchy"}, "Look"),
        ({"exposure": 0.5}, "Exposure"),
        ({"gamma": 1.2}, "Gamma"),
        ({"use_curve_mapping": True}, "Curves"),
        ({"view_transform": "Khronos PBR Neutral"}, "Khronos"),
        ({"view_transform": "False Color"}, "False Color"),
    ],
)
def test_match_says_why_it_is_not_available(compositor, scene, painting, PochadeError, change, named):
    assert compositor.match_unavailable(scene) is None
    for name, value in change.items():
        setattr(scene.view_settings, name, value)
    assert named in compositor.match_unavailable(scene)
    with pytest.raises(PochadeError, match=named):
        compositor.send_to_compositor(scene, painting[0], "MATCH")
    assert not bpy.data.node_groups, "nothing is changed"


def test_match_needs_an_srgb_display(compositor, scene):
    scene.display_settings.display_device = "Display P3"
    assert "sRGB" in compositor.match_unavailable(scene)


def test_changing_the_mode_brings_the_view_back(compositor, images, scene, frame):
    set_view(scene, "AgX")
    displayed = frame(depth="8")
    image = images.write_result("Painting", displayed[::-1])
    compositor.send_to_compositor(scene, image, "AS_PAINTED")
    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - displayed).max() <= BYTE, "the second sending keeps the view of the first"

    compositor.send_to_compositor(scene, image, "MATCH")
    assert scene.view_settings.view_transform == "AgX"
    assert np.abs(frame(depth="8") - displayed).max() <= 1e-3 * BYTE


def test_view_that_another_blender_has_stored(compositor, scene, frame, painting):
    set_view(scene, "AgX")
    displayed = frame()
    node = compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    node.node_tree["pochade_view"] = '{"view_transform": "AgX", "use_something_newer": true}'
    compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - displayed).max() <= BYTE
    compositor.send_to_compositor(scene, painting[0], "MATCH")
    assert scene.view_settings.view_transform == "AgX"


def test_view_with_curves_is_kept_as_a_still(compositor, images, scene, frame, painting):
    set_view(scene, "AgX")
    scene.render.film_transparent = True
    scene.view_settings.use_curve_mapping = True
    curve = scene.view_settings.curve_mapping.curves[3].points
    curve[-1].location = 1, 0.4
    scene.view_settings.curve_mapping.update()
    displayed = frame()
    image, painted = painting
    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    assert compositor.uses_still(node)
    assert np.abs(frame() - painted)[displayed[..., 3] > 0][:, :3].max() <= BYTE
    compositor.send_to_compositor(scene, image, "AS_PAINTED")  # while the Render Result shows the painting
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - displayed).max() <= BYTE


def test_still_needs_a_render(compositor, scene, painting, PochadeError):
    scene.view_settings.use_curve_mapping = True
    with pytest.raises(PochadeError, match="F12"):
        compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    assert not bpy.data.node_groups and scene.view_settings.use_curve_mapping, "nothing is changed"


def test_sending_again_updates_and_does_not_stack(compositor, images, scene, frame, painting):
    image, _ = painting
    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    node.inputs["Factor"].default_value = 0.25
    count = len(compositor.compat.compositor_tree(scene).nodes)

    again = picture(seed=1)
    again[..., 3] = 1
    other = images.write_result("Another", again)
    assert compositor.send_to_compositor(scene, other, "AS_PAINTED") == node
    assert len(compositor.compat.compositor_tree(scene).nodes) == count and len(bpy.data.node_groups) <= 2
    assert node.inputs["Factor"].default_value == 0.25, "the artist's mix"
    node.inputs["Factor"].default_value = 1
    assert np.abs(frame() - again).max() <= BYTE

    images.write_result("", painting[1], into=other)
    assert np.abs(frame() - painting[1]).max() <= BYTE, "painting again is enough"


def test_deleted_nodes_come_back(compositor, scene, frame, painting):
    image, painted = painting
    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    tree = compositor.compat.compositor_tree(scene)
    node.node_tree.nodes.clear()
    compositor.send_to_compositor(scene, image, "AS_PAINTED")
    assert np.abs(frame() - painted).max() <= BYTE

    tree.nodes.clear()
    compositor.send_to_compositor(scene, image, "AS_PAINTED")
    assert np.abs(frame() - painted).max() <= BYTE

    tree.links.clear()
    pochade_nodes(compositor, scene)[0].mute = True
    node = compositor.send_to_compositor(scene, image, "AS_PAINTED")
    assert np.abs(frame() - painted).max() <= BYTE and len(pochade_nodes(compositor, scene)) == 1

    node.node_tree.interface.clear()
    compositor.send_to_compositor(scene, image, "AS_PAINTED")
    assert np.abs(frame() - painted).max() <= BYTE


def test_the_artists_own_nodes_stay_in_front_of_the_mix(compositor, scene, frame, painting):
    set_view(scene, "Standard")
    tree = compositor.compat.ensure_compositor_tree(scene)
    tree.nodes.clear()
    output = compositor.compat.ensure_output(tree)
    layers, invert = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeInvert")
    tree.links.new(layers.outputs["Image"], invert.inputs["Color"])
    tree.links.new(invert.outputs["Color"], output)
    inverted = frame()

    image, painted = painting
    node = compositor.send_to_compositor(scene, image, "MATCH")
    assert node.inputs["Image"].links[0].from_node == invert
    assert np.abs(frame() - painted).max() <= BYTE
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - inverted).max() <= BYTE


def test_painting_of_another_size_fills_the_frame(compositor, images, scene, frame):
    halves = np.zeros((HEIGHT // 2, WIDTH // 4, 3), np.float32)
    halves[HEIGHT // 4 :, :, 0] = halves[:, WIDTH // 8 :, 1] = 1
    compositor.send_to_compositor(scene, images.write_result("Small", halves), "AS_PAINTED")
    mixed = frame()
    for row, column in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        assert np.abs(mixed[row, column, :3] - halves[row, column]).max() <= BYTE


@pytest.mark.parametrize("crop", [False, True])
def test_render_region_gets_its_part_of_the_painting(compositor, images, scene, frame, crop):
    settings = scene.render
    settings.use_border, settings.use_crop_to_border = True, crop
    settings.border_min_x = 0.25
    settings.border_max_x = 0.75
    settings.border_min_y = 0.5
    settings.border_max_y = 1
    displayed = frame()
    painted = picture(displayed.shape[1], displayed.shape[0])
    painted[..., 3] = 1
    node = compositor.send_to_compositor(scene, images.write_result("Painting", painted), "AS_PAINTED")
    region = displayed[..., 3] > 0
    assert region.mean() == (1 if crop else 0.25)
    mixed = frame()
    assert np.abs(mixed - painted)[region].max() <= BYTE and (mixed[~region] == 0).all()
    node.inputs["Factor"].default_value = 0
    assert np.abs(frame() - displayed).max() <= BYTE


def test_operator_sends_the_painting(compositor, scene, frame, painting):
    image, painted = painting
    area = bpy.context.window.screen.areas[0]
    area.ui_type = "IMAGE_EDITOR"
    with bpy.context.temp_override(area=area):
        assert not bpy.ops.pochade.send_to_compositor.poll()
        scene.pochade.result = image
        assert bpy.ops.pochade.send_to_compositor() == {"FINISHED"}
        assert np.abs(frame() - painted).max() <= BYTE, "the last painting"

        area.spaces.active.image = blender_image(np.ones((HEIGHT, WIDTH, 4)), "White")
        bpy.ops.pochade.send_to_compositor()
        assert np.abs(frame() - 1).max() <= BYTE, "the image shown"

        area.spaces.active.image = bpy.data.images["Render Result"]
        bpy.ops.pochade.send_to_compositor()
        assert np.abs(frame() - painted).max() <= BYTE, "the last painting again"

    scene.view_settings.view_transform = "False Color"
    with pytest.raises(RuntimeError, match="False Color"):
        bpy.ops.pochade.send_to_compositor(mode="MATCH")


def test_what_the_view_was_is_said_and_given_back(compositor, scene, frame, painting, capfd):
    set_view(scene, "AgX", exposure=1.5)
    displayed = frame()
    scene.pochade.result = painting[0]
    assert not bpy.ops.pochade.take_out_of_compositor.poll()
    bpy.ops.pochade.send_to_compositor()
    assert "The view is Standard in place of AgX with its Exposure: Take Out" in capfd.readouterr().out
    assert compositor.view_taken(scene)

    assert bpy.ops.pochade.take_out_of_compositor() == {"FINISHED"}
    view = scene.view_settings
    assert (view.view_transform, view.look, view.exposure) == ("AgX", "None", 1.5)
    assert np.abs(frame() - displayed).max() <= 1e-3 * BYTE
    assert not compositor.our_nodes(scene) and not compositor.view_taken(scene)
    assert not [group for group in bpy.data.node_groups if compositor.is_ours(group)]


@pytest.mark.parametrize("mode", ["AS_PAINTED", "MATCH"])
def test_the_artists_own_nodes_and_view_are_left_as_they_are(compositor, scene, frame, painting, capfd, mode):
    tree = compositor.compat.ensure_compositor_tree(scene)
    tree.nodes.clear()
    output = compositor.compat.ensure_output(tree)
    layers, invert = tree.nodes.new("CompositorNodeRLayers"), tree.nodes.new("CompositorNodeInvert")
    tree.links.new(layers.outputs["Image"], invert.inputs["Color"])
    tree.links.new(invert.outputs["Color"], output)
    set_view(scene, "AgX")
    inverted = frame()
    scene.pochade.result = painting[0]
    bpy.ops.pochade.send_to_compositor(mode=mode)
    if mode == "MATCH":
        assert "The view" not in capfd.readouterr().out
    else:
        set_view(scene, "Filmic")  # since then: the artist's own
    view = scene.view_settings.view_transform
    bpy.ops.pochade.take_out_of_compositor()
    assert scene.view_settings.view_transform == view
    set_view(scene, "AgX")
    assert np.abs(frame() - inverted).max() <= 1e-3 * BYTE


def test_a_view_that_this_blender_has_not_is_said(compositor, scene, painting):
    node = compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    node.node_tree["pochade_view"] = '{"view_transform": "of tomorrow"}'
    with pytest.raises(RuntimeError, match="is none of this Blender's: delete the node"):
        bpy.ops.pochade.take_out_of_compositor()


def test_results_wait_for_the_job(compositor, scene, painting, load):
    compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    scene.pochade.result = painting[0]
    step = load("core.progress").Progress("")
    running = load("addon.job").start("Test", (step for _ in range(10**9)))
    try:
        for name in ("send_to_compositor", "take_out_of_compositor", "send_to_sequencer", "write_movie"):
            with pytest.raises(RuntimeError, match="Test is still running"):
                getattr(bpy.ops.pochade, name)()
    finally:
        running.stop("the test is over")


@pytest.mark.parametrize("view", ["AgX", "Standard"])
def test_the_next_painting_is_of_the_render_itself(load, compositor, images, scene, frame, painting, view):
    set_view(scene, view, exposure=0.5)
    scene.render.film_transparent = True
    frame()
    result, read = bpy.data.images["Render Result"], load("addon.shots.unpainted").read_source
    displayed = images.read_source(scene, result)
    node = compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    mixed = frame()
    assert np.abs(mixed - displayed).max() > 0.2
    assert np.abs(read(scene, result) - displayed).max() < 1e-3
    assert scene.view_settings.view_transform == "Standard", "and the scene is as it was"
    assert "Pochade frame" not in bpy.data.images
    node.mute = True
    frame()
    assert np.array_equal(read(scene, result), images.read_source(scene, result)), "as it is composited"


def test_a_render_behind_other_nodes_has_to_be_rendered_without_the_painting(
    load, compositor, scene, frame, painting
):
    node = compositor.send_to_compositor(scene, painting[0], "AS_PAINTED")
    tree = compositor.compat.compositor_tree(scene)
    invert = tree.nodes.new("CompositorNodeInvert")
    tree.links.new(node.inputs["Image"].links[0].from_socket, invert.inputs["Color"])
    tree.links.new(invert.outputs["Color"], node.inputs["Image"])
    frame()
    with pytest.raises(load("core.errors").PochadeError, match="mute the node Pochade in the compositor"):
        load("addon.shots.unpainted").read_source(scene, bpy.data.images["Render Result"])
