"""The demo's journey inside Blender's module: install the extension, render the harbour, paint it.

    python run.py ZIP FOLDER

Leaves render.png, painted.png and scene.blend in FOLDER, and in seconds.json how long each stage took.
"""

import json
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import bpy
from harbour import build_scene

PRESET = "starry_night"
seconds = {}


@contextmanager
def stage(name: str, doing: str):
    print(doing, flush=True)
    started = time.monotonic()
    yield
    seconds[name] = time.monotonic() - started


def main(extension: Path, folder: Path):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    with stage("install", "Installing the extension"):
        bpy.ops.extensions.package_install_files(
            filepath=str(extension), repo="user_default", enable_on_install=True
        )
    with stage("scene", "Building the scene"):
        build_scene(scene)
    with stage(
        "render",
        f"Rendering it at {scene.render.resolution_x} x {scene.render.resolution_y} with Cycles on the CPU",
    ):
        bpy.ops.render.render()
        render = next(image for image in bpy.data.images if image.type == "RENDER_RESULT")
        render.save_render(str(folder / "render.png"))
    scene.pochade.source = "RENDER"
    scene.pochade.preset = PRESET
    with stage("paint", f"Painting the render, as large as it is, in the preset {PRESET}"):
        bpy.ops.pochade.stylize()
    with stage("save", "Saving"):
        scene.pochade.result.save(filepath=str(folder / "painted.png"))
        bpy.ops.wm.save_as_mainfile(filepath=str(folder / "scene.blend"), compress=True, check_existing=False)
    (folder / "seconds.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve())
