"""Send to Sequencer: the painted sequence as a strip."""

import bpy

from ...core.errors import PochadeError
from ..blender import compat, results, sequencer


def needs_sequence(cls, context) -> bool:
    """Whether there is a painted sequence; says so where there is none."""
    if not results.painted(context):
        cls.poll_message_set("Paint an animation first")
    return results.painted(context) is not None


class POCHADE_OT_send_to_sequencer(bpy.types.Operator):
    """Add the painted sequence to the scene's Sequencer as a strip, each frame at its own time. Renders of
    the scene then show the Sequencer, unless Sequencer is switched off in the output properties
    """

    bl_idname = "pochade.send_to_sequencer"
    bl_label = "Send to Sequencer"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context):
        return needs_sequence(cls, context)

    def execute(self, context):
        try:
            strip = sequencer.add_strip(compat.sequencer_scene(context.scene), results.painted(context))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        self.report({"INFO"}, f"{strip.name} is in the Sequencer, on channel {strip.channel}")
        return {"FINISHED"}


CLASSES = (POCHADE_OT_send_to_sequencer,)
