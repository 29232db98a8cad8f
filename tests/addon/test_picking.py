"""A region is what is clicked in the picture."""

import bpy
import pytest

from tests.addon.pictures import LEFT, RIGHT, RIGHT_MATERIAL


@pytest.fixture
def shown(planes):
    """An Image Editor with the render of the two planes, and the context that it gives."""
    bpy.ops.render.render()
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = bpy.data.images["Render Result"]
    with bpy.context.temp_override(window=window, area=area):
        yield planes


@pytest.mark.oldest
def test_what_is_seen_at_a_point_becomes_the_region(shown):
    chosen = shown.pochade
    assert bpy.ops.pochade.pick_region(point=(0.25, 0.5)) == {"FINISHED"}
    assert bpy.ops.pochade.pick_region(point=(0.75, 0.5), add=True) == {"FINISHED"}
    assert [(region.kind, region.target) for region in chosen.regions] == [
        ("OBJECT", LEFT),
        ("OBJECT", RIGHT),
    ]
    assert chosen.active_region == 1
    chosen.regions[1].kind = "MATERIAL"
    bpy.ops.pochade.pick_region(point=(0.75, 0.5))
    assert chosen.regions[1].target == RIGHT_MATERIAL
    chosen.regions[1].kind = "COLLECTION"
    bpy.ops.pochade.pick_region(point=(0.25, 0.5))
    assert (chosen.regions[1].kind, chosen.regions[1].target) == ("COLLECTION", "Left")
    chosen.regions[1].kind = "MASK"
    bpy.ops.pochade.pick_region(point=(0.25, 0.5))
    assert (chosen.regions[1].kind, chosen.regions[1].target) == ("OBJECT", LEFT)


def test_the_sky_is_no_region(shown):
    with pytest.raises(RuntimeError, match="Nothing that has a name is seen there"):
        bpy.ops.pochade.pick_region(point=(0.5, 0.01))
    assert not shown.pochade.regions


def test_a_render_without_cryptomatte_says_what_to_do(shown):
    shown.view_layers[0].use_pass_cryptomatte_object = False
    shown.view_layers[0].use_pass_cryptomatte_material = False
    bpy.ops.render.render()
    with pytest.raises(RuntimeError, match="made without Cryptomatte: switch it on"):
        bpy.ops.pochade.pick_region(point=(0.25, 0.5))
    bpy.ops.pochade.switch_on_cryptomatte()
    assert shown.view_layers[0].use_pass_cryptomatte_object
    bpy.ops.render.render()
    assert bpy.ops.pochade.pick_region(point=(0.25, 0.5)) == {"FINISHED"}


def test_another_picture_knows_no_objects(shown):
    bpy.context.area.spaces.active.image = bpy.data.images.new("photo", 8, 8)
    with pytest.raises(RuntimeError, match="Show the render, or its painting, in the Image Editor"):
        bpy.ops.pochade.pick_region(point=(0.25, 0.5))
