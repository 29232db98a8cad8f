"""Render the demo's scene with its Cryptomatte, for pictures of it: render.png and render.exr.

python render.py FOLDER [WIDTH HEIGHT]
"""

import sys
from pathlib import Path

import bpy
from harbour import build_scene

PASSES = {
    "media_type": "MULTI_LAYER_IMAGE",
    "file_format": "OPEN_EXR_MULTILAYER",
    "color_depth": "32",
    "exr_codec": "ZIP",
}


def main(folder: Path, *size: int):
    bpy.ops.wm.read_homefile(use_empty=True, use_factory_startup=True)
    scene = bpy.context.scene
    build_scene(scene, *size)
    scene.view_layers[0].use_pass_cryptomatte_object = True
    bpy.ops.render.render()
    render = next(image for image in bpy.data.images if image.type == "RENDER_RESULT")
    render.save_render(str(folder / "render.png"))
    for name, value in PASSES.items():
        setattr(scene.render.image_settings, name, value)
    render.save_render(str(folder / "render.exr"))


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), *map(int, sys.argv[2:]))
