"""View layers, each painted by itself with its own style, alpha and motion, and laid one over another.

So no paint of one thing clings to another: what a layer's picture shows is moved by that layer's vectors.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import PochadeError
from ..files.checkpoint import Checkpoint, CheckpointReader, Growth
from ..files.exr import read_passes
from ..files.light import to_display, to_linear
from ..files.pictures import read_picture, write_picture
from ..progress import Progress, part_of_work
from ..words import Sentence
from .animation import ALL_PAINTED, stylize_animation, why_lost
from .job import PaintedShot, RecipeOf, SequenceJob
from .motion.cameras import SKY
from .shot import FORMATS


@dataclass(frozen=True)
class LayeredJob:
    """A shot of several view layers to paint into `folder`: their jobs by their names, the nearest one first,
    all of the same frames, each with a folder of its own. With `recipe_of` each frame's file says what is
    the same in all of them.
    """

    layers: Sequence[tuple[str, SequenceJob]]
    folder: Path
    recipe_of: RecipeOf | None = None

    @property
    def names(self) -> list[str]:
        """The file names of the painted frames."""
        return self.layers[0][1].names

    def identity(self) -> dict[str, object]:
        return {"view layers": [[name, job.checked().identity()] for name, job in self.layers]}

    def growth(self) -> Growth:
        """A longer shot goes on."""

        def identity(count: int) -> dict[str, object]:
            first = [(name, job.first(count)) for name, job in self.layers]
            return replace(self, layers=first).identity()

        return Growth(identity)

    def why_lost(self) -> str:
        """Why painting this would remove what is painted, as `Checkpoint.why_lost` has it."""
        own = CheckpointReader(self.folder).why_lost(self.identity(), self.names, self.growth())
        return own or next(filter(None, (why_lost(job) for _, job in self.layers)), "")


def stylize_layers(job: LayeredJob) -> Generator[Progress, None, PaintedShot]:
    """Paint every view layer, and write the frames that they make together, files named by their numbers.

    Goes on where it ended, as `stylize_animation` does. Raises PochadeError for what an artist can put right.
    """
    files, notes = [job.folder / name for name in job.names], []
    for at, (name, layer) in enumerate(job.layers):
        shot = yield from part_of_work(stylize_animation(layer), at, len(job.layers), name)
        notes += [shot.note] if shot.note and shot.note != ALL_PAINTED else []
    bits = FORMATS[job.layers[0][1].settings.file_format].bits
    with Checkpoint(job.folder, job.identity(), job.names, growth=job.growth()) as checkpoint:
        if checkpoint.finished:
            return PaintedShot(files, ALL_PAINTED)
        for number, name in enumerate(job.names[checkpoint.done :], checkpoint.done):
            picture = over([read_picture(layer.folder / name) for _, layer in job.layers])
            message = Sentence("Laying the view layers of {name} one over another", name=name)
            yield Progress(message, fraction=1.0, preview=partial(picture.view))
            recipe = job.recipe_of(number) if job.recipe_of else None
            write_picture(job.folder / name, picture, bits, recipe)
            checkpoint.advance(name)
        checkpoint.finish()
        return PaintedShot(files, checkpoint.invalidated or next(iter(notes), ""))


def over(pictures: Sequence[np.ndarray]) -> np.ndarray:
    """Pictures (H, W, 3 or 4), display-referred, straight alpha, the nearest one first, as one: each over
    those behind it, in linear light as a compositor's Alpha Over does it. (H, W, 3) where nothing shows
    through all of them.
    """
    light = np.zeros_like(pictures[0][..., :3])
    free = np.ones_like(light[..., :1])  # the share of what is behind that is still seen
    for picture in pictures:
        alpha = picture[..., 3:] if picture.shape[2] == 4 else np.ones_like(free)
        light = light + free * alpha * to_linear(picture[..., :3])
        free = free * (1 - alpha)
    alpha = 1 - free
    if (free == 0).all():
        return to_display(light)
    colours = np.divide(light, alpha, out=np.zeros_like(light), where=alpha > 0)
    return np.concatenate((to_display(colours), alpha), axis=2).astype(np.float32)


def nearest_first(layers: Sequence[str], passes: Path, pictures: Sequence[np.ndarray]) -> list[str]:
    """The view layers of a frame in the order in which they are laid, by how far away what they show is.
    `pictures` (H, W, 4) are theirs. Raises PochadeError where one would hide all that is behind it.
    """
    distance = {}
    for name, picture in zip(layers, pictures, strict=True):
        depth, shown = read_passes(passes, name).depth, picture[..., 3] > 0.5
        there = depth[shown & (depth < SKY)] if depth is not None else np.empty(0)
        distance[name] = float(np.median(there)) if there.size else np.inf
    ordered = sorted(layers, key=lambda name: distance[name])
    for name in ordered[:-1]:
        if (pictures[layers.index(name)][..., 3] >= 1).all():
            raise PochadeError(
                "The view layer {name} fills the whole picture and would hide those behind it: switch "
                "Transparent on in the render properties' Film, or leave the layer out",
                name=name,
            )
    return ordered
