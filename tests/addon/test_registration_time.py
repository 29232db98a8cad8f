"""Switching the extension on costs an artist nothing that they notice when Blender starts."""

import json
import os
import subprocess
import sys

import pytest
from tools.extension import blender_ext

pytestmark = pytest.mark.oldest

MANIFEST = """
schema_version = "1.0.0"
id = "{id}"
version = "1.0.0"
name = "Empty"
tagline = "Nothing"
maintainer = "Nobody"
type = "add-on"
blender_version_min = "4.2.0"
license = ["SPDX:GPL-3.0-or-later"]
"""
EMPTY = "import bpy\n\n\ndef register():\n    pass\n\n\ndef unregister():\n    pass\n"
INSTALL = """
import bpy, sys
for path in sys.argv[1:]:
    bpy.ops.extensions.package_install_files(filepath=path, repo="user_default", enable_on_install=True)
"""
# Counted is what Blender's start has to wait for, on any machine: calls of functions, files that are opened,
# modules that are imported, and whatever goes to the network or to another program.
ENABLE = """
import bpy, addon_utils, json, sys

calls = files = 0
elsewhere, counting = [], False

def call(frame, event, function):
    global calls
    calls += event in ("call", "c_call")

def access(event, arguments):
    global files
    if counting and event == "open":
        files += 1
    elif counting and event in ("subprocess.Popen", "os.posix_spawn", "os.fork", "socket.connect"):
        elsewhere.append(event)

sys.addaudithook(access)
for name in sys.argv[1:]:
    calls = files = 0
    modules, counting = set(sys.modules), True
    sys.setprofile(call)
    module = addon_utils.enable("bl_ext.user_default." + name)
    sys.setprofile(None)
    counting = False
    assert module
    print("counted", json.dumps([calls, files, sorted(set(sys.modules) - modules), elsewhere]))
"""


def _empty_zip(folder, name):
    (folder / name).mkdir()
    (folder / name / "blender_manifest.toml").write_text(MANIFEST.format(id=name))
    (folder / name / "__init__.py").write_text(EMPTY)
    blender_ext("build", "--source-dir", folder / name, "--output-filepath", folder / f"{name}.zip")
    return str(folder / f"{name}.zip")


def test_registration_takes_a_moment(extension_zip, tmp_path):
    environment = os.environ | {
        "BLENDER_USER_RESOURCES": str(tmp_path / "user"),
        "PYTHONDONTWRITEBYTECODE": "",
    }

    def blender(script, *arguments):
        command = [sys.executable, "-c", script, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    # Installing writes the bytecode, as an artist's first start of Blender does.
    blender(INSTALL, str(extension_zip), _empty_zip(tmp_path, "first"), _empty_zip(tmp_path, "empty"))
    # The first extension that is switched on pays for what all of them need.
    output = blender(ENABLE, "first", "empty", "pochade").splitlines()
    _, empty, ours = (json.loads(line.split(maxsplit=1)[1]) for line in output if line.startswith("counted"))
    calls, files = ours[0] - empty[0], ours[1] - empty[1]
    print(f"registration takes {calls} calls and opens {files} files beyond an empty add-on's")
    assert calls < 100_000  # 60,000 took 0.06 s
    assert files < 200
    of_python = sys.stdlib_module_names | {"bpy", "bl_ext"}
    assert not [name for name in ours[2] if name.partition(".")[0] not in of_python], (
        "the engine is loaded later"
    )
    assert not ours[3]
