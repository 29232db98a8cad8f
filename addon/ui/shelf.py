"""Presets that are assets, on a shelf below the picture: a click picks one."""

import bpy

from ..blender import compat
from ..styles import assets


class _Shelf:
    bl_space_type = "IMAGE_EDITOR"
    bl_activate_operator = "pochade.use_asset"
    bl_default_preview_size = 96

    @classmethod
    def poll(cls, context):
        return context.space_data.mode == "VIEW"

    @classmethod
    def asset_poll(cls, asset):
        return assets.is_ours(asset)


if compat.HAS_IMAGE_SHELVES:

    class POCHADE_AST_styles(_Shelf, bpy.types.AssetShelf):
        bl_label = "Pochade"
        bl_options = {"STORE_ENABLED_CATALOGS_IN_PREFERENCES"}  # the tabs, for all projects


def register():
    if compat.HAS_IMAGE_SHELVES:
        bpy.utils.register_class(POCHADE_AST_styles)


def unregister():
    if compat.HAS_IMAGE_SHELVES:
        bpy.utils.unregister_class(POCHADE_AST_styles)
