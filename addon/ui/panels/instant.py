"""A network that learns a style: from which photos, how long, and what will come of it."""

import bpy

from ....core.settings import InstantSettings
from ... import job
from ...tasks import training
from ..labels import SubPanel, begin, draw_property, draw_sentence
from .settings import draw_fields


class POCHADE_PT_instant(SubPanel, bpy.types.Panel):
    bl_label = "Instant Style"

    def draw(self, context):
        layout, scene = self.layout, context.scene
        begin(layout, context)
        draw_property(layout, scene.pochade.instant, "photos")
        draw_fields(layout, scene.pochade.instant, InstantSettings, "main")
        draw_sentence(layout, context, training.training_summary(scene), "INFO")
        if not job.current():  # its progress is in the panel above
            row = layout.row()
            row.scale_y = 1.6
            text = "Go On Training" if training.can_resume(scene) else None
            row.operator("pochade.train_instant", text=text, icon="SHADERFX")


class POCHADE_PT_training(SubPanel, bpy.types.Panel):
    bl_label = "Training"
    bl_parent_id = "POCHADE_PT_instant"

    def draw(self, context):
        begin(self.layout, context)
        draw_fields(self.layout, context.scene.pochade.instant, InstantSettings, "training")
