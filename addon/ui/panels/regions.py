"""The regions: a list, and under it the fields of the one that is picked there."""

import bpy

from ....core.errors import PochadeError
from ...blender import images, passes
from ...styles import presets, regions
from ...tasks import painting
from ..labels import SubPanel, begin, draw_property, draw_sentence, is_narrow
from .styles import draw_style


class POCHADE_UL_regions(bpy.types.UIList):
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):  # noqa: PLR0913 - what Blender hands over
        row = layout.row(align=True)
        row.prop(item, "enabled", text="")
        row = row.row() if is_narrow(context) else row.split(factor=0.5)
        row.active = item.enabled
        row.label(text=regions.title(item), translate=False, icon=regions.ICONS.get(item.kind, "ERROR"))
        if not is_narrow(context):
            row.label(text=_style_name(item), translate=False)


class POCHADE_PT_regions(SubPanel, bpy.types.Panel):
    bl_label = "Regions"

    def draw(self, context):
        layout, chosen = self.layout, context.scene.pochade
        if painting.paints_render(context) and passes.are_missing(
            context.scene, regions.passes_needed(context.scene)
        ):
            box = layout.box()
            draw_sentence(
                box, context, "These regions need Cryptomatte in the render, and its passes are off", "ERROR"
            )
            box.operator(
                "pochade.switch_on_cryptomatte", icon="NONE" if is_narrow(context) else "RENDERLAYERS"
            )
        _draw_objects(layout, context)
        if not chosen.regions:
            draw_sentence(layout, context, "Objects, materials or masks with styles of their own")
            layout.operator("pochade.add_item", text="Add Region", icon="ADD").items = "regions"
            layout.operator("pochade.pick_region", icon="EYEDROPPER").add = True
            return
        narrow = is_narrow(context)
        whole = layout.column() if narrow else layout.row()
        whole.template_list("POCHADE_UL_regions", "", chosen, "regions", chosen, "active_region", rows=2)
        buttons = whole.row(align=True) if narrow else whole.column(align=True)
        buttons.operator("pochade.add_item", text="", icon="ADD").items = "regions"
        remove = buttons.operator("pochade.remove_item", text="", icon="REMOVE")
        remove.items, remove.index = "regions", chosen.active_region
        buttons.operator("pochade.pick_region", text="", icon="EYEDROPPER").add = True
        if chosen.active_region < len(chosen.regions):
            _draw_region(layout, context, chosen.regions[chosen.active_region])


def _draw_objects(layout, context):
    """What holds objects together, and the way to it where the render lacks it."""
    scene, column = context.scene, layout.column()
    column.active = scene.pochade.loss == "neighbours" and scene.pochade.method == "optimised"
    column.prop(scene.pochade, "hold_objects")
    if (
        regions.holds_objects(scene)
        and painting.paints_render(context)
        and passes.are_missing(scene, passes.OF_OBJECTS)
    ):
        draw_sentence(column, context, "Needs Cryptomatte and Diffuse Color in the render", "INFO")
        switch = column.operator("pochade.switch_on_cryptomatte", text="Switch On Passes")
        switch.for_objects = True


def _draw_region(layout, context, region):
    begin(layout, context)
    column = layout.column()
    draw_property(column, region, "kind")
    if region.kind == "MASK":
        if not layout.use_property_split:
            column.label(text="Mask")
        column.template_ID(
            region, "mask", open="image.open", text="Mask" if layout.use_property_split else ""
        )
    elif region.kind in regions.BY_NAME:
        beside = draw_property(column.row(align=True), region, "target", icon=regions.ICONS[region.kind])
        beside.operator("pochade.pick_region", text="", icon="EYEDROPPER")
    try:
        regions.check_mask(region, images.is_render_result(painting.find_source(context)))
    except PochadeError as error:
        draw_sentence(column, context, str(error), "INFO")
    column.prop(region, "invert")
    column.prop(region, "soft")
    column.prop(region, "hold")
    draw_style(layout, context, region, scale=5, expand=False)


def _style_name(region) -> str:
    if region.style_kind == "NONE":
        return "Untouched"
    try:
        return presets.chosen_style(region).name
    except PochadeError:
        return "No Style"
