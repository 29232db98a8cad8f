"""What a Blender without a window has of a Pochade from a repository or from a studio's folder. Runs in it:

blender -b --python shipped.py -- TOLD use|look|studio
"""

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import bpy
import numpy as np

TOLD, DOING = sys.argv[sys.argv.index("--") + 1 :]
REPOSITORY = "system" if DOING == "studio" else "pochade"
PACKAGE = f"bl_ext.{REPOSITORY}.pochade"


def module(name: str):
    return import_module(f"{PACKAGE}.{name}")


def settings():
    return bpy.context.preferences.addons[PACKAGE].preferences


def photo() -> bpy.types.Image:
    image = bpy.data.images.new("strokes", 96, 72)
    y, x = np.mgrid[:72, :96].astype(np.float32)
    image.pixels.foreach_set(np.stack([x / 96, y / 72, np.abs(np.sin(x / 9)), 0 * x + 1], 2).ravel())
    image.pack()
    return image


def use() -> None:
    """Make what artists make: a preset, a favourite, a preference, and keep them."""
    chosen = bpy.context.scene.pochade
    chosen.style_kind, chosen.style_image = "IMAGE", photo()
    bpy.ops.pochade.save_preset(name="Mine", place="LIBRARY")
    settings().device, settings().farm_blender = "cpu", "blender-of-the-farm"
    bpy.ops.wm.save_userpref()


def look() -> dict[str, object]:
    return {
        "version": module("addon.about").version(),
        "enabled": hasattr(bpy.types.Scene, "pochade"),
        "presets": [entry.name for entry in module("addon.styles.stores").LIBRARY.list()],
        "settings": [settings().device, settings().farm_blender],
    }


def studio() -> dict[str, object]:
    """Paint as someone who may write nothing there, with the extension switched on."""
    folder = Path(os.environ["BLENDER_SYSTEM_EXTENSIONS"], "system", "pochade")
    if os.name == "posix" and os.geteuid() == 0:
        os.setuid(65534)  # nobody: for root nothing is read-only
    written = False
    with suppress(OSError):
        (folder / "written").touch()
        written = True
    bpy.ops.preferences.addon_enable(module=PACKAGE)
    chosen = bpy.context.scene.pochade
    chosen.preset, chosen.method, chosen.resolution, chosen.size = "starry_night", "instant", "draft", 96
    source = photo()
    bpy.ops.pochade.stylize(image=source.name)
    before, after = (np.empty(96 * 72 * 4, np.float32) for _ in range(2))
    source.pixels.foreach_get(before)
    chosen.result.pixels.foreach_get(after)
    return {
        "written": written,
        "online": bpy.app.online_access,
        "from": module("addon").__file__.startswith(str(folder)),
        "painted": float(np.abs(after - before).mean()),
    }


told = {"use": use, "look": look, "studio": studio}[DOING]()
Path(TOLD).write_text(json.dumps(told))
