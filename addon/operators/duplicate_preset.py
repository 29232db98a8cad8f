"""Another preset like the picked one."""

import bpy

from ..scene import library
from .changes_preset import ChangesPreset


class POCHADE_OT_duplicate_preset(ChangesPreset, bpy.types.Operator):
    """Another preset like this one, beside it; one that comes with Pochade is duplicated into the project"""

    bl_idname = "pochade.duplicate_preset"
    bl_label = "Duplicate Preset"
    own = False

    def change(self, context):
        library.duplicate(context.scene)


CLASSES = (POCHADE_OT_duplicate_preset,)
