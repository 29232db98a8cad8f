"""The 3D viewport, shown painted."""

import bpy

from ...core.errors import PochadeError
from ...core.words import Sentence
from .. import job
from ..tasks import playblast, viewport
from ..tasks.animation import output_folder
from .verb import Verb, require_free


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


class POCHADE_OT_playblast(Verb, bpy.types.Operator):
    """Paint the viewport at each frame of the range, as Live shows it, and write the frames as a sequence"""

    bl_idname = "pochade.playblast"
    bl_label = "Playblast"

    @classmethod
    def require(cls, context):
        require_free()
        viewport.require(context)
        output_folder(context.scene)

    def run(self, context):
        work = playblast.Playblast(context)
        job.start(work.title, work.steps(), keeps="", on_picture=work.show, on_end=work.end)
