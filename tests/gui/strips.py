"""Strips read, cut, sent and written by `blender -b`, where a deprecated name of Blender's is an error.

    blender -b --python strips.py -- ZIP FOLDER

Writes what was found to FOLDER/told.txt.
"""

import sys
import warnings
from importlib import import_module
from pathlib import Path

import bpy

PACKAGE = "bl_ext.user_default.pochade"
ZIP, FOLDER = (Path(argument).absolute() for argument in sys.argv[sys.argv.index("--") + 1 :])

bpy.ops.extensions.package_install_files(filepath=str(ZIP), repo="user_default", enable_on_install=True)
scene, compat = bpy.context.scene, import_module(f"{PACKAGE}.addon.blender.compat")
results, sequencer = (import_module(f"{PACKAGE}.addon.blender.{name}") for name in ("results", "sequencer"))
shots = import_module(f"{PACKAGE}.addon.shots")

frame = bpy.data.images.new("frame", 64, 48)
frame.file_format = "PNG"
for number in range(1, 9):
    frame.pixels[0] = number / 8
    frame.update()
    frame.pack()
    frame.save(filepath=str(FOLDER / f"{number:04}.png"))
files = [FOLDER / f"{number:04}.png" for number in range(1, 9)]

with warnings.catch_warnings():
    warnings.simplefilter("error", DeprecationWarning)
    image = results.load("painted", files)
    results.record_frames(image, range(1, 9))
    strip = sequencer.add_strip(scene, image)
    movie = sequencer.write_movie(scene, image)
    reel = compat.strips_of(scene).new_movie("reel", str(movie), 5, 20)
    for each in (strip, reel):
        setattr(each, compat.strip_name("frame_final_start"), compat.times_of(each).start + 2)
    scene.pochade.animation.source, told = "STRIP", []
    for each in (strip, reel):
        scene.pochade.animation.strip = each.name
        told.append(shots.choose(scene).numbers)
Path(FOLDER / "told.txt").write_text(repr(told))
