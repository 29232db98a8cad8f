"""Keep the current style and settings as a preset, of the project or for all projects."""

import bpy
from bpy.props import EnumProperty, StringProperty

from ...core.errors import PochadeError
from ..scene import library
from ..styles import presets

PLACES = [
    (presets.PROJECT, "Project", "In this .blend: it goes where the file goes"),
    (presets.LIBRARY, "Library", "In your own library, for all projects on this computer"),
]


class POCHADE_OT_save_preset(bpy.types.Operator):
    """Keep the style's picture and the settings, to pick them again later"""

    bl_idname = "pochade.save_preset"
    bl_label = "Save as Preset"
    bl_options = {"REGISTER", "UNDO"}

    name: StringProperty(
        name="Name", options={"SKIP_SAVE"}, description="Name of the new preset; empty for the style's own"
    )
    place: EnumProperty(name="Keep In", description="Where the preset is kept", items=PLACES)

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
            entry = presets.chosen_style(scene.pochade)
            library.keep(
                scene, entry, self.name.strip() or entry.name, library.present_settings(scene), self.place
            )
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (POCHADE_OT_save_preset,)
