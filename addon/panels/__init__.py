"""The sidebar of the Image Editor, the Render Result's included: draws, and decides nothing."""

import bpy

from . import settings, stylize

_CLASSES = (stylize.POCHADE_PT_stylize, settings.POCHADE_PT_look, settings.POCHADE_PT_method)


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister():
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
