"""Render a frame of the benchmark's scenes sharp, as its neighbours, and with Cycles' own motion blur.

    python render_blur.py SCENE FOLDER FRAME SHUTTER:POSITION ...

Leaves 0012.exr and 0012.png as render.py does, and a PNG named after each shutter; files that exist are left
as they are.
"""

import sys
from pathlib import Path

import bpy
from render import PASSES, PICTURE, save
from scenes import build

SIZE, SAMPLES, NEIGHBOUR_SAMPLES = (320, 180), 256, 1  # so many samples that noise is less than what counts


def main(name: str, folder: Path, frame: int, *shutters: str):
    folder.mkdir(parents=True, exist_ok=True)
    scene = build(name)
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.cycles.use_denoising = False
    for number in (frame - 1, frame, frame + 1):
        picture = folder / f"{number:04}.png"
        scene.cycles.samples = SAMPLES if number == frame else NEIGHBOUR_SAMPLES
        if not picture.exists():
            scene.frame_set(number)
            bpy.ops.render.render()
            save(scene, picture.with_suffix(".exr"), PASSES)
            save(scene, picture, PICTURE)
    scene.frame_set(frame)
    scene.cycles.samples, scene.render.use_motion_blur = SAMPLES, True
    for shutter in shutters:
        length, position = shutter.split(":")
        scene.render.motion_blur_shutter, scene.render.motion_blur_position = float(length), position
        blurred = folder / f"{position}-{length}.png"
        if not blurred.exists():
            bpy.ops.render.render()
            save(scene, blurred, PICTURE)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).resolve(), int(sys.argv[3]), *sys.argv[4:])
