"""Everything that Blender sees of Pochade."""

from . import job, operators, panels, preferences, presets, properties

_MODULES = (preferences, presets, properties, job, operators, panels)


def register():
    for module in _MODULES:
        module.register()


def unregister():
    for module in reversed(_MODULES):
        module.unregister()
