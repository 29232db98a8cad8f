"""Blender without a window: the same operator, from a script."""

import shutil
from pathlib import Path

import pytest

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
