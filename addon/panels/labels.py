"""Where a property's label stands: beside its field, and in a narrow sidebar above it, or in it where that is
short.
"""

import bpy

ROOM = (
    275  # px, at a scale of 1: a region that is narrower would cut off the longest labels beside their fields
)
_ABREAST = 2  # values of a choice that have room beside each other
_SHORT = 10  # characters that a number leaves room for in its own field


def begin(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Have a panel's labels stand where its region has room for them."""
    layout.use_property_split = not is_narrow(context)
    layout.use_property_decorate = False


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether labels must not stand beside their fields."""
    return context.region.width < ROOM * context.preferences.system.ui_scale


def draw_property(layout: bpy.types.UILayout, chosen, name: str, **options) -> bpy.types.UILayout:
    """A property, with its label where `begin` found room for it; the result is what a button beside it
    belongs in.
    """
    prop = chosen.bl_rna.properties[name]
    short = prop.type == "BOOLEAN" or prop.type in {"INT", "FLOAT"} and len(prop.name) <= _SHORT
    if layout.use_property_split or short:
        layout.prop(chosen, name, **options)
        return layout
    field = layout.column(align=True)
    field.label(text=prop.name)
    row = field.row(align=True)
    if options.get("expand") and len(prop.enum_items) <= _ABREAST:
        row.prop(chosen, name, **options)
    else:
        row.prop(chosen, name, **options | {"text": "", "expand": False})
    return row
