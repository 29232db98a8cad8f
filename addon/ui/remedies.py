"""What is missing, and right beside it the buttons that put it right."""

import bpy

from .. import edition
from ..preferences import PACKAGE
from .labels import draw_sentence


def draw_problem(layout: bpy.types.UILayout, context: bpy.types.Context, sentence: str) -> bpy.types.UILayout:
    """A sentence, and the way to the preferences; the result takes further buttons, above that."""
    box = layout.box()
    draw_sentence(box, context, sentence, "ERROR")
    column = box.column(align=True)
    buttons = column.column(align=True)
    column.operator("preferences.addon_show", text="Open Preferences", icon="PREFERENCES").module = PACKAGE
    return buttons


def draw_online_access(layout: bpy.types.UILayout, context: bpy.types.Context) -> None:
    """Above a button that downloads: Blender's own switch for it, where that is off."""
    if bpy.app.online_access or not edition.FULL:
        return
    if bpy.app.online_access_override:
        draw_sentence(layout, context, "Blender was started in offline mode", "INTERNET_OFFLINE")
    else:
        row = layout.row()
        row.use_property_split = False
        row.prop(context.preferences.system, "use_online_access", text="Allow Online Access")


def draw_download(layout: bpy.types.UILayout, operator: str) -> None:
    """The button of an operator that brings something from the network, in the edition that has those."""
    if edition.FULL:
        layout.operator(operator, icon="IMPORT")
