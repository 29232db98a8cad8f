"""Keep painting what an Image Editor shows while the artist plays with it."""

import bpy

from ...core.errors import PochadeError
from ..preferences import engine_status
from ..tasks import live


class POCHADE_OT_live(bpy.types.Operator):
    """Keep painting the source in the chosen style as either changes, by the network that has learnt it.
    Click again to end it
    """

    bl_idname = "pochade.live"
    bl_label = "Live"

    @classmethod
    def poll(cls, context):
        if live.current():
            return True
        status = engine_status(context)
        try:
            if not status.ready:
                raise PochadeError(status.sentence)
            live.require(context)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def execute(self, context):
        if live.current():
            live.current().cancel()
        else:
            live.start(context)
        return {"FINISHED"}


CLASSES = (POCHADE_OT_live,)
