"""A studio's colour configuration: other names for spaces, displays and views than Blender's own."""

import json
import os
import subprocess
import sys

import bpy
import pytest

import build

CONFIGURATIONS = ["ocio://default", "ocio://studio-config-v2.1.0_aces-v1.3_ocio-v2.3"]


# Eight seconds each: a configuration is read when Blender starts, so it is a Blender of its own.
@pytest.mark.oldest
@pytest.mark.parametrize("configuration", CONFIGURATIONS)
def test_pictures_and_renders_come_back_under_a_studios_configuration(extension_zip, tmp_path, configuration):
    if bpy.app.version < (5, 0):
        configuration = configuration.replace("default", "cg-config-v2.1.0_aces-v1.3_ocio-v2.3")
    done = subprocess.run(
        [sys.executable, build.ROOT / "tests/addon/studio_colours.py", extension_zip, tmp_path],
        env=os.environ
        | {
            "OCIO": configuration,
            "BLENDER_USER_RESOURCES": str(tmp_path / "user"),
            "PYTHONPATH": os.pathsep.join([str(build.ROOT), os.environ.get("PYTHONPATH", "")]),
        },
        capture_output=True,
        text=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("found ")]
    assert lines, done.stdout + done.stderr
    found = json.loads(lines[0].removeprefix("found "))
    assert found["byte space"] != "sRGB", "Blender did not take the configuration"
    assert found["its space"] and found["command"] == 0
    # Of 255: a photo to the bit, a render as Blender saves it with 8 bits.
    assert max(found[name] for name in ("photo", "footage", "command's")) < 0.01
    assert max(found[name] for name in ("render", "animation", "compositor")) <= 0.51
