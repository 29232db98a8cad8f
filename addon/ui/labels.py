"""Labels that fit: beside their field, and in a narrow sidebar above it, or in it where that is short;
sentences in as many lines as they need, for Blender cuts off what does not fit into one.
"""

import re

import blf
import bpy

from ..language import said

# Px, at a scale of 1: a region that is narrower would cut off the longest labels beside their fields.
ROOM = 275
_ABREAST = 2  # values of a choice that have room beside each other
# Where a line may end: after a word, and after each character of Chinese and Japanese, but not before what
# closes a sentence or a bracket.
_PIECES = re.compile(
    r"[\u2e80-\u9fff\uff00-\uffef][、。，；：！？）」』”…]*|[^\s\u2e80-\u9fff\uff00-\uffef]+\s*|\s+"
)
# Px, at a scale of 1: beside the text of a value that has an icon, and beside what a panel lays out with the
# tabs; and the share of a line that is the field's.
_AROUND, _MARGINS, _FIELD = 38, 70, 0.6
_SHORT = 10  # characters that a number leaves room for in its own field


def begin(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Have a panel's labels stand where its region has room for them."""
    layout.use_property_split = not is_narrow(context)
    layout.use_property_decorate = False


def is_narrow(context: bpy.types.Context) -> bool:
    """Whether labels must not stand beside their fields."""
    return context.region.width < ROOM * context.preferences.system.ui_scale


def draw_property(layout: bpy.types.UILayout, chosen, name: str, **options) -> bpy.types.UILayout:
    """A property, its label where `begin` found room; the result is what a button beside it belongs in."""
    prop = chosen.bl_rna.properties[name]
    short = prop.type == "BOOLEAN" or prop.type in {"INT", "FLOAT"} and len(said(prop.name)) <= _SHORT
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


def have_room(context: bpy.types.Context, chosen, name: str) -> bool:
    """Whether all values of a choice fit beside each other, in what its label leaves of a line."""
    scale = context.preferences.system.ui_scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    values = chosen.bl_rna.properties[name].enum_items
    # All are as wide as the widest one.
    widest = max(blf.dimensions(0, said(value.name))[0] for value in values) + _AROUND * scale
    return len(values) * widest <= _FIELD * (context.region.width - _MARGINS * scale)


def draw_switch(layout: bpy.types.UILayout, chosen, name: str, value: str) -> None:
    """A button beside a sentence that asks for another value of a choice: it chooses that."""
    prop = chosen.bl_rna.properties[name]
    row = layout.row()
    row.use_property_split = False  # it would be half a label
    row.prop_enum(chosen, name, value, text=f"{said(prop.name)}: {said(prop.enum_items[value].name)}")


def draw_sentence(
    layout: bpy.types.UILayout, context: bpy.types.Context, text: str, icon: str = "NONE", beside: int = 0
) -> None:
    """Text in as many labels as the region's width asks for; `beside` px, at a scale of 1, stay free."""
    scale = context.preferences.system.ui_scale
    blf.size(0, context.preferences.ui_styles[0].widget.points * scale)
    room = context.region.width - (90 + beside) * scale  # the panel's margins, a box's, the icon and the tabs
    column = layout.column(align=True)
    column.scale_y = 0.8
    for number, line in enumerate(_lines(said(text), room)):
        shown = icon if number == 0 else "NONE" if icon == "NONE" else "BLANK1"
        column.label(text=line, translate=False, icon=shown)


def _lines(text: str, room: float) -> list[str]:
    lines = [""]
    for piece in _PIECES.findall(text):
        longer = lines[-1] + piece
        if lines[-1] and blf.dimensions(0, longer.rstrip())[0] > room:
            lines.append(piece.lstrip())
        else:
            lines[-1] = longer
    return [line.strip() for line in lines]


class SubPanel:
    """A panel in Pochade's tab of the Image Editor, below Stylize and folded unless its class says else."""

    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Pochade"
    bl_parent_id = "POCHADE_PT_stylize"
    bl_options = {"DEFAULT_CLOSED"}
