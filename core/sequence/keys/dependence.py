"""What each frame of a shot with keys depends on, so that a changed key changes no other frames."""

import hashlib
import json
from collections.abc import Sequence

from ..job import SequenceJob
from ..steps import Step
from ..timing import BOIL_CYCLE


def made_from(job: SequenceJob, steps: Sequence[Step]) -> list[str]:
    """For each frame a digest of the keys that it is painted from and of the order in which that is done:
    directly, or by way of the frames that it is painted from, as in a Merkle tree. `steps` are all of the
    job's.
    """
    digests, gap = dict[int, str](), max(step.gap for step in steps)
    for step in steps:
        painted_from = [
            [number, group.compared, group.weight, digests[number]]
            for group in step.references
            for number in (step.number + group.direction * distance for distance in group.distances)
        ]
        shown = [[number, digests[number]] for number in sorted(step.shows)]
        # A drawing of which a part is held has two steps.
        found = [gap, digests.get(step.number), painted_from, shown, *_own(job, step)]
        digests[step.number] = hashlib.sha256(json.dumps(found).encode()).hexdigest()[:16]
    return [digests[number] for number in range(len(job.shot.frames))]


def _own(job: SequenceJob, step: Step) -> list[object]:
    """What a step takes of the job's keys, and how it is done."""
    if step.given:
        return [job.keyed[step.number].digest]
    if step.shows:
        return [job.timetable.shown[step.number]]
    drawings, boils = job.timetable.drawings, job.looks[step.number].timing.boil
    return [
        job.keys_near(step.number),
        step.repeats,
        step.long_range,
        boils and drawings.index(step.number) % BOIL_CYCLE,
        len(job.shot.frames) == 1,
    ]
