"""Delete an encoder that the user added."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from .. import job
from ..engine import encoders
from ..preferences import encoder_folder


class POCHADE_OT_remove_encoder(bpy.types.Operator):
    """Delete this encoder's file"""

    bl_idname = "pochade.remove_encoder"
    bl_label = "Remove Encoder"

    name: StringProperty(
        name="Name", options={"SKIP_SAVE"}, description="The encoder's name, as settings keep it"
    )

    @classmethod
    def poll(cls, context):
        return job.is_free_for(cls)

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Remove Encoder",
            confirm_text="Remove",
            icon="NONE",
            message=f"The file of the encoder {self.name} will be deleted",
        )

    def execute(self, context):
        try:
            encoders.remove_encoder(self.name, encoder_folder())
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (POCHADE_OT_remove_encoder,)
