"""What panels say is true, says what it is about, and is gone when it is no longer so."""

import bpy
import pytest

from tests.addon.jobs import drive
from tests.addon.moving import start  # noqa: F401
from tests.addon.pictures import render

pytestmark = pytest.mark.oldest


@pytest.fixture
def job(load):
    module = load("addon.job")
    yield module
    if module.current():
        module.current().stop("the test is over")


@pytest.fixture
def steps(load):
    """`steps(count)`: a generator of that many steps, and then nothing or trouble."""
    progress = load("core.progress").Progress

    def steps(count=1, trouble=None):
        for step in range(count):
            yield progress("", fraction=step / count)
        if trouble:
            raise trouble

    return steps


def test_the_time_left_of_a_part_is_not_called_the_jobs(load, moving, start, folder):  # noqa: F811
    how_far, said = load("addon.ui.panels.progress").how_far, {}
    moving.pochade.strength, moving.pochade.steps = 1, 20
    running = start()

    def painted():
        if running.progress and running.seconds_left() is not None:
            said.setdefault(running.progress.message.split()[0], how_far(running))
        return (folder / "0009.png").exists()

    drive(running, until=painted)
    assert running.state == "running", running.sentence
    assert said["Rendering"].endswith("s until all are rendered"), said
    assert any(words.endswith("s left") for words in said.values()), said


def test_a_cancelled_job_says_so(job, steps):
    running = job.start("Painting the meadow", steps(10**9))
    drive(running, until=lambda: running.progress)
    running.cancel()
    drive(running)
    assert job.newest().told == "Painting the meadow: stopped"


def test_an_ended_job_is_no_news_of_the_next_file(job, steps):
    drive(job.start("Test", steps()))
    assert job.newest().state == "done"
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    assert job.newest() is None


@pytest.mark.parametrize("remedy", ["render", "switch on"])
def test_why_it_failed_is_not_said_once_that_is_mended(job, steps, scene, PochadeError, tmp_path, remedy):
    drive(job.start("Test", steps(trouble=PochadeError("There is no Cryptomatte: switch it on"))))
    assert "switch it on" in job.newest().told
    if remedy == "render":
        render(scene, tmp_path / "frame.png")
    else:
        bpy.ops.pochade.switch_on_cryptomatte()
    assert job.newest() is None


def test_a_render_does_not_take_the_news_of_a_painting(job, steps, scene, tmp_path):
    drive(job.start("Test", steps()))
    render(scene, tmp_path / "frame.png")
    assert job.newest().state == "done"


def test_a_file_that_was_opened_again_has_no_render(load, scene, PochadeError, tmp_path):
    painting, images = load("addon.tasks.painting"), load("addon.blender.images")
    scene.pochade.source = "RENDER"
    render(scene, tmp_path / "frame.png")
    assert images.source_size(painting.find_source(bpy.context), scene) == (64, 48)
    assert bpy.ops.pochade.stylize_render.poll()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "shot.blend"))
    assert images.find_render(), "Blender keeps its name"
    with pytest.raises(PochadeError, match="There is no render yet"):
        painting.find_source(bpy.context)
    assert not bpy.ops.pochade.stylize_render.poll()
    render(bpy.context.scene, tmp_path / "frame.png")
    assert painting.find_source(bpy.context) == images.find_render()


def test_another_scenes_render_is_not_this_ones(load, scene, PochadeError, tmp_path):
    render(scene, tmp_path / "frame.png")
    other = bpy.data.scenes.new("Other")
    other.pochade.source = "RENDER"
    with bpy.context.temp_override(scene=other), pytest.raises(PochadeError, match="There is no render yet"):
        load("addon.tasks.painting").find_source(bpy.context)
