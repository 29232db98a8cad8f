"""The preferences: what a job may use, what PyTorch found, and what is kept in the user's folder."""

import json

import bpy
import pytest

pytestmark = pytest.mark.oldest


@pytest.fixture
def preferences(load):
    return load("addon.preferences").preferences(bpy.context)


@pytest.fixture
def root(load, tmp_path, monkeypatch):
    """A user's folder with something of everything, which the operators take for the real one."""
    operators = load("addon.operators.engine")
    monkeypatch.setattr(operators, "user_folder", lambda: tmp_path)
    monkeypatch.setattr(operators, "preset_folder", lambda: tmp_path / "presets")
    python = load("addon.engine.runtime").PYTHON
    sizes = {
        f"engine/{python}/torch/lib.so": 3000,
        "engine/cpython-27/torch/lib.so": 2000,
        f"engine/{python}-downloads/http/a": 500,
        f"engine/{python}-new.log": 10,
        "encoders/vgg19.safetensors": 700,
        "encoders/vgg19-dcbb9e9d.pth.part": 90,
        "motion/raft.pth": 60,
        "presets/mine/preset.json": 40,
        "training/0123456789abcdef.training": 30,
        "pochade.log": 20,
        "pochade.log.1": 50,
    }
    for name, size in sizes.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(bytes(size))
    yield tmp_path
    load("addon.engine.storage").remember([])


def test_a_job_gets_what_the_preferences_say(load, preferences):
    machine = load("addon.preferences").machine
    assert machine(bpy.context) == load("core.compute.machine").Machine()
    preferences.device, preferences.precision, preferences.memory_limit = "cpu", "float32", 2.6
    assert machine(bpy.context) == load("core.compute.machine").Machine("cpu", "float32", 2.6)


def test_devices_are_looked_for_and_kept(preferences):
    assert bpy.ops.pochade.look_for_devices() == {"FINISHED"}
    found = json.loads(preferences.found_devices)
    assert (
        found["devices"] and found["device"].startswith("Automatic takes") and "because" in found["precision"]
    )


def test_folders_are_measured(load, root):
    assert bpy.ops.pochade.measure_folders() == {"FINISHED"}
    items = {item.title: item for item in load("addon.engine.storage").measured()}
    assert {title: item.size for title, item in items.items()} == {
        "Engine": 3000,
        "Engine for Python 2.7": 2000,
        "Unfinished Installations": 500,
        "Installation Log": 10,
        "Encoders": 790,
        "Motion Weights": 60,
        "Presets": 40,
        "Half Downloads": 90,
        "Broken-off Trainings": 30,
        "Log": 20,
        "Older Log": 50,
    }
    assert {title for title, item in items.items() if item.loss} == {
        "Engine for Python 2.7",
        "Unfinished Installations",
        "Half Downloads",
        "Broken-off Trainings",
        "Installation Log",
        "Older Log",
    }


def test_only_what_can_go_is_cleaned_up(load, root):
    bpy.ops.pochade.measure_folders()
    before = {path for path in root.rglob("*") if path.is_file()}
    for title in ("Engine", "Encoders", "Presets"):
        with pytest.raises(RuntimeError, match="Pochade uses it"):
            bpy.ops.pochade.clean_up(title=title)
    assert {path for path in root.rglob("*") if path.is_file()} == before
    for item in list(load("addon.engine.storage").measured()):
        if item.loss:
            assert bpy.ops.pochade.clean_up(title=item.title) == {"FINISHED"}
    assert {item.title for item in load("addon.engine.storage").measured()} == {
        "Engine",
        "Encoders",
        "Motion Weights",
        "Presets",
        "Log",
    }
    assert (root / "encoders/vgg19.safetensors").exists() and (root / "presets/mine/preset.json").exists()


def test_a_link_is_removed_and_not_followed(load, root, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "photo.png").touch()
    (root / "training/fedcba9876543210.training").symlink_to(elsewhere)
    bpy.ops.pochade.clean_up(title="Broken-off Trainings")
    assert (elsewhere / "photo.png").exists() and not list((root / "training").iterdir())


def clean_everything_up(load):
    bpy.ops.pochade.measure_folders()
    for item in list(load("addon.engine.storage").measured()):
        if item.loss:
            bpy.ops.pochade.clean_up(title=item.title)
    for title in ("Unfinished Installations", "Installation Log", "Half Downloads", "Broken-off Trainings"):
        bpy.ops.pochade.clean_up(title=title)


def test_what_pochade_did_not_make_is_not_cleaned_up(load, root):
    mine = [
        "engine/my films/a.mp4",
        "engine/notes.txt",
        "engine/machine.log",
        "engine/cpython-311-new.txt",
        "encoders/vgg19.onnx.part",
        "motion/take.part",
        "training/photos/a.png",
        "training/mine.safetensors",
        "pochade.log.old",
        "mine.json",
    ]
    for name in mine:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("an hour's work")
    clean_everything_up(load)
    assert [name for name in mine if not (root / name).exists()] == []


@pytest.mark.parametrize("folder", ["engine", "encoders", "motion", "training"])
def test_nothing_is_cleaned_up_behind_a_link(load, root, tmp_path_factory, folder):
    elsewhere = tmp_path_factory.mktemp("disk") / "big"
    (root / folder).rename(elsewhere)
    (root / folder).symlink_to(elsewhere)
    before = set(elsewhere.rglob("*"))
    clean_everything_up(load)
    assert set(elsewhere.rglob("*")) == before


def test_what_would_be_deleted_is_named_before(load, root):
    for number in range(9):
        (root / f"training/{number:016}.training").touch()
    bpy.ops.pochade.measure_folders()
    find = load("addon.engine.storage").find
    assert find("Engine for Python 2.7").warning.endswith(f"This is deleted: {root / 'engine/cpython-27'}")
    assert "would begin anew" in find("Broken-off Trainings").warning
    assert f"{root / 'training/0000000000000001.training'}, " in find("Broken-off Trainings").warning
    assert find("Broken-off Trainings").warning.endswith(" and 5 more beside")
