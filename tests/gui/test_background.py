"""Blender without a window: the same operator, from a script."""

import os
import shlex
import shutil
import subprocess

import build
from tests.addon.test_upgrade import KEPT


def in_background(request, script, *arguments):
    """Run a script in Blender without a window; paths are relative, for a Blender in a root of its own sees
    the project elsewhere.
    """
    here = [os.path.relpath(path, build.ROOT) for path in (build.ROOT / "tests" / script, *arguments)]
    command = [
        *shlex.split(request.config.getoption("--blender")),
        "-b",
        "--factory-startup",
        "--python-exit-code",
        "3",
        "--python",
        here[0],
        "--",
        *here[1:],
    ]
    return subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, timeout=300)


def test_presets_outlive_upgrades_and_removal(request, window_zip, older_zip):
    folder = build.OUT / "window" / "upgrade"
    shutil.rmtree(folder, ignore_errors=True)
    done = in_background(
        request, "addon/upgrading.py", older_zip(window_zip, folder), window_zip, folder / "told.txt"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told.txt").read_text().splitlines() == KEPT


def test_an_animation_is_painted_and_goes_on_after_a_crash(request, window_zip):
    folder = build.OUT / "window" / "background"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for _ in range(3):
        done = in_background(request, "gui/background.py", window_zip, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told.txt").read_text().splitlines() == [
        "True 1 there, 1 kept, 3 in the end, SEQUENCE",
        "True 3 there, 3 kept, 3 in the end, SEQUENCE",
    ]
