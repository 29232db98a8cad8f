"""Cryptomatte masks of real renders: who is seen where."""

from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.addon.pictures import LEFT, RIGHT, RIGHT_MATERIAL

pytestmark = pytest.mark.oldest


@pytest.fixture
def passes(load):
    return load("addon.blender.passes")


@pytest.fixture
def read(passes):
    """`read(scene)`: render the frame and read its Cryptomatte."""

    def read(scene):
        bpy.ops.render.render(scene=scene.name)
        with passes.save(scene, bpy.data.images["Render Result"]) as folder:
            return passes.read(Path(folder, passes.FILE))

    return read


def test_masks_lie_where_objects_and_materials_are_seen(planes, read):
    mattes = read(planes)
    for kind, left, right in (("OBJECT", LEFT, RIGHT), ("MATERIAL", RIGHT, RIGHT_MATERIAL)):
        (matte,) = mattes[kind]
        on_left, on_right = matte.mask([left]), matte.mask([right])
        assert on_left.shape == (96, 128)
        assert on_left.dtype == np.float32
        assert np.abs(on_left[22:74, 8:61] - 1).max() < 1e-4
        assert np.abs(on_right[22:74, 67:120] - 1).max() < 1e-4
        for mask in (on_left[:, 67:], on_right[:, :61], on_left[:15], on_left[81:], on_right[:, 127:]):
            assert not mask.any()
        border = on_left[22:74, 62:66]
        assert ((border > 0.05) & (border < 0.95)).any(), "edges are as soft as the render's"
        assert np.abs((on_left + on_right)[22:74, 8:120] - 1).max() < 1e-4
        assert np.abs(matte.mask([left, right]) - on_left - on_right).max() < 1e-6
        assert not matte.mask(["Nobody"]).any()


def test_rows_go_from_top_to_bottom(planes, read):
    bpy.data.objects[LEFT].location.z = 1
    mask = read(planes)["OBJECT"][0].mask([LEFT])
    assert mask[10:30, 20:50].min() > 0.99
    assert not mask[60:].any()


def test_several_view_layers_are_several_cryptomattes(planes, read):
    planes.view_layers[0].layer_collection.children["Right"].exclude = True
    second = planes.view_layers.new("Second.00")
    second.use_pass_cryptomatte_object = True
    second.layer_collection.children["Left"].exclude = True
    seen = [[bool(matte.mask([name]).any()) for name in (LEFT, RIGHT)] for matte in read(planes)["OBJECT"]]
    assert sorted(seen) == [[False, True], [True, False]]


def test_names_in_the_render_are_kept_for_the_picker(planes, passes, read):
    read(planes)
    assert passes.names_seen("OBJECT") == sorted([LEFT, RIGHT])
    assert passes.names_seen("MATERIAL") == sorted([RIGHT, RIGHT_MATERIAL])


def test_saving_leaves_nothing_behind(planes, passes, read):
    settings = planes.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth = "PNG", "BW", "16"
    bpy.ops.render.render()
    images = set(bpy.data.images)
    saved = passes.save(planes, bpy.data.images["Render Result"])
    assert (settings.file_format, settings.color_mode, settings.color_depth) == ("PNG", "BW", "16")
    assert set(bpy.data.images) == images
    folder = Path(saved.name)
    assert folder.exists()
    del saved
    assert not folder.exists()


def test_a_render_without_cryptomatte_has_none(planes, passes, read):
    layer = planes.view_layers[0]
    layer.use_pass_cryptomatte_object = layer.use_pass_cryptomatte_material = False
    assert read(planes) == {"OBJECT": [], "MATERIAL": []}
    assert passes.names_seen("OBJECT") == []


def test_switching_the_passes_on(planes, passes):
    layer, unused = planes.view_layers[0], planes.view_layers.new("Unused")
    layer.use_pass_cryptomatte_object = False
    unused.use = False
    assert passes.are_missing(planes, {"OBJECT", "MATERIAL"})
    assert not passes.are_missing(planes, {"MATERIAL"})
    passes.switch_on(planes, {"OBJECT"})
    assert not passes.are_missing(planes, {"OBJECT", "MATERIAL"})
    assert not unused.use_pass_cryptomatte_object
