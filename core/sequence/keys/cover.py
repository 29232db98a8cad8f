"""Which frames of a shot together show nearly all of its surface: those that are worth painting by hand."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...compute.devices import compute_on
from ...compute.machine import Machine
from ...compute.sizes import fit
from ...progress import Progress
from ...words import Sentence
from ..frames import FrameStore
from ..motion.flow import long_term_correspondences, warp
from ..motion.frame_motion import Motions, choose_motion
from ..shot import Shot

NEARLY_ALL, MOST = 0.95, 12  # of what is seen, over all frames; frames, at most
SIDE = 96  # px of the longer side: of so many places a frame is followed
DISTANCES = (1, 2, 4, 8)  # frames back from which a place is taken over: it may have been hidden between
FOLLOWED = 0.5  # consistency weight from which it is


@dataclass(frozen=True)
class Cover:
    """The `numbers` of the frames, in order, and the share of all that is seen, 0 to 1, that they show."""

    numbers: list[int]
    share: float


def suggest_keys(
    shot: Shot, motion: str, raft_file: Path | None, machine: Machine | str, painted: Iterable[int] = ()
) -> Generator[Progress, None, Cover]:
    """The fewest frames, about, that show nearly all with those which are `painted` already, all of them by
    their numbers. `motion` and `raft_file` are as in AnimationSettings and SequenceJob.
    """
    frames, store = shot.frames, FrameStore()
    with compute_on(machine) as device:
        motions = Motions(choose_motion(motion, frames, raft_file, device, store), frames, max(DISTANCES) + 1)
        height, width = store.picture(frames[0]).shape[:2]
        places = Places(motions, fit(height, width, min(SIDE, max(height, width))), device)
        for number, frame in enumerate(frames):
            yield Progress(
                Sentence("Following frame {number}", number=frame.number),
                fraction=number / len(frames),
                step=number,
                steps=len(frames),
            )
            places.follow(number)
    seen = places.seen()
    chosen = [number for number, frame in enumerate(frames) if frame.number in set(painted)]
    return _greedy(seen, chosen, [frame.number for frame in frames])


class Places:
    """The places of a shot's surface, numbered from 0, that each frame shows on a grid (h, w)."""

    def __init__(self, motions: Motions, shape: tuple[int, int], device: torch.device):
        self._motions, self._shape, self._device = motions, shape, device
        self._found: list[Tensor] = []  # (1, 1, h, w) of each frame
        self._count = 0

    def follow(self, number: int) -> None:
        """Find the places of the next frame: those of the frames before it, moved along, and new ones."""
        distances = [distance for distance in DISTANCES if distance <= number]
        links = (self._motions.between(at - 1, at) for at in range(number, 0, -1))
        found = torch.full((1, 1, *self._shape), -1.0, device=self._device)
        for distance, flow, weight in long_term_correspondences(links, distances, self._shape, self._device):
            before = warp(self._found[number - distance], flow, "nearest")
            found = torch.where((found < 0) & (weight > FOLLOWED), before, found)
        new = found < 0
        found[new] = torch.arange(self._count, self._count + int(new.sum()), device=self._device).float()
        self._count += int(new.sum())
        self._found.append(found)

    def seen(self) -> np.ndarray:
        """On how many positions of the grid each frame shows each place: (frames, places)."""
        return np.stack(
            [
                np.bincount(found.flatten().long().cpu().numpy(), minlength=self._count).astype(np.int32)
                for found in self._found
            ]
        )


def _greedy(seen: np.ndarray, chosen: list[int], numbers: Sequence[int]) -> Cover:
    """Each time the frame that adds most: the greedy set cover of Johnson 1974, "Approximation algorithms for
    combinatorial problems", whose result no quick one beats by much.
    """
    counts = seen.sum(0)  # of each place, over all frames
    shown, added = (seen[chosen] > 0).any(0), list[int]()
    while (counts * shown).sum() < NEARLY_ALL * counts.sum() and len(added) < MOST:
        gains = ((seen > 0) & ~shown) @ counts
        added.append(int(gains.argmax()))
        shown = shown | (seen[added[-1]] > 0)
    return Cover(sorted(numbers[at] for at in added), float((counts * shown).sum() / counts.sum()))
