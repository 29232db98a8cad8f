"""Remove a style from the mix, or a region."""

import bpy
from bpy.props import EnumProperty, IntProperty

from .add_item import LISTS


class POCHADE_OT_remove_item(bpy.types.Operator):
    """Remove this style or region"""

    bl_idname = "pochade.remove_item"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    items: EnumProperty(name="List", description="What to remove from", items=LISTS)
    index: IntProperty(name="Index", description="Its place in the list, from 0", min=0)

    def execute(self, context):
        chosen = context.scene.pochade
        items = getattr(chosen, self.items)
        if self.index >= len(items):
            return {"CANCELLED"}
        items.remove(self.index)
        chosen.active_region = max(min(chosen.active_region, len(chosen.regions) - 1), 0)
        return {"FINISHED"}


CLASSES = (POCHADE_OT_remove_item,)
