"""One picture painted in variations, in one job."""

import time
from collections.abc import Generator
from typing import TYPE_CHECKING

import bpy

from ...core.progress import Progress, part_of_work
from ...core.settings import Settings
from ...core.settings.variations import variations
from ...core.words import Sentence, duration, joined
from ..blender import sheets
from ..job import Job
from .painting import Painting, push_undo

if TYPE_CHECKING:
    import numpy as np


class Variations:
    """`count` paintings of `source` with these settings and variations of them. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, source: bpy.types.Image, settings: Settings, count: int):
        first = Painting(context, source, settings=settings)
        self._paintings = [first]
        for name, other in variations(settings, count)[1:]:
            self._paintings.append(Painting(context, source, settings=other, earlier=first, variation=name))
        self._source = source.name_full
        self._done: list[np.ndarray] = []
        self._started = time.monotonic()
        self.title, self.details = first.title, first.details

    def steps(self) -> Generator[Progress, None, None]:
        """For the job's thread."""
        count = len(self._paintings)
        for number, painting in enumerate(self._paintings):
            self._done.append(
                (
                    yield from part_of_work(
                        painting.steps(),
                        number,
                        count,
                        Sentence("Variation {number} of {count}", number=number + 1, count=count),
                    )
                )
            )

    def show(self, picture: "np.ndarray") -> None:
        """Show the one that is being painted."""
        self._paintings[0].show(picture)

    def end(self, job: Job) -> None:
        """Keep all that are finished, and show them side by side."""
        if not self._done or (job.state != "done" and not job.keep):
            self._paintings[0].clear()
            return
        kept = [
            painting.keep(picture) for painting, picture in zip(self._paintings, self._done, strict=False)
        ]
        took = duration(time.monotonic() - self._started)
        what = self._paintings[0].what
        job.sentence = Sentence("Painted {what} in {took}", what=what, took=took)
        if len(kept) > 1:
            sheet = sheets.write(f"{self.title}, variations", kept, self._done, self._source)
            self._paintings[0].show_instead(sheet)
            job.sentence = Sentence(
                "Painted {count} variations of {what} in {took}: click the one that you like",
                count=len(kept),
                what=what,
                took=took,
            )
        troubles = dict.fromkeys(painting.trouble for painting in self._paintings)
        job.sentence = joined(filter(None, (job.sentence, *troubles)), ". ")
        push_undo(Sentence("Variations of {title}", title=self.title))
