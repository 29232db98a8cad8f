"""Open Example: what it opens can be painted at once."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.oldest


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)


def boat_at(load, folder, frame):
    """The mask of the first region, (H, W), in a render of that frame."""
    scene = bpy.context.scene
    scene.frame_set(frame)
    bpy.ops.render.render()
    file, images, regions = (
        folder / f"{frame}.exr",
        load("addon.blender.images"),
        load("addon.styles.regions"),
    )
    images.save_passes(scene, images.find_render(), file)
    return regions.make(regions.plan(scene, True)[:1], np.zeros((360, 640, 4), np.float32), file)[0].mask


def test_the_example_is_rendered_and_set_up(load, tmp_path):
    """It renders three times, and the test three more."""
    bpy.data.objects.new("of before", None)
    assert bpy.ops.pochade.open_example() == {"FINISHED"}
    scene = bpy.context.scene
    assert "of before" not in bpy.data.objects and not bpy.data.filepath
    chosen = scene.pochade
    images = load("addon.blender.images")
    assert images.source_size(load("addon.tasks.painting").find_source(bpy.context), scene) == (640, 360)
    island, sky = (pixels(region.mask)[..., 0] for region in chosen.regions[1:])
    assert 0.05 < island.mean() < 0.4 and 0.5 < sky.mean() < 0.9
    assert sky[-1].max() == 0 and sky[0].min() == 1, "the sky is above, and everything else below"
    assert (island <= sky + 0.5).all(), "the island stands before the sky"
    animation = load("addon.tasks.animation")
    assert len(animation.Animation(bpy.context).source.numbers) == 12
    assert chosen.regions[0].enabled
    boats = [boat_at(load, tmp_path, frame) for frame in (1, 12)]
    assert all(0.01 < boat.mean() < 0.1 for boat in boats)
    assert (boats[0] * boats[1]).mean() < 0.3 * boats[0].mean(), "its region sails with it"
    scene.frame_set(1)
    bpy.ops.render.render()
    chosen.method, chosen.size = "instant", 256
    assert bpy.ops.pochade.stylize() == {"FINISHED"}
    assert tuple(chosen.result.size) == (256, 144)
