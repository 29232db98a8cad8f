"""What is started, loaded or looked into comes from the artist, and not from a .blend that somebody sent."""

import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from tests.addon.pictures import small_scene

pytestmark = pytest.mark.oldest


@pytest.fixture
def preferences(load):
    return load("addon.preferences").preferences(bpy.context)


def set_in_file(group, **values):
    """What a .blend may hold of a group of properties, of any types."""
    stored = group.bl_system_properties_get(do_create=True) if bpy.app.version >= (5, 0) else group
    for name, value in values.items():
        stored[name] = value


def test_the_program_that_a_farm_starts_is_the_artist_s(load, preferences, tmp_path):
    scene = small_scene()
    scene.frame_start, scene.frame_end = 1, 3
    set_in_file(scene.pochade.farm, blender="/tmp/evil.sh")
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "strange.blend"))
    preferences.farm_blender = "blender-of-the-farm"
    bundle = load("addon.farm.bundle").Bundle(bpy.context, tmp_path / "job")
    bundle.folder.mkdir()
    bundle._write([])
    texts = {path.name: path.read_text() for path in bundle.folder.iterdir()}
    assert not [name for name, text in texts.items() if "evil" in text]
    values = {
        each["name"]: each["value"] for each in json.loads(texts["parameter_values.json"])["parameterValues"]
    }
    assert values["Blender"] == "blender-of-the-farm"


def test_the_log_of_packing_overwrites_nothing_through_a_link(load, PochadeError, tmp_path):
    scene = small_scene()
    scene.frame_start, scene.frame_end = 1, 3
    (tmp_path / "thesis.txt").write_text("an hour's work")
    (tmp_path / "job").mkdir()
    (tmp_path / "job" / "packing.log").symlink_to(tmp_path / "thesis.txt")
    bundle = load("addon.farm.bundle").Bundle(bpy.context, tmp_path / "job")
    with pytest.raises(PochadeError, match="packing.log is a link"):
        bundle._save_copy()
    assert (tmp_path / "thesis.txt").read_text() == "an hour's work"


def test_packing_runs_no_script_of_the_file(load, tmp_path):
    command = load("addon.farm.packing").command(tmp_path / "a.blend", "package")
    assert "use_scripts=False" in command[-1]
    if bpy.app.binary_path:
        assert "--disable-autoexec" in command


@pytest.mark.parametrize("named", ["//engine", "//../engine", "engine", "./engine"])
def test_an_engine_is_not_taken_from_beside_the_blend(load, preferences, tmp_path, named):
    (tmp_path / "engine" / "torch").mkdir(parents=True)
    (tmp_path / "engine" / "torch" / "__init__.py").touch()
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "strange.blend"))
    of_addon = load("addon.preferences")
    assert Path(tmp_path / "engine") in of_addon._folders(str(tmp_path / "engine"))
    assert not [path for path in of_addon._folders(named) if "engine" in path.parts[-1:]]
    assert named in of_addon._look_for_engine(named).sentence
    assert not of_addon._look_for_engine(named).ready
    if named.startswith("//"):  # what the artist picks in the file browser is kept as it is meant
        preferences.engine_folder = named
        assert Path(preferences.engine_folder).is_absolute()


def test_a_panel_looks_into_no_folder_that_came_with_a_blend(load, tmp_path, monkeypatch):
    training, photos = load("addon.tasks.training"), tmp_path / "photos"
    photos.mkdir()
    (photos / "a.png").touch()
    instant = bpy.context.scene.pochade.instant
    set_in_file(instant, photos=str(photos))
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "strange.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "strange.blend"))
    instant = bpy.context.scene.pochade.instant
    assert instant.photos == str(photos)
    asked = []
    monkeypatch.setattr(load("addon.disk"), "read_later", lambda function, kind, key=None: asked.append(key))
    told = training.training_summary(bpy.context.scene)
    assert told.endswith(f"the photos in {photos}") and asked == []
    instant.photos = str(photos)  # the artist's own choice
    assert training.training_summary(bpy.context.scene) == "Looking for photos…" and asked == [photos]


def test_a_panel_asks_no_other_computer_for_a_picture(images):
    far = bpy.data.images.new("far", 8, 8)
    far.source, far.filepath = "FILE", r"\\evil\share\a.png"
    assert images.is_far(far) and images.icon_of(far) == 0
    near = images.write_result("near", np.ones((8, 8, 4), np.float32))
    assert not images.is_far(near)
