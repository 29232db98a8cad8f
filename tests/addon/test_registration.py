"""Switching the extension on and off, as the preferences do."""

import os
import subprocess
import sys

import bpy
import pytest

pytestmark = pytest.mark.oldest

NAMES = (
    "POCHADE_PT_stylize",
    "POCHADE_PT_look",
    "POCHADE_PT_method",
    "POCHADE_OT_stylize",
    "POCHADE_OT_cancel",
    "POCHADE_GGT_sheet",
    "POCHADE_GGT_wipe",
)


def gizmos(name):
    return bpy.types.GizmoGroup.bl_rna_get_subclass_py(name)


def traces(load):
    """What registration leaves in Blender."""
    keymap = bpy.context.window_manager.keyconfigs.addon.keymaps.get("Image Generic")
    return (
        [name for name in NAMES if hasattr(bpy.types, name) or gizmos(name)],
        hasattr(bpy.types.Scene, "pochade"),
        [
            handler.__module__
            for handler in bpy.app.handlers.load_pre
            if handler.__module__.endswith("pochade.addon.job")
        ],
        [item.idname for item in keymap.keymap_items if item.idname.startswith("pochade.")] if keymap else [],
    )


def test_off_and_on_twice(pochade, load):
    on = traces(load)
    assert on == (
        list(NAMES),
        True,
        [f"{pochade.__name__}.addon.job"],
        ["pochade.cancel", "pochade.end_wipe"],
    )
    for _ in range(2):
        pochade.unregister()
        assert traces(load) == ([], False, [], [])
        pochade.register()
        assert traces(load) == on


def test_registration_imports_no_torch(extension_zip, tmp_path):
    script = (
        "import bpy, sys\n"
        f"bpy.ops.extensions.package_install_files(filepath={str(extension_zip)!r}, "
        "repo='user_default', enable_on_install=True)\n"
        "import bl_ext.user_default.pochade\n"
        "bpy.context.scene.pochade.preset, bpy.ops.pochade.stylize.poll()\n"
        "print('heavy:', sorted({'torch', 'safetensors', 'PIL', 'OpenEXR'} & set(sys.modules)))\n"
    )
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path)}
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
    ).stdout
    assert "heavy: []" in output
