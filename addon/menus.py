"""Entries in Blender's own menus."""

import bpy


def _draw_image(menu, context):
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.operator("pochade.stylize", icon="BRUSH_DATA")
    menu.layout.operator("pochade.variations")
    menu.layout.operator("pochade.stylize_files", text="Stylize Files…")
    menu.layout.operator("pochade.use_settings")


def register():
    bpy.types.IMAGE_MT_image.append(_draw_image)


def unregister():
    bpy.types.IMAGE_MT_image.remove(_draw_image)
