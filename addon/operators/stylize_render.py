"""Paint the render, whatever the panel's source is."""

import bpy

from ...core.errors import PochadeError
from ..blender import images
from ..tasks import painting
from .paints import Paints


class POCHADE_OT_stylize_render(Paints, bpy.types.Operator):
    """Paint the last render in the chosen style, as a new image"""

    bl_idname = "pochade.stylize_render"
    bl_label = "Stylize Render"

    @classmethod
    def require(cls, context):
        super().require(context)
        render = images.find_render()
        if not render or not images.source_size(render, context.scene):
            raise PochadeError("There is no render yet; render the frame first (F12)")

    def work(self, context):
        return painting.Painting(context, images.find_render())


CLASSES = (POCHADE_OT_stylize_render,)
