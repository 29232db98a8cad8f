"""Delete the picked preset."""

import bpy

from ..scene import library
from ..styles import presets
from .changes_preset import ChangesPreset


class POCHADE_OT_delete_preset(ChangesPreset, bpy.types.Operator):
    """Delete this preset"""

    bl_idname = "pochade.delete_preset"
    bl_label = "Delete Preset"

    def invoke(self, context, event):
        entry = library.chosen_preset(context.scene)
        lost = (
            "its files are deleted, and Undo does not bring them back"
            if entry.place == presets.LIBRARY
            else "Undo brings it back"
        )
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Delete Preset",
            confirm_text="Delete",
            icon="NONE",
            message=f"{entry.name}: {lost}",
        )

    def change(self, context):
        library.delete(context.scene)


CLASSES = (POCHADE_OT_delete_preset,)
