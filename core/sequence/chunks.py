"""A shot painted in chunks, each on a machine of its own, that meet without a seam.

Every so many frames one is an anchor. Anchors are painted first, in order, each from the one before it, moved
along. A chunk is the frames between two anchors. It is painted from both ends inwards, and each frame from
both sides: from its neighbour, and the more, the nearer they are, from the frame that the other end has come
to. So both agree where they meet.
"""

import hashlib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..encoders.files import COMPACT
from ..encoders.network import Encoder, load_encoder
from ..errors import PochadeError
from ..files.checkpoint import STATE, JobFolder, JobRecord, changed_parts, identity_with, when_free
from ..files.pictures import read_picture
from ..progress import Progress
from ..settings import AnimationSettings
from ..style.regions import Region
from .animation import ALL_PAINTED, PaintedShot, check_shot, identity_of
from .motion import choose_motion
from .painter import Look, Side, Step, Studio, file_names
from .shot import Frame, Shot, chunk_count

Regions = Callable[[Frame], Sequence[Region]]
Painting = Generator[Progress, None, PaintedShot]
ANCHORS = f"{STATE}/anchors"  # the anchors' records
# that an anchor is painted: what is new in it grows up, and all of it settles, so that no neighbour differs
# more than others
TIMES = 5
# times: how hard a chunk's other end pulls, for a painting goes back to its own strokes while it is painted
PULL = 3


