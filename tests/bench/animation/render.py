"""Render a scene of the benchmark, each frame with its passes; frames that exist are left as they are.

    python render.py SCENE FOLDER [FRAME ...]

Leaves 0001.exr (multilayer, scene-linear, with Z, Vector, object index and Cryptomatte) and 0001.png (16 bit,
as the view displays it) for every frame, and cameras.json: by frame number, where a point is seen
(core.sequence.shot.Camera).
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[2] / "demo"))

import bpy  # noqa: E402
from scenes import HEIGHT, WIDTH, build  # noqa: E402

PICTURE = {
    "media_type": "IMAGE",
    "file_format": "PNG",
    "color_mode": "RGB",
    "color_depth": "16",
    "compression": 50,
}
PASSES = {
    "media_type": "MULTI_LAYER_IMAGE",
    "file_format": "OPEN_EXR_MULTILAYER",
    "color_mode": "RGBA",
    "color_depth": "32",
    "exr_codec": "ZIP",
}


def main(name: str, folder: Path, *wanted: str):
    folder.mkdir(parents=True, exist_ok=True)
    scene = build(name)
    frames = range(scene.frame_start, scene.frame_end + 1)
    cameras = {}
    for frame in frames:
        scene.frame_set(frame)
        cameras[frame] = point_to_pixel(scene)
    (folder / "cameras.json").write_text(json.dumps(cameras))
    for frame in map(int, wanted or frames):
        picture = folder / f"{frame:04}.png"
        if not picture.exists():
            scene.frame_set(frame)
            bpy.ops.render.render()
            save(scene, picture.with_suffix(".exr"), PASSES)
            save(scene, picture, PICTURE)
            print(f"{name} {frame}/{frames[-1]}", flush=True)


def point_to_pixel(scene: bpy.types.Scene) -> list[list[float]]:
    """Rows, (3, 4): x, y and w, the depth, of a point in world space; it is seen at (x / w, y / w), where
    (0, 0) is a pixel's centre.
    """
    camera, depsgraph = scene.camera, bpy.context.evaluated_depsgraph_get()
    to_camera = camera.evaluated_get(depsgraph).matrix_world.inverted()
    x, y, _, w = camera.calc_matrix_camera(depsgraph, x=WIDTH, y=HEIGHT) @ to_camera
    return [[*(x * WIDTH / 2 + w * (WIDTH - 1) / 2)], [*(-y * HEIGHT / 2 + w * (HEIGHT - 1) / 2)], [*w]]


def save(scene: bpy.types.Scene, path: Path, settings: dict):
    """Save the render; the file is whole or absent."""
    for name, value in settings.items():
        setattr(scene.render.image_settings, name, value)
    part = path.with_name(f".{path.name}")
    bpy.data.images["Render Result"].save_render(str(part), scene=scene)
    part.replace(path)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), *sys.argv[3:])
