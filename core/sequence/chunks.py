"""A shot painted in chunks, each on a machine of its own, that meet without a seam; `steps.py` says how.

The checkpoint of the whole shot owns its files. It has begun once the anchor frames have, and is finished
when the chunks are collected. The anchor frames and each chunk have a checkpoint of their own below it.
"""

import hashlib
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..compute.devices import compute_on
from ..errors import PochadeError
from ..files.checkpoint import Checkpoint, wait_for_lock
from ..files.checkpoint_reader import STATE, CheckpointReader
from ..files.pictures import read_picture
from ..files.record import changed_parts, identity_with
from ..progress import Progress
from ..words import Sentence
from .animation import ALL_PAINTED, note_of, paint_steps
from .job import PaintedShot, SequenceJob
from .keys.steps import anchor_and_key_steps, keyed_chunk_steps
from .sources import Sources
from .steps import Step, anchor_numbers, anchor_steps, chunk_steps

Painting = Generator[Progress, None, PaintedShot]
ANCHORS = f"{STATE}/anchors"  # the checkpoint of the anchor frames


def paint_anchors(job: SequenceJob, size: int) -> Painting:
    """Paint the anchor frames of a shot in chunks of `size` frames, as `stylize_animation` paints them all.

    Goes on where it ended. When anything has changed that the paintings depend on, `job.versions` included,
    it begins anew, and what was painted of the shot is removed. It waits while another process does that.
    """
    plan = ChunkPlan.of(job, size)
    with (yield from wait_for_lock(plan.open_shot, plan.waiting("The anchors"))) as whole:
        names = plan.names_of(plan.points)
        files = plan.job.files(names)
        if whole.finished:
            return PaintedShot(files, ALL_PAINTED)
        if not whole.done:
            whole.advance()
        if whole.invalidated:
            yield plan.message(whole.invalidated)
        with Checkpoint(job.folder, plan.identity, names, ANCHORS, keeps=True) as checkpoint:
            if checkpoint.finished:
                return PaintedShot(files, ALL_PAINTED)
            steps = plan.steps_to_points()
            with compute_on(job.machine) as device:
                sources = Sources(plan.job, steps, device)
                yield from paint_steps(plan.job, steps, checkpoint, sources)
                return PaintedShot(files, note_of(plan.job, sources, whole))


def paint_chunk(job: SequenceJob, size: int, number: int) -> Painting:
    """Paint the frames between two anchor frames; the first chunk has the number 1. Returns its frames.

    Raises PochadeError where the anchor frames are not all there, or were painted with another job or size.
    Goes on where it ended, and waits for another process that paints this chunk.
    """
    plan = ChunkPlan.of(job, size)
    if not 1 <= number <= plan.count:
        raise PochadeError(
            "There is no chunk {number}; the shot has the chunks 1 to {count}",
            number=number,
            count=plan.count,
        )
    files = plan.job.files(plan.names_of(plan.frames_of(number)))
    checkpoint = yield from wait_for_lock(
        lambda: None if plan.check_anchors() else plan.open_chunk(number),
        plan.waiting(Sentence("Chunk {number}", number=number)),
    )
    if checkpoint is None:
        return PaintedShot(files, ALL_PAINTED)
    with checkpoint:
        if checkpoint.finished:
            return PaintedShot(files, ALL_PAINTED)
        steps = plan.steps_of(number)
        anchors = dict.fromkeys(plan.points, CheckpointReader(job.folder, ANCHORS))
        with compute_on(job.machine) as device:
            if steps:
                sources = Sources(plan.job, steps, device)
                yield from paint_steps(plan.job, steps, checkpoint, sources, anchors)
        return PaintedShot(files, checkpoint.invalidated)


def collect_chunks(job: SequenceJob, size: int) -> Painting:
    """The whole shot, once all chunks are painted; their checkpoints are removed.

    Raises PochadeError that names the first missing chunk. Waits for another process that collects.
    """
    plan = ChunkPlan.of(job, size)
    whole = yield from wait_for_lock(plan.open_painted_shot, plan.waiting("All chunks"))
    if whole:
        with whole:
            if not whole.finished:  # by another worker, between the check and the opening
                whole.advance(*plan.job.names)
                whole.finish()
    return PaintedShot(plan.job.files(plan.job.names), "")


