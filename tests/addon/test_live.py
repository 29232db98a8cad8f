"""Live at 96 px: what is painted when, and whatever happens to Blender meanwhile."""

import threading
import time

import bpy
import numpy as np
import pytest

from tests.addon.jobs import LIMIT, drive
from tests.addon.pictures import blender_image, picture

TITLE = "photo, The Starry Night"
LOOKS = []  # of the Live at hand


@pytest.fixture
def photo(pochade):
    return blender_image(picture(128, 96), "photo.png")


@pytest.fixture
def settings(photo):
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    chosen.size = 96
    return chosen


@pytest.fixture
def area(settings, photo):
    """An Image Editor that shows the photo."""
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = photo
    return area


@pytest.fixture
def press(area):
    """`press()`: push the button."""

    def press():
        with bpy.context.temp_override(window=bpy.context.window_manager.windows[0], area=area):
            bpy.ops.pochade.live()

    return press


@pytest.fixture
def paintings(load, monkeypatch):
    """The settings of each painting that was begun. With `hold` cleared, the next one waits for it in its
    thread. LOOKS has what each look of Live's gave: whether there was anything to paint.
    """

    class Paintings(list):
        hold = threading.Event()

    begun, original = Paintings(), load("addon.tasks.painting").Painting.steps

    def steps(self):
        begun.append(self._settings)
        begun.hold.wait(LIMIT)
        return (yield from original(self))

    answer = load("addon.job").InBlender.answer

    def look(self):
        LOOKS.append(answer(self))
        return LOOKS[-1]

    begun.hold.set()
    monkeypatch.setattr(load("addon.tasks.painting").Painting, "steps", steps)
    monkeypatch.setattr(load("addon.job").InBlender, "answer", look)
    yield begun
    begun.hold.set()


@pytest.fixture
def live(load, paintings, press):
    """The module, with Live begun and its first painting shown; ended with the test."""
    module = load("addon.tasks.live")
    press()
    drive(module.current(), until=lambda: TITLE in bpy.data.images)
    yield module
    if module.current():
        module.current().stop("the test is over")


def rest(live):
    """Be Blender until Live has nothing left to do: it has looked, and waits."""
    LOOKS.clear()
    drive(live.current(), until=lambda: False in LOOKS)


