"""A linked scene and a local one of the same name are two, and so are linked and local pictures."""

import bpy
import numpy as np
import pytest

from tests.addon.pictures import blender_image, picture, small_scene

pytestmark = pytest.mark.oldest


def quick(scene, preset, size):
    chosen = scene.pochade
    chosen.preset, chosen.resolution = preset, "draft"
    chosen.size, chosen.steps, chosen.coarse_size, chosen.animation.later_steps = size, 1, size, 1


def linked_and_local(tmp_path, prepare, source):
    """The scenes: both are named Scene, and differ in what they are painted with and how large."""
    prepare(bpy.context.scene)
    quick(bpy.context.scene, "starry_night", 80)
    bpy.context.scene.pochade.animation.source = source
    bpy.context.scene.pochade.animation.folder = str(tmp_path / "painted")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "library.blend"))
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    with bpy.data.libraries.load(str(tmp_path / "library.blend"), link=True) as (_, wanted):
        wanted.scenes = ["Scene"]
    linked, local = wanted.scenes[0], bpy.context.scene
    local.name = linked.name
    assert linked.name == local.name and linked != local
    quick(local, "udnie", 112)
    local.render.resolution_x = local.render.resolution_y = 48
    return linked, local


def footage(tmp_path, scene):
    for number in (1, 2):
        pixels = picture(96, 80, seed=number)
        pixels[..., 3] = 1
        image = blender_image(pixels)
        image.filepath_raw, image.file_format = str(tmp_path / f"photo_{number}.png"), "PNG"
        image.save()
        bpy.data.images.remove(image)
    scene.pochade.animation.path = str(tmp_path / "photo_1.png")


def rendered(scene):
    small_scene()
    scene.name = "Scene"
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 80, 64, 100
    scene.cycles.samples, scene.frame_start, scene.frame_end = 1, 1, 2


@pytest.mark.parametrize("source", ["FILES", "RENDER"])
def test_the_linked_scene_is_painted_and_not_its_namesake(load, tmp_path, source):
    prepare = rendered if source == "RENDER" else lambda scene: footage(tmp_path, scene)
    linked, local = linked_and_local(tmp_path, prepare, source)
    with bpy.context.temp_override(scene=linked):
        work = load("addon.tasks.animation").Animation(bpy.context)
        job = load("addon.job").Job(work.title, work.steps(), on_end=work.end)
        job.run()
    assert job.state == "done", job.sentence
    record = load("core.files.json_text").read(tmp_path / "painted" / "pochade-job" / "job.json")
    assert record["identity"]["styles"][0][0] == "The Starry Night"
    assert record["identity"]["settings"]["size"] == 80
    image = bpy.data.images.load(str(tmp_path / "painted" / "0001.png"))
    assert max(image.size) == 80
    assert local.pochade.result is None and linked.pochade.result


def test_scenes_of_one_name_have_folders_of_their_own(load, tmp_path):
    linked, local = linked_and_local(tmp_path, lambda scene: footage(tmp_path, scene), "FILES")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "shot.blend"))
    linked.pochade.animation.folder = local.pochade.animation.folder = ""
    folder_of = load("addon.tasks.animation").output_folder
    assert folder_of(local) == tmp_path / "pochade" / "Scene" != folder_of(linked)


def test_a_still_of_the_linked_scene_is_its_result(load, tmp_path):
    linked, local = linked_and_local(tmp_path, lambda scene: footage(tmp_path, scene), "FILES")
    source = bpy.data.images.load(str(tmp_path / "photo_1.png"))
    with bpy.context.temp_override(scene=linked):
        assert bpy.ops.pochade.stylize(image=source.name) == {"FINISHED"}
    assert linked.pochade.result and local.pochade.result is None


def test_a_movie_is_read_beside_an_artist_s_scene_of_that_name(load, tmp_path, images):
    movies, results = load("addon.shots.movies"), load("addon.blender.results")
    write_movie = load("addon.blender.sequencer").write_movie
    files = []
    for number in (1, 2):
        image = images.write_result("frame", np.full((64, 64, 3), number / 4, np.float32))
        image.filepath_raw, image.file_format = str(tmp_path / f"{number:04}.png"), "PNG"
        image.save()
        files.append(tmp_path / f"{number:04}.png")
    sequence = results.load("painted", files)
    results.record_frames(sequence, [1, 2])
    path = write_movie(bpy.context.scene, sequence)
    mine = bpy.data.scenes.new("Pochade reads a movie")
    movie = movies.Movie(path)
    movie.save(1, tmp_path / "first.png")
    movie.close()
    assert mine in list(bpy.data.scenes) and (tmp_path / "first.png").exists()


def test_the_command_line_names_a_linked_scene_in_full(load, tmp_path):
    linked, local = linked_and_local(tmp_path, lambda scene: footage(tmp_path, scene), "FILES")
    find = load("addon.cli.animate")._scene
    assert (find("Scene"), find(linked.name_full), find(None)) == (local, linked, local)