@dataclass(frozen=True)
class ChunkPlan:
    """A job in chunks of `size` frames, and its checkpoints. Frames count from 0, chunks from 1."""

    job: SequenceJob
    size: int
    identity: dict[str, Any]

    @classmethod
    def of(cls, job: SequenceJob, size: int) -> "ChunkPlan":
        """Raises PochadeError for a job that cannot be painted in chunks."""
        job = job.checked()
        if job.settings.passes > 1:
            raise PochadeError(
                "A shot that is painted in chunks has one pass, for each frame is painted from both "
                "sides: set Passes to 1"
            )
        # Frames are not told apart here: another key paints all anew.
        own = {"keys": job.all_keys(), "frames per chunk": size, "versions": job.versions}
        return cls(job, size, job.identity() | own)

    @cached_property
    def ends(self) -> list[int]:
        """The anchor frames between which the chunks are, one more than there are chunks."""
        return anchor_numbers(self.job.timetable, self.size)

    @cached_property
    def points(self) -> list[int]:
        """The anchor frames and those that have a key: they are painted first."""
        return sorted({*self.ends, *self.job.keyed})

    @property
    def count(self) -> int:
        """How many chunks there are."""
        return len(self.ends) - 1

    def frames_of(self, number: int) -> list[int]:
        """The frames that are painted in a chunk; in the last one also what comes after its anchor frames."""
        return [frame for frame in self._whole(number) if frame not in self.points]

    def _whole(self, number: int) -> range:
        """All frames of a chunk, those that are painted first included."""
        first, last = self.ends[number - 1 : number + 1]
        return range(first, len(self.job.shot.frames) if number == self.count else last + 1)

    def steps_to_points(self) -> list[Step]:
        if not self.job.keyed:
            return anchor_steps(self.ends, self.job.timetable)
        return anchor_and_key_steps(self.points, self.job.opaque, self.job.timetable)

    def steps_of(self, number: int) -> list[Step]:
        job = self.job
        if job.keyed:
            return keyed_chunk_steps(number, self.points, self._whole(number), job.timetable, job.settings)
        first, last = self.ends[number - 1 : number + 1]
        return chunk_steps(number, (first, last), self.frames_of(number), job.timetable, job.settings)

    def names_of(self, frames: Iterable[int]) -> list[str]:
        names = self.job.names
        return [names[frame] for frame in frames]

    def check_anchors(self) -> bool:
        """Whether the whole shot is collected already. Raises PochadeError unless it is, or the anchor frames
        are all there, painted with this plan.
        """
        record, now = self._reader(STATE).read(), identity_with(self.identity, self.job.names)
        if not record.get("done"):
            raise PochadeError(
                "There are no anchors in {folder} yet: paint them first", folder=self.job.folder
            )
        changed = changed_parts(record["identity"], now)
        if changed == ["versions"]:
            raise PochadeError(
                "The anchors in {folder} were painted by {others}, and this is {versions}: have "
                "the same versions on all machines, or paint the anchors again",
                folder=self.job.folder,
                others=record["identity"].get("versions") or Sentence("other versions"),
                versions=now["versions"],
            )
        if changed:
            raise PochadeError(
                "The anchors in {folder} were painted with other {names}: paint the chunks "
                "with the same, or the anchors again",
                folder=self.job.folder,
                names=", ".join(changed),
            )
        if self._reader(STATE).all_there(self.job.names):
            return True
        if not self._reader(ANCHORS).all_there(self.names_of(self.points)):
            raise PochadeError(
                "The anchors in {folder} are not all painted yet: paint them first", folder=self.job.folder
            )
        return False

    def open_shot(self) -> Checkpoint:
        return Checkpoint(self.job.folder, self.identity, self.job.names)

    def open_chunk(self, number: int) -> Checkpoint:
        return Checkpoint(self.job.folder, *self._chunk(number))

    def open_painted_shot(self) -> Checkpoint | None:
        """The checkpoint of the whole shot, of which every frame is painted; None where it was collected
        before. Raises PochadeError for what is missing.
        """
        try:
            if self.check_anchors():
                return None
            for number in range(1, self.count + 1):
                if not self.has_chunk(number):
                    raise PochadeError(
                        "Chunk {number} of {count} is missing in {folder}: paint it, then collect again",
                        number=number,
                        count=self.count,
                        folder=self.job.folder,
                    )
            return self.open_shot()
        except PochadeError:
            if not self.check_anchors():
                raise
            return None  # another worker has collected all meanwhile, and removed the chunks' checkpoints

    def has_chunk(self, number: int) -> bool:
        """Whether all of a chunk is painted, from the anchor frames that are there."""
        identity, names, state = self._chunk(number)
        if not names:
            return True
        reader = self._reader(state)
        return reader.all_there(names) and reader.read()["identity"] == identity_with(identity, names)

    def message(self, text: str) -> Progress:
        return Progress(text, preview=lambda: read_picture(self.job.shot.frames[0].picture))

    def waiting(self, what: str) -> Progress:
        return self.message(Sentence("{what}: waiting for another worker, which paints here", what=what))

    def _chunk(self, number: int) -> tuple[dict[str, Any], list[str], str]:
        """A chunk's identity, with its anchor frames as painted, its files, and its checkpoint folder."""
        anchors = self._reader(ANCHORS)
        digests = [
            hashlib.sha256(anchors.load(0, anchor).tobytes()).hexdigest()[:16]
            for anchor in self.points
            if anchor in self._whole(number)
        ]
        names = self.names_of(self.frames_of(number))
        return {**self.identity, "anchors": digests}, names, f"{STATE}/chunk-{number:04}"

    def _reader(self, state: str) -> CheckpointReader:
        return CheckpointReader(self.job.folder, state)
