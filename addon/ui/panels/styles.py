"""The pickers of styles: the main one's, and those that are mixed with it."""

import bpy

from ....core.errors import PochadeError
from ... import job
from ...blender import compat, images
from ...styles import gallery, keys, presets, stores
from ..labels import SubPanel, draw_property, draw_sentence, have_room, is_narrow

_BUTTONS = 16  # px beside a preset's name, beyond those of the icon and the box that it has not


def draw_style(
    layout: bpy.types.UILayout, context: bpy.types.Context, chosen, scale: float = 7, expand: bool = True
) -> None:
    """The picker of a PochadeStyleChoice, `scale` lines tall; `expand` shows all kinds of styles at once
    where they have room.
    """
    column = layout.column()
    column.context_pointer_set("pochade_chosen", chosen)
    expand = expand and have_room(context, chosen, "style_kind")
    draw_property(column.row(), chosen, "style_kind", expand=expand)
    if chosen.style_kind == "NONE":
        return
    if chosen.style_kind == keys.KIND:
        _draw_keys(column, context)
        return
    if chosen.style_kind == "PRESET":
        _draw_filter(column, context)
        column.template_icon_view(chosen, "gallery", show_labels=True, scale=scale, scale_popup=6)
    else:
        column.template_ID(chosen, "style_image", open="pochade.open_style")
        if chosen.style_image:
            column.template_icon(images.icon_of(chosen.style_image), scale=scale)
    try:
        style = presets.chosen_style(chosen)
    except PochadeError as error:
        draw_sentence(column, context, str(error), "INFO")
        return
    if chosen.style_kind == "PRESET":
        row = column.row(align=True)
        name = row.row()
        name.alignment = "CENTER"
        draw_sentence(name, context, style.name, beside=_BUTTONS if is_narrow(context) else 0)
        marked = gallery.is_favourite(style)
        star = row.operator(
            "pochade.mark_favourite", text="", icon="SOLO_ON" if marked else "SOLO_OFF", emboss=False
        )
        star.preset = style.id
        if chosen == context.scene.pochade:
            row.menu("POCHADE_MT_preset", text="", icon="DOWNARROW_HLT")
    if chosen == context.scene.pochade and not style.instant and not job.current():
        column.operator("pochade.make_instant", icon="SHADERFX")


def _draw_keys(layout, context):
    """The keys that are the style of the scene's frame, as thumbnails."""
    try:
        mix = keys.styles_at(context.scene)
    except PochadeError as error:
        draw_sentence(layout, context, str(error), "INFO")
        return
    row = layout.row()
    for entry, _ in mix:
        row.template_icon(images.icon_of(images.find_image(entry.image)), scale=5)


def _draw_filter(layout, context):
    """Family, Search and Favourites, which narrow the picker."""
    shown = context.window_manager.pochade_gallery
    column = layout.column(align=True)
    column.prop(shown, "family", text="", icon="FILTER")
    row = column.row(align=True)
    row.prop(shown, "search", text="", icon="VIEWZOOM", placeholder="Search")
    row.prop(shown, "favourites", text="", icon="SOLO_ON" if shown.favourites else "SOLO_OFF")
    if not gallery.found(context):
        draw_sentence(
            layout, context, "No preset is found: change Family or Search, or switch Favorites off", "INFO"
        )


class POCHADE_MT_preset(bpy.types.Menu):
    bl_label = "Preset"

    def draw(self, context):
        layout = self.layout
        for verb in ("update", "rename", "duplicate"):
            layout.operator(f"pochade.{verb}_preset")
        layout.operator("pochade.delete_preset", icon="TRASH")
        layout.separator()
        layout.operator(
            "pochade.copy_preset", text="Copy to Project", icon="FILE_BLEND"
        ).place = stores.PROJECT.key
        layout.operator(
            "pochade.copy_preset", text="Copy to Library", icon="ASSET_MANAGER"
        ).place = stores.LIBRARY.key
        if compat.HAS_IMAGE_SHELVES:
            layout.operator("pochade.mark_asset")
        layout.separator()
        layout.operator("pochade.import_preset", icon="IMPORT")
        layout.operator("pochade.export_preset", icon="EXPORT")


class POCHADE_PT_mix(SubPanel, bpy.types.Panel):
    bl_label = "More Styles"

    def draw(self, context):
        layout, chosen = self.layout, context.scene.pochade
        if chosen.mix:
            self._draw_mix(layout, context, chosen)
        else:
            draw_sentence(layout, context, "Styles mixed into the main one")
        layout.operator("pochade.add_item", text="Add Style", icon="ADD").items = "mix"

    def _draw_mix(self, layout, context, chosen):
        self._draw_main(layout, context, chosen)
        for index, style in enumerate(chosen.mix):
            self._draw_row(layout, context, style, index)
        try:
            presets.mixed_styles(context.scene)
        except PochadeError as error:
            draw_sentence(layout, context, str(error), "INFO")

    def _draw_main(self, layout, context, chosen):
        try:
            name = presets.chosen_style(chosen).name
        except PochadeError:
            name = "Main Style"
        column = layout.column(align=True)
        kind = chosen.bl_rna.properties["style_kind"].enum_items.get(chosen.style_kind)
        draw_sentence(column, context, name, kind.icon if kind else "NONE")
        column.prop(chosen, "weight", slider=True)

    def _draw_row(self, layout, context, style, index):
        column = layout.column(align=True)
        column.context_pointer_set("pochade_chosen", style)
        if style.style_kind == "PRESET":
            column.prop(style, "preset", text="")
        elif style.style_kind == keys.KIND:
            column.label(text="Keys")
        else:
            column.template_ID(style, "style_image", open="pochade.open_style")
        row = column.row(align=True)
        row.prop(style, "style_kind", text="", icon_only=True)
        row.prop(style, "weight", slider=True, text="" if is_narrow(context) else None)
        remove = row.operator("pochade.remove_item", text="", icon="X")
        remove.items, remove.index = "mix", index
