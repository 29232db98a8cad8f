"""Take styles and settings from a painting."""

import bpy

from ...core.errors import PochadeError
from ..blender.canvas import image_editor
from ..scene import recipes


class POCHADE_OT_use_settings(bpy.types.Operator):
    """Set styles and settings to those that the painting in this editor was painted with"""

    bl_idname = "pochade.use_settings"
    bl_label = "Use These Settings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        try:
            recipes.check(_image(context))
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def execute(self, context):
        try:
            missing = recipes.use(context.scene, _image(context))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if missing:
            self.report({"WARNING"}, missing)
        return {"FINISHED"}


def _image(context) -> bpy.types.Image | None:
    """What the editor shows; elsewhere the scene's newest painting."""
    editor = image_editor(context)
    return editor.image if editor else context.scene.pochade.result


CLASSES = (POCHADE_OT_use_settings,)
