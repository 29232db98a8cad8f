"""Keep the current style and settings in the .blend as a preset of the project."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from .. import presets, properties


class POCHADE_OT_save_preset(bpy.types.Operator):
    """Keep the style's picture and the settings in this file, to pick them again later"""

    bl_idname = "pochade.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(name="Name", options={"SKIP_SAVE"}, description="Name of the new preset; empty for the style's own")

    @classmethod
    def poll(cls, context):
        try:
            presets.chosen_style(context.scene.pochade)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def invoke(self, context, event):
        self.name = presets.chosen_style(context.scene.pochade).name
        return context.window_manager.invoke_props_dialog(self)

    def execute(self, context):
        scene = context.scene
        try:
            name = self.name.strip() or presets.chosen_style(scene.pochade).name
            presets.save_preset(scene, name, properties.read_settings(scene))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (POCHADE_OT_save_preset,)