def anchor_numbers(frames: int, size: int) -> list[int]:
    """The anchors among a shot's frames, counted from 0: the first, the last, and those between, evenly
    spread.
    """
    count = chunk_count(frames, size)
    return sorted({(k * (frames - 1) + count // 2) // count for k in range(count + 1)})


def paint_anchors(  # noqa: PLR0913
    shot: Shot,
    looks: Sequence[Look],
    settings: AnimationSettings,
    folder: Path,
    device: Machine | str = "auto",
    *,
    size: int,
    regions: Regions = lambda frame: (),
    regions_identity: str = "",
    encoder_file: Path = COMPACT,
    raft_file: Path | None = None,
    versions: str = "",
) -> Painting:
    """Paint the anchors of a shot in chunks of `size` frames, as `stylize_animation` does; it has the other
    arguments.

    Goes on where it ended, and begins anew, without all that is in the folder of the shot, when anything that
    the paintings depend on has changed, `versions` too: what paints, in words. Where another process paints
    them it waits until they are there.
    """
    divided = _divide(shot, looks, settings, folder, size, regions_identity, encoder_file, versions)
    # The record of the whole shot owns its files. It has begun once the anchors have, and is finished when
    # the chunks are collected.
    with (
        yield from when_free(
            lambda: JobFolder(folder, divided.identity, divided.names), divided.waiting("The anchors")
        )
    ) as whole:
        files = divided.files(divided.anchors)
        if whole.finished:
            return PaintedShot(files, ALL_PAINTED)
        if not whole.done:
            whole.advance()
        if whole.restarted:
            yield divided.told(whole.restarted)
        with JobFolder(folder, divided.identity, [file.name for file in files], ANCHORS, keeps=True) as job:
            if job.finished:
                return PaintedShot(files, ALL_PAINTED)
            yield from divided.paint(job, divided.anchor_steps(), device, regions, raft_file)
        return PaintedShot(files, whole.restarted)


def paint_chunk(  # noqa: PLR0913
    number: int,
    shot: Shot,
    looks: Sequence[Look],
    settings: AnimationSettings,
    folder: Path,
    device: Machine | str = "auto",
    *,
    size: int,
    regions: Regions = lambda frame: (),
    regions_identity: str = "",
    encoder_file: Path = COMPACT,
    raft_file: Path | None = None,
    versions: str = "",
) -> Painting:
    """Paint the frames between two anchors; the first chunk has the number 1. Returns its frames.

    The arguments are those that the anchors were painted with: raises PochadeError where they differ, or
    where the anchors are not all there. Goes on where it ended. Where another process paints this chunk it
    waits until that is done, or has ended, and goes on.
    """
    divided = _divide(shot, looks, settings, folder, size, regions_identity, encoder_file, versions)
    if not 1 <= number <= divided.count:
        raise PochadeError(f"There is no chunk {number}; the shot has the chunks 1 to {divided.count}")
    files = divided.files(divided.within(number))
    job = yield from when_free(
        lambda: None if divided.check_anchors() else divided.open_chunk(number),
        divided.waiting(f"Chunk {number}"),
    )
    if job is None:
        return PaintedShot(files, ALL_PAINTED)
    with job:
        if job.finished:
            return PaintedShot(files, ALL_PAINTED)
        yield from divided.paint(job, divided.chunk_steps(number), device, regions, raft_file)
        return PaintedShot(files, job.restarted)


def collect_chunks(  # noqa: PLR0913
    shot: Shot,
    looks: Sequence[Look],
    settings: AnimationSettings,
    folder: Path,
    *,
    size: int,
    regions_identity: str = "",
    encoder_file: Path = COMPACT,
    versions: str = "",
) -> Painting:
    """The whole shot, once all chunks are painted; what was only needed to paint them goes.

    Raises PochadeError that names the first chunk that is missing. Where another process collects them it
    waits until that is done.
    """
    divided = _divide(shot, looks, settings, folder, size, regions_identity, encoder_file, versions)
    whole = yield from when_free(divided.open_whole, divided.waiting("All chunks"))
    if whole:
        with whole:
            if not whole.finished:  # by another worker, between the look and the opening
                whole.advance(*divided.names)
                whole.finish()
    return PaintedShot(divided.files(range(len(divided.names))), "")


@dataclass(frozen=True)
class _Divided:
    """A shot in chunks: `anchors` are its frames, counted from 0, that chunks begin and end with."""

    shot: Shot
    looks: Sequence[Look]
    settings: AnimationSettings
    folder: Path
    encoder: Encoder
    identity: dict[str, Any]
    names: list[str]
    anchors: list[int]
    count: int

    def within(self, number: int) -> range:
        """The frames of a chunk, without the anchors."""
        ends = self.anchors[number - 1 : number + 1]
        return range(ends[0] + 1, ends[-1])

    def files(self, frames: Sequence[int]) -> list[Path]:
        return [self.folder / self.names[frame] for frame in frames]

    def anchor_steps(self) -> list[Step]:
        """Each from the one before it."""
        steps = [Step(0, f"Anchor 1 of {len(self.anchors)}", (Side(-1, ()),))]
        for at, (before, anchor) in enumerate(zip(self.anchors, self.anchors[1:], strict=False), 2):
            steps.append(
                Step(
                    anchor,
                    f"Anchor {at} of {len(self.anchors)}",
                    (Side(-1, (anchor - before,), anchor - before),),
                    TIMES,
                )
            )
        return steps

    def chunk_steps(self, number: int) -> list[Step]:
        """From both ends inwards, in turn: each from those before it on its own side, and from the other
        side's last one.
        """
        frames, back = self.within(number), {1, *self.settings.steps_back()}
        first, last = left, right = frames.start - 1, frames.stop
        steps: list[Step] = []
        while right - left > 1:
            side = 1 if len(steps) % 2 else -1
            left, right = (left, right - 1) if side > 0 else (left + 1, right)
            frame, done = (right, last - right) if side > 0 else (left, left - first)
            near = Side(side, tuple(sorted(distance for distance in back if distance <= done)))
            # Beside an anchor, and where both ends meet, it pulls no harder: one frame would have to give way
            # for all.
            far = Side(-side, (right - left,), right - left, min(done, right - left, PULL))
            steps.append(Step(frame, f"Chunk {number}, frame {len(steps) + 1} of {len(frames)}", (near, far)))
        return steps

    def paint(
        self,
        job: JobFolder,
        steps: Sequence[Step],
        device: Machine | str,
        regions: Regions,
        raft_file: Path | None,
    ) -> Generator[Progress, None, None]:
        kept = (
            {}
            if job.keeps
            else {
                anchor: lambda anchor=anchor: self._record(ANCHORS).load(0, anchor) for anchor in self.anchors
            }
        )
        with (
            compute_on(device) as where,
            at_work(self.encoder, where, self.looks[0].settings.size) as encoder,
        ):
            motion = choose_motion(self.settings.motion, self.shot.frames, raft_file, where)
            yield from Studio(
                self.shot, self.looks, self.settings, encoder, where, motion, job, regions, kept
            ).paint(steps)

    def _record(self, state: str) -> JobRecord:
        return JobRecord(self.folder, state)

    def check_anchors(self) -> bool:
        """Raise PochadeError unless the anchors are there, painted as these chunks are to be. True when all
        is collected already.
        """
        there, now = self._record(STATE).read(), identity_with(self.identity, self.names)
        if not there.get("done"):
            raise PochadeError(f"There are no anchors in {self.folder} yet: paint them first")
        changed = changed_parts(there["identity"], now)
        if changed == ["versions"]:
            raise PochadeError(
                f"The anchors in {self.folder} were painted by "
                f"{there['identity'].get('versions') or 'other versions'}, "
                f"and this is {now['versions']}: have the same versions on all machines, or paint "
                "the anchors again"
            )
        if changed:
            raise PochadeError(
                f"The anchors in {self.folder} were painted with other {', '.join(changed)}: paint "
                "the chunks with the "
                "same, or the anchors again"
            )
        if there["finished"]:
            return True
        if not self._record(ANCHORS).all_there([file.name for file in self.files(self.anchors)]):
            raise PochadeError(f"The anchors in {self.folder} are not all painted yet: paint them first")
        return False

    def _chunk(self, number: int) -> tuple[dict[str, Any], list[str], str]:
        """A chunk's identity, which has its two anchors as they were painted, its files, and where its record
        is.
        """
        digests = [
            hashlib.sha256(self._record(ANCHORS).load(0, anchor).tobytes()).hexdigest()[:16]
            for anchor in self.anchors[number - 1 : number + 1]
        ]
        return (
            {**self.identity, "anchors": digests},
            [file.name for file in self.files(self.within(number))],
            f"{STATE}/chunk-{number:04}",
        )

    def open_chunk(self, number: int) -> JobFolder:
        identity, names, state = self._chunk(number)
        return JobFolder(self.folder, identity, names, state)

    def open_whole(self) -> JobFolder | None:
        """The record of the whole shot, of which every frame is painted; None where it was finished before.
        Raises PochadeError for what is missing.
        """
        try:
            if self.check_anchors():
                return None
            for number in range(1, self.count + 1):
                if not self.has_chunk(number):
                    raise PochadeError(
                        f"Chunk {number} of {self.count} is missing in {self.folder}: paint it, then "
                        "collect again"
                    )
            return JobFolder(self.folder, self.identity, self.names)
        except PochadeError:
            if not self.check_anchors():
                raise
            return None  # another worker has collected all, and removed what was looked for

    def has_chunk(self, number: int) -> bool:
        """Whether all of a chunk is painted, from the anchors that are there."""
        identity, names, state = self._chunk(number)
        record = self._record(state)
        return (
            not names
            or record.all_there(names)
            and record.read()["identity"] == identity_with(identity, names)
        )

    def told(self, message: str) -> Progress:
        return Progress(message, preview=lambda: read_picture(self.shot.frames[0].picture))

    def waiting(self, what: str) -> Progress:
        return self.told(f"{what}: waiting for another worker, which paints here")


def _divide(  # noqa: PLR0913
    shot: Shot,
    looks: Sequence[Look],
    settings: AnimationSettings,
    folder: Path,
    size: int,
    regions_identity: str,
    encoder_file: Path,
    versions: str,
) -> _Divided:
    check_shot(shot, looks, settings)
    if looks[0].settings.method == "instant":
        settings = replace(settings, passes=1)
    if settings.passes > 1:
        raise PochadeError(
            "A shot that is painted in chunks has one pass, for each frame is painted from both "
            "sides: set Passes to 1"
        )
    encoder, count = load_encoder(encoder_file), len(shot.frames)
    identity = {
        **identity_of(shot, looks, settings, encoder, regions_identity),
        "frames per chunk": size,
        "versions": versions,
    }
    return _Divided(
        shot,
        looks,
        settings,
        Path(folder),
        encoder,
        identity,
        file_names(shot, settings),
        anchor_numbers(count, size),
        chunk_count(count, size),
    )
