"""Blender without a window: the same operator, from a script."""

import ensurepip
import shutil
from pathlib import Path

import pytest

from tests.addon.test_install import put_lock, put_wheel
from tests.addon.test_upgrade import KEPT

pytestmark = pytest.mark.by_version  # animations are rendered by compositing nodes, which differ
HERE = Path(__file__).parent


def in_background(blender, script, *arguments):
    """Run a script in Blender without a window."""
    return blender.run(
        "test_background",
        "-b",
        "--python",
        script,
        "--",
        *arguments,
        capture_output=True,
        text=True,
        timeout=600,
    )


def test_presets_outlive_upgrades_and_removal(blender, window_zip, older_zip):
    folder = blender.out / "upgrade"
    shutil.rmtree(folder, ignore_errors=True)
    done = in_background(
        blender,
        HERE.parent / "addon/upgrading.py",
        older_zip(window_zip, folder),
        window_zip,
        folder / "told.txt",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told.txt").read_text().splitlines() == KEPT


def test_an_animation_is_painted_and_goes_on_after_a_crash(blender, window_zip):
    folder = blender.out / "background"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for _ in range(3):
        done = in_background(blender, HERE / "background.py", window_zip, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told.txt").read_text().splitlines() == [
        "True 1 there, 1 kept, 3 in the end, SEQUENCE",
        "True 3 there, 3 kept, 3 in the end, SEQUENCE",
    ]


def test_strips_warn_of_nothing_that_ends(blender, window_zip):
    """Pochade asks strips for their times by the names that this Blender wants."""
    folder = blender.out / "strips"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    done = in_background(blender, HERE / "strips.py", window_zip, folder)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "DeprecationWarning" not in said and "expected to be removed" not in said
    assert (folder / "told.txt").read_text() == repr([[3, 4, 5, 6, 7, 8], [22, 23, 24, 25, 26, 27]])


WITNESS = """
import os
from pathlib import Path
import bpy
Path({told!r}).write_text(f"{{os.readlink('/proc/self/exe')}} {{bpy.app.version}} {{bpy.app.background}}")
"""


@pytest.mark.skipif(not Path("/proc/self/exe").exists(), reason="a process's program is known by Linux")
def test_an_engine_is_tried_in_a_process_of_this_same_blender(blender, window_zip):
    """Which has other libraries than a Python beside it: what loads there need not load here."""
    folder = blender.out / "engine"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "python").mkdir(parents=True)
    shutil.copytree(Path(ensurepip.__file__).parent, folder / "python/ensurepip")
    for name, code in {
        "sound": WITNESS.format(told=str(folder / "witness")),
        "refuses": "raise OSError('[WinError 1114] c10.dll')",
        "crashes": "import os; os.abort()",
    }.items():
        (folder / name).mkdir()
        put_lock(
            folder / f"{name}.txt",
            [put_wheel(folder / name, "witness", "1.0", code)],
            "--no-index",
            f"--find-links {folder / name}",
        )
    done = in_background(blender, HERE / "engine.py", window_zip, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (folder / "told").read_text().splitlines() == [
        "crashes: The engine was not installed: it crashed, with status -6: try another build, False",
        "refuses: The engine was not installed: [WinError 1114] c10.dll, False",
        "sound: installed, True",
    ]
    program, version = (folder / "witness").read_text().split(" ", 1)
    assert Path(program).name.startswith("blender") and version.endswith("True")
