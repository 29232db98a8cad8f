"""Everything that Blender sees of Pochade."""

from . import job, live, operators, panels, preferences, presets, properties

_MODULES = (preferences, presets, properties, job, live, operators, panels)


def register():
    for module in _MODULES:
        module.register()


def unregister():
    for module in reversed(_MODULES):
        module.unregister()
