"""A longer range keeps what is painted, and after it the source is not the painted sequence."""

import bpy
import pytest

from tests.addon.jobs import drive
from tests.addon.moving import NUMBERS, footage, written
from tests.addon.pictures import blender_image, picture

pytestmark = pytest.mark.oldest


def paint(chosen):
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    return chosen.result


def test_a_longer_range_adds_frames_to_what_is_painted(load, moving, folder):
    moving.frame_end = NUMBERS.stop - 2
    paint(moving.pochade)
    before = written(folder), written(folder / "source")
    moving.frame_end = NUMBERS.stop
    result = paint(moving.pochade)
    after = written(folder), written(folder / "source")
    for old, new in zip(before, after, strict=True):
        assert old.items() <= new.items(), "painted and rendered frames stay"
    assert after[0].keys() - before[0].keys() == {"0009.png", "0010.png"}
    assert load("addon.blender.results").frames_of(result) == range(NUMBERS.start, NUMBERS.stop + 1)


def test_more_footage_is_added_too(moving, folder, tmp_path):
    for number in (1, 2, 3):
        image = blender_image(picture(80, 64, number))
        image.save(filepath=str(tmp_path / f"shot_{number:02}.png"))
        bpy.data.images.remove(image)
    footage(moving, tmp_path / "shot_01.png")
    chosen = moving.pochade
    chosen.animation.motion, chosen.animation.own_range = "none", True
    chosen.animation.first, chosen.animation.last = 1, 2
    paint(chosen)
    before = written(folder), written(folder / "source")
    chosen.animation.last = 3
    paint(chosen)
    assert before[0].items() <= written(folder).items() and "0003.png" in written(folder)
    assert before[1].items() <= written(folder / "source").items()


def test_a_changed_setting_is_painted_anew_and_said(load, moving, folder):
    moving.frame_end = NUMBERS.stop - 2
    paint(moving.pochade)
    before = written(folder)
    moving.frame_end, moving.pochade.seed = NUMBERS.stop - 1, 7
    paint(moving.pochade)
    assert not before.items() & written(folder).items()


@pytest.mark.parametrize("shows", [True, False])
def test_the_source_is_not_the_painted_sequence(load, moving, start, shows):
    moving.frame_end = NUMBERS.stop - 2
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    photo = blender_image(picture(), "photo")
    photo.pack()
    area.spaces.active.image = photo if shows else None
    find = load("addon.tasks.painting").find_source
    with bpy.context.temp_override(window=window, area=area):
        drive(start())
        assert area.spaces.active.image == moving.pochade.result
        assert find(bpy.context) == (photo if shows else bpy.data.images["Render Result"])
        bpy.data.images.remove(photo)
        if shows:
            with pytest.raises(load("core.errors").PochadeError, match="is a painted animation"):
                find(bpy.context)
