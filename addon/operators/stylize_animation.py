"""Paint a sequence in the chosen style: as a job while the artist works on, or at once for scripts."""

import bpy

from ..tasks import animation
from .paints import Paints


class POCHADE_OT_stylize_animation(Paints, bpy.types.Operator):
    """Paint a sequence in the chosen style, so that it does not flicker. What is interrupted goes on when it
    is started again
    """

    bl_idname = "pochade.stylize_animation"
    bl_label = "Stylize Animation"
    keeps = ""

    @classmethod
    def require(cls, context):
        super().require(context)
        animation.output_folder(context.scene)

    def work(self, context):
        return animation.Animation(context)


CLASSES = (POCHADE_OT_stylize_animation,)