def pixels(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values


def painted():
    return pixels(bpy.data.images[TITLE])


def wait_for(live, change):
    """Be Blender until `change` has been painted and shown."""
    before = painted()
    change()
    drive(live.current(), until=lambda: len(painted()) != len(before) or (painted() != before).any())


@pytest.mark.oldest
def test_a_moved_slider_is_painted_at_once_and_in_the_same_image(live, settings, area, photo, paintings):
    assert area.spaces.active.image == bpy.data.images[TITLE] and tuple(bpy.data.images[TITLE].size) == (
        96,
        72,
    )
    first, count = painted(), len(bpy.data.images)
    wait_for(live, lambda: setattr(settings, "strength", 0.5))
    assert np.abs(painted() - first).max() > 0.02
    wait_for(live, lambda: setattr(settings, "keep_colours", "luminance"))
    wait_for(live, lambda: setattr(settings, "size", 80))
    assert tuple(bpy.data.images[TITLE].size) == (80, 60)
    assert (paintings[-1].strength, paintings[-1].keep_colours, paintings[-1].method) == (
        0.5,
        "luminance",
        "instant",
    )
    assert len(bpy.data.images) == count and settings.method == "optimised"


def test_the_same_picture_as_stylize_with_the_method_instant(live, settings, press, area):
    shown = painted()
    press()
    drive(live.current())
    settings.method, settings.resolution = "instant", "draft"
    bpy.ops.pochade.stylize(image="photo.png")
    assert settings.result != bpy.data.images[TITLE]
    np.testing.assert_array_equal(pixels(settings.result), shown)


def test_of_many_changes_only_the_newest_is_painted(live, settings, paintings):
    rest(live)
    paintings.clear()
    paintings.hold.clear()
    settings.strength = 0.9
    drive(live.current(), until=lambda: paintings)
    for strength in (0.8, 0.7, 0.6):
        settings.strength = strength
        live.current().pulse()
    paintings.hold.set()
    rest(live)
    assert [s.strength for s in paintings] == [0.9, 0.6]


def test_nothing_is_painted_or_redrawn_when_nothing_changes(live, paintings, load, monkeypatch, photo):
    rest(live)
    count, redrawn = len(paintings), []
    monkeypatch.setattr(load("addon.job"), "redraw", lambda: redrawn.append(True))
    read = []
    monkeypatch.setattr(load("addon.blender.images"), "read_source", lambda *_: read.append(True))
    end = time.monotonic() + 1.2
    drive(live.current(), until=lambda: time.monotonic() > end)
    assert (len(paintings), redrawn, read) == (count, [], [])


@pytest.mark.parametrize("kind", [{}, {"float_buffer": True}])
def test_an_edited_picture_is_painted_again_but_once(live, paintings, area, photo, kind):
    """A float picture is read through a file, which Blender tells of as it tells of edits."""
    edited = blender_image(picture(128, 96, seed=1), "other.png", **kind)
    area.spaces.active.image = edited
    drive(live.current(), until=lambda: "other, The Starry Night" in bpy.data.images)
    rest(live)
    count, before = len(paintings), pixels(area.spaces.active.image)
    edited.pixels.foreach_set(np.full(128 * 96 * 4, 0.5, np.float32))
    edited.update_tag()  # as a brush does
    bpy.context.view_layer.update()
    rest(live)
    assert len(paintings) == count + 1
    assert np.abs(pixels(area.spaces.active.image) - before).max() > 0.2
    assert area.spaces.active.image.name == "other, The Starry Night"
    assert area.spaces.active.image["pochade"]["source"] == "other.png"


def test_the_frames_of_a_sequence(live, area, photo, tmp_path):
    for number in (1, 2):
        image = blender_image(picture(128, 96, seed=number), "frame")
        image.filepath_raw, image.file_format = str(tmp_path / f"{number:04}.png"), "PNG"
        image.save()
    sequence = bpy.data.images.load(str(tmp_path / "0001.png"))
    sequence.source = "SEQUENCE"
    area.spaces.active.image = sequence
    user = area.spaces.active.image_user
    # An editor keeps the frames of what it showed in an earlier test.
    user.frame_start, user.frame_offset, user.frame_duration, user.use_auto_refresh = 1, 0, 2, True
    shown = []
    for number in (1, 2):
        bpy.context.scene.frame_set(number)
        rest(live)
        assert not live.sentence()
        assert area.spaces.active.image.name == "0001, The Starry Night"
        shown.append(pixels(area.spaces.active.image))
    assert np.abs(shown[1] - shown[0]).max() > 0.1


def test_ended_it_leaves_an_ordinary_painting_and_one_step_of_undo(live, settings, press, area, load):
    bpy.ops.ed.undo_push(message="before")
    settings.strength = 0.5
    rest(live)
    shown = painted()
    press()
    drive(live.current())
    result = settings.result
    assert (result.name, live.current(), live.sentence()) == (TITLE, None, "")
    assert result.packed_file and result.use_fake_user and (pixels(result) == shown).all()
    recipe = load("addon.blender.images").recipe(result)
    assert (recipe["source"], '"strength": 0.5' in recipe["settings"]) == ("photo.png", True)
    bpy.ops.ed.undo()
    assert not bpy.context.scene.pochade.result


def test_escape_ends_it_but_the_artists_own_job_first(live, load, settings, area):
    job = load("addon.job")
    own = job.start("Test", iter_forever(load))
    bpy.ops.pochade.cancel()
    drive(own)
    assert own.state == "cancelled" and live.current()
    ended = live.current()
    bpy.ops.pochade.cancel()
    drive(ended)
    assert ended.state == "cancelled" and settings.result.name == TITLE


def iter_forever(load):
    while True:
        time.sleep(0.01)
        yield load("core.progress").Progress("", fraction=0.1, step=1, steps=9)


def test_it_rests_while_another_job_runs_and_does_not_hold_it_up(live, load, settings, paintings, area):
    rest(live)
    count = len(paintings)
    own = load("addon.job").start("Test", iter_forever(load))
    settings.strength = 0.3
    rest(live)
    assert len(paintings) == count
    own.cancel()
    drive(own)
    rest(live)
    assert [s.strength for s in paintings[count:]] == [pytest.approx(0.3)]


def test_without_a_network_it_says_what_to_do(live, settings, press, area, load, paintings):
    rest(live)
    settings.style_image = blender_image(picture(64, 64), "grid.png")
    settings.style_kind = "IMAGE"
    rest(live)
    assert live.sentence() == "No network has learnt grid yet: use Train Instant Style"
    settings.style_kind = "PRESET"
    rest(live)
    assert live.current() and live.sentence() == ""
    press()
    drive(live.current())
    settings.style_kind = "IMAGE"
    with pytest.raises(RuntimeError, match="No network has learnt grid yet: use Train Instant Style"):
        press()


def _delete_source():
    bpy.data.images.remove(bpy.data.images["photo.png"])
    return "is gone: open another one"


def _delete_painting():
    bpy.data.images.remove(bpy.data.images[TITLE])
    return "or render the scene (F12)"


def _close_editor():
    bpy.context.window_manager.windows[0].screen.areas[0].type = "VIEW_3D"


def _delete_scene():
    scene = bpy.context.scene
    other = bpy.data.scenes.new("Other")
    bpy.context.window_manager.windows[0].scene = other
    other.pochade.preset, other.pochade.size = "starry_night", 96
    bpy.data.scenes.remove(scene)


def _undo():
    bpy.ops.ed.undo()


@pytest.mark.parametrize("happen", [_delete_source, _delete_painting, _close_editor, _delete_scene, _undo])
def test_whatever_happens_it_goes_on_or_says_why_not(live, settings, area, happen):
    bpy.ops.ed.undo_push(message="one")
    settings.strength = 0.9
    bpy.ops.ed.undo_push(message="two")
    rest(live)
    sentence = happen() or ""
    rest(live)
    bpy.context.scene.pochade.strength = 0.4
    rest(live)
    assert live.current() and live.sentence().endswith(sentence) and bool(live.sentence()) == bool(sentence)
    if happen is _close_editor:
        area.type = "IMAGE_EDITOR"
    else:
        area.spaces.active.image = blender_image(picture(128, 96, seed=3), "new.png")
    rest(live)
    assert live.sentence() == "" and area.spaces.active.image["pochade"]["style"] == "The Starry Night"


def test_opening_a_file_ends_it(live):
    running = live.current()
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert running.state == "cancelled" and live.sentence() == "Live ended, for another file was opened"
    assert not bpy.app.timers.is_registered(running._timer)


def test_painting_instantly_takes_no_encoder(live, settings, paintings):
    rest(live)
    settings.preset = "gatys_2015"  # The Starry Night, compared by VGG-19, which is a download
    rest(live)
    assert live.current() and live.sentence() == "" and paintings[-1].encoder == "vgg19"
