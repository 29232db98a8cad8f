"""When a shot is drawn anew: on ones, or held for two, three or four frames, as animators do.

Frames are counted from 0. A *drawing* is a frame that is painted; between two drawings the first one is held.
A region may be held for another time than the rest: so a frame shows a drawing for each of its *parts*, which
are what no region covers, and then the regions.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass

from .steps import Look

BOIL_CYCLE = 3  # drawings after which the seeds come again: a loop of so many drawings is no still picture


@dataclass(frozen=True)
class Timetable:
    """For each frame the number of the drawing that each of its parts shows, all alike where there is but one
    part. `follow` says that held drawings follow the camera.
    """

    shown: tuple[tuple[int, ...], ...]
    follow: bool = False

    @property
    def drawings(self) -> list[int]:
        """The frames that are painted, in order."""
        return sorted({drawing for drawings in self.shown for drawing in drawings})

    @property
    def held(self) -> list[int]:
        """The frames that do not show their own painting alone, in order."""
        return sorted({*range(len(self.shown))} - {*self.whole})

    @property
    def whole(self) -> list[int]:
        """The frames of which all parts are drawn, in order; the first one is one of them."""
        return [number for number, drawings in enumerate(self.shown) if set(drawings) == {number}]

    def needed(self, number: int) -> set[int]:
        """The drawings that a held frame is made of: with a camera that moves, also the one after it, which
        shows what comes into sight.
        """
        after = [drawing for drawing in self.drawings if drawing > number][:1] if self.follow else []
        return {*self.shown[number], *after}

    @property
    def grows(self) -> bool:
        """Whether a longer shot begins with the same steps."""
        return not self.follow and all(len(set(drawings)) == 1 for drawings in self.shown)


def even_timetable(frames: int, hold: int = 1) -> Timetable:
    """That of so many frames that are all held alike."""
    return Timetable(tuple((drawing,) for drawing in _drawn([hold] * frames)))


def timetable(looks: Sequence[Look], anew: Container[int] = ()) -> Timetable:
    """When the frames with these looks are drawn. A drawing is held for as long as its own frame says, but no
    longer than to the next frame in `anew`, which is a drawing in all its parts.
    """
    parts = 1 + max((len(look.region_holds) for look in looks), default=0)
    drawn = [_drawn([_hold(look, part) for look in looks], anew) for part in range(parts)]
    if all(one == drawn[0] for one in drawn):
        drawn = drawn[:1]
    follow = any(look.timing.held == "camera" for look in looks)
    return Timetable(tuple(zip(*drawn, strict=True)), follow)


def _hold(look: Look, part: int) -> int:
    """For how many frames a part is held; a region with 0 goes with the rest."""
    return (look.region_holds[part - 1] if part else 0) or look.timing.hold


def _drawn(holds: Sequence[int], anew: Container[int] = ()) -> list[int]:
    """The drawing that each frame shows."""
    drawn: list[int] = []
    for number in range(len(holds)):
        begins = not drawn or number in anew or number - drawn[-1] >= holds[drawn[-1]]
        drawn.append(number if begins else drawn[-1])
    return drawn
