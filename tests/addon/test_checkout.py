"""A checkout as a live extension: what `build.py blender` starts, and *Reload Pochade* in it."""

import os
import shutil
import subprocess
import sys

import pytest

import build

# Runs in a Blender of its own: two Pochades in one would be in each other's way.
CHANGED = """
import os, runpy, sys
from pathlib import Path
import bpy

root = Path(sys.argv[1])
runpy.run_path(str(root / "tests/tools/checkout.py"), run_name="__main__")
file = root / "core/settings/still.py"
text = file.read_text(encoding="utf-8")

def reload(changed):
    file.write_text(changed, encoding="utf-8")
    try:
        bpy.ops.wm.reload_pochade()
    except RuntimeError as error:
        return print("said:", error)
    print("label:", bpy.context.scene.pochade.bl_rna.properties["strength"].name)

reload(text)
reload(text.replace('"Strength"', '"How Much"'))
reload("this is no Python")
reload(text)
sys.stdout.flush()
os._exit(0)  # Blender 4.2 as a module crashes at its end where a dropped module's callbacks still hold bpy
"""


@pytest.mark.oldest
def test_a_changed_checkout_is_taken_without_installing_anything(tmp_path):
    for name in (
        "__init__.py",
        "blender_manifest.toml",
        "addon",
        "core",
        "presets",
        "tests/tools/checkout.py",
    ):
        there = tmp_path / "checkout" / name
        there.parent.mkdir(parents=True, exist_ok=True)
        source = build.ROOT / name
        shutil.copytree(source, there) if source.is_dir() else shutil.copy(source, there)
    done = subprocess.run(
        [sys.executable, "-c", CHANGED, tmp_path / "checkout"],
        env=os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith(("label:", "said:"))]
    assert lines[:2] == ["label: Strength", "label: How Much"]
    assert "Pochade does not load: SyntaxError" in lines[2]
    assert lines[3] == "label: Strength"
    assert f"runs Pochade from {tmp_path / 'checkout'}" in done.stdout
