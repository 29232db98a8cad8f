"""What an artist keeps when Pochade is upgraded, or removed and installed again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.oldest

KEPT = [
    "used: old code, presets ['Mine'], 2 of 2 files, device cpu, pochade.stylize",
    "upgraded: new code, presets ['Mine'], 2 of 2 files, device cpu, pochade.stylize",
    "removed: registered False",
    # Blender deletes its preferences and its own folder with an extension; the library of presets is not in
    # there.
    "installed again: new code, presets ['Mine'], 0 of 2 files, device auto, pochade.stylize",
]


@pytest.mark.slow  # starts a Blender that installs two zips
def test_presets_outlive_upgrades_and_removal(extension_zip, older_zip, tmp_path):
    told = tmp_path / "told.txt"
    script = Path(__file__).with_name("upgrading.py")
    done = subprocess.run(
        [sys.executable, script, "--", older_zip(extension_zip, tmp_path), extension_zip, told],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")},
        capture_output=True,
        text=True,
    )
    # Not its status: the module of Blender 4.2 frees panels after Python has ended, and crashes at its exit.
    assert told.exists() and told.read_text().splitlines() == KEPT, done.stdout + done.stderr
