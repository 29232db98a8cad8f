"""Paint the source several times, with one seed after the other."""

import bpy
from bpy.props import IntProperty

from ..tasks import series
from .paints import PaintsSource


class POCHADE_OT_variations(PaintsSource, bpy.types.Operator):
    """Paint the source with several seeds, each as an image, and show them side by side"""

    bl_idname = "pochade.variations"
    bl_label = "Variations"

    count: IntProperty(
        name="Count",
        description="Number of paintings, with seeds that follow each other",
        default=4,
        min=2,
        max=64,
    )

    def work(self, context):
        return series.Variations(context, self.source(context), self.count)


CLASSES = (POCHADE_OT_variations,)
