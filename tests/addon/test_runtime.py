"""The engine, found or refused with a sentence."""

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
