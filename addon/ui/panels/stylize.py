"""From the source to the painting, from top to bottom."""

from dataclasses import replace

import bpy

from ....core.compute.sizes import fit, sized
from ....core.errors import PochadeError
from ....core.settings import Settings
from ....core.words import Sentence, roughly
from ... import job, pace
from ...blender import compat, compositor, images
from ...engine import encoders
from ...preferences import PACKAGE, engine_status, machine
from ...scene import properties, saving
from ...styles import presets
from ...tasks import live, painting
from .. import wipe
from ..labels import begin, draw_property, draw_sentence, draw_switch, is_narrow
from ..remedies import draw_download, draw_online_access, draw_problem
from .progress import draw_progress
from .settings import draw_group
from .styles import draw_style

_BUTTON = 24  # px beside a sentence
_ICONS = {"done": "CHECKMARK", "failed": "ERROR", "cancelled": "INFO"}


class _Stylize:
    bl_label = "Stylize"
    bl_category = "Pochade"

    def draw_header_preset(self, context):
        self.layout.operator("pochade.guide", text="", icon="HELP", emboss=False)

    def draw(self, context):
        layout = self.layout
        begin(layout, context)
        _draw_engine(layout, context)
        _draw_source(layout, context)
        draw_style(layout, context, context.scene.pochade)
        draw_group(layout, context.scene, "main")
        _draw_output(layout, context)
        _draw_method(layout, context)
        layout.separator()
        if job.current():
            draw_progress(layout, job.current())
        else:
            row = layout.column(align=True) if is_narrow(context) else layout.split(factor=0.7, align=True)
            row.scale_y = 1.6
            row.operator("pochade.stylize", icon="BRUSH_DATA")
            row.operator("pochade.live", icon="PLAY", depress=bool(live.current()))
            if told := time_in_words(context):
                draw_sentence(layout, context, told, "TIME")
            if not context.scene.pochade.result and not job.newest():
                layout.operator("pochade.open_example", icon="SCENE_DATA", emboss=False)
            _draw_live(layout, context)
            _draw_end(layout, context, job.newest())
        _draw_verbs(layout, context)
        column = layout.column(align=True)
        row = column.row(align=True)
        row.operator("pochade.send_to_compositor", icon="NONE" if is_narrow(context) else "NODE_COMPOSITING")
        row.operator_menu_enum("pochade.send_to_compositor", "mode", text="", icon="DOWNARROW_HLT")
        if compositor.our_nodes(context.scene):
            draw_sentence(column, context, compositor.view_taken(context.scene), "INFO")
            column.operator("pochade.take_out_of_compositor", icon="LOOP_BACK")
        column.operator("pochade.save_preset", icon="ASSET_MANAGER")


def _draw_verbs(layout, context):
    """What else a painting is good for: others like it, a look at it beside its source, and its removal."""
    column, narrow = layout.column(align=True), is_narrow(context)
    row = column.column(align=True) if narrow else column.row(align=True)
    row.operator("pochade.variations")
    row.operator("pochade.compare")
    row.operator("pochade.wipe", depress=wipe.current(context.space_data) is not None)
    row = column.row(align=True)
    row.operator("pochade.use_settings")
    row.operator("pochade.use_settings_of_file", text="", icon="FILE_FOLDER")
    if narrow:
        column.operator("pochade.clear_paintings")
    else:
        row.operator("pochade.clear_paintings", text="", icon="TRASH")


class POCHADE_PT_stylize(_Stylize, bpy.types.Panel):
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"


class POCHADE_PT_stylize_compositor(_Stylize, bpy.types.Panel):
    bl_space_type = "NODE_EDITOR"
    bl_region_type = "UI"

    @classmethod
    def poll(cls, context):
        space = context.space_data
        return space.tree_type == "CompositorNodeTree" and compat.shows_scene_compositor(space)


class POCHADE_PT_stylize_render(_Stylize, bpy.types.Panel):
    bl_space_type = "PROPERTIES"
    bl_region_type = "WINDOW"
    bl_context = "render"
    bl_options = {"DEFAULT_CLOSED"}


