"""Everything that Blender sees of Pochade."""

from . import (
    after_render,
    cli,
    gallery,
    job,
    library,
    live,
    log,
    menus,
    operators,
    panels,
    preferences,
    presets,
    properties,
)

_MODULES = (
    preferences,
    log,
    presets,
    library,
    gallery,
    properties,
    job,
    live,
    operators,
    panels,
    menus,
    after_render,
    cli,
)


def register():
    for module in _MODULES:
        module.register()


def unregister():
    for module in reversed(_MODULES):
        module.unregister()
