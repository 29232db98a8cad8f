"""Finish a painting at the size of its source."""

import bpy

from ...core.errors import PochadeError
from ..blender import images
from ..tasks import painting


class POCHADE_OT_match_size(bpy.types.Operator):
    """Set Finish Size to the source's longer side, so that the painting is as large as the render or the
    image
    """

    bl_idname = "pochade.match_size"
    bl_label = "As Large as the Source"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        try:
            if not images.source_size(painting.find_source(context), context.scene):
                raise PochadeError("Blender does not tell the size of this sequence: type it in")
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def execute(self, context):
        scene = context.scene
        scene.pochade.finish_size = max(images.source_size(painting.find_source(context), scene))
        return {"FINISHED"}


CLASSES = (POCHADE_OT_match_size,)
