"""Settings of a scene that a job changes for a while."""

from contextlib import suppress
from typing import Any

import bpy

from ...core.errors import PochadeError


class SceneHandle:
    """A scene that may be renamed and taken away meanwhile, and that undo gives a new pointer: a name would
    not do, for a linked scene and a local one may share it.
    """

    def __init__(self, scene: bpy.types.Scene):
        self.name, self._uid = scene.name_full, scene.session_uid

    def get(self) -> bpy.types.Scene | None:
        """The scene, if it is there."""
        return next((scene for scene in bpy.data.scenes if scene.session_uid == self._uid), None)

    def find(self) -> bpy.types.Scene:
        """The scene. Raises PochadeError when the artist has taken it away."""
        scene = self.get()
        if not scene:
            raise PochadeError("The scene {name} is gone", name=self.name)
        return scene

    def same(self, scene: bpy.types.Scene) -> bool:
        """Whether this is the scene; a render's copy of it is, too."""
        return scene.session_uid == self._uid


class Borrowed:
    """Properties of a scene by their paths, such as "render.use_sequencer", to be given back as they were.

    The scene is found again each time: undo gives every pointer anew.
    """

    def __init__(self, scene: bpy.types.Scene):
        self._scene = SceneHandle(scene)
        self._before: dict[str, Any] = {}

    def set(self, values: dict[str, Any]) -> None:
        """Set properties in this order; once more is harmless, and needed after an undo."""
        scene = self._scene.find()
        for path, value in values.items():
            struct, name = _resolve(scene, path)
            self._before.setdefault(path, getattr(struct, name))
            if getattr(struct, name) != value:
                setattr(struct, name, value)

    def give_back(self) -> None:
        """Set what was set to what it was before, as far as it is still there."""
        scene, before, self._before = self._scene.get(), self._before, {}
        for path, value in before.items() if scene else ():
            with suppress(ValueError, TypeError, AttributeError):  # a view layer or a node may be gone
                struct, name = _resolve(scene, path)
                if getattr(struct, name) != value:
                    setattr(struct, name, value)


def _resolve(scene, path):
    holder, _, name = path.rpartition(".")
    return (scene.path_resolve(holder) if holder else scene), name
