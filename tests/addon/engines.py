"""Engines that are only folders, as pip leaves one, and a Blender that has none."""

import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

OTHER_PYTHON = "_C.cpython-27-somewhere.so"
SOUND_TORCH = "def from_numpy(array): return array"
SITE = f"lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
BROKEN_TORCH = "raise OSError('libtorch.so: cannot open shared object file')"


@pytest.fixture
def runtime(load, monkeypatch):
    """addon/engine/runtime.py in a Blender whose Python has no engine and no pip, whatever this one has."""
    module = load("addon.engine.runtime")
    packages = load("addon.engine.install").PACKAGES
    lacking = ("pip", *packages)
    monkeypatch.setattr(
        sys, "path", [entry for entry in sys.path if not any(Path(entry, name).exists() for name in lacking)]
    )
    monkeypatch.setattr(module, "_broken", {})
    for name in packages:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return module


def put_torch(folder, binary=f"_C{EXTENSION_SUFFIXES[0]}", version="2.6.0", code=SOUND_TORCH):
    """An engine folder as pip leaves one, with nothing behind it."""
    (folder / "torch").mkdir(parents=True)
    (folder / "torch" / "__init__.py").write_text(code)
    (folder / "torch" / "version.py").write_text(f"__version__ = '{version}'\n")
    (folder / "torch" / binary).touch()
    (folder / "safetensors").mkdir()
    (folder / "safetensors" / "__init__.py").touch()
    return folder


@pytest.fixture
def error(load):
    return load("core.errors").PochadeError
