"""What a Blender with a studio's colour configuration does, for tests/addon/test_colour_names.py: run with
OCIO set, with the extension's zip and a folder as arguments. Prints the largest differences as JSON.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import bpy
import numpy as np

from tests.addon.pictures import blender_image, picture, small_scene

PACKAGE = "bl_ext.user_default.pochade"
extension, folder = sys.argv[1], Path(sys.argv[2])


def pixels(image):
    values = np.empty((image.size[1], image.size[0], 4), np.float32)
    image.pixels.foreach_get(values.ravel())
    return values[::-1]


def raw(path):
    """The values in a picture file, whatever the names of the colour spaces are."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.colorspace_settings.name = import_module(f"{PACKAGE}.addon.blender.colour_names").data_space()
    return pixels(image)


def difference(one, other):
    return float(np.abs(one[..., :3] - other[..., :3]).max() * 255)


bpy.ops.extensions.package_install_files(filepath=extension, repo="user_default", enable_on_install=True)
bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
scene, found = small_scene(), {}
scene.render.resolution_percentage = 100
scene.cycles.samples = 1
scene.frame_start, scene.frame_end = 1, 2
chosen = scene.pochade
chosen.preset, chosen.size, chosen.steps, chosen.coarse_size, chosen.strength = "starry_night", 128, 2, 128, 0
chosen.animation.later_steps = 2

photo = picture(128, 96)
photo[..., 3] = 1
source = blender_image(photo)
source.filepath_raw, source.file_format = str(folder / "photo_0001.png"), "PNG"
source.save()
source.filepath_raw = str(folder / "photo_0002.png")
source.save()
image = bpy.data.images.load(str(folder / "photo_0001.png"))
found["byte space"] = image.colorspace_settings.name
bpy.ops.pochade.stylize(image=image.name)
found["photo"] = difference(pixels(chosen.result), photo)
found["its space"] = chosen.result.colorspace_settings.name == image.colorspace_settings.name
chosen.animation.source, chosen.animation.path = "FILES", str(folder / "photo_0001.png")
chosen.animation.folder = str(folder / "footage")
bpy.ops.pochade.stylize_animation()
found["footage"] = difference(raw(folder / "footage" / "0001.png"), photo)
bpy.ops.pochade.write_movie()

settings = scene.render.image_settings
settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGB", "8"
scene.render.filepath = str(folder / "render.png")
bpy.ops.render.render(write_still=True)
displayed = raw(folder / "render.png")
chosen.source = "RENDER"
bpy.ops.pochade.stylize_render()
found["render"] = difference(pixels(chosen.result), displayed)
chosen.animation.source, chosen.animation.folder = "RENDER", str(folder / "painted")
bpy.ops.pochade.stylize_animation()
found["animation"] = difference(raw(folder / "painted" / "0001.png"), displayed)

bpy.ops.pochade.stylize_render()
bpy.ops.pochade.send_to_compositor(mode="AS_PAINTED")
bpy.ops.render.render(write_still=True)
found["compositor"] = difference(raw(folder / "render.png"), displayed)
found["view"] = scene.view_settings.view_transform
found["command"] = import_module(f"{PACKAGE}.addon.cli").run(
    ["paint", str(folder / "photo_0001.png"), "--style", str(folder / "photo_0002.png"), "--output"]
    + [str(folder / "o.png"), "--size", "128", "--steps", "2", "--strength", "0"]
)
found["command's"] = difference(raw(folder / "o.png"), photo)
print("found", json.dumps(found))
sys.stdout.flush()
