"""Paint the Sequencer's active strip, whatever the panel's source is."""

import bpy

from .. import shots
from ..tasks import animation
from .paints import Paints


class POCHADE_OT_stylize_strip(Paints, bpy.types.Operator):
    """Paint the active movie or image strip in the chosen style, as it is cut, so that it does not flicker"""

    bl_idname = "pochade.stylize_strip"
    bl_label = "Stylize Strip"
    keeps = ""

    @classmethod
    def require(cls, context):
        super().require(context)
        animation.output_folder(context.scene, shots.find_strip(context.scene, active=True))

    def work(self, context):
        strip = shots.find_strip(context.scene, active=True)
        # The panel shows what is painted, and Stylize Animation goes on with it.
        context.scene.pochade.animation.source, context.scene.pochade.animation.strip = "STRIP", strip.name
        return animation.Animation(context)


CLASSES = (POCHADE_OT_stylize_strip,)
