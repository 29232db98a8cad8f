"""The engine, found or refused with a sentence."""

import re
import sys
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import numpy
import pytest

from tests.addon.engines import BROKEN_TORCH, OTHER_PYTHON, put_torch


@pytest.mark.oldest
def test_engine_in_blenders_own_python_is_found(load):
    status = load("addon.engine.runtime").engine_status([])
    assert status.ready and status.folder is None
    assert str(Path(find_spec("torch").origin).parents[1]) in status.sentence


def test_status_is_cheap_enough_for_a_redraw(load):
    status, calls = load("addon.engine.runtime").engine_status, Counter()
    status([])  # Python reads each folder of its path once
    sys.setprofile(lambda frame, event, function: calls.update([event]))
    status([])
    sys.setprofile(None)
    print(f"the status takes {calls['call']} calls, {calls['c_call']} of them into C")
    assert calls["call"] + calls["c_call"] < 5000  # 800 took 0.14 ms


def test_no_engine_says_what_to_do(runtime):
    status = runtime.engine_status([])
    assert not status.ready and "install the engine" in status.sentence


def test_engine_folder_is_used_and_comes_last(runtime, tmp_path):
    folder = put_torch(tmp_path / "engine")
    assert runtime.engine_status([folder]).folder == folder
    runtime.ensure_engine([folder])
    assert sys.path[-1] == str(folder) and sys.path.count(str(folder)) == 1
    runtime.ensure_engine([folder])
    assert sys.path.count(str(folder)) == 1


@pytest.mark.parametrize(
    "engine, words",
    [
        ({"binary": OTHER_PYTHON}, "is built for cpython-27-somewhere, and this Blender needs cpython-"),
        ({"version": "1.13.1"}, "PyTorch 1.13.1 in .* is too old"),
    ],
)
def test_unfit_engine_is_refused(runtime, error, tmp_path, engine, words):
    folder = put_torch(tmp_path, **engine)
    assert not runtime.engine_status([folder]).ready
    with pytest.raises(error, match=words):
        runtime.ensure_engine([folder])
    assert str(folder) not in sys.path


def test_unfit_folder_does_not_hide_the_installed_engine(runtime, tmp_path):
    named, installed = put_torch(tmp_path / "named", OTHER_PYTHON), put_torch(tmp_path / "installed")
    assert runtime.engine_status([named, installed]).folder == installed


OLD, NEW = (14, 29, 30153, 0), (14, 44, 35211, 0)  # of Blender 4.2 to 5.0, and of 5.1


@pytest.mark.parametrize(
    "torch, fits_old",
    [("2.8.0", True), ("2.9.0", False), ("2.14.1+cu126", False), ("2.15.0", True), ("3.0.0", True)],
)
def test_a_pytorch_that_crashes_beside_blenders_runtime_is_refused_unloaded(
    runtime, load, error, tmp_path, monkeypatch, torch, fits_old
):
    msvcp = load("addon.engine.msvcp")
    folder = put_torch(tmp_path, version=torch, code=f"open({str(tmp_path / 'loaded')!r}, 'w')")
    for version, fits in (OLD, fits_old), (NEW, True), (None, True):
        monkeypatch.setattr(msvcp, "loaded_runtime", lambda version=version: version)
        status = runtime.engine_status([folder])
        assert status.ready is fits
        if not fits:
            assert re.search(
                rf"PyTorch {re.escape(torch)} in .* cannot load in this Blender, whose msvcp140.dll is "
                r"version 14\.29: install the engine, which brings one that can",
                status.sentence,
            )
            with pytest.raises(error, match="cannot load in this Blender"):
                runtime.ensure_engine([folder])
    assert not (tmp_path / "loaded").exists()


def test_no_engine_for_windows_is_one_that_crashes_there(load):
    """Of what is locked, and of the versions of what is not."""
    msvcp, folder = load("addon.engine.msvcp"), load("addon.engine.install").LOCKS
    for python, blenders_own in ("311", OLD), ("313", NEW):
        found = {
            path.stem: re.search(r"^torch==(\d+)\.(\d+)", path.read_text(), re.MULTILINE)
            for path in folder.glob(f"windows-x64-cp{python}-*.txt")
        }
        assert len(found) == 4
        versions = {name: tuple(map(int, torch.groups())) for name, torch in found.items()}
        assert not [name for name, torch in versions.items() if msvcp.unfit_beside(torch, blenders_own)]
    assert msvcp.unfit_beside((2, 14, 1), OLD)


@pytest.mark.oldest
def test_the_version_of_a_windows_binary_is_read(load):
    msvcp = load("addon.engine.msvcp")
    programs = find_spec("pip").submodule_search_locations[0]
    program = Path(programs, "_vendor/distlib/t64.exe").read_bytes()
    assert msvcp.file_version(program) == (1, 1, 0, 14)
    assert msvcp.file_version(b"MZ" + bytes(1000)) is None
    assert (msvcp.loaded_runtime() is None) == (sys.platform != "win32")


@pytest.mark.parametrize("lost", ["safetensors/__init__.py", "torch/version.py"])
def test_half_an_engine_is_refused(runtime, tmp_path, lost):
    folder = put_torch(tmp_path)
    (folder / lost).unlink()
    status = runtime.engine_status([folder])
    assert not status.ready and "install" in status.sentence


def test_folder_without_an_engine_is_named(runtime, tmp_path):
    assert str(tmp_path / "nowhere") in runtime.engine_status([tmp_path / "nowhere"]).sentence


def test_upgraded_blender_says_install_again(runtime, tmp_path):
    put_torch(tmp_path / "cpython-27")
    status = runtime.engine_status([], tmp_path / runtime.PYTHON)
    assert not status.ready
    assert (
        "for a Blender with Python 2.7, and this one has 3." in status.sentence
        and "install it again" in status.sentence
    )


def test_numpy_beside_the_engine_is_said_not_to_count(runtime, tmp_path):
    put_torch(tmp_path)
    (tmp_path / "numpy-2.9.1.dist-info").mkdir()
    status = runtime.engine_status([tmp_path])
    assert status.ready and "numpy 2.9.1 there is not used" in status.sentence
    runtime.ensure_engine([tmp_path])
    assert not numpy.__file__.startswith(str(tmp_path))


def test_broken_engine_says_so_from_then_on(runtime, error, tmp_path):
    folder = put_torch(tmp_path, code=BROKEN_TORCH)
    with pytest.raises(error, match="does not load .libtorch.so: cannot open shared object file."):
        runtime.ensure_engine([folder])
    status = runtime.engine_status([folder])
    assert not status.ready and "does not load" in status.sentence
