"""Entries in Blender's own menus, and what happens to a file that is dropped into a window."""

import bpy

from ...core.presets.archive import ENDING
from ..blender.picture_files import OURS


def _draw_first(menu, operator):
    """An operator below a line of its own, and the way in which those after it are called, too."""
    menu.layout.separator()
    menu.layout.operator_context = "INVOKE_DEFAULT"
    menu.layout.operator(operator, icon="BRUSH_DATA")


def _draw_image(menu, context):
    _draw_first(menu, "pochade.stylize")
    menu.layout.operator("pochade.variations")
    menu.layout.operator("pochade.stylize_files", text="Stylize Files…")
    menu.layout.operator("pochade.compare")
    menu.layout.operator("pochade.wipe")
    menu.layout.operator("pochade.use_settings")
    menu.layout.operator("pochade.use_settings_of_file", text="Use Settings of a File…")
    menu.layout.operator("pochade.clear_paintings", text="Clear Paintings…")
    menu.layout.operator("pochade.open_example")


def _draw_render(menu, context):
    _draw_first(menu, "pochade.stylize_render")


def _draw_strip(menu, context):
    _draw_first(menu, "pochade.stylize_strip")


class POCHADE_FH_preset(bpy.types.FileHandler):
    """A preset's file is dropped into an editor."""

    bl_idname = "POCHADE_FH_preset"
    bl_label = "Pochade Preset"
    bl_import_operator = "pochade.import_preset"
    bl_file_extensions = ENDING

    @classmethod
    def poll_drop(cls, context):
        return context.area and context.area.type in {"IMAGE_EDITOR", "VIEW_3D", "NODE_EDITOR"}


class POCHADE_FH_picture(bpy.types.FileHandler):
    """A picture is dropped beside the one in an Image Editor: on its sidebar. On the picture itself it is
    Blender that opens it, whose own handlers come first there.
    """

    bl_idname = "POCHADE_FH_picture"
    bl_label = "Picture for Pochade"
    bl_import_operator = "pochade.drop_picture"
    bl_file_extensions = ";".join(
        (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp", ".tga", ".exr", ".hdr", *OURS)
    )

    @classmethod
    def poll_drop(cls, context):
        return context.area and context.area.type == "IMAGE_EDITOR"


def register():
    for handler in (POCHADE_FH_preset, POCHADE_FH_picture):
        bpy.utils.register_class(handler)
    bpy.types.IMAGE_MT_image.append(_draw_image)
    bpy.types.TOPBAR_MT_render.append(_draw_render)
    bpy.types.SEQUENCER_MT_strip.append(_draw_strip)


def unregister():
    bpy.types.SEQUENCER_MT_strip.remove(_draw_strip)
    bpy.types.TOPBAR_MT_render.remove(_draw_render)
    bpy.types.IMAGE_MT_image.remove(_draw_image)
    for handler in (POCHADE_FH_picture, POCHADE_FH_preset):
        bpy.utils.unregister_class(handler)
