"""The keys of an animation: a list with thumbnails, and under it the fields of the picked one."""

import bpy

from ...blender import images
from ...tasks import keys as tasks
from ..labels import SubPanel, begin, draw_property, draw_sentence, is_narrow


class POCHADE_UL_keys(bpy.types.UIList):
    def draw_item(self, context, layout, data, item, icon, active_data, active_property, index=0, flt_flag=0):  # noqa: PLR0913 - what Blender hands over
        row = layout.row(align=True)
        number = row.row()
        number.ui_units_x = 2.5
        number.label(text=str(item.frame), translate=False)
        if item.image:
            row.label(text=item.image.name, translate=False, icon_value=images.icon_of(item.image))
        else:
            row.label(text="Not Painted Yet", icon="IMAGE_DATA")
        row.operator("pochade.show_key", text="", icon="TRACKING_FORWARDS_SINGLE", emboss=False).index = index


class POCHADE_PT_keys(SubPanel, bpy.types.Panel):
    bl_label = "Keys"
    bl_parent_id = "POCHADE_PT_animation"

    def draw(self, context):
        layout, chosen, narrow = self.layout, context.scene.pochade.animation, is_narrow(context)
        # Above the list, which grows: whoever paints is to see the way back.
        if tasks.is_edited(context):
            layout.operator("pochade.edit_as_key", text="Back to the Animation", icon="LOOP_BACK")
        else:
            layout.operator("pochade.edit_as_key", icon="TPAINT_HLT")
        if chosen.keys:
            whole = layout.column() if narrow else layout.row()
            whole.template_list("POCHADE_UL_keys", "", chosen, "keys", chosen, "active_key", rows=3)
            buttons = whole.row(align=True) if narrow else whole.column(align=True)
            buttons.operator("pochade.add_key", text="", icon="ADD")
            buttons.operator("pochade.remove_key", text="", icon="REMOVE").index = chosen.active_key
            if chosen.active_key < len(chosen.keys):
                _draw_key(layout, context, chosen.keys[chosen.active_key])
        else:
            draw_sentence(layout, context, "Frames painted by hand, which all others follow")
            layout.operator("pochade.add_key", icon="ADD")
        layout.operator("pochade.suggest_keys", icon="LIGHT")


def _draw_key(layout, context, key):
    begin(layout, context)
    column = layout.column()
    draw_property(column, key, "frame")
    if not layout.use_property_split:
        column.label(text="Image")
    column.template_ID(key, "image", open="image.open", text="Image" if layout.use_property_split else "")
    if key.image:
        column.template_icon(images.icon_of(key.image), scale=5)
