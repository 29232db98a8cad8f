"""The sidebars of the Image Editor and the 3D viewport, and the first panel in other places: they draw, and
decide nothing.
"""

import bpy

from . import animation, instant, keys, regions, settings, styles, stylize, viewport

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
    viewport.POCHADE_PT_viewport,
)


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.VIEW3D_HT_header.append(viewport.draw_switch)


def unregister():
    bpy.types.VIEW3D_HT_header.remove(viewport.draw_switch)
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
