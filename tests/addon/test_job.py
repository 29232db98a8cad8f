"""The one running job: its thread and Blender's timer. No window here, so the tests are the timer."""

import os
import subprocess
import sys
import threading
import time

import bpy
import numpy as np
import pytest

from tests.addon.jobs import LIMIT, drive


@pytest.fixture
def job(load):
    module = load("addon.job")
    yield module
    if module.current():
        module.current().stop("the test is over")


@pytest.fixture
def steps(load):
    """`steps(count)`: a generator of that many steps of 10 ms which returns "painted"; it leaves the thread
    that closed it in `.closed_in`, and how many previews it was asked for in `.previews`.
    """
    progress = load("core.progress").Progress

    class Steps:
        closed_in, begun, closed = None, threading.Event(), threading.Event()
        previews = 0

        def __call__(self, count=10**9, trouble=None, first=None):
            try:
                self.begun.set()
                if first:
                    first.wait(LIMIT)
                for step in range(1, count + 1):
                    time.sleep(0.01)
                    if trouble and step == 3:
                        raise trouble
                    yield progress(
                        "", step / count, step, count, 1 / step, lambda step=step: self.preview(step)
                    )
                return "painted"
            finally:
                self.closed_in = threading.current_thread()
                self.closed.set()

        def preview(self, step):
            self.previews += 1
            return np.full((2, 2, 3), step, np.float32)

    return Steps()


@pytest.mark.oldest
def test_runs_in_a_thread_of_its_own_and_hands_over_in_blenders(job, steps):
    seen = []
    running = job.start(
        "Test",
        steps(20),
        on_end=lambda ended: seen.append((ended.state, ended.result, threading.current_thread())),
    )
    assert job.current() is running
    drive(running)
    assert seen == [("done", "painted", threading.main_thread())]
    assert steps.closed_in is not threading.main_thread()
    assert job.current() is None
    assert job.newest() is running


def test_scripts_exhaust_it_where_they_are(job, steps):
    seen = []
    running = job.Job("Test", steps(5), on_end=lambda ended: seen.append(ended.result))
    running.run()
    assert (running.state, seen, steps.closed_in) == ("done", ["painted"], threading.main_thread())


def test_cancel_closes_the_generator_in_its_own_thread(job, steps):
    running = job.start("Test", steps())
    drive(running, until=lambda: running.progress)
    running.cancel()
    drive(running)
    assert (running.state, running.sentence) == ("cancelled", "")
    assert steps.closed_in not in (None, threading.main_thread())


def test_who_cancels_while_pytorch_loads_does_not_wait_for_it(job, steps):
    loaded = threading.Event()
    running = job.start("Test", steps(first=loaded))
    drive(running, until=lambda: True)
    running.cancel()
    drive(running)
    assert running.state == "cancelled" and steps.closed_in is None, "its thread is still loading"
    assert job.start("Next", steps(1)) is job.current()
    loaded.set()


def test_previews_come_about_twice_a_second(job, steps):
    pictures = []
    running = job.start("Test", steps(160), on_picture=lambda picture: pictures.append(picture.max()))
    seconds = drive(running)
    assert 1 <= len(pictures) <= steps.previews <= seconds / job.SHOW_EVERY + 1
    assert pictures == sorted(pictures)


def test_nobody_looks_nobody_asks_for_a_preview(job, load):
    def steps():
        for step in range(5):
            yield load("core.progress").Progress("", fraction=step / 5, step=step, steps=5)

    running = job.start("Install", steps())
    drive(running)
    assert running.state == "done"


def test_keeping_gives_the_newest_preview(job, steps):
    kept = []
    running = job.start(
        "Test", steps(), on_picture=lambda picture: None, on_end=lambda ended: kept.append(ended.picture)
    )
    drive(running, until=lambda: running.progress and running.progress.step > 20)
    step = running.progress.step
    running.cancel(keep=True)
    drive(running)
    assert running.state == "cancelled"
    assert kept[0].max() >= step


def test_what_is_kept_outlives_looks_at_a_generator_that_takes_its_time_to_close(job, load, monkeypatch):
    closes, may_close, kept = threading.Event(), threading.Event(), []

    def steps():
        try:
            while True:
                time.sleep(0.01)
                yield load("core.progress").Progress("", preview=lambda: np.ones((2, 2, 3), np.float32))
        finally:
            closes.set()
            may_close.wait(LIMIT)

    monkeypatch.setattr(job, "SHOW_EVERY", 0.0)
    running = job.start(
        "Test", steps(), on_picture=lambda picture: None, on_end=lambda ended: kept.append(ended.picture)
    )
    drive(running, until=lambda: running.progress)
    running.cancel(keep=True)
    assert closes.wait(LIMIT)
    running.pulse()
    may_close.set()
    drive(running)
    assert running.state == "cancelled" and kept[0] is not None


def test_time_left_follows_the_work_done(job, steps):
    running = job.start("Test", steps(200))
    drive(running, until=lambda: running.progress)
    begun = time.monotonic()
    assert running.seconds_left() is None, "one step says nothing"
    drive(running, until=lambda: running.progress and running.progress.fraction > 0.3)
    fraction, left = running.progress.fraction, running.seconds_left()
    promised = (time.monotonic() - begun) * (1 - fraction) / fraction
    assert 0.5 * promised < left < 2 * promised


