"""Add a style to the mix, or a region."""

import bpy
from bpy.props import EnumProperty

from ..tasks import painting

LISTS = [
    ("mix", "Style", "Styles that are mixed with the main one"),
    ("regions", "Region", "Parts of the picture with styles of their own"),
]


class POCHADE_OT_add_item(bpy.types.Operator):
    """Add a style that is mixed with the main one, or a region with a style of its own"""

    bl_idname = "pochade.add_item"
    bl_label = "Add"
    bl_options = {"REGISTER", "UNDO"}

    items: EnumProperty(name="List", description="What to add to", items=LISTS)

    @classmethod
    def description(cls, context, properties):
        if properties.items == "mix":
            return "Add a style that is mixed with the others"
        return "Add a region: a part of the picture with a style of its own"

    def execute(self, context):
        chosen = context.scene.pochade
        items = getattr(chosen, self.items)
        item = items.add()
        if self.items == "regions":
            if not painting.paints_render(context):
                item.kind = "MASK"
            chosen.active_region = len(items) - 1
        return {"FINISHED"}


CLASSES = (POCHADE_OT_add_item,)
