"""Has the Blender that runs it take this checkout as its extension: `python3 build.py blender` hands it over.

Nothing is installed: the checkout is linked into an extension repository of its own. *Reload Pochade*, F8 or
in the Blender menu and its search, has Blender take what the files say now.
"""

import atexit
import sys
import time
import traceback
from pathlib import Path

import bpy

import addon_utils  # isort: skip - Blender's, and not there before bpy

ROOT = Path(__file__).resolve().parents[2]
REPOSITORY = "pochade_dev"
PACKAGE = f"bl_ext.{REPOSITORY}.pochade"


def link() -> Path:
    """A folder that has the checkout in it as `pochade`."""
    folder = ROOT / "out" / "dev" / "repository"
    there = folder / "pochade"
    folder.mkdir(parents=True, exist_ok=True)
    if there.resolve() != ROOT:
        if sys.platform == "win32":
            import _winapi

            _winapi.CreateJunction(str(ROOT), str(there))  # a link needs rights that few have there
        else:
            there.unlink(missing_ok=True)  # the checkout was moved
            there.symlink_to(ROOT, target_is_directory=True)
    return folder


def borrow_engine() -> None:
    """Let a Blender with the Python of .venv find the painting engine there, last of all places."""
    if sys.version_info[:2] == (3, 11):
        sys.path += [
            str(path)
            for pattern in ("lib/python3.11/site-packages", "Lib/site-packages")
            for path in (ROOT / ".venv").glob(pattern)
            if str(path) not in sys.path
        ]


def start() -> float:
    """Enable the checkout as an extension, and no other Pochade; the seconds that it took."""
    preferences = bpy.context.preferences
    for name in [each.module for each in preferences.addons]:
        if name.endswith(".pochade") and name != PACKAGE:
            addon_utils.disable(name)
    if REPOSITORY not in {each.module for each in preferences.extensions.repos}:
        preferences.extensions.repos.new(
            name="Pochade's checkout", module=REPOSITORY, custom_directory=str(link())
        )
    return reload()


def reload() -> float:
    """Take the checkout's files as they are now; the seconds that it took. Raises what their code raises."""
    errors: list[Exception] = []
    started = time.perf_counter()
    if PACKAGE in sys.modules:
        addon_utils.disable(PACKAGE)
    for name in [name for name in sys.modules if name == PACKAGE or name.startswith(f"{PACKAGE}.")]:
        del sys.modules[name]
    addon_utils.enable(PACKAGE, default_set=True, handle_error=errors.append)
    if errors:
        raise errors[0]
    return time.perf_counter() - started


class Reload(bpy.types.Operator):
    """Take Pochade's files as they are now"""

    bl_idname = "wm.reload_pochade"
    bl_label = "Reload Pochade"

    def execute(self, context):
        try:
            self.report({"INFO"}, f"Pochade is loaded anew, in {reload():.1f} s")
        except Exception as error:  # noqa: BLE001 - whatever the code that is being written raises
            traceback.print_exception(error)
            self.report({"ERROR"}, f"Pochade does not load: {type(error).__name__}: {error}")
            return {"CANCELLED"}
        return {"FINISHED"}


def draw_reload(menu, _context):
    menu.layout.operator(Reload.bl_idname, icon="FILE_REFRESH")


def register() -> None:
    bpy.utils.register_class(Reload)
    bpy.types.TOPBAR_MT_blender.append(draw_reload)
    if keys := bpy.context.window_manager.keyconfigs.addon:  # None in the background
        keys.keymaps.new("Window").keymap_items.new(Reload.bl_idname, "F8", "PRESS")
    atexit.register(unregister)  # Blender 4.2 as a module crashes at its end with what is left


def unregister() -> None:
    bpy.types.TOPBAR_MT_blender.remove(draw_reload)
    bpy.utils.unregister_class(Reload)


if __name__ == "__main__":
    borrow_engine()
    loading = start()
    register()
    print(f"Blender {bpy.app.version_string} runs Pochade from {ROOT}, loaded in {loading:.1f} s", flush=True)