def test_one_job_at_a_time(job, steps, load):
    job.start("First", steps())
    with pytest.raises(load("core.errors").PochadeError, match="First is still running"):
        job.start("Second", steps())


@pytest.fixture
def asking(job, load):
    """`asking(function, count)`: a generator that has Blender call it `count` times; returns the answers."""

    def asking(function, count=1):
        answers = []
        for step in range(count):
            yield load("core.progress").Progress("", fraction=step / count, step=step, steps=count)
            try:
                answers.append((yield job.InBlender(function)))
            except ValueError as error:
                answers.append(str(error))
        return answers

    return asking


def _fail():
    raise ValueError("no")


@pytest.mark.parametrize(
    ("function", "answer"), [(threading.current_thread, threading.main_thread()), (_fail, "no")]
)
def test_what_a_job_asks_for_is_called_in_blenders_thread(job, asking, function, answer):
    ended = []
    running = job.start("Test", asking(function, 3), on_end=lambda ended_job: ended.append(ended_job.result))
    drive(running)
    running = job.Job("Test", asking(function, 3), on_end=lambda ended_job: ended.append(ended_job.result))
    running.run()
    assert ended == [[answer] * 3] * 2


def test_what_is_not_handled_ends_the_job(job, load):
    def steps():
        yield job.InBlender(lambda: bpy.data.images["nobody"])

    running = job.start("Test", steps())
    drive(running)
    assert (running.state, "KeyError" in running.sentence) == ("failed", True)


def test_cancelling_does_not_wait_for_blender(job, monkeypatch):
    asked, closed, waits = [], [], threading.Event()

    class Question(job.InBlender):
        def wait(self, seconds):
            waits.set()
            return super().wait(seconds)

    def steps():
        try:
            yield Question(lambda: asked.append(1))
        finally:
            closed.append(threading.current_thread())

    monkeypatch.setattr(job, "PATIENCE", LIMIT)  # that the thread has ended is not to hang on the machine
    running = job.start("Test", steps())
    assert waits.wait(LIMIT)
    running.stop("Another file was opened")
    assert (running.state, asked) == ("cancelled", []) and closed


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        ("PochadeError", "Lower Size"),
        (MemoryError(), "There is not enough memory: lower Size, or close what else needs memory"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory"),
            "There is not enough memory: lower Size, or close what else needs memory",
        ),
        (
            RuntimeError("could not create a primitive"),
            "There is not enough memory: lower Size, or close what else needs memory",
        ),
        (
            ZeroDivisionError("oh"),
            "This is a bug in Pochade, please report it with the console's text: ZeroDivisionError: oh",
        ),
    ],
)
def test_a_failure_is_one_sentence(job, steps, load, caplog, error, sentence):
    if error == "PochadeError":
        error = load("core.errors").PochadeError(sentence)
    running = job.start("Test", steps(trouble=error))
    drive(running)
    assert (running.state, running.sentence) == ("failed", sentence)
    assert ("ZeroDivisionError" in caplog.text) == ("bug" in sentence), "a bug's traceback belongs in the log"


@pytest.mark.parametrize("callback", ["on_picture", "on_end"])
def test_trouble_on_blenders_side_fails_the_job(job, steps, load, callback):
    def raise_it(_):
        raise load("core.errors").PochadeError("The disk is full")

    running = job.start("Test", steps(100), **{callback: raise_it})
    drive(running)
    assert (running.state, running.sentence) == ("failed", "The disk is full")
    assert steps.closed.wait(LIMIT)


def test_opening_a_file_ends_the_job(job, steps):
    ended = []
    running = job.start("Test", steps(), on_end=ended.append)
    assert steps.begun.wait(LIMIT), "what has not begun need not be closed"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert ended == [running]
    assert steps.closed_in is not None
    assert "another file" in running.sentence
    assert not bpy.app.timers.is_registered(running._timer)


def test_switching_pochade_off_ends_the_job(pochade, job, steps):
    ended = []
    running = job.start("Test", steps(), on_end=ended.append)
    assert steps.begun.wait(LIMIT)
    pochade.unregister()
    try:
        assert ended == [running]
        assert steps.closed_in is not None
        assert not bpy.app.timers.is_registered(running._timer)
    finally:
        pochade.register()


@pytest.mark.slow  # starts a Blender
@pytest.mark.oldest
def test_python_waits_for_a_step_that_is_at_work_when_blender_quits(extension_zip, tmp_path):
    closed = tmp_path / "closed"
    script = f"""
import bpy, pathlib, sys, time
bpy.ops.extensions.package_install_files(
    filepath={str(extension_zip)!r}, repo="user_default", enable_on_install=True)
import bl_ext.user_default.pochade as pochade
from bl_ext.user_default.pochade.addon import job
job.PATIENCE = 0.1
def steps():
    try:
        time.sleep(1)
        yield
    finally:
        pathlib.Path({str(closed)!r}).touch()
job.start("Test", steps())
pochade.unregister()
"""
    subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)},
    )
    assert closed.exists()


def test_the_cancel_operator(job, steps):
    with pytest.raises(RuntimeError, match="Nothing is running"):
        bpy.ops.pochade.cancel()
    running = job.start("Test", steps())
    drive(running, until=lambda: running.progress)
    assert bpy.ops.pochade.cancel() == {"FINISHED"}
    drive(running)
    assert running.state == "cancelled"
