"""Paint the source in the chosen style: as a job while the artist works on, or at once for scripts."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from .. import canvas, painting
from .paints import Paints


class POCHADE_OT_stylize(Paints, bpy.types.Operator):
    """Paint the source in the chosen style, as a new image"""

    bl_idname = "pochade.stylize"
    bl_label = "Stylize"

    image: StringProperty(
        name="Image", options={"SKIP_SAVE"},
        description="Name of the image to paint, for scripts; without it, the source that the panel shows")

    @classmethod
    def require(cls, context):
        super().require(context)
        if canvas.image_editor(context):  # elsewhere a script names the image, which poll cannot see
            painting.find_source(context)

    def work(self, context):
        return painting.Painting(context, self._source(context))

    def _source(self, context) -> bpy.types.Image:
        if not self.image:
            return painting.find_source(context)
        source = bpy.data.images.get(self.image)
        if not source:
            raise PochadeError(f"There is no image named {self.image}")
        return source


CLASSES = (POCHADE_OT_stylize,)
