"""Everything that Blender sees of Pochade."""

from . import cli, guide, job, language, log, operators
from .blender import rendered, undo
from .scene import properties
from .styles import catalogs, gallery, keys, stores
from .tasks import after_render, live, viewport
from .ui import menus, panels, preferences, sheet, shelf, wipe

_MODULES = (
    language,
    preferences,
    log,
    guide,
    rendered,
    stores,
    gallery,
    catalogs,
    properties,
    keys,
    undo,
    job,
    live,
    viewport,
    operators,
    panels,
    menus,
    sheet,
    shelf,
    wipe,
    after_render,
    cli,
)


def register():
    for module in _MODULES:
        module.register()


def unregister():
    for module in reversed(_MODULES):
        module.unregister()
