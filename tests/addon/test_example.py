"""Open Example: what it opens can be painted at once."""

import bpy
import numpy as np
import pytest

pytestmark = pytest.mark.oldest


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(image.size[1], image.size[0], 4)


def test_the_example_is_rendered_and_set_up(load, tmp_path):
    """It renders three times."""
    bpy.data.objects.new("of before", None)
    assert bpy.ops.pochade.open_example() == {"FINISHED"}
    scene = bpy.context.scene
    assert "of before" not in bpy.data.objects and not bpy.data.filepath
    chosen = scene.pochade
    images = load("addon.blender.images")
    assert images.source_size(load("addon.tasks.painting").find_source(bpy.context), scene) == (640, 360)
    island, sky = (pixels(region.mask)[..., 0] for region in chosen.regions)
    assert 0.05 < island.mean() < 0.4 and 0.5 < sky.mean() < 0.9
    assert sky[-1].max() == 0 and sky[0].min() == 1, "the sky is above, and everything else below"
    assert (island <= sky + 0.5).all(), "the island stands before the sky"
    animation = load("addon.tasks.animation")
    assert len(animation.Animation(bpy.context).source.numbers) == 12
    chosen.method, chosen.size = "instant", 256
    assert bpy.ops.pochade.stylize() == {"FINISHED"}
    assert tuple(chosen.result.size) == (256, 144)
