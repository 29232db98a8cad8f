"""The edition for extensions.blender.org: nothing in it brings packages, and it paints."""

import ast
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from tools.editions import FULL_ALONE, build_platform_zip

pytestmark = pytest.mark.oldest

NETWORK = {"urllib.request", "urllib.error", "http", "socket", "ssl", "ftplib", "requests", "xmlrpc"}
INSTALLERS = {"pip", "ensurepip", "venv", "site", "setuptools"}
# Who starts a program, and which.
PROGRAMS = {"addon/farm/bundle.py": "Blender itself", "core/files/openexr.py": "Blender's own Python"}

# In a process of its own: whether an engine is there is decided once.
BLENDER = """
import bpy, json, numpy as np, os, sys
extension, engine = sys.argv[1:]
if engine == "none":
    sys.path[:] = [folder for folder in sys.path if not os.path.exists(os.path.join(folder, "torch"))]
before = list(sys.path)
bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
chosen, said = bpy.context.scene.pochade, {}
chosen.preset, chosen.resolution, chosen.size, chosen.steps = "starry_night", "draft", 96, 2
image = bpy.data.images.new("photo.png", 96, 72)
y, x = np.mgrid[:72, :96].astype(np.float32)
image.pixels.foreach_set(np.stack([x / 96, y / 72, np.abs(np.sin(x / 9)), 0 * x + 1], 2).ravel())
image.pack()

def attempt(method):
    chosen.method = method
    try:
        bpy.ops.pochade.stylize(image="photo.png")
    except RuntimeError as error:
        return str(error)
    source, painting = (np.empty(96 * 72 * 4, np.float32) for _ in range(2))
    image.pixels.foreach_get(source)
    chosen.result.pixels.foreach_get(painting)
    return float(np.abs(painting - source).mean())

said["instant"], said["optimised"] = attempt("instant"), attempt("optimised")
said["path"] = [folder for folder in sys.path if folder not in before and "extensions" not in folder]
said["torch"] = "torch" in sys.modules
# `dir` reads what is registered; `hasattr` finds any name.
said["operators"] = [name for name in ("install_engine", "download_raft") if name in dir(bpy.ops.pochade)]
preferences = bpy.context.preferences.addons["bl_ext.user_default.pochade"].preferences
said["folder"] = "engine_folder" in preferences.bl_rna.properties
print("said", json.dumps(said))
"""


@pytest.fixture(scope="module")
def platform_zip(tmp_path_factory):
    return build_platform_zip(tmp_path_factory.mktemp("platform"))


def paint(extension, engine, folder):
    done = subprocess.run(
        [sys.executable, "-c", BLENDER, extension, engine],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(folder)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "Traceback" not in done.stderr, done.stdout + done.stderr
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("said"))[5:])


def test_without_pytorch_instant_paints_and_the_rest_names_the_full_edition(platform_zip, tmp_path):
    said = paint(platform_zip, "none", tmp_path)
    assert said["instant"] > 0.03
    assert "the full edition of Pochade installs it" in said["optimised"]
    assert (said["path"], said["torch"]) == ([], False)
    assert (said["operators"], said["folder"]) == ([], False)


def test_pytorch_in_blenders_own_python_is_taken(platform_zip, tmp_path):
    said = paint(platform_zip, "own", tmp_path)
    assert said["optimised"] > 0.03 and said["torch"] and said["path"] == []


def test_the_full_edition_has_what_the_other_lacks(extension_zip, tmp_path):
    said = paint(extension_zip, "none", tmp_path)
    assert said["operators"] == ["install_engine", "download_raft"] and said["folder"]
    assert "install the engine" in said["optimised"]
    with zipfile.ZipFile(extension_zip) as full:
        names = full.namelist()
    assert not {name for name in FULL_ALONE if name.endswith(".py") and name not in names}


def imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_nothing_in_it_brings_or_finds_packages(platform_zip):
    with zipfile.ZipFile(platform_zip) as archive:
        manifest = tomllib.loads(archive.read("blender_manifest.toml").decode())
        sources = {name: archive.read(name).decode() for name in archive.namelist() if name.endswith(".py")}
        others = {Path(name).suffix for name in archive.namelist()} - {".py"}
    assert "wheels" not in manifest and "network" not in manifest["permissions"]
    assert not others & {".whl", ".so", ".pyd", ".dll", ".dylib", ".exe", ".sh", ".bat"}
    assert len(sources) > 100
    for name, source in sources.items():
        found = set(imports(ast.parse(source)))
        for bad in NETWORK | INSTALLERS:
            assert not [each for each in found if f"{each}.".startswith(f"{bad}.")], f"{name}: {bad}"
        starts = any(each.startswith(("subprocess", "multiprocessing")) for each in found)
        assert not starts or name in PROGRAMS, f"{name} starts programs"
        for words in ("sys.path.append", "sys.path.insert", "site-packages", "os.system", "os.exec"):
            assert words not in source, f"{name}: {words}"
        # Paths are looked through, and handed on to a program of the same Python.
        assert "sys.path +=" not in source and ("sys.path[:] =" in source) <= (name in PROGRAMS), name
