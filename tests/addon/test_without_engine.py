"""A Blender that has no PyTorch, and nothing that comes with it: instant styles paint at once."""

import json
import os
import subprocess
import sys

import bpy
import pytest

pytestmark = pytest.mark.oldest

# Everything in a process of its own, for nothing of the engine may have been imported before.
BLENDER = """
import bpy, glob, importlib.util, json, numpy as np, os, sys
from importlib import import_module
sys.path[:] = [folder for folder in sys.path if not os.path.exists(os.path.join(folder, "torch"))]
extension, folder = sys.argv[1:]
bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
chosen, said = bpy.context.scene.pochade, {}
chosen.preset, chosen.resolution, chosen.size = "starry_night", "draft", 96
image = bpy.data.images.new("photo.png", 96, 72)
y, x = np.mgrid[:72, :96].astype(np.float32)
image.pixels.foreach_set(np.stack([x / 96, y / 72, np.abs(np.sin(x / 9)), 0 * x + 1], 2).ravel())
image.pack()

def colours(image):
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    return values.reshape(-1, 4)[:, :3]

def attempt(name, operator, **options):
    try:
        said[name] = list(operator(**options))
    except RuntimeError as error:
        said[name] = str(error)

chosen.method = "optimised"
attempt("optimised", bpy.ops.pochade.stylize, image="photo.png")
chosen.property_unset("method")
panel = import_module("bl_ext.user_default.pochade.addon.ui.panels.stylize")
said["before"] = str(panel.without_engine(bpy.context))
attempt("stylize", bpy.ops.pochade.stylize, image="photo.png")
said["method"], said["after"] = chosen.method, str(panel.without_engine(bpy.context))
said["change"] = float(np.abs(colours(chosen.result) - colours(image)).mean())
attempt("variations", bpy.ops.pochade.variations, image="photo.png", count=2)
image.filepath_raw, image.file_format = os.path.join(folder, "a photo.png"), "PNG"
image.save()
with open(os.path.join(folder, "broken.png"), "w") as file:
    file.write("no picture")
before = set(bpy.data.images)
attempt("files", bpy.ops.pochade.stylize_files, directory=folder, files=[
    {"name": "a photo.png"}, {"name": "broken.png"}])
said["left"] = len(set(bpy.data.images) - before)
run = import_module("bl_ext.user_default.pochade.addon.cli").run
scream = ["paint", os.path.join(folder, "a photo.png"), "--style", "the_scream", "--output"]
said["command"] = run([*scream, os.path.join(folder, "by command.png"),
    "--method", "instant", "--resolution", "draft", "--size", "96"])
said["jpeg"] = run([*scream, os.path.join(folder, "by command.jpg"), "--method", "instant", "--size", "96"])
said["engineless"] = run([*scream, os.path.join(folder, "never.png")])
bpy.ops.object.camera_add(location=(0, -6, 0), rotation=(1.5708, 0, 0))
scene = bpy.context.scene
scene.camera, scene.render.engine, scene.cycles.samples = bpy.context.object, "CYCLES", 1
scene.render.resolution_x, scene.render.resolution_y = 96, 72
region = chosen.regions.add()
region.kind, region.target, region.style_kind = "OBJECT", "Cube", "NONE"
bpy.ops.pochade.switch_on_cryptomatte()
bpy.ops.render.render()
sys.path += glob.glob(os.path.join(bpy.utils.resource_path("LOCAL"), "python/lib/python*/site-packages"))
said["library"] = importlib.util.find_spec("OpenImageIO") is not None
chosen.source = "RENDER"
attempt("region", bpy.ops.pochade.stylize)
chosen.source = "SHOWN"
if said["library"]:
    seen = import_module("bl_ext.user_default.pochade.addon.blender.images")
    render = seen.read_source(scene, seen.find_render())[..., :3]
    changed = np.abs(colours(chosen.result).reshape(72, 96, 3)[::-1] - render).max(2)
    said["kept"], said["painted"] = float(changed[34:38, 44:52].max()), float(changed[:10].mean())
chosen.regions.clear()
chosen.animation.folder = os.path.join(folder, "painted")
attempt("animation", bpy.ops.pochade.stylize_animation)
chosen.style_kind, chosen.style_image = "IMAGE", image
chosen.property_unset("method")
attempt("untrained", bpy.ops.pochade.stylize, image="photo.png")
said["engine"] = [name for name in ("torch", "safetensors", "PIL", "cv2") if name in sys.modules]
print("said", json.dumps(said))
"""


def test_instant_styles_paint_and_what_needs_the_engine_says_so_when_it_is_asked_for(extension_zip, tmp_path):
    environment = os.environ | {"BLENDER_USER_RESOURCES": str(tmp_path / "user")}
    command = [sys.executable, "-c", BLENDER, str(extension_zip), str(tmp_path)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    output = done.stdout
    said = json.loads(next(line for line in output.splitlines() if line.startswith("said"))[5:])
    assert "This needs PyTorch" in said["optimised"] and "set Method to Instant" in said["optimised"]
    assert (said["stylize"], said["method"]) == (["FINISHED"], "instant"), "nobody had chosen the Method"
    assert said["before"].startswith("A click on Stylize sets Method to Instant"), "and the panel said so"
    assert said["after"] == "Instant styles paint at once; all else needs the engine"
    assert said["change"] > 0.05
    assert said["variations"] == ["FINISHED"]
    assert said["files"] == ["FINISHED"] and said["left"] == 0
    assert (tmp_path / "pochade" / "a photo, The Starry Night.png").stat().st_size > 1000
    assert "broken.png: " in output and "Painted 1 of 2 pictures" in output
    assert said["command"] == 0 and (tmp_path / "by command.png").stat().st_size > 1000
    assert said["jpeg"] and not (tmp_path / "by command.jpg").exists(), "Blender's PNG under another name"
    assert said["engineless"] and not (tmp_path / "never.png").exists()
    assert said["library"] or bpy.app.version < (4, 4)
    if said["library"]:
        assert said["region"] == ["FINISHED"] and said["kept"] < 1 / 255 and said["painted"] > 0.05
    else:
        assert "A render's passes need OpenEXR" in said["region"]
    assert "This needs PyTorch" in said["animation"]
    assert "This needs PyTorch" in said["untrained"], "no network has learnt the style"
    assert said["engine"] == []
