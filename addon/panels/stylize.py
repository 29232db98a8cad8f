"""From the source to the painting, from top to bottom."""

import bpy

from ...core.errors import PochadeError
from .. import images, job, painting, presets, runtime
from ..preferences import PACKAGE, engine_folders
from .sentence import draw_sentence
from .settings import draw_group

_ICONS = {"done": "CHECKMARK", "failed": "ERROR", "cancelled": "INFO"}


class POCHADE_PT_stylize(bpy.types.Panel):
    bl_label = "Stylize"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Pochade"

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        scene = context.scene
        _draw_engine(layout, context)
        _draw_source(layout, context)
        _draw_style(layout, context)
        draw_group(layout, scene, "main")
        layout.separator()
        if job.current():
            _draw_progress(layout, job.current())
        else:
            row = layout.row()
            row.scale_y = 1.6
            row.operator("pochade.stylize", icon="BRUSH_DATA")
            _draw_end(layout, context, job.newest())
        column = layout.column(align=True)
        column.operator("pochade.send_to_compositor", icon="NODE_COMPOSITING")
        column.operator("pochade.save_preset", icon="ASSET_MANAGER")


def _draw_engine(layout, context):
    status = runtime.engine_status(engine_folders(context))
    if status.ready:
        return
    box = layout.box()
    draw_sentence(box, context, status.sentence, "ERROR")
    box.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = PACKAGE


def _draw_source(layout, context):
    column = layout.column()
    column.row().prop(context.scene.pochade, "source", expand=True)
    try:
        source = painting.find_source(context)
        width, height = images.source_size(source, context.scene)
        text, icon = f"{source.name}, {width} × {height} px", "NONE"
    except PochadeError as error:
        text, icon = str(error), "ERROR"
    draw_sentence(column, context, text, icon)


def _draw_style(layout, context):
    chosen = context.scene.pochade
    column = layout.column()
    column.row().prop(chosen, "style_kind", expand=True)
    if chosen.style_kind == "PRESET":
        column.template_icon_view(chosen, "preset", show_labels=True, scale=7, scale_popup=6)
    else:
        column.template_ID(chosen, "style_image", open="pochade.open_style")
        if chosen.style_image:
            column.template_icon(chosen.style_image.preview_ensure().icon_id, scale=7)
    try:
        draw_sentence(column, context, presets.chosen_style(context.scene).name)
    except PochadeError as error:
        draw_sentence(column, context, str(error), "ERROR")


def _draw_progress(layout, running):
    progress, left = running.progress, running.seconds_left()
    if running.cancelling:
        text = "Stopping…"
    elif not progress:
        text = "Loading PyTorch…"
    else:
        text = f"{progress.fraction:.0%}" + ("" if left is None else f", {_duration(left)} left")
    layout.progress(factor=progress.fraction if progress else 0, text=text)
    row = layout.row(align=True)
    row.enabled = not running.cancelling
    row.operator("pochade.cancel", text="Keep Preview", icon="CHECKMARK").keep = True
    row.operator("pochade.cancel", icon="X")


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def _draw_end(layout, context, ended):
    if ended and ended.sentence:
        draw_sentence(layout.box(), context, ended.sentence, _ICONS[ended.state])
