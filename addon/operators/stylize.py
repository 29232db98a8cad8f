"""Paint the source in the chosen style: as a job while the artist works on, or at once for scripts."""

import bpy

from ..tasks import painting
from .paints import PaintsSource


class POCHADE_OT_stylize(PaintsSource, bpy.types.Operator):
    """Paint the source in the chosen style, as a new image"""

    bl_idname = "pochade.stylize"
    bl_label = "Stylize"

    def work(self, context):
        return painting.Painting(context, self.source(context))


CLASSES = (POCHADE_OT_stylize,)
