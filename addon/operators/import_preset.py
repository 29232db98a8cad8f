"""Add an exported preset to the user's library."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from ...core.presets.archive import ENDING
from ..scene import library


class POCHADE_OT_import_preset(bpy.types.Operator):
    """Add a preset that was exported to a file to your library, and pick it"""

    bl_idname = "pochade.import_preset"
    bl_label = "Import Preset"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(description="The preset's file", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default=f"*{ENDING}", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        if self.filepath:  # it was dropped into a window
            return self.execute(context)
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        try:
            added = library.add_file(context.scene, Path(bpy.path.abspath(self.filepath)))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{added.name} is in your library")
        return {"FINISHED"}


CLASSES = (POCHADE_OT_import_preset,)
