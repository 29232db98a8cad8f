"""View layers, each painted by itself with its own style, alpha and motion, and laid one over another.

So no paint of one thing clings to another: what a layer's picture shows is moved by that layer's vectors.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import PochadeError
from ..files.checkpoint import Checkpoint, wait_for_lock
from ..files.checkpoint_reader import CheckpointReader
from ..files.exr import read_passes
from ..files.light import to_display, to_linear
from ..files.pictures import read_picture, write_picture
from ..files.record import Growth
from ..progress import Progress, part_of_work
from ..words import Sentence
from .animation import ALL_PAINTED, stylize_animation, what_is_lost
from .compositing import Plan
from .job import PaintedShot, RecipeOf, SequenceJob
from .motion.cameras import SKY
from .shot import FORMATS, Frame


@dataclass(frozen=True)
class LayeredJob:
    """A shot of several view layers to paint into `folder`: their jobs by their names, of the same frames,
    each with a folder of its own, and the `plan` by which they are put together. With `recipe_of` each
    frame's file says what is the same in all of them.
    """

    layers: Sequence[tuple[str, SequenceJob]]
    plan: Plan
    folder: Path
    recipe_of: RecipeOf | None = None

    @property
    def names(self) -> list[str]:
        """The file names of the painted frames."""
        return self.layers[0][1].names

    @property
    def file_format(self) -> str:
        return self.layers[0][1].settings.file_format

    def identity(self) -> dict[str, object]:
        jobs = [[name, job.checked().identity()] for name, job in self.layers]
        return {"view layers": jobs, "compositing": repr(self.plan)}

    def growth(self) -> Growth:
        """A longer shot goes on."""

        def identity(count: int) -> dict[str, object]:
            first = [(name, job.first(count)) for name, job in self.layers]
            return replace(self, layers=first).identity()

        return Growth(identity)

    def what_is_lost(self) -> str:
        """What painting this would remove of what is painted, in a sentence; "" for nothing."""
        why = CheckpointReader(self.folder).why_lost(self.identity(), self.names, self.growth())
        if why:
            return Sentence("What is painted is removed, because {why}", why=why)
        return next(filter(None, (what_is_lost(job) for _, job in self.layers)), "")


def stylize_layers(job: LayeredJob) -> Generator[Progress, None, PaintedShot]:
    """Paint every view layer, and write the frames that they make together, files named by their numbers.

    Goes on where it ended, as `stylize_animation` does. Raises PochadeError for what an artist can put right.
    """
    shot = yield from each_layer(job, stylize_animation)
    whole = yield from put_together(job)
    return replace(whole, note=whole.note or shot.note)


def each_layer(
    job: LayeredJob, paint: Callable[[SequenceJob], Generator[Progress, None, PaintedShot]]
) -> Generator[Progress, None, PaintedShot]:
    """What `paint` does, for every view layer; returns what the last one made, with the first note."""
    notes = []
    for at, (name, layer) in enumerate(job.layers):
        shot = yield from part_of_work(paint(layer), at, len(job.layers), name)
        notes += [shot.note] if shot.note and shot.note != ALL_PAINTED else []
    return replace(shot, note=next(iter(notes), ""))


def put_together(job: LayeredJob) -> Generator[Progress, None, PaintedShot]:
    """Write the frames of view layers that are painted. Waits for another process that does it."""
    files, bits = [job.folder / name for name in job.names], FORMATS[job.file_format].bits
    message = Sentence("Laying the view layers one over another")
    checkpoint = yield from wait_for_lock(
        lambda: Checkpoint(job.folder, job.identity(), job.names, growth=job.growth()), Progress(message)
    )
    with checkpoint:
        if checkpoint.finished:
            return PaintedShot(files, ALL_PAINTED)
        for number, name in enumerate(job.names[checkpoint.done :], checkpoint.done):
            pictures = {layer: read_picture(own.folder / name) for layer, own in job.layers}
            picture = composited(job.plan, pictures)
            message = Sentence("Laying the view layers of {name} one over another", name=name)
            yield Progress(message, fraction=1.0, preview=partial(picture.view))
            recipe = job.recipe_of(number) if job.recipe_of else None
            write_picture(job.folder / name, picture, bits, recipe)
            checkpoint.advance(name)
        checkpoint.finish()
        return PaintedShot(files, checkpoint.invalidated)


def composited(plan: Plan, pictures: Mapping[str, np.ndarray]) -> np.ndarray:
    """The pictures (H, W, 3 or 4), display-referred, straight alpha, as one, mixed in the linear light of
    what is displayed: (H, W, 3) where nothing shows through.
    """
    light, alpha = _laid(plan, pictures)
    if (alpha >= 1).all():
        return to_display(light)
    colours = np.divide(light, alpha, out=np.zeros_like(light), where=alpha > 0)
    return np.concatenate((to_display(colours), alpha), axis=2).astype(np.float32)


def _laid(plan: Plan, pictures: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Premultiplied linear light (H, W, 3) and alpha (H, W, 1)."""
    if isinstance(plan, str):
        picture = pictures[plan]
        alpha = picture[..., 3:] if picture.shape[2] == 4 else np.ones_like(picture[..., :1])
        return alpha * to_linear(picture[..., :3]), alpha
    (below, alpha), (above, covers) = _laid(plan.below, pictures), _laid(plan.above, pictures)
    factor = plan.factor * (covers if plan.by_alpha else np.ones_like(covers))
    if plan.how == "over":
        free = 1 - factor * covers
        return factor * above + free * below, factor * covers + free * alpha
    mixed = {
        "mix": above,
        "add": below + above,
        "multiply": below * above,
        "screen": 1 - (1 - below) * (1 - above),
    }[plan.how]
    return below + factor * (mixed - below), alpha


def nearest_first(layers: Sequence[str], frames: Sequence[Mapping[str, Frame]]) -> list[str]:
    """The view layers in the order in which they are laid, by how far away what they show is, in the mean of
    those `frames` in which they show anything; each has the layers' own pictures. Raises PochadeError where
    one would hide all that is behind it.
    """
    distances: dict[str, list[float]] = {name: [] for name in layers}
    filled = dict.fromkeys(layers, True)
    for name, frame in ((name, frame[name]) for frame in frames for name in layers):
        assert frame.passes
        depth, alpha = read_passes(frame.passes, name).depth, read_picture(frame.picture)[..., 3]
        there = depth[(alpha > 0.5) & (depth < SKY)] if depth is not None else np.empty(0)
        distances[name] += [float(np.median(there))] if there.size else []
        filled[name] = filled[name] and bool((alpha >= 1).all())
    ordered = sorted(layers, key=lambda name: np.mean(distances[name]) if distances[name] else np.inf)
    for name in ordered[:-1]:
        if filled[name]:
            raise PochadeError(
                "The view layer {name} fills the whole picture and would hide those behind it: switch "
                "Transparent on in the render properties' Film, or leave the layer out",
                name=name,
            )
    return ordered
