"""Builds a shot of 24 small frames, submits it to a farm, and paints a copy of that job by hand.

blender -b --python farm_shot.py -- FOLDER
"""

import shutil
import sys
from importlib import import_module
from pathlib import Path

import bpy

PACKAGE = "bl_ext.user_default.pochade"
FOLDER = Path(sys.argv[sys.argv.index("--") + 1]).absolute()
JOB, BY_HAND = FOLDER / "shot on the farm", FOLDER / "by hand"
PARTS = {"render": range(1, 25, 8), "anchors": [None], "chunk": range(1, 24, 6), "collect": [None]}

bpy.ops.wm.read_homefile(use_factory_startup=True)
scene = bpy.context.scene
scene.render.engine, scene.cycles.samples, scene.cycles.use_denoising = "CYCLES", 1, False
scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = 96, 64, 100
scene.frame_start, scene.frame_end = 1, 24
cube = bpy.data.objects["Cube"]
for frame, angle in ((1, 0), (24, 0.8)):
    cube.rotation_euler.z = angle
    cube.keyframe_insert("rotation_euler", frame=frame)
chosen = scene.pochade
chosen.resolution = "draft"
chosen.size, chosen.steps, chosen.coarse_size, chosen.animation.later_steps = 96, 2, 96, 1
chosen.farm.chunk, chosen.farm.render_chunk = 6, 8
bpy.context.preferences.addons[PACKAGE].preferences.farm_blender = sys.argv[-1]
bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "shot.blend"))
bpy.ops.pochade.submit_to_farm(directory=str(FOLDER))
shutil.copytree(JOB, BY_HAND)

run = import_module(f"{PACKAGE}.addon.cli").run
for stage, firsts in PARTS.items():
    for first in reversed(firsts):  # machines come in any order
        part = [] if first is None else ["--from", str(first)]
        status = run(
            [
                "animate",
                str(BY_HAND / "shot.blend"),
                "--stage",
                stage,
                "--folder",
                str(BY_HAND / "painted"),
                "--frames",
                "1-24",
                "--chunk",
                "6",
                "--render-chunk",
                "8",
                *part,
            ]
        )
        assert status == 0, (stage, first, status)
