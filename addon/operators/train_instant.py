"""Train a network to paint in the chosen style: as a job while the artist works on, or at once for
scripts.
"""

import bpy

from ..tasks import training
from .paints import Paints


class POCHADE_OT_train_instant(Paints, bpy.types.Operator):
    """Have a network learn the chosen style, to paint any picture in one pass. What is interrupted goes on
    when it is started again
    """

    bl_idname = "pochade.train_instant"
    bl_label = "Train Instant Style"
    verb = "Training"
    keeps = "Keep Network"

    @classmethod
    def require(cls, context):
        training.plan(context.scene)

    def work(self, context):
        return training.Training(context)


CLASSES = (POCHADE_OT_train_instant,)
