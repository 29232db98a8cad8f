"""Where a property's label stands: beside its field, or in it and above it in a sidebar that has no room for both."""

import bpy

ROOM = 285  # px, at a scale of 1: a region that is narrower would cut off the longest labels beside their fields
_LABEL_INSIDE = {"INT", "FLOAT", "BOOLEAN"}


def begin(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Have a panel's labels stand where its region has room for them."""
    layout.use_property_split = not is_narrow(context)
    layout.use_property_decorate = False


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether labels must not stand beside their fields."""
    return context.region.width < ROOM * context.preferences.system.ui_scale


def draw_property(layout: bpy.types.UILayout, chosen, name: str, **options) -> None:
    """A property, under its label where `begin` found no room beside it."""
    prop = chosen.bl_rna.properties[name]
    if layout.use_property_split or prop.type in _LABEL_INSIDE:
        layout.prop(chosen, name, **options)
        return
    column = layout.column(align=True)
    column.label(text=prop.name)
    if options.get("expand"):
        column.row(align=True).prop(chosen, name, **options)
    else:
        column.prop(chosen, name, text="", **options)
