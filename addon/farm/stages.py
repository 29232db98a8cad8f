"""The parts of a shot's painting, each a job: rendering, the anchors, the chunks between, a last look.

All of them read the same .blend, and know the shot by it: what machines disagree about, a time stamp or the
last bit of a number, does not count.
"""

import hashlib
import time
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import make_folder
from ...core.progress import Progress
from ...core.sequence.shot import Frame, Shot, chunk_count
from ...core.settings import FarmSettings
from ...core.words import Sentence, duration, joined
from ..about import version
from ..engine import runtime
from ..job import InBlender, Job
from ..shots.source import Collecting, Part
from ..tasks.animation import Animation, Overrides
from . import packing

if TYPE_CHECKING:
    from ...core.sequence.chunks import Painting
    from ...core.sequence.job import SequenceJob


@dataclass(frozen=True)
class Choice:
    """Which part: its number, from 1, or the frame that it begins with; to render, the frames themselves."""

    farm: FarmSettings
    number: int | None = None
    first: int | None = None
    frames: list[int] = field(default_factory=list)

    def number_of(self, frames: Sequence[int], size: int) -> int | None:
        """Which part of `size` frames it is, from 1; None where neither is named. Raises PochadeError."""
        if self.first is not None:
            if self.first not in frames:
                raise PochadeError(
                    "There is no frame {first} among {start} to {end}",
                    first=self.first,
                    start=frames[0],
                    end=frames[-1],
                )
            return (self.first - frames[0]) // size + 1
        if self.number is not None and self.number < 1:
            raise PochadeError("There is no part {number}: they are counted from 1", number=self.number)
        return self.number


class Stage(Animation):
    """One part of the work, for one machine. `idle` says why there is nothing to do; "" while there is."""

    idle = ""

    def __init__(self, context: bpy.types.Context, overrides: Overrides, choice: Choice):
        super().__init__(context, overrides)
        self._choice, self._farm = choice, choice.farm
        self.source.identity = shot_identity(self._folder)

    def _part(self, numbers: Sequence[int]) -> Part:
        return Part(numbers, self.source.identity, versions())

    def _collect(self) -> Generator[Progress, None, list[Frame]]:
        yield Progress("Looking for the frames")
        return self.source.find(self._folder, self._part(self.source.numbers))

    def _sequence_job(self, shot: Shot) -> "SequenceJob":
        return replace(super()._sequence_job(shot), versions=f"{versions()}, PyTorch {_torch_version()}")

    def _part_of(
        self, shot: Shot, paint: "Callable[[SequenceJob], Painting]"
    ) -> Generator[Progress | InBlender, Any, Any]:
        """What `paint` makes of the shot, or of each view layer where those are apart; and the LayeredJob."""
        if not self._layers:
            return (yield from paint(self._sequence_job(shot))), None
        from ...core.sequence.layers import each_layer

        layered = yield from self._layers.job(shot, self._sequence_job)
        return (yield from each_layer(layered, paint)), layered

    def end(self, job: Job) -> None:
        self.source.give_back()
        self._canvas.remove()
        if job.state == "done":
            done = Sentence(
                "{done} in {time}", done=self._what_is_done(), time=duration(time.monotonic() - self._started)
            )
            note = getattr(job.result, "note", "")
            job.sentence = joined(filter(None, (done, note)), ". ")
        elif job.state == "cancelled" and not job.sentence:
            job.sentence = Sentence("Stopped; the same command goes on from there")

    def _what_is_done(self) -> str:
        raise NotImplementedError


class Render(Stage):
    """Some frames with passes that tell how things move; of footage, as pictures. Needs no PyTorch."""

    def __init__(self, context: bpy.types.Context, overrides: Overrides, choice: Choice):
        super().__init__(context, overrides, choice)
        frames, size = self.source.numbers, self._farm.render_chunk
        number = choice.number_of(frames, size)
        self._frames = choice.frames or (
            frames if number is None else frames[(number - 1) * size : number * size]
        )
        if not self._frames:
            self.idle = Sentence(
                "There is no range {number} of {size} frames: nothing to render", number=number, size=size
            )

    def steps(self) -> Collecting:
        make_folder(self._folder)
        if self.source.rendered and self.source.made_from == "footage":
            runtime.ensure_engine(self._engine_folders)
        return (yield from self.source.collect(self._folder, 0, self._part(self._frames)))

    def _what_is_done(self) -> str:
        return Sentence(
            "{count} frames from {first} to {last} are {verb},",
            count=len(self._frames),
            first=self._frames[0],
            last=self._frames[-1],
            verb=self.source.verb,
        )


class Anchors(Stage):
    """The frames where chunks meet."""

    def _paint(self, shot: Shot) -> Generator[Progress, None, Any]:
        from ...core.sequence.chunks import paint_anchors

        return (yield from self._part_of(shot, partial(paint_anchors, size=self._farm.chunk)))[0]

    def _what_is_done(self) -> str:
        return Sentence("The anchors are painted,")


class Chunk(Stage):
    """The frames between two anchors."""

    def __init__(self, context: bpy.types.Context, overrides: Overrides, choice: Choice):
        super().__init__(context, overrides, choice)
        size = self._farm.chunk
        self._number = choice.number_of(self.source.numbers, size)
        if self._number is None:
            raise PochadeError(
                "Say which chunk: --number counts them from 1, --from names the frame that it begins with"
            )
        count = chunk_count(len(self.source.numbers), size)
        if self._number > count:
            self.idle = Sentence(
                "There is no chunk {number} of {count}: nothing to paint", number=self._number, count=count
            )

    def _paint(self, shot: Shot) -> Generator[Progress, None, Any]:
        from ...core.sequence.chunks import paint_chunk

        paint = partial(paint_chunk, size=self._farm.chunk, number=self._number)
        return (yield from self._part_of(shot, paint))[0]

    def _what_is_done(self) -> str:
        return Sentence("Chunk {number} is painted,", number=self._number)


class Collect(Stage):
    """The last look: whether all is there. What was only needed on the way goes."""

    def _paint(self, shot: Shot) -> Generator[Progress, None, Any]:
        from ...core.sequence.chunks import collect_chunks

        yield Progress("Looking for the painted frames")
        painted, layered = yield from self._part_of(shot, partial(collect_chunks, size=self._farm.chunk))
        if not layered:
            return painted
        from ...core.sequence.layers import put_together

        return (yield from put_together(layered))

    def _what_is_done(self) -> str:
        return Sentence(
            "All {count} frames are in {folder},", count=len(self.source.numbers), folder=self._folder
        )


def shot_identity(painted: Path) -> str:
    """What all machines know the shot by: the .blend, byte by byte, and names and sizes of the files that it
    needs; not of those in the folder that is painted into.
    """
    digest = hashlib.sha256(Path(bpy.data.filepath).read_bytes())
    for path in sorted(packing.needed_files(), key=lambda path: path.name):
        if path.is_file() and not path.is_relative_to(painted):
            digest.update(f"{path.name} {path.stat().st_size}".encode())
    return digest.hexdigest()


def versions() -> str:
    """What all machines must have in common."""
    return f"Pochade {version()}, Blender {bpy.app.version_string}"


def _torch_version() -> str:
    """PyTorch's, without the kind of hardware that it is built for: machines may differ in that."""
    import torch

    return torch.__version__.partition("+")[0]
