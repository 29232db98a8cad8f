"""The sidebar of the Image Editor, and its first panel in other places: draws, and decides nothing."""

import bpy

from . import animation, instant, keys, regions, settings, styles, stylize

_CLASSES = (
    styles.POCHADE_MT_preset,
    stylize.POCHADE_PT_stylize,
    stylize.POCHADE_PT_stylize_compositor,
    stylize.POCHADE_PT_stylize_render,
    styles.POCHADE_PT_mix,
    regions.POCHADE_UL_regions,
    regions.POCHADE_PT_regions,
    settings.POCHADE_PT_look,
    settings.POCHADE_PT_method,
    settings.POCHADE_PT_layers,
    animation.POCHADE_PT_animation,
    keys.POCHADE_UL_keys,
    keys.POCHADE_PT_keys,
    animation.POCHADE_PT_view_layers,
    animation.POCHADE_PT_timing,
    animation.POCHADE_PT_motion,
    animation.POCHADE_PT_farm,
    instant.POCHADE_PT_instant,
    instant.POCHADE_PT_training,
)


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister():
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
