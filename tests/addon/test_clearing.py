"""Old paintings are cleared on request, and nothing else."""

import bpy
import pytest

from tests.addon.stills import pixels, shown

pytestmark = pytest.mark.oldest


@pytest.fixture
def three(settings, editor):
    """Three paintings, of which the editor shows the last, and a sheet of them; their names."""
    with bpy.context.temp_override(**editor):
        for seed in (1, 2, 3):
            settings.seed = seed
            bpy.ops.pochade.stylize()
        newest = shown(editor)
        bpy.ops.pochade.compare()
        editor["area"].spaces.active.image = newest
    return [image.name for image in bpy.data.images if image not in (newest, bpy.data.images["photo.png"])]


def names():
    return set(bpy.data.images.keys())


def test_all_but_what_is_shown_goes_and_comes_back_by_undo(three, settings, editor, load):
    before = names()
    assert len(three) == 3 and all(bpy.data.images[name].packed_file for name in three)
    picture = pixels(bpy.data.images[three[0]])
    assert load("addon.scene.clearing").size_of([bpy.data.images[name] for name in three]) > 1000
    bpy.ops.ed.undo_push(message="painted")
    with bpy.context.temp_override(**editor):
        assert bpy.ops.pochade.clear_paintings() == {"FINISHED"}
    bpy.ops.ed.undo_push(message="cleared")
    assert names() == before - set(three)
    assert shown(editor) == settings.result
    bpy.ops.ed.undo()
    assert names() == before
    assert (pixels(bpy.data.images[three[0]]) == picture).all()


def test_what_is_used_stays_unless_it_is_meant(three, settings, editor, load):
    first, *others = sorted(three)
    bpy.data.images[first].name = "mine"
    load("addon.blender.compositor").send_to_compositor(
        bpy.context.scene, bpy.data.images["mine"], "AS_PAINTED"
    )
    editor["area"].spaces.active.image = bpy.data.images["photo.png"]
    newest = settings.result.name
    bpy.ops.pochade.clear_paintings()
    assert names() >= {"mine", newest, "photo.png"} and not names() & set(others)
    bpy.ops.pochade.clear_paintings(used=True)
    assert "photo.png" in names() and not names() & {"mine", newest}


def test_presets_and_pictures_of_the_artist_stay(three, settings, editor):
    settings.style_kind, settings.style_image = "IMAGE", bpy.data.images[three[0]]
    bpy.ops.pochade.save_preset(name="Mine")
    settings.preset = "starry_night"
    settings.style_kind = "PRESET"
    bpy.data.images.new("drawn", 8, 8).pack()
    bpy.ops.pochade.clear_paintings(used=True)
    assert {"Mine", "drawn", "photo.png", settings.result.name} <= names()
    with bpy.context.temp_override(**editor):
        assert not bpy.ops.pochade.clear_paintings.poll(), "only what is shown is left"
