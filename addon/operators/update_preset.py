"""Have the picked preset recommend the present settings."""

import bpy

from ..scene import library
from .changes_preset import ChangesPreset


class POCHADE_OT_update_preset(ChangesPreset, bpy.types.Operator):
    """The picked preset recommends the present settings from now on"""

    bl_idname = "pochade.update_preset"
    bl_label = "Update Preset"
    own = True

    def change(self, context):
        library.update(context.scene)


CLASSES = (POCHADE_OT_update_preset,)
