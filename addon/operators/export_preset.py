"""Write the picked preset as one file, for another computer or another artist."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.presets.archive import ENDING
from ..scene import library
from .changes_preset import ChangesPreset


class POCHADE_OT_export_preset(ChangesPreset, bpy.types.Operator):
    """Write this preset, with its picture and its network, as one file"""

    bl_idname = "pochade.export_preset"
    bl_label = "Export Preset"
    bl_options = {"REGISTER"}
    own = False

    filepath: StringProperty(description="The file to write", subtype="FILE_PATH", options={"SKIP_SAVE"})
    check_existing: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=f"*{ENDING}", options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        self.filepath = bpy.path.clean_name(library.chosen_preset(context.scene).name) + ENDING
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def change(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        path = path if path.suffix == ENDING else path.with_name(path.name + ENDING)
        library.export(context.scene, path)
        self.report({"INFO"}, f"Wrote {path}")


CLASSES = (POCHADE_OT_export_preset,)
