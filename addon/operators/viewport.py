"""The 3D viewport, shown painted."""

import bpy

from ..tasks import viewport
from .verb import Verb


class POCHADE_OT_viewport_live(Verb, bpy.types.Operator):
    """Show this viewport painted in the chosen style, while you orbit, pose, sculpt or play. Click again, or
    press ESC in it, to end it
    """

    bl_idname = "pochade.viewport_live"
    bl_label = "Live"

    @classmethod
    def require(cls, context):
        if not viewport.is_live(context.space_data):
            viewport.require(context)

    def run(self, context):
        if viewport.is_live(context.space_data):
            viewport.current().cancel()
        else:
            viewport.start(context)


class POCHADE_OT_end_viewport_live(Verb, bpy.types.Operator):
    """Show this viewport as it is again"""

    bl_idname = "pochade.end_viewport_live"
    bl_label = "End Live"
    bl_options = {"INTERNAL"}

    @classmethod
    def poll(cls, context):
        return viewport.is_live(context.space_data)

    def run(self, context):
        viewport.current().cancel()
