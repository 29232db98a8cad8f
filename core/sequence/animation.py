"""A sequence painted so that it does not flicker, after Ruder et al. 2016, "Artistic style transfer for
videos", by one machine in order; `chunks.py` divides it among many.
"""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, compute_on
from ..encoders.network import load_encoder
from ..files.checkpoint import Checkpoint
from ..files.checkpoint_reader import CheckpointReader, cannot_go_on
from ..files.checkpoint_steps import check_steps
from ..files.pictures import write_picture
from ..files.record import Growth, MadeFrom
from ..progress import Progress, Watched
from ..words import Sentence, joined
from .job import PaintedShot, SequenceJob
from .keys.dependence import made_from
from .keys.remarks import remarks
from .keys.steps import REACH, keyed_steps
from .motion.frame_motion import Motions
from .motion.shutter import blur_motion
from .painter import Painter
from .prior import PaintedFrames
from .shot import FORMATS
from .sources import Sources
from .steps import PICTURE, Array, Step, arrays_read, steps_in_order, steps_left
from .workload import workloads

ALL_PAINTED = Sentence("All frames were painted already")
MOTION_MEMORY = 2 << 30  # bytes of motion that are kept rather than read or estimated again


def stylize_animation(job: SequenceJob) -> Generator[Progress, None, PaintedShot]:
    """Paint a shot into its folder, in files named by the frames' numbers.

    Close the generator to cancel, or have the process killed: the same job goes on where that one ended, and
    ends with the same pictures. One with more frames at the end goes on, too. When anything else that they
    depend on has changed it begins anew. Raises PochadeError for what an artist can put right.
    """
    job = job.checked()
    steps = _steps(job)
    with compute_on(job.machine) as device:
        # Before the checkpoint: what cannot be painted must not invalidate what was.
        sources = Sources(job, steps, device)
        growth, by_frame = _growth(job), _made_from(job, steps)
        with Checkpoint(
            job.folder, job.identity(), job.names, growth=growth, made_from=by_frame
        ) as checkpoint:
            if checkpoint.finished:
                return PaintedShot(job.files(job.names), ALL_PAINTED)
            sources.measured = checkpoint.begun_with
            yield from paint_steps(job, steps, checkpoint, sources)
            return PaintedShot(job.files(job.names), note_of(job, sources, checkpoint))


def _steps(job: SequenceJob) -> list[Step]:
    if not job.keyed:
        return steps_in_order(job.timetable, job.settings)
    return keyed_steps(job.opaque, job.timetable, job.settings)


def note_of(job: SequenceJob, sources: Sources, checkpoint: Checkpoint) -> str:
    """The note on a job that has been painted."""
    return joined(filter(None, (checkpoint.invalidated, *remarks(job, sources))), ". ")


def _made_from(job: SequenceJob, steps: Sequence[Step]) -> MadeFrom | None:
    return MadeFrom("keys", made_from(job, steps)) if job.keyed else None


def what_is_lost(job: SequenceJob) -> str:
    """What painting this job would remove of what is painted in its folder, in a sentence; "" for nothing."""
    job = job.checked()
    reader = CheckpointReader(job.folder)
    if why := reader.why_lost(job.identity(), job.names, _growth(job)):
        return Sentence("What is painted is removed, because {why}", why=why)
    found = _made_from(job, _steps(job))
    return reader.what_is_lost(job.names, found) if found else ""


def _growth(job: SequenceJob) -> Growth | None:
    """None with several passes: each of them takes the whole shot."""
    if job.settings.passes > 1 or not job.timetable.grows:
        return None
    back, keyed = job.settings.steps_back()[-1], {"keys": True} if job.keyed else {}

    def identity(count: int) -> dict[str, object]:
        return job.first(count).identity() | keyed

    def arrays(count: int) -> list[tuple[int | str, int]]:
        drawings = [number for number in job.timetable.drawings if number < count][-back:]
        held = [(PICTURE, drawings[-1])] if job.timetable.held else []
        # Nor need a key that shows a part of its frame be painted again because another one has changed.
        parts = [at for at, opaque in job.opaque.items() if not opaque and at < count]
        return [*((0, number) for number in {*drawings, *parts}), *held]

    return Growth(identity, arrays)


