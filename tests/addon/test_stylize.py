"""Painting from Blender and back into it, with the real engine at 96 px: at once, and as a job."""

import bpy
import numpy as np
import pytest

from tests.addon.jobs import drive
from tests.addon.stills import pixels, shown

pytestmark = pytest.mark.oldest

TITLE = "photo, The Starry Night"


def test_painting_for_scripts(load, settings, photo):
    before = pixels(photo)
    assert bpy.ops.pochade.stylize(image="photo.png") == {"FINISHED"}
    result = settings.result
    assert (result.name, *result.size) == (TITLE, 96, 72)
    assert result.packed_file
    assert result.use_fake_user
    assert (pixels(photo) == before).all(), "the source must stay as it is"

    painted = pixels(result)
    rows, columns = np.arange(72) * 96 // 72, np.arange(96) * 128 // 96
    change = np.abs(painted - before[rows][:, columns])[..., :3].mean()
    assert 0.02 < change < 0.5, "painted, and not noise"
    recipe = load("addon.blender.images").recipe(result)
    assert (recipe["source"], recipe["style"], recipe["seed"]) == ("photo.png", "The Starry Night", 5)
    assert recipe["settings"] == load("core.settings").settings_to_json(
        load("addon.scene.properties").read_settings(bpy.context.scene)
    )


def test_the_same_seed_gives_the_same_picture_twice_and_a_new_image(settings, photo):
    first, second = (bpy.ops.pochade.stylize(image="photo.png") and settings.result for _ in range(2))
    assert first != second
    assert np.abs(pixels(first) - pixels(second)).max() < 0.02


def test_a_style_picture(settings, photo):
    style = bpy.data.images.new("checks.png", 64, 64)
    style.generated_type = "COLOR_GRID"
    settings.style_kind, settings.style_image = "IMAGE", style
    bpy.ops.pochade.stylize(image="photo.png")
    assert settings.result.name == "photo, checks"


def test_the_button_in_the_background_paints_at_once(settings, editor):
    with bpy.context.temp_override(**editor):
        assert bpy.ops.pochade.stylize("INVOKE_DEFAULT") == {"FINISHED"}
    assert shown(editor) == settings.result


def test_a_painting_stands_for_its_source(load, settings, editor, photo):
    with bpy.context.temp_override(**editor):
        bpy.ops.pochade.stylize()
        assert shown(editor) == settings.result
        assert load("addon.tasks.painting").find_source(bpy.context) == photo
        bpy.data.images.remove(photo)
        assert load("addon.tasks.painting").find_source(bpy.context) == settings.result


@pytest.mark.parametrize(
    ("prepare", "sentence"),
    [
        (lambda chosen: bpy.ops.pochade.stylize(), "Open an image in the Image Editor, or render the scene"),
        (lambda chosen: bpy.ops.pochade.stylize(image="nobody"), "There is no image named nobody"),
        (lambda chosen: (setattr(chosen, "source", "RENDER"), bpy.ops.pochade.stylize()), "render the scene"),
        (lambda chosen: (bpy.data.images.new("dot", 1, 1), bpy.ops.pochade.stylize(image="dot")), "1 x 1 px"),
        (
            lambda chosen: (
                setattr(chosen, "style_kind", "IMAGE"),
                bpy.ops.pochade.stylize(image="photo.png"),
            ),
            "Open a style picture",
        ),
    ],
)
def test_what_cannot_be_painted_is_said_in_one_sentence(settings, photo, prepare, sentence):
    images = set(bpy.data.images)
    with pytest.raises(RuntimeError, match=sentence) as error:
        prepare(settings)
    assert "Traceback" not in str(error.value)
    assert {image.name for image in set(bpy.data.images) - images} <= {"dot"}


def test_a_missing_engine_is_said(load, settings, photo, monkeypatch):
    runtime = load("addon.engine.runtime")
    monkeypatch.setattr(
        runtime, "engine_status", lambda folders: runtime.EngineStatus(False, runtime.MISSING)
    )
    with pytest.raises(RuntimeError, match="This needs PyTorch"):
        bpy.ops.pochade.stylize(image="photo.png")


def test_the_painting_is_shown_while_it_grows(begin, settings, editor, photo):
    settings.steps = 400
    job = begin()
    drive(job, until=lambda: shown(editor) != photo)
    preview = shown(editor)
    assert tuple(preview.size) == (96, 72)
    early = pixels(preview)
    drive(job, until=lambda: np.abs(pixels(preview) - early).max() > 0.01)
    job.cancel()
    drive(job)
    assert shown(editor) == photo, "the editor goes back to the source"
    assert set(bpy.data.images.keys()) == {"photo.png"}, "and nothing is left behind"


