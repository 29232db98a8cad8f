"""Blender without a window: the same operator, from a script."""

import os
import shlex
import shutil
import subprocess

import build


def test_an_animation_is_painted_and_goes_on_after_a_crash(request, window_zip):
    folder = build.OUT / "window" / "background"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    here = [os.path.relpath(path, build.ROOT) for path in (build.ROOT / "tests/gui/background.py", window_zip, folder)]
    command = [*shlex.split(request.config.getoption("--blender")), "-b", "--factory-startup", "--python-exit-code", "3",
               "--python", here[0], "--", *here[1:]]
    for _ in range(3):
        done = subprocess.run(command, cwd=build.ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told.txt").read_text().splitlines() == [
        "True 1 there, 1 kept, 3 in the end, SEQUENCE", "True 3 there, 3 kept, 3 in the end, SEQUENCE"]
