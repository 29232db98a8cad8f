"""Live in the 3D viewport: its panel in the sidebar, and its switch in the header."""

import bpy

from ... import job
from ...tasks import viewport
from ..labels import begin, draw_property, draw_sentence
from .progress import draw_progress
from .styles import draw_style


class POCHADE_PT_viewport(bpy.types.Panel):
    bl_label = "Painted Viewport"
    bl_space_type = "VIEW_3D"
    bl_region_type = "UI"
    bl_category = "Pochade"

    def draw_header_preset(self, context):
        self.layout.operator("pochade.guide", text="", icon="HELP", emboss=False)

    def draw(self, context):
        layout, chosen = self.layout, context.scene.pochade
        begin(layout, context)
        row = layout.row()
        row.scale_y = 1.6
        row.operator("pochade.viewport_live", icon="PLAY", depress=viewport.is_live(context.space_data))
        if viewport.sentence():
            draw_sentence(layout.box(), context, viewport.sentence(), "INFO")
        draw_style(layout, context, chosen)
        for name in ("strength", "style_scale", "keep_colours", "style_palette"):
            draw_property(layout, chosen, name)
        column = layout.column(align=True)
        column.operator("pochade.viewport_to_image", icon="IMAGE_DATA")
        column.operator("pochade.playblast", icon="RENDER_ANIMATION")
        if job.current():
            draw_progress(layout, job.current())


def draw_switch(header, context):
    header.layout.operator(
        "pochade.viewport_live", text="", icon="BRUSH_DATA", depress=viewport.is_live(context.space_data)
    )
