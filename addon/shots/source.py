"""What all sources of an animation have in common."""

import math
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.shot import Frame
from ..job import InBlender

FOLDER = "source"  # below the painted frames' folder
Collecting = Generator[Progress | InBlender, Any, list[Frame]]


class Source:
    """Frames to paint: `numbers`, one after the other, of a `size` (width, height) where it is known yet.

    `collect` brings them into a folder, `give_back` leaves Blender as it was, however that ended. `identity` tells what was
    collected from anything else.
    """

    name: str
    rendered: bool  # whether there may be Cryptomatte
    size: tuple[int, int] | None = None
    identity: Any = ""
    verb = "read"

    def __init__(self, scene: bpy.types.Scene, numbers: Sequence[int]):
        chosen = scene.pochade.animation
        if chosen.own_range:
            missing = {chosen.first, chosen.last} - set(numbers) if not isinstance(numbers, range) else set()
            if chosen.first > chosen.last or missing:
                raise PochadeError(f"There are no frames from {chosen.first} to {chosen.last}: change the frame range")
            numbers = range(chosen.first, chosen.last + 1)
        if len(numbers) < 2:
            raise PochadeError("An animation needs two frames or more: change the frame range, or paint a single picture")
        gap = next((number for number in range(numbers[0], numbers[-1]) if number not in numbers), None)
        if gap is not None:
            raise PochadeError(f"Frame {gap} is missing: complete the sequence, or change the frame range")
        self.numbers = list(numbers)
        self.scene = scene.name

    def collect(self, folder: Path, room: int) -> Collecting:
        """Bring every frame into `folder`; returns the frames, without their cameras.

        Raises PochadeError, also where the disk has no room for them and `room` more bytes for each.
        """
        raise NotImplementedError

    def give_back(self) -> None:
        """In Blender's thread, at the end."""

    def progress(self, done: int, doing: str) -> Progress:
        """The step before the frame with this place in the order."""
        count = len(self.numbers)
        return Progress(done, count, done / count, math.nan, f"{doing} frame {self.numbers[done]}, {done + 1} of {count}", None)

    def _check_size(self, number: int, size: tuple[int, int]) -> None:
        """Raise PochadeError for a frame of another size than the first."""
        self.size = self.size or size
        if size != self.size:
            raise PochadeError("Frame {} has another size, {} x {} px, than the first, {} x {} px".format(number, *size, *self.size))
