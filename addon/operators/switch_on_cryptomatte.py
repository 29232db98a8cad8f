"""Have the next render hold the passes that the regions are made of."""

import bpy

from ..blender import passes
from ..styles import regions


class POCHADE_OT_switch_on_cryptomatte(bpy.types.Operator):
    """Have the next render say which pixels belong to which object or material"""

    bl_idname = "pochade.switch_on_cryptomatte"
    bl_label = "Switch On Cryptomatte"
    bl_options = {"REGISTER", "UNDO"}

    def execute(self, context):
        passes.switch_on(context.scene, regions.passes_needed(context.scene))
        self.report({"INFO"}, "Cryptomatte is on: render again (F12)")
        return {"FINISHED"}


CLASSES = (POCHADE_OT_switch_on_cryptomatte,)
