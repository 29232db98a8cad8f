"""Undo and redo: paintings show their last state, and the Image Editor what it showed."""

import bpy
import numpy as np
import pytest

from tests.addon.jobs import drive
from tests.addon.stills import pixels, shown

pytestmark = pytest.mark.oldest

TITLE = "photo, The Starry Night"


@pytest.fixture
def step(photo):
    """`step(name)`: take a step of undo, or undo or redo one."""
    bpy.ops.ed.undo_push(message="photo")

    def step(name):
        getattr(bpy.ops.ed, name)(**({"message": "a step"} if name == "undo_push" else {}))

    return step


def painting(name=TITLE):
    return pixels(bpy.data.images[name])


def test_the_editor_goes_back_and_forth_with_the_paintings(begin, editor, settings, step):
    painted = []
    for _ in range(2):
        drive(begin())
        painted.append((shown(editor).name, pixels(shown(editor))))
    for name in (TITLE, "photo.png"):
        step("undo")
        assert shown(editor).name == name
    for _ in range(2):
        step("redo")
    for name, picture in painted:
        assert np.array_equal(painting(name), picture)
    assert shown(editor).name == painted[1][0]


def test_a_step_taken_in_mid_job_knows_the_painting_as_it_became(begin, editor, settings, step, tmp_path):
    settings.steps = 60
    job = begin()
    drive(job, until=lambda: shown(editor).name == TITLE)
    step("undo_push")
    drive(job)
    painted = painting()
    for name in ("undo", "undo", "redo", "redo", "undo", "undo", "redo"):
        step(name)
        assert shown(editor).name == (TITLE if TITLE in bpy.data.images else "photo.png")
        if TITLE in bpy.data.images:
            assert np.array_equal(painting(), painted), name
            assert bpy.data.images[TITLE].packed_file
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert np.array_equal(painting(), painted)


def test_a_painting_that_is_a_file_stays_that_file(begin, editor, settings, step, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    settings.output.save_to, settings.steps = "folder", 60
    bpy.ops.ed.undo_push(message="to files")
    job = begin()
    drive(job, until=lambda: shown(editor).name == TITLE)
    step("undo_push")
    drive(job)
    painted = painting()
    for name in ("undo", "undo", "redo", "redo", "undo"):
        step(name)
        if TITLE in bpy.data.images:
            assert np.array_equal(painting(), painted), name
            assert bpy.data.images[TITLE].filepath == f"//pochade/{TITLE}.png"
    assert (tmp_path / "pochade" / f"{TITLE}.png").is_file()


def test_a_cancelled_preview_does_not_come_back(begin, editor, settings, step):
    settings.steps = 400
    job = begin()
    drive(job, until=lambda: shown(editor).name == TITLE)
    step("undo_push")
    job.cancel()
    drive(job)
    step("undo_push")
    step("undo")
    assert set(bpy.data.images.keys()) == {"photo.png"}
    assert shown(editor).name == "photo.png"


def test_a_growing_painting_is_seen_after_undo(begin, editor, settings, step):
    settings.steps = 400
    job = begin()
    drive(job, until=lambda: shown(editor).name == TITLE)
    step("undo_push")
    for name in ("undo", "redo"):
        step(name)
        assert shown(editor).name == TITLE
        assert pixels(shown(editor))[..., :3].std() > 0.01
    job.cancel()
    drive(job)
    assert set(bpy.data.images.keys()) == {"photo.png"}


def test_undo_of_a_picture_that_was_packed_anew(step, photo):
    bpy.ops.ed.undo_push(message="a step")
    before = pixels(photo)
    photo.pixels.foreach_set((before * 0.5).ravel())
    photo.pack()
    bpy.ops.ed.undo_push(message="darker")
    step("undo")
    assert np.array_equal(pixels(bpy.data.images["photo.png"]), before)


def test_what_is_drawn_on_a_painting_stays(begin, editor, settings, step):
    drive(begin())
    bpy.context.scene.frame_current = 7
    step("undo_push")
    strokes = np.zeros_like(painting())
    bpy.data.images[TITLE].pixels.foreach_set(strokes.ravel())
    step("undo")
    assert np.array_equal(painting(), strokes)


def test_compare_and_variations_are_undone(begin, editor, settings, step):
    drive(begin())
    with bpy.context.temp_override(**editor):
        assert bpy.ops.pochade.compare() == {"FINISHED"}
        step("undo_push")
        bpy.ops.pochade.variations(count=2)
    names = ["photo.png", TITLE, "photo, compared", f"{TITLE}, variations"]
    assert shown(editor).name == names[-1]
    sheet = pixels(shown(editor))
    seen = []
    for name in ("undo", "undo", "undo", "redo", "redo", "redo"):
        step(name)
        seen.append(shown(editor).name)
    assert seen == [*names[2::-1], *names[1:]]
    assert np.array_equal(pixels(shown(editor)), sheet)
