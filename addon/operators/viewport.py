"""The 3D viewport, shown painted."""

import bpy

from ...core.errors import PochadeError
from ...core.words import Sentence
from ..tasks import playblast, viewport
from ..tasks.animation import output_folder
from .paint import Paints
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
    def require(cls, context):
        if not viewport.is_live(context.space_data):
            raise PochadeError("Switch Live on in this viewport first")

    def run(self, context):
        viewport.current().cancel()


class POCHADE_OT_viewport_to_image(Verb, bpy.types.Operator):
    """Keep what the painted viewport shows as a new image"""

    bl_idname = "pochade.viewport_to_image"
    bl_label = "Viewport to Image"

    @classmethod
    def require(cls, context):
        viewport.require_painted(context.space_data)

    def run(self, context):
        name = viewport.keep(context)
        self.tell(Sentence("It is the image {name}", name=name))


class POCHADE_OT_playblast(Paints, bpy.types.Operator):
    """Paint the viewport at each frame of the range, as Live shows it, and write the frames as a sequence"""

    bl_idname = "pochade.playblast"
    bl_label = "Playblast"
    keeps = ""

    @classmethod
    def require_choices(cls, context):
        viewport.require(context)
        output_folder(context.scene)

    def work(self, context):
        return playblast.Playblast(context)