def test_the_preview_becomes_the_result(begin, settings, editor, photo):
    settings.steps = 40
    job = begin()
    drive(job)
    assert (job.state, job.sentence.split()[0]) == ("done", "Painted")
    assert shown(editor) == settings.result
    assert len(bpy.data.images) == 2


def test_cancelling_keeps_the_preview_on_request(load, begin, settings, editor):
    settings.steps = 400
    job = begin()
    drive(job, until=lambda: job.progress)
    job.cancel(keep=True)
    drive(job)
    kept = settings.result
    assert (job.state, shown(editor), tuple(kept.size)) == ("cancelled", kept, (96, 72))
    assert load("addon.blender.images").recipe(kept)["source"] == "photo.png"
    assert pixels(kept)[..., :3].std() > 0.01


def test_the_artist_looks_at_something_else(begin, settings, editor):
    settings.steps = 30
    job = begin()
    drive(job, until=lambda: job.progress)
    other = bpy.data.images.new("other", 8, 8)
    editor["area"].spaces.active.image = other
    drive(job)
    assert shown(editor) == other
    assert tuple(settings.result.size) == (96, 72)


def _delete_source():
    bpy.data.images.remove(bpy.data.images["photo.png"])


def _delete_preview():
    bpy.data.images.remove(bpy.data.images[TITLE])


def _rename_preview():
    bpy.data.images[TITLE].name = "mine"
    bpy.data.images.new(TITLE, 8, 8)


def _close_editor():
    bpy.context.window_manager.windows[0].screen.areas[0].type = "VIEW_3D"


def _undo():
    bpy.ops.ed.undo()


@pytest.mark.slow  # paints a picture for each thing that happens
@pytest.mark.parametrize("happen", [_delete_source, _delete_preview, _rename_preview, _close_editor, _undo])
def test_whatever_happens_the_painting_is_not_lost(begin, settings, editor, photo, happen):
    bpy.ops.ed.undo_push(message="photo")
    settings.steps = 60
    bpy.ops.ed.undo_push(message="steps")
    job = begin()
    drive(job, until=lambda: shown(editor) != photo)
    happen()
    drive(job)
    result = bpy.context.scene.pochade.result  # undo gives every pointer anew
    assert (job.state, tuple(result.size)) == ("done", (96, 72))
    assert result.packed_file


def test_a_deleted_scene_does_not_take_the_painting_along(begin, settings, editor):
    settings.steps = 30
    painted = bpy.context.scene
    job = begin()
    drive(job, until=lambda: job.progress)
    bpy.context.window_manager.windows[0].scene = bpy.data.scenes.new("Other")
    bpy.data.scenes.remove(painted)
    drive(job)
    assert job.state == "done"
    assert TITLE in bpy.data.images


def test_undo_and_redo_of_a_painting(settings, photo):
    bpy.ops.ed.undo_push(message="photo")
    bpy.ops.pochade.stylize(image="photo.png")
    painted = pixels(settings.result)
    bpy.ops.ed.undo()
    assert set(bpy.data.images.keys()) == {"photo.png"}
    bpy.ops.ed.redo()
    assert (pixels(bpy.context.scene.pochade.result) == painted).all()


def test_a_painting_survives_saving(settings, photo, tmp_path):
    bpy.ops.pochade.stylize(image="photo.png")
    painted = pixels(settings.result)
    settings.result = None
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    assert (pixels(bpy.data.images[TITLE]) == painted).all()


def test_pochade_switched_off_with_a_running_job(pochade, begin, settings, editor, photo):
    settings.steps = 400
    job = begin()
    drive(job, until=lambda: shown(editor) != photo)
    pochade.unregister()
    try:
        assert job.state == "cancelled"
        assert shown(editor) == photo
        assert set(bpy.data.images.keys()) == {"photo.png"}
    finally:
        pochade.register()


def test_other_editors_paint_into_the_largest_image_editor(load, photo):
    window = bpy.context.window_manager.windows[0]
    areas = sorted(window.screen.areas, key=lambda area: area.width * area.height)
    areas[-1].type, areas[0].type = "IMAGE_EDITOR", "PROPERTIES"
    areas[-1].spaces.active.image = photo
    with bpy.context.temp_override(window=window, area=areas[0]):
        assert load("addon.blender.canvas").image_editor(bpy.context) == areas[-1].spaces.active
        assert load("addon.tasks.painting").find_source(bpy.context) == photo
    areas[-1].type = "VIEW_3D"
    with bpy.context.temp_override(window=window, area=areas[0]):
        assert load("addon.blender.canvas").image_editor(bpy.context) is None
