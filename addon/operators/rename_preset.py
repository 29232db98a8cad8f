"""Give the picked preset another name."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from ..scene import library
from .changes_preset import ChangesPreset


class POCHADE_OT_rename_preset(ChangesPreset, bpy.types.Operator):
    """Give this preset another name"""

    bl_idname = "pochade.rename_preset"
    bl_label = "Rename Preset"

    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="The preset's new name")

    def invoke(self, context, event):
        self.name = library.chosen_preset(context.scene).name
        return context.window_manager.invoke_props_dialog(self)

    def change(self, context):
        if not self.name.strip():
            raise PochadeError("A preset needs a name")
        library.rename(context.scene, self.name.strip())


CLASSES = (POCHADE_OT_rename_preset,)
