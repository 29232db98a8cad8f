"""Which 3D viewport is meant, and whether it shows something else by now."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import bpy

from ..blender import images

_TOLD = ("depsgraph_update_post", "frame_change_post", "undo_post", "redo_post", "render_post")


class Seen(NamedTuple):
    """A viewport where it is on a screen."""

    window: bpy.types.Window
    area: bpy.types.Area
    region: bpy.types.Region
    space: bpy.types.SpaceView3D
    view: bpy.types.RegionView3D


def viewport(context: bpy.types.Context) -> bpy.types.SpaceView3D | None:
    """The viewport of the context: its own, or else the largest one in the window."""
    space = context.space_data
    if space and space.type == "VIEW_3D":
        return space
    areas = [area for area in context.screen.areas if area.type == "VIEW_3D"] if context.screen else []
    return max(areas, key=lambda area: area.width * area.height).spaces.active if areas else None


def find(address: int) -> Seen | None:
    """The viewport at an address, as `as_pointer` gives it; None where it is closed or hidden. In quad view
    it is the one that can be turned.
    """
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            space = area.spaces.active
            if area.type == "VIEW_3D" and space.as_pointer() == address:
                regions = [region for region in area.regions if region.type == "WINDOW"]
                view = space.region_quadviews[-1] if space.region_quadviews else space.region_3d
                own = [region for region in regions if region.data == view] or regions[-1:]
                if own and min(own[0].width, own[0].height) > 1:
                    return Seen(window, area, own[0], space, view)
    return None


def is_closed(address: int) -> bool:
    """Whether no screen has the viewport any more, be it seen or not."""
    return all(space.as_pointer() != address for space in _viewports())


def _viewports() -> Iterator[bpy.types.Space]:
    for screen in bpy.data.screens:
        for area in screen.areas:
            yield from (space for space in area.spaces if space.type == "VIEW_3D")


class Changes:
    """Counts what Blender tells of changes in its data."""

    def __init__(self):
        self._count = 0
        for name in _TOLD:
            getattr(bpy.app.handlers, name).append(self._on_change)

    def _on_change(self, *_):
        self._count += 1

    def end(self) -> None:
        for name in _TOLD:
            handlers = getattr(bpy.app.handlers, name)
            if self._on_change in handlers:
                handlers.remove(self._on_change)

    def signature(self, seen: Seen, redrawn: int) -> tuple[Any, ...]:
        """Equal as long as the viewport shows the same; `redrawn` counts what else changes it."""
        scene, space = seen.window.scene, seen.space
        return (
            self._count,
            redrawn,
            scene.session_uid,
            seen.window.view_layer.name,
            (seen.region.width, seen.region.height),
            bool(space.local_view),
            _matrix(seen.view.perspective_matrix),
            _values(space.shading),
            images.display_settings(scene),
        )


def _matrix(matrix) -> tuple[float, ...]:
    return tuple(value for row in matrix for value in row)


def _values(group) -> tuple[Any, ...]:
    """The values of a group's properties."""
    values = (getattr(group, each.identifier) for each in group.bl_rna.properties if each.type != "POINTER")
    return tuple(tuple(value) if hasattr(value, "__len__") else value for value in values)
