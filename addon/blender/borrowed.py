"""Settings of a scene that a job changes for a while."""

from contextlib import suppress
from typing import Any

import bpy

from ...core.errors import PochadeError


def find_scene(name: str) -> bpy.types.Scene:
    """The scene of this name. Raises PochadeError when the artist has taken it away meanwhile."""
    scene = bpy.data.scenes.get(name)
    if not scene:
        raise PochadeError(f"The scene {name} is gone")
    return scene


class Borrowed:
    """Properties of a scene by their paths, such as "render.use_sequencer", to be given back as they were.

    The scene is found by its name each time: undo gives every pointer anew.
    """

    def __init__(self, scene: bpy.types.Scene):
        self._scene = scene.name
        self._before: dict[str, Any] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set properties in this order; once more is harmless, and needed after an undo."""
        scene = find_scene(self._scene)
        for path, value in values.items():
            struct, name = _resolve(scene, path)
            self._before.setdefault(path, getattr(struct, name))
            if getattr(struct, name) != value:
                setattr(struct, name, value)

    def give_back(self) -> None:
        """Set what was set to what it was before, as far as it is still there."""
        scene, before, self._before = bpy.data.scenes.get(self._scene), self._before, {}
        for path, value in before.items() if scene else ():
            with suppress(ValueError, TypeError, AttributeError):  # a view layer or a node may be gone
                struct, name = _resolve(scene, path)
                if getattr(struct, name) != value:
                    setattr(struct, name, value)


def _resolve(scene, path):
    holder, _, name = path.rpartition(".")
    return (scene.path_resolve(holder) if holder else scene), name
