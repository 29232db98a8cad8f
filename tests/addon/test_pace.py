"""The time that a painting will take is told before the click, as the machine's last paintings took."""

import json
from dataclasses import replace

import bpy
import pytest

from tests.addon.pictures import blender_image, picture

pytestmark = pytest.mark.oldest

HD = (1080, 1920)


@pytest.fixture
def pace(load):
    """The module, with nothing learnt and PyTorch loaded."""
    import torch  # noqa: F401 - loading it takes no time of the next painting

    pace = load("addon.pace")
    pace._path().unlink(missing_ok=True)
    load("addon.disk").forget("pace")
    yield pace
    pace._path().unlink(missing_ok=True)
    load("addon.disk").forget("pace")


@pytest.fixture
def settings(load):
    return load("core.settings").Settings()


@pytest.fixture
def task(pace, load, settings):
    """`task(**changes)`: painting a frame of 1920 x 1080 px on the processor."""
    machine = load("core.compute.machine").Machine("cpu")
    return lambda shape=HD, **changes: pace.still(replace(settings, **changes), shape, machine)


@pytest.fixture
def clock(pace, monkeypatch):
    """A clock that only `clock.pass_by(seconds)` moves."""

    class Clock:
        now = 0.0

        def monotonic(self):
            return self.now

        def pass_by(self, seconds):
            self.now += seconds

    monkeypatch.setattr(pace, "time", Clock())
    return pace.time


def paint(pace, clock, load, task, seconds, part=1.0, resumed=0.0):
    """A painting of which this part is done, in so many seconds for all of it."""
    Progress = load("core.progress").Progress

    def steps():
        for number in range(round(10 * part)):
            clock.pass_by(seconds / 10)
            yield Progress("Painting", fraction=resumed + (1 - resumed) * number / 10)
        return "painted"

    watched = load("core.progress").Watched(pace.timed(task, steps(), resumes=bool(resumed)))
    iterator = iter(watched)
    for _ in range(round(10 * part)):
        next(iterator)
    if part < 1:
        iterator.close()
    else:
        assert next(iterator, None) is None and watched.result == "painted"


def test_with_nothing_learnt_a_machine_that_is_no_fast_one_is_meant(pace, task):
    draft, full = task(resolution="draft"), task()
    assert 5 < pace.seconds(draft) < pace.seconds(full) < 300
    assert pace.seconds(replace(full, first=0.1)) < pace.seconds(full)


def test_a_full_painting_takes_as_long_as_the_draft_says(pace, clock, load, task):
    # Measured on two cores: 3.2 s a million pixels at 512 px, 2.9 s at 809 px, 3.4 s at 1280 px.
    draft, full = task(resolution="draft"), task()
    paint(pace, clock, load, draft, 3.2 * draft.amount)
    expected, took = pace.seconds(full), 3.2 * draft.amount + 3.4 * (full.amount - draft.amount)
    assert took / 1.33 < expected < 1.33 * took


def test_what_was_painted_last_at_about_this_size_counts(pace, clock, load, task):
    draft, full = task(resolution="draft"), task()
    paint(pace, clock, load, draft, 4)
    paint(pace, clock, load, full, 10)  # as a graphics card does: small pictures leave it idle
    assert pace.seconds(draft) == pytest.approx(4) and pace.seconds(full) == pytest.approx(10)
    assert pace.seconds(task((1000, 1800))) == pytest.approx(10, rel=0.2)
    paint(pace, clock, load, full, 30)
    assert pace.seconds(full) == pytest.approx(30) and pace.seconds(draft) == pytest.approx(4)


def test_every_kind_of_work_has_a_pace_of_its_own(pace, clock, load, task):
    before = pace.seconds(task(loss="gram")), pace.seconds(task(method="instant"))
    paint(pace, clock, load, task(), 500)
    assert (pace.seconds(task(loss="gram")), pace.seconds(task(method="instant"))) == before


def test_what_was_broken_off_or_took_no_time_teaches_nothing(pace, clock, load, task):
    before = pace.seconds(task())
    paint(pace, clock, load, task(), 500, part=0.5)
    paint(pace, clock, load, task(), 0.5)
    assert pace.seconds(task()) == before


def test_a_sequence_that_goes_on_teaches_by_what_was_left(pace, clock, load, task):
    paint(pace, clock, load, task(), 50, resumed=0.5)
    assert pace.seconds(task()) == pytest.approx(100)


def test_what_was_learnt_outlives_blender(pace, clock, load, task):
    paint(pace, clock, load, task(), 42)
    load("addon.disk").forget("pace")
    assert pace.seconds(task()) == pytest.approx(42)
    pace._path().write_text('{"still cpu": 3}')
    load("addon.disk").forget("pace")
    assert pace.seconds(task()) == pytest.approx(task().first * task().amount)


def test_loading_pytorch_counts_before_the_first_painting(pace, task, monkeypatch):
    loaded = pace.seconds(task())
    monkeypatch.setattr(pace, "sys", type("sys", (), {"modules": {}}))
    assert pace.seconds(task()) == loaded + pace.FIRST_ENGINE
    pace.learn(pace.ENGINE, 1.0, 8.0)
    assert pace.seconds(task()) == loaded + 8


def test_the_panel_tells_size_and_time(pace, load):
    panel = load("addon.ui.panels.stylize")
    image = blender_image(picture(1920, 1080), "photo.png")
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = image
    chosen = bpy.context.scene.pochade
    chosen.preset = "starry_night"
    with bpy.context.temp_override(area=area):
        full = panel.time_in_words(bpy.context)
        chosen.resolution = "draft"
        draft = panel.time_in_words(bpy.context)
        area.spaces.active.image = None
        assert panel.time_in_words(bpy.context) == ""
    assert full.startswith("1920 × 1080 px in about ") and draft.startswith("512 × 288 px in about ")


def test_a_painting_teaches_the_next_one(pace, load, monkeypatch):
    monkeypatch.setattr(pace, "LEAST", 0.0)
    blender_image(picture(80, 72), "photo.png")
    chosen = bpy.context.scene.pochade
    chosen.preset, chosen.steps = "starry_night", 2
    assert bpy.ops.pochade.stylize(image="photo.png") == {"FINISHED"}
    assert tuple(chosen.result.size) == (80, 72), "as large as its source"
    (kind,) = [kind for kind in json.loads(pace._path().read_text()) if kind != pace.ENGINE]
    assert kind.startswith("still auto") and kind.endswith("neighbours compact")


def test_the_panel_tells_the_time_of_an_animation(pace, load, moving):
    panel = load("addon.ui.panels.animation")
    moving.pochade.strength, moving.pochade.animation.source = 1, "RENDER"
    count = moving.frame_end - moving.frame_start + 1
    assert panel.time_in_words(bpy.context).startswith(f"{count} frames in about ")
    assert panel.time_in_words(bpy.context).endswith(", once they are rendered")
    moving.pochade.animation.source = "FILES"
    assert panel.time_in_words(bpy.context) == "", "only the files know how large they are"


def test_an_animation_teaches_the_next_one(pace, load, moving, monkeypatch):
    monkeypatch.setattr(pace, "LEAST", 0.0)
    moving.pochade.strength, moving.pochade.animation.source = 1, "RENDER"
    assert bpy.ops.pochade.stylize_animation() == {"FINISHED"}
    assert any(kind.startswith("sequence auto") for kind in json.loads(pace._path().read_text()))
