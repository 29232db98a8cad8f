"""What stands under the pictures of a sheet."""

import bpy
import pytest


@pytest.mark.parametrize(
    "names, captions",
    [
        (["dusk.png", "dusk, Udnie", "dusk, The Scream"], ["dusk.png", "Udnie", "The Scream"]),
        (["dusk", "dusk, Udnie"], ["dusk", "Udnie"]),
        (["dusk, Udnie", "dusk, Udnie, brush 2", "dusk, Udnie, calm"], ["as set", "brush 2", "calm"]),
    ],
)
def test_a_source_keeps_its_name_and_paintings_lose_what_all_begin_with(load, names, captions):
    assert load("addon.ui.sheet")._captions([bpy.data.images.new(name, 8, 8) for name in names]) == captions


def test_a_deleted_picture_is_called_so(load):
    image = bpy.data.images.new("dusk", 8, 8)
    assert load("addon.ui.sheet")._captions([image, None]) == ["dusk", "deleted"]
