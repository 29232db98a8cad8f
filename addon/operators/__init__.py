"""The operators, a module for each subject. Each operator is a Verb."""

import bpy

from .. import edition
from . import engine, keys, paint, picking, presets, results, scene, viewport

_MODULES = [paint, keys, presets, scene, results, picking, viewport, engine]
if edition.FULL:
    from . import downloads

    _MODULES.append(downloads)


def _classes() -> list[type[bpy.types.Operator]]:
    """The operators, in the order in which their modules define them."""
    return [
        cls
        for module in _MODULES
        for cls in vars(module).values()
        if isinstance(cls, type) and issubclass(cls, bpy.types.Operator) and cls.__module__ == module.__name__
    ]


def register():
    for cls in _classes():
        bpy.utils.register_class(cls)
    paint.register_keys()


def unregister():
    paint.unregister_keys()
    for cls in reversed(_classes()):
        bpy.utils.unregister_class(cls)
