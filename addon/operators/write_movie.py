"""Write Movie: the painted sequence as an MP4."""

import bpy

from ...core.errors import PochadeError
from ..blender import results, sequencer
from .send_to_sequencer import needs_sequence


class POCHADE_OT_write_movie(bpy.types.Operator):
    """Write the painted sequence as an MP4 beside its frames, at the scene's frame rate; Blender
    waits for it
    """

    bl_idname = "pochade.write_movie"
    bl_label = "Write Movie"

    @classmethod
    def poll(cls, context):
        return needs_sequence(cls, context)

    def execute(self, context):
        try:
            path = sequencer.write_movie(context.scene, results.painted(context))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"Wrote {path}")
        return {"FINISHED"}


CLASSES = (POCHADE_OT_write_movie,)
