"""An animation whose view layers are painted each by itself: a character in a layer of its own keeps its
paint before a background that moves.
"""

from collections.abc import Generator
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.sequence.shot import Frame, Shot, frame_name
from ...core.words import Sentence
from .. import asking, pace, shots
from ..job import InBlender
from ..shots import unpainted
from ..shots.renders import name_in_files
from ..styles import keys, presets
from .animation import Animation, Overrides, Steps

if TYPE_CHECKING:
    from ...core.sequence.job import SequenceJob
    from ...core.sequence.layers import LayeredJob

NONE = Overrides()
FOLDER = "layers"  # in the folder of the painted frames


def used(scene: bpy.types.Scene) -> list[str]:
    """The view layers that are rendered, by the names that files have."""
    return [name_in_files(layer.name) for layer in scene.view_layers if layer.use]


def are_apart(scene: bpy.types.Scene) -> bool:
    """Whether the scene's view layers are to be painted each by itself."""
    chosen = scene.pochade.animation
    return chosen.apart and chosen.source == "RENDER" and len(used(scene)) > 1


def animation_of(context: bpy.types.Context, overrides: Overrides = NONE) -> Animation:
    """The painting of the scene's sequence. Raises PochadeError."""
    kind = LayeredAnimation if are_apart(context.scene) else Animation
    return kind(context, overrides)


class LayeredAnimation(Animation):
    """The painting of a sequence whose view layers are apart. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, overrides: Overrides = NONE):
        super().__init__(context, overrides)
        scene = context.scene
        if keys.painted(scene):
            raise PochadeError(
                "A key shows the whole frame, not a view layer: remove the keys, or switch View Layers Apart "
                "off"
            )
        self._layers = used(scene)
        self._entries = {
            name: presets.chosen_style(each)
            for each in scene.pochade.layers
            if (name := name_in_files(each.name)) in self._layers
        }
        self._own = {name: cache(presets.load_style(scene, entry)) for name, entry in self._entries.items()}

    def _paint(self, shot: Shot) -> Steps:
        from ...core.sequence.layers import stylize_layers

        job = yield from self._layered(shot)
        if (why := job.why_lost()) and not self.source.agreed:
            yield from asking.agree(Sentence("What is painted is removed, because {why}", why=why))
        settings, table = self._samples[0].settings, job.layers[0][1].timetable
        chosen = settings, self._settings, table, self._shape, self._machine
        task = yield InBlender(partial(pace.sequence, *chosen))
        task = replace(task, amount=len(job.layers) * task.amount)
        return (yield from pace.timed(task, stylize_layers(job), resumes=True))

    def _layered(self, shot: Shot) -> "Generator[Progress | InBlender, Any, LayeredJob]":
        from ...core.files.pictures import read_picture
        from ...core.sequence.layers import LayeredJob, nearest_first

        of_layers = {}
        for name in self._layers:
            of_layers[name] = yield from self._displayed(name, shot)
        first = shot.frames[0]
        pictures = [read_picture(frames[0].picture) for frames in of_layers.values()]
        assert first.passes
        ordered = nearest_first(self._layers, first.passes, pictures)
        jobs = [(name, self._job_of(name, replace(shot, frames=of_layers[name]))) for name in ordered]
        return LayeredJob(jobs, self._folder, self._recipe)

    def _job_of(self, name: str, shot: Shot) -> "SequenceJob":
        whole = self._sequence_job(shot)
        if name in self._own:
            styles = ((self._own[name](), 1.0),)
            looks = [replace(look, styles=styles) for look in whole.looks]
            whole = replace(
                whole, looks=looks, recipe_of=partial(self._recipe, mix=[(self._entries[name], 1.0)])
            )
        # A layer holds what is in it together; the map of objects would be that of all of them.
        return replace(whole, folder=self._folder_of(name), objects=lambda frame: None)

    def _folder_of(self, name: str) -> Path:
        return self._folder / FOLDER / bpy.path.clean_name(name)

    def _displayed(self, name: str, shot: Shot) -> "Generator[Progress | InBlender, Any, tuple[Frame, ...]]":
        """The frames of a view layer, each with the layer's picture as it is displayed, in a file."""
        from ...core.files.checkpoint import Checkpoint, Growth
        from ...core.files.pictures import write_picture

        folder = self._folder_of(name) / shots.FOLDER
        files = [frame_name(frame.number, ".png") for frame in shot.frames]
        growth = Growth(lambda count: {"scene": shot.first(count).identity, "view layer": name})
        identity = {"scene": shot.identity, "view layer": name}
        with Checkpoint(folder, identity, files, growth=growth) as checkpoint:
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


def refuse(scene: bpy.types.Scene) -> None:
    """Raise PochadeError where view layers are apart, for what paints in parts."""
    if are_apart(scene):
        raise PochadeError(
            "View layers that are painted apart are painted by one machine: switch View Layers Apart off, "
            "or use Stylize Animation"
        )
