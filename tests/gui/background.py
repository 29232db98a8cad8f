"""An animation painted by `blender -b` from a script: a turning cube, at each stage of a thrice started job.

    blender -b --python background.py -- ZIP FOLDER

The first Blender ends in the middle as a crash does; the second goes on and finishes; the third finds all
done. Each writes what it saw to FOLDER/told.txt.
"""

import os
import sys
from importlib import import_module
from pathlib import Path

import bpy

PACKAGE = "bl_ext.user_default.pochade"
ZIP, FOLDER = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])


def build_scene() -> bpy.types.Scene:
    scene = bpy.context.scene
    scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 96, 64, 100
    scene.frame_start, scene.frame_end = 1, 3
    cube = bpy.data.objects["Cube"]
    for frame, angle in ((1, 0), (3, 0.3)):
        cube.rotation_euler.z = angle
        cube.keyframe_insert("rotation_euler", frame=frame)
    chosen = scene.pochade
    chosen.resolution = "draft"
    chosen.size, chosen.steps, chosen.coarse_size = 96, 3, 96
    chosen.animation.later_steps, chosen.animation.folder = 2, str(FOLDER / "painted")
    return scene


def crash_after_the_first_frame() -> None:
    """Have this process end, as a crash ends it, once the first painted frame is there."""
    folder = import_module(f"{PACKAGE}.core.files.checkpoint").Checkpoint
    advance = folder.advance

    def advance_and_crash(self, painted=""):
        advance(self, painted)
        if painted == "0001.png":
            os._exit(9)

    folder.advance = advance_and_crash


bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
scene = build_scene()
told = FOLDER / "told.txt"
before = {file.name: file.stat().st_mtime_ns for file in (FOLDER / "painted").glob("*.png")}
if not before:
    crash_after_the_first_frame()
bpy.ops.pochade.stylize_animation()
after = {file.name: file.stat().st_mtime_ns for file in (FOLDER / "painted").glob("*.png")}
kept = sum(after[name] == time for name, time in before.items())
with told.open("a") as file:
    file.write(
        f"{bpy.app.background} {len(before)} there, {kept} kept, {len(after)} in the end, "
        f"{scene.pochade.result.source}\n"
    )
