"""A painted sequence in compositor, Sequencer and movie: each frame at its own time."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import BYTE, HEIGHT, WIDTH, picture, read_file, render

pytestmark = pytest.mark.oldest

NUMBERS = range(7, 11)


@pytest.fixture
def results(load):
    return load("addon.blender.results")


@pytest.fixture
def painted(load, scene, results, tmp_path):
    """Four painted frames of the scene's size: the files' pictures by number, and their image."""
    write = load("core.files.pictures").write_picture
    pictures = {}
    for number in NUMBERS:
        array = picture(seed=number)
        array[..., 3] = 1
        array[:] = array.mean((0, 1)) * 0.5 + (number - 6) * 0.1 * array  # calm enough for a movie
        array[..., 3] = 1
        write(tmp_path / f"{number:04}.png", array[..., :3])
        pictures[number] = read_file(tmp_path / f"{number:04}.png")
    image = results.load("Sphere, The Starry Night", [tmp_path / f"{number:04}.png" for number in NUMBERS])
    results.record_frames(image, NUMBERS)
    scene.pochade.result = image
    return pictures, image


def saved(scene, path, number):
    scene.frame_set(number)
    return render(scene, path / f"frame_{number}.png", "16")


@pytest.mark.parametrize("mode", ["AS_PAINTED", "MATCH"])
def test_each_frame_comes_out_of_the_compositor(scene, painted, tmp_path, mode):
    scene.view_settings.view_transform = "Standard"
    pictures, _ = painted
    assert bpy.ops.pochade.send_to_compositor(mode=mode) == {"FINISHED"}
    for number in (9, 7, 10):
        assert np.abs(saved(scene, tmp_path, number) - pictures[number])[..., :3].max() <= BYTE, number


def test_a_longer_sequence_is_known_at_the_next_sending(scene, painted, results, load, tmp_path):
    pictures, image = painted
    bpy.ops.pochade.send_to_compositor()
    load("core.files.pictures").write_picture(tmp_path / "0011.png", 1 - pictures[10][..., :3])
    again = results.load("Longer", [tmp_path / f"{number:04}.png" for number in range(7, 12)])
    results.record_frames(again, range(7, 12))
    assert again == image
    bpy.ops.pochade.send_to_compositor()
    assert np.abs(saved(scene, tmp_path, 11) - (1 - pictures[10]))[..., :3].max() <= BYTE


def test_the_strip_shows_each_frame_at_its_own_time(scene, painted, load, tmp_path):
    scene.view_settings.view_transform = "Standard"
    pictures, _ = painted
    strips = load("addon.blender.compat").strips_of(scene)
    for _ in range(2):
        assert bpy.ops.pochade.send_to_sequencer() == {"FINISHED"}
    assert sorted(strip.channel for strip in strips) == [1, 2], "nothing is covered or pushed away"
    assert {(strip.frame_final_start, strip.frame_final_end) for strip in strips} == {(7, 11)}
    for number in (9, 7):
        assert np.abs(saved(scene, tmp_path, number) - pictures[number])[..., :3].max() <= BYTE, number


def test_the_strip_fills_the_frame_and_what_renders_show_is_said(scene, painted, tmp_path, capfd):
    scene.view_settings.view_transform = "Standard"
    scene.render.resolution_x, scene.render.resolution_y = 8 * WIDTH, 6 * HEIGHT  # at 50 %
    assert bpy.ops.pochade.send_to_sequencer() == {"FINISHED"}
    assert "Renders (F12) show that now" in capfd.readouterr().out
    seen = saved(scene, tmp_path, 8)
    assert seen.shape[:2] == (3 * HEIGHT, 4 * WIDTH)
    filled = (slice(None), slice(WIDTH // 2 + 4, -WIDTH // 2 - 4))  # as high as the frame, in its middle
    assert (seen[..., :3].max(2)[filled] > 0).all() and not seen[:, : WIDTH // 2 - 4, :3].any()
    scene.render.use_sequencer = False
    bpy.ops.pochade.send_to_sequencer()
    assert "F12" not in capfd.readouterr().out


def test_the_movie_has_every_frame_at_the_scenes_rate(scene, painted, load, tmp_path):
    pictures, _ = painted
    scene.render.fps, scene.render.fps_base = 30, 1.001
    scenes, settings = list(bpy.data.scenes), scene.render.image_settings.file_format
    assert bpy.ops.pochade.write_movie() == {"FINISHED"}
    assert list(bpy.data.scenes) == scenes
    assert scene.render.image_settings.file_format == settings
    assert {file.suffix for file in tmp_path.iterdir()} == {".png", ".mp4"}
    movie = load("addon.shots.movies").Movie(tmp_path / "animation.mp4")
    assert (movie.count, movie.size) == (4, (WIDTH, HEIGHT))
    strip = movie._open().sequence_editor.active_strip
    assert abs(strip.fps - 30 / 1.001) < 0.01
    for place, number in enumerate(NUMBERS, 1):
        movie.save(place, tmp_path / "seen")
        seen = read_file(tmp_path / "seen")
        errors = [np.abs(seen - pictures[other])[..., :3].mean() for other in NUMBERS]
        assert errors[number - 7] == min(errors), number
        assert np.abs((seen - pictures[number])[..., :3].mean((0, 1))).max() < 0.03, (
            "its colours, as far as H.264 keeps them"
        )
    movie.close()


def test_a_missing_frame_is_said(scene, painted, tmp_path):
    (tmp_path / "0008.png").unlink()
    for operator in (bpy.ops.pochade.send_to_sequencer, bpy.ops.pochade.write_movie):
        with pytest.raises(RuntimeError, match="0008.png is gone: paint the sequence again"):
            operator()
    assert not (tmp_path / "animation.mp4").exists()


def test_without_a_painted_sequence_nothing_is_offered(scene):
    assert not bpy.ops.pochade.send_to_sequencer.poll()
    assert not bpy.ops.pochade.write_movie.poll()


def test_the_sequence_survives_saving(scene, painted, results, tmp_path):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "scene.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "scene.blend"))
    image = bpy.context.scene.pochade.result
    assert list(results.frames_of(image)) == list(NUMBERS)
    assert [file.name for file in results.files_of(image)] == ["0007.png", "0008.png", "0009.png", "0010.png"]
