"""What all sources of an animation have in common."""

from collections.abc import Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.errors import PochadeError
from ...core.files import json_text
from ...core.progress import Progress
from ...core.sequence.shot import Frame, frame_name
from ...core.words import Sentence
from ..blender.borrowed import SceneHandle
from ..job import InBlender

if TYPE_CHECKING:
    from ...core.files.checkpoint import Checkpoint
    from ...core.files.record import Growth

FOLDER = "source"  # below the painted frames' folder
Collecting = Generator[Progress | InBlender, Any, list[Frame]]


@dataclass(frozen=True)
class Part:
    """Some frames of a shot, which one of several machines collects. `identity` is what all of them know the
    source by, and `versions` what collects it, in words.
    """

    numbers: Sequence[int]
    identity: str
    versions: str


class Source:
    """Frames to paint: `numbers`, one after the other, of a `size` (width, height) where it is known yet.

    `collect` brings them into a folder, `give_back` leaves Blender as it was, however that ended. `identity`
    tells what was collected from anything else.
    """

    name: str
    rendered: bool  # whether there may be Cryptomatte
    size: tuple[int, int] | None = None
    identity: Any = ""
    agreed = False  # whether the artist has agreed to lose what was made from another state
    verb = Sentence("read")
    made_from = "footage"
    ending = ".png"  # of the file that stands for a collected frame

    def __init__(self, scene: bpy.types.Scene, numbers: Sequence[int]):
        chosen = scene.pochade.animation
        if chosen.own_range:
            missing = {chosen.first, chosen.last} - set(numbers) if not isinstance(numbers, range) else set()
            if chosen.first > chosen.last or missing:
                raise PochadeError(
                    "There are no frames from {first} to {last}: change the frame range",
                    first=chosen.first,
                    last=chosen.last,
                )
            numbers = range(chosen.first, chosen.last + 1)
        if len(numbers) < 2:
            raise PochadeError(
                "An animation needs two frames or more: change the frame range, or paint a single picture"
            )
        gap = next((number for number in range(numbers[0], numbers[-1]) if number not in numbers), None)
        if gap is not None:
            raise PochadeError(
                "Frame {gap} is missing: complete the sequence, or change the frame range", gap=gap
            )
        self.numbers = list(numbers)
        self.scene = SceneHandle(scene)

    def collect(self, folder: Path, room: int, part: Part | None = None) -> Collecting:
        """Bring every frame into `folder`, or those of a part; returns the frames, without their cameras.

        Raises PochadeError, also where the disk has no room for them and `room` more bytes for each.
        """
        raise NotImplementedError

    def find(self, folder: Path, whole: Part) -> list[Frame]:
        """The frames of a shot that was collected in parts. Raises PochadeError where one is missing."""
        from ...core.files.checkpoint_reader import STATE

        wanted, seen = {self.made_from: whole.identity, "versions": whole.versions}, {}
        for record in (folder / FOLDER).glob(f"{STATE}-*/job.json"):
            with suppress(OSError, ValueError, LookupError, TypeError):
                there = json_text.read(record)
                had = {name: there["identity"].get(name) for name in wanted}
                for name in there["painted"]:
                    if seen.get(name) != wanted:
                        seen[name] = had
        for number in whole.numbers:
            name = frame_name(number, self.ending)
            if name not in seen or not (folder / FOLDER / name).is_file():
                raise PochadeError(
                    "Frame {number} is not {verb} yet: run the stage render for it first",
                    number=number,
                    verb=self.verb,
                )
            if seen[name]["versions"] != whole.versions:
                raise PochadeError(
                    "Frame {number} was {verb} by {versions}, and here is {here}: all "
                    "machines must have the same versions",
                    number=number,
                    verb=self.verb,
                    versions=seen[name]["versions"],
                    here=whole.versions,
                )
            if seen[name] != wanted:
                raise PochadeError(
                    "Frame {number} was {verb} from another state of {name}: run the stage render "
                    "for it again",
                    number=number,
                    verb=self.verb,
                    name=self.name,
                )
        return [self._frame_at(number, folder) for number in whole.numbers]

    def frames_there(self, folder: Path) -> list[Frame]:
        """The frames that are in the folder from before. Raises PochadeError where one is not there."""
        frames = [self._frame_at(number, folder) for number in self.numbers]
        for frame in frames:
            if not frame.picture.is_file() or frame.passes and not frame.passes.is_file():
                raise PochadeError(
                    "Frame {number} is not {verb} yet: use Stylize Animation first",
                    number=frame.number,
                    verb=self.verb,
                )
        return frames

    def _frame_at(self, number: int, folder: Path) -> Frame:
        """A frame that was collected."""
        raise NotImplementedError

    def _agree(
        self, folder: Path, identity: dict[str, Any], files: Sequence[str], growth: "Growth"
    ) -> Generator[Progress | InBlender, Any, None]:
        """Ask before frames go that took their time. Raises PochadeError for a No."""
        yield from ()

    def _open(
        self, folder: Path, files: Sequence[str], part: Part | None
    ) -> "Generator[Progress, None, Checkpoint]":
        """The record of collecting these files. Parts have a record each, so that several machines can be at
        work; where one has the same part, it is waited for.
        """
        from ...core.files.checkpoint import Checkpoint, wait_for_lock  # with numpy
        from ...core.files.checkpoint_reader import STATE
        from ...core.files.record import Growth

        if not part:
            a_frame = len(files) // len(self.numbers)
            growth = Growth(lambda count: {self.made_from: self.identity_of_first(count // a_frame)})
            whole = folder / FOLDER, {self.made_from: self.identity}, files
            yield from self._agree(*whole, growth)
            return Checkpoint(*whole, growth=growth)
        first, last = part.numbers[0], part.numbers[-1]
        waiting = Progress(
            Sentence(
                "Frames {first} to {last}: waiting for another worker, which is at work on them",
                first=first,
                last=last,
            )
        )
        return (
            yield from wait_for_lock(
                lambda: Checkpoint(
                    folder / FOLDER,
                    {self.made_from: part.identity, "versions": part.versions},
                    files,
                    f"{STATE}-{first:04}-{last:04}",
                ),
                waiting,
            )
        )

    def identity_of_first(self, count: int) -> Any:
        """What `identity` would be with the first so many frames alone."""
        return self.identity

    def give_back(self) -> None:
        """In Blender's thread, at the end."""

    def progress(self, done: int, doing: str, numbers: Sequence[int] = (), verb: str = "") -> Progress:
        """The step before the frame with this place in the order, of all frames or of these; `verb` says what
        they are at the end of that, if not what `collect` makes of them.
        """
        numbers = numbers or self.numbers
        count = len(numbers)
        return Progress(
            Sentence(
                "{doing} frame {number}, {done} of {count}",
                doing=doing,
                number=numbers[done],
                done=done + 1,
                count=count,
            ),
            fraction=done / count,
            step=done,
            steps=count,
            until=Sentence("all are {verb}", verb=verb or self.verb),
        )

    def _check_size(self, number: int, size: tuple[int, int]) -> None:
        """Raise PochadeError for a frame of another size than the first."""
        self.size = self.size or size
        if size != self.size:
            raise PochadeError(
                "Frame {number} has another size, {size} px, than the first, {first} px",
                number=number,
                size="{} x {}".format(*size),
                first="{} x {}".format(*self.size),
            )
