"""What the artist is to know about the keys of a shot that has been painted."""

from collections.abc import Iterator
from itertools import pairwise

from ...words import Sentence
from ..job import SequenceJob
from ..motion.flow import blur
from ..motion.frame_motion import Motions
from ..prior import Prior
from ..sources import Sources
from .key import picture_digest
from .moved import MovedKeys, shows

# The mean difference, 0 to 1, of two keys where both show the same in the same light from which they
# disagree; of colours over a Gaussian so wide, as a share of the longer side: strokes may lie differently.
DISAGREEMENT, STROKES = 0.08, 1 / 64
LEAST_SHARED = 0.02  # of a picture; two keys that share less cannot be compared


def remarks(job: SequenceJob, sources: Sources) -> Iterator[Sentence]:
    """A sentence for each thing."""
    painted = {frame.number for frame in job.shot.frames}
    for key in job.keys:
        if key.number not in painted:
            yield Sentence("Frame {number} has a key, and is not in the shot", number=key.number)
    height, width = sources.finished_size
    for at, key in job.keyed.items():
        if key.picture.shape[:2] != (height, width):
            yield Sentence(
                "The key {name} was resized from {own} px to {size} px",
                name=key.name,
                own="{1} x {0}".format(*key.picture.shape),
                size=f"{width} x {height}",
            )
        if key.source and key.source != picture_digest(sources.picture(at)):
            yield Sentence("Frame {number} has changed since its key was painted", number=key.number)
    for before, after, between in disagreements(job, sources):
        yield Sentence(
            "The keys of the frames {before} and {after} disagree where they meet: paint frame {between} "
            "next",
            before=before,
            after=after,
            between=between,
        )


def disagreements(job: SequenceJob, sources: Sources) -> Iterator[tuple[int, int, int]]:
    """The frames of keys, one after the other, that disagree where they meet, and the frame where they do."""

    keys = MovedKeys(job, sources, Motions(sources.motion, job.shot.frames, 2).between)
    for before, after in pairwise(job.keyed):
        between, shot = (before + after) // 2, job.shot.frames
        if before == between:
            continue
        if _difference(keys.moved(before, between), keys.moved(after, between)) > DISAGREEMENT:
            yield shot[before].number, shot[after].number, shot[between].number


def _difference(one: Prior, other: Prior) -> float:
    """How much two keys differ where both, moved to a frame between them, show steady pixels."""
    steady = shows(one) * shows(other)
    if steady.mean() < LEAST_SHARED:
        return 0.0
    sigma = max(STROKES * max(steady.shape[-2:]), 1.0)
    difference = blur((one.target - other.target) * steady, sigma).abs().mean(1, keepdim=True)
    return (difference.sum() / blur(steady, sigma).sum()).item()