def paint_steps(
    job: SequenceJob,
    steps: Sequence[Step],
    checkpoint: Checkpoint,
    sources: Sources,
    anchors: Mapping[int, CheckpointReader] | None = None,
) -> Generator[Progress, None, None]:
    """Paint those of the steps that the checkpoint does not have as done. `anchors` are frames that are in
    another checkpoint, by their numbers.
    """
    anchors, bits = anchors or {}, FORMATS[job.settings.file_format].bits
    names = [[job.names[step.number]] if step.writes_file else [] for step in steps]
    check_steps(checkpoint, names)
    left = _left(job, steps, checkpoint, anchors)
    with at_work(load_encoder(job.encoder_file), sources.device, max(sources.finished_size)) as encoder:
        checkpoint.check_room(_room_needed(job, checkpoint, sources, steps))
        if checkpoint.invalidated:
            first = sources.picture(0)
            yield Progress(checkpoint.invalidated, steps=len(steps), preview=lambda: first)

        def array(kind: int | str, number: int) -> Tensor:
            """A result or a picture, (1, channels, h, w)."""
            array = anchors.get(number, checkpoint).load(kind, number)
            if array.ndim != 3 or array.shape[1:] != sources.finished_size:
                raise cannot_go_on(job.folder, "what it has kept has another size")
            return torch.from_numpy(array).to(sources.device)[None]

        motions = Motions(sources.motion, job.shot.frames, _motions_kept(job, steps, sources.size))
        back, ids = _farthest_back(job, steps), sources.ids if job.keyed else None
        frames = PaintedFrames(sources.at_finished_size, array, motions.between, back, ids=ids)
        painter = Painter(job, encoder, sources, frames)
        loads = _loads(job, steps, sources.size, {*range(checkpoint.done), *left})
        total = sum(loads) or 1.0
        for at in range(checkpoint.done, len(steps)):
            if at not in left:
                checkpoint.advance()
                continue
            step, done = steps[at], sum(loads[:at])
            watched = Watched(painter.paint(step))
            for progress in watched:
                yield replace(
                    progress,
                    step=at,
                    steps=len(steps),
                    message=Sentence("{title}: {message}", title=step.title, message=progress.message),
                    fraction=min((done + loads[at] * progress.fraction) / total, 1.0),
                )
            picture, result = watched.result
            if result is not None:
                _keep(job, checkpoint, step, picture, result)
            if job.settings.motion_blur and names[at] and len(job.names) > 1:
                picture = _blurred(job, picture, step.number, motions, sources.device)
            for name in {*names[at]} - {*checkpoint.kept}:
                write_picture(checkpoint.folder / name, picture, bits, job.recipe(step.number))
            checkpoint.advance(*names[at])
            if not checkpoint.keeps:
                later = (arrays_read(steps[other]) for other in left if other > at)
                checkpoint.keep_only(set[Array]().union(*later))
        checkpoint.finish()


def _left(
    job: SequenceJob, steps: Sequence[Step], checkpoint: Checkpoint, anchors: Mapping[int, CheckpointReader]
) -> list[int]:
    """The places of the steps that are to be taken."""
    return steps_left(
        steps,
        checkpoint.done,
        lambda step: job.names[step.number] in checkpoint.painted,
        lambda array: anchors.get(array[1], checkpoint).has(*array),
    )


def _loads(job: SequenceJob, steps: Sequence[Step], size: Sequence[int], taken: set[int]) -> list[float]:
    """The work of each step, 0 of those that are not among the ones `taken`."""
    loads = workloads(job.looks[0].settings, job.settings, steps, len(job.names), size)
    return [load if at in taken else 0.0 for at, load in enumerate(loads)]


def _keep(
    job: SequenceJob, checkpoint: Checkpoint, step: Step, picture: np.ndarray, result: np.ndarray
) -> None:
    """Keep the arrays that a step has made."""
    checkpoint.save(step.pass_index, step.number, result)
    if job.timetable.held and step.pass_index == job.settings.passes - 1:
        checkpoint.save(PICTURE, step.number, np.ascontiguousarray(picture.transpose(2, 0, 1)))


def _blurred(
    job: SequenceJob, picture: np.ndarray, number: int, motions: Motions, device: torch.device
) -> np.ndarray:
    """A finished frame, its motion blurred; a drawing that is held stays as blurred as in its own frame."""
    shown = set(job.timetable.shown[number])
    moving = min(shown) if len(shown) == 1 and not job.timetable.follow else number
    return blur_motion(picture, *motions.around(moving), job.shot.frames[moving].shutter, device)


def _room_needed(job: SequenceJob, checkpoint: Checkpoint, sources: Sources, steps: Sequence[Step]) -> int:
    """Bytes on the disk: the arrays that are kept at the same time, 4 channels of 4 bytes, and the files that
    are still to be written, as if uncompressed.
    """
    count, drawings = len(checkpoint.files), len(job.timetable.drawings)
    groups = max((len(step.references) for step in steps), default=1)
    arrays = min(drawings, groups * max(job.settings.steps_back()))
    if job.settings.passes > 1 or checkpoint.keeps:
        arrays = drawings
    if job.timetable.held:
        arrays += drawings if checkpoint.keeps else min(drawings, 4)
    files = count - len(checkpoint.painted)
    height, width = sources.finished_size
    bits = sources.channels * FORMATS[job.settings.file_format].bits
    return height * width * (16 * arrays + files * bits // 8)


def _farthest_back(job: SequenceJob, steps: Sequence[Step]) -> int:
    """For how many frames of one side a step may look at the motion."""
    return max(step.gap for step in steps) * max(job.settings.steps_back())


def _motions_kept(job: SequenceJob, steps: Sequence[Step], size: tuple[int, int]) -> int:
    """How many pairs of frames to keep the motion of: those that one step reads and, for a step reads the
    newest first and that would be dropped first, one more; for motion blur, the next one. Between chunks'
    ends, within MOTION_MEMORY.
    """
    kept = _farthest_back(job, steps) + 1 + job.settings.motion_blur
    farthest = REACH if job.keyed else 0
    if any(len(step.references) > 1 for step in steps):
        groups = [group for step in steps for group in step.references if group.distances]
        farthest = max(farthest, *(group.distances[-1] for group in groups))
    if not farthest:
        return kept
    height, width = size
    # Two flows, and as many floats again for depths and object indices: 8 floats a pixel.
    return max(min(farthest + 1, MOTION_MEMORY // (32 * height * width)), kept)
