"""View layers that are painted each by itself: a character in a layer of its own keeps its paint before a
background that moves.
"""

from collections.abc import Callable, Generator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.sequence.compositing import Laid, Plan, names_of, one_over_another
from ...core.sequence.shot import Frame, Shot, frame_name
from ...core.words import Sentence
from .. import shots
from ..blender import layering
from ..blender.borrowed import SceneHandle
from ..job import InBlender
from ..shots import unpainted
from ..shots.renders import name_in_files
from ..styles import keys, presets

if TYPE_CHECKING:
    from ...core.sequence.job import SequenceJob
    from ...core.sequence.layers import LayeredJob

FOLDER = "layers"  # in the folder of the painted frames
LOOKED_AT = 8  # frames, to find out which layer is in front


def used(scene: bpy.types.Scene) -> list[str]:
    """The view layers that are rendered, by the names that files have."""
    return [name_in_files(layer.name) for layer in scene.view_layers if layer.use]


def are_apart(scene: bpy.types.Scene) -> bool:
    """Whether the scene's view layers are to be painted each by itself."""
    chosen = scene.pochade.animation
    return chosen.apart and chosen.source == "RENDER" and len(used(scene)) > 1


def plan_of(scene: bpy.types.Scene) -> Plan | None:
    """How the scene's compositor puts the rendered view layers together, by the names that files have; None
    where it does not, or in a way that Pochade does not know.
    """
    plan = layering.plan_of(scene)
    plan = _in_files(plan) if plan else None
    names = names_of(plan) if plan else []
    return plan if len(names) > 1 and set(names) <= set(used(scene)) else None


def _in_files(plan: Plan) -> Plan:
    if isinstance(plan, Laid):
        return replace(plan, below=_in_files(plan.below), above=_in_files(plan.above))
    return name_in_files(plan)


class Layers:
    """The view layers of a scene, painted apart into folders below `folder`. Raises PochadeError."""

    def __init__(self, scene: bpy.types.Scene, folder: Path):
        if keys.painted(scene):
            raise PochadeError(
                "A key shows the whole frame, not a view layer: remove the keys, or switch View Layers Apart "
                "off"
            )
        self._scene, self._folder, self._plan = SceneHandle(scene), folder, plan_of(scene)
        self._names = names_of(self._plan) if self._plan else used(scene)
        self._entries = {
            name: presets.chosen_style(each)
            for each in scene.pochade.layers
            if (name := name_in_files(each.name)) in self._names
        }
        self._own = {name: cache(presets.load_style(scene, entry)) for name, entry in self._entries.items()}

    # For the job's thread.

    def job(
        self, shot: Shot, job_of: "Callable[[Shot], SequenceJob]"
    ) -> "Generator[Progress | InBlender, Any, LayeredJob]":
        """What paints the shot, of which `job_of` would paint the whole."""
        from ...core.sequence.layers import LayeredJob, nearest_first

        frames = {}
        for name in self._names:
            frames[name] = yield from self._displayed(name, shot)
        plan = self._plan
        if not plan:
            step = max(len(shot.frames) // LOOKED_AT, 1)
            looked_at = [
                {name: frames[name][at] for name in frames} for at in range(0, len(shot.frames), step)
            ]
            plan = one_over_another(nearest_first(self._names, looked_at))
        wholes = {name: job_of(replace(shot, frames=frames[name])) for name in names_of(plan)}
        jobs = [(name, self._job_of(name, whole)) for name, whole in wholes.items()]
        return LayeredJob(jobs, plan, self._folder, next(iter(wholes.values())).recipe_of)

    def _job_of(self, name: str, whole: "SequenceJob") -> "SequenceJob":
        looks, recipe = whole.looks, whole.recipe_of
        if name in self._own:
            styles = ((self._own[name](), 1.0),)
            looks = [replace(look, styles=styles, keys=0.0) for look in looks]
            recipe = partial(recipe, mix=[(self._entries[name], 1.0)])
        return replace(whole, looks=looks, folder=self._folder_of(name), recipe_of=recipe)

    def _folder_of(self, name: str) -> Path:
        return self._folder / FOLDER / bpy.path.clean_name(name)

    def _displayed(self, name: str, shot: Shot) -> "Generator[Progress | InBlender, Any, tuple[Frame, ...]]":
        """The frames of a view layer, each with the layer's picture as it is displayed, in a file."""
        from ...core.files.checkpoint import Checkpoint, wait_for_lock
        from ...core.files.pictures import write_picture
        from ...core.files.record import Growth

        folder = self._folder_of(name) / shots.FOLDER
        files = [frame_name(frame.number, ".png") for frame in shot.frames]
        growth = Growth(lambda count: {"scene": shot.first(count).identity, "view layer": name})
        identity = {"scene": shot.identity, "view layer": name}
        reading = Sentence("Reading the view layer {name}", name=name)
        with (
            yield from wait_for_lock(
                lambda: Checkpoint(folder, identity, files, growth=growth), Progress(reading)
            )
        ) as checkpoint:
            for done in range(checkpoint.done, len(files)):
                passes = shot.frames[done].passes
                assert passes
                yield Progress(
                    Sentence("Reading the view layer {name}, frame {number}", name=name, number=done + 1),
                    steps=len(files),
                    step=done,
                )
                combined = unpainted.combined(passes, name)
                picture = yield InBlender(partial(self._as_displayed, combined))
                write_picture(folder / files[done], picture, 16)
                checkpoint.advance(files[done])
            if not checkpoint.finished:
                checkpoint.finish()
        return tuple(
            replace(frame, picture=folder / file, layer=name)
            for frame, file in zip(shot.frames, files, strict=True)
        )

    # In Blender's thread.

    def _as_displayed(self, combined):
        return unpainted.displayed(self._scene.find(), combined)