def _draw_engine(layout, context):
    status, chosen = engine_status(context), context.scene.pochade
    if status.absent:
        row = layout.row()
        draw_sentence(row, context, without_engine(context), "INFO", beside=_BUTTON)
        row.operator("preferences.addon_show", text="", icon="PREFERENCES").module = PACKAGE
        if chosen.method != "instant":
            _draw_install(layout.column(align=True), context)
            if chosen.is_property_set("method"):
                draw_switch(layout, chosen, "method", "instant")
    elif not status.ready:
        _draw_install(draw_problem(layout, context, status.sentence), context)
    try:
        encoders.file_to_paint_with(chosen)
    except PochadeError as error:
        draw_problem(layout, context, str(error))


def without_engine(context: bpy.types.Context) -> str:
    """What is said where there is no engine: above all what a click will do."""
    if _method(context) == "instant" != context.scene.pochade.method:
        return Sentence(
            "A click on Stylize sets Method to Instant, which paints at once; all else needs the engine"
        )
    return Sentence("Instant styles paint at once; all else needs the engine")


def _method(context: bpy.types.Context) -> str:
    """The Method that a click will paint with; "" where it cannot paint."""
    try:
        return painting.method_to_paint_with(context)
    except PochadeError:  # it is said when it is clicked
        return ""


def _draw_install(column, context):
    draw_online_access(column, context)
    draw_download(column, "pochade.install_engine")


def _draw_method(layout, context):
    """A sentence where a network is missing for the chosen Method, and the button that paints without."""
    chosen = context.scene.pochade
    try:
        presets.mixed_styles(context.scene)
    except PochadeError:  # it is said above
        return
    try:
        presets.check_method(context.scene)
    except PochadeError as error:
        draw_sentence(layout, context, str(error), "INFO")
        if chosen.method == "instant":
            draw_switch(layout, chosen, "method", "optimised")
        else:
            draw_switch(layout, chosen, "start", "content")


def _draw_output(layout, context):
    chosen = context.scene.pochade.output
    draw_property(layout, chosen, "save_to")
    if chosen.save_to == "blend":
        return
    draw_property(layout, chosen, "folder")
    draw_property(layout, chosen, "file_name")
    try:
        saving.folder(context.scene)
    except PochadeError as error:
        draw_sentence(layout, context, str(error), "INFO")


def _draw_source(layout, context):
    column = layout.column(align=True)
    draw_property(column.row(), context.scene.pochade, "source", expand=True)
    if context.scene.pochade.source == "RENDER":
        column.prop(context.scene.pochade, "after_render")
        if context.scene.pochade.after_render:
            sentence = Sentence(
                "Once an animation (Ctrl F12) is rendered, it is painted as a sequence from its files"
            )
            draw_sentence(column, context, sentence, "INFO")
    try:
        source = painting.find_source(context)
    except PochadeError as error:
        draw_sentence(column, context, str(error), "INFO")
        return
    size = images.source_size(source, context.scene)
    _draw_caption(column, source.name)
    if size:
        _draw_caption(column, "{} × {} px".format(*size))


def _draw_caption(layout, line):
    """A dimmed line under a property's value."""
    row = layout.split(factor=0.4) if layout.use_property_split else layout.row()
    row.active = False
    if layout.use_property_split:
        row.label()
    row.label(text=line, translate=False)


def time_in_words(context: bpy.types.Context, settings: Settings | None = None, count: int = 1) -> str:
    """How large the painting will be, and how long it will take, or so many of them; "" where that is not
    known. Without `settings` with the scene's.
    """
    try:
        width, height = images.source_size(painting.find_source(context), context.scene) or (0, 0)
    except PochadeError:  # it is said above
        return ""
    method = _method(context)
    if not width or not method:
        return ""
    settings = replace(settings or properties.read_settings(context.scene), method=method)
    size = sized(settings, (height, width))
    taken = pace.seconds(pace.still(settings, (height, width), machine(context)))
    height, width = fit(height, width, size.finish_size or size.size)
    return Sentence(
        "{width} × {height} px in {time}", width=width, height=height, time=roughly(taken * count)
    )


def _draw_live(layout, context):
    if live.sentence():
        draw_sentence(layout.box(), context, live.sentence(), "INFO")


def _draw_end(layout, context, ended):
    if ended and ended.told:
        row = layout.box().row()
        draw_sentence(row, context, ended.told, _ICONS[ended.state], beside=_BUTTON)
        row.operator("pochade.about_job", text="", icon="QUESTION", emboss=False)
