"""What a held frame shows: drawings of other frames, each part of the picture from its own.

Drawings may follow the camera while they are held: a drawing is taken as a relief, by the depths that its
render has, and seen from where the camera is by now.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ..compute.tensors import resize, to_array
from ..errors import PochadeError
from ..files.exr import read_passes
from ..style.regions import mask_shares
from .job import SequenceJob
from .motion.cameras import SKY, still_flow
from .motion.flow import blur, dilate, erode, fit_flow, recolour_disocclusions, warp
from .sources import Sources

SAME_SURFACE = 0.02  # relative difference of two depths at one pixel up to which both are seen there
# How far around it, as a share of the longer side, what is behind a hole is seen; and the relative difference
# of two depths up to which both may be behind.
AROUND, SAME_GROUND = 1 / 24, 0.25
AROUND_SIGMA = 4  # px: the colours around a hole are averaged over a Gaussian so wide
KNOWN = 0.25  # of a pixel, from which on what falls on it counts


@dataclass(frozen=True)
class Drawing:
    """A drawing as a held frame shows it: its `picture` (1, C, h, w); `known` (1, 1, h, w), 0 to 1, where it
    has any; `depth` (1, 1, h, w), None where that is not known; and each part's share (1, parts, h, w).
    """

    picture: Tensor
    known: Tensor
    depth: Tensor | None
    shares: Tensor


class Holds:
    """The held frames of a job; `picture` gives the finished painting (1, C, h, w) of a drawing by its
    number, counted from 0. Raises PochadeError for drawings that cannot follow the camera.
    """

    def __init__(self, job: SequenceJob, sources: Sources, picture: Callable[[int], Tensor]):
        self._job, self._sources, self._picture = job, sources, picture
        self._depth = lru_cache(maxsize=4)(self._read_depth)
        if job.timetable.follow:
            for frame in job.shot.frames:
                if not frame.camera or not frame.passes:
                    raise PochadeError(
                        "Frame {number} does not tell where its camera is, so that held drawings cannot "
                        "follow it: paint the scene's own render, or set Held Drawings to Stand Still",
                        number=frame.number,
                    )

    def show(self, number: int) -> np.ndarray:
        """The picture (H, W, C) of a held frame."""
        shown = self._job.timetable.shown[number]
        if len(shown) == 1 and not self._follows(number):
            return to_array(self._picture(shown[0]))
        drawings = {drawing: self._seen_from(number, drawing) for drawing in sorted(set(shown))}
        ground, behind = _ground([drawings[drawing] for drawing in shown]), _behind([*drawings.values()])
        picture, covered = _over([(drawings[drawing], part) for part, drawing in enumerate(shown)], ground)
        # Where a part has left what it hid, the ground is that of any drawing that shows it there.
        for other in [*drawings.values(), *self._after(number)]:
            share = other.known * other.shares[:, ground : ground + 1] * _not_before(other.depth, behind)
            rest = (1 - covered) * share
            picture, covered = picture + rest * other.picture, covered + rest
        if (covered < 1).any():
            new = self._new(number, picture, covered, _ground_around([*drawings.values()], behind), behind)
            picture = picture + (1 - covered) * new
        return to_array(picture)

    def _new(
        self, number: int, picture: Tensor, covered: Tensor, around: Tensor, behind: Tensor | None
    ) -> Tensor:
        """What no drawing shows: the source, recoloured like the picture so far, or, where that shows what
        has moved on already, the ground `around`.
        """
        known = picture / covered.clamp(min=1e-6)
        source = recolour_disocclusions(self._sources.at_finished_size(number), known[:, :3], covered)
        new = torch.cat((source, around[:, 3:]), 1)
        depth = self._depth(number)
        if depth is None or behind is None:
            return new
        seen = _nearest(torch.from_numpy(depth)[None, None].to(picture.device), picture.shape[-2:])
        return torch.lerp(around, new, _not_before(seen, behind))

    def _follows(self, number: int) -> bool:
        return self._job.looks[number].timing.held == "camera"

    def _after(self, number: int) -> list[Drawing]:
        """The drawing that comes next, where that is needed."""
        needed = self._job.timetable.needed(number) - set(self._job.timetable.shown[number])
        return [self._seen_from(number, drawing) for drawing in needed]

    def _seen_from(self, number: int, drawing: int) -> Drawing:
        """A drawing where the frame `number` shows it."""
        picture = self._picture(drawing)
        size = picture.shape[-2:]
        shape, device = self._sources.size, picture.device
        apart = len(self._job.timetable.shown[number]) > 1
        parts = mask_shares(shape, self._sources.regions(drawing) if apart else [])
        shares = resize(torch.from_numpy(np.stack(parts))[None].to(device), *size)
        depth = self._depth(drawing)
        depths = None if depth is None else torch.from_numpy(depth)[None, None].to(device)
        if not self._follows(number) or depths is None or depth is None:
            known = torch.ones_like(picture[:, :1])
            return Drawing(picture, known, None if depths is None else _nearest(depths, size), shares)
        frames = self._job.shot.frames
        there, here = frames[number].camera, frames[drawing].camera
        assert here and there  # __init__ has looked
        flow = torch.from_numpy(still_flow(depth, here, there)).permute(2, 0, 1)[None].to(device)
        back, known, moved = splat(flow, depths)
        back = fit_flow(back, *size)
        return Drawing(
            warp(picture, back, "bicubic").clamp(0, 1),
            F.interpolate(known, size, mode="bilinear", antialias=True),
            _nearest(moved, size),
            warp(shares, back),
        )

    def _read_depth(self, drawing: int) -> np.ndarray | None:
        """(H, W); None where the frame has none."""
        frame = self._job.shot.frames[drawing]
        depth = read_passes(frame.passes, frame.layer).depth if frame.passes else None
        if depth is None and self._job.timetable.follow:
            raise PochadeError(
                "Frame {number} has no Depth pass, so that held drawings cannot follow the camera: render it "
                "again, or set Held Drawings to Stand Still",
                number=self._job.shot.frames[drawing].number,
            )
        return depth


def _nearest(depth: Tensor, size: tuple[int, ...]) -> Tensor:
    return F.interpolate(depth, tuple(size), mode="nearest")


def _over(parts: list[tuple[Drawing, int]], ground: int) -> tuple[Tensor, Tensor]:
    """The parts one over another, nearer ones over farther ones, and where that covers the picture; where
    depths are not known, regions are over the rest, each over the ones behind it in the list.
    """
    shares = [drawing.known * drawing.shares[:, part : part + 1] for drawing, part in parts]
    # At soft edges the ground has colours of what was before it.
    shares[ground] = (2 * shares[ground] - 1).clamp(min=0)
    picture, covered = torch.zeros_like(parts[0][0].picture), torch.zeros_like(shares[0])
    for at, (drawing, _) in enumerate(parts):
        free = torch.ones_like(covered)
        for other, (above, _) in enumerate(parts):
            if other != at:
                free = free * (1 - _in_front(above, other, drawing, at) * shares[other])
        share = free * shares[at]
        picture, covered = picture + share * drawing.picture, covered + share
    return picture, covered.clamp(max=1)


def _in_front(one: Drawing, its_place: int, other: Drawing, other_place: int) -> Tensor | float:
    """Where one part is in front of another, (1, 1, h, w) or for all pixels, 0 or 1."""
    listed = its_place < other_place if its_place and other_place else bool(its_place)
    if one.depth is None or other.depth is None:
        return float(listed)
    same = (one.depth - other.depth).abs() <= 1e-6 * other.depth
    return torch.where(same, torch.full_like(one.depth, listed), (one.depth < other.depth).float())


def _ground(parts: list[Drawing]) -> int:
    """Which part is behind the others: by the depths, or what is no region."""

    def distance(part: int) -> float:
        depth, share = parts[part].depth, parts[part].shares[:, part : part + 1]
        if depth is None or not (share > 0.5).any():
            return -part
        return float(depth[share > 0.5].median())

    return max(range(len(parts)), key=distance)


def _behind(drawings: list[Drawing]) -> Tensor | None:
    """How far away what is behind is, (1, 1, h, w): the farthest that is seen around; None where unknown."""
    depths = [each.depth * (each.known > 0) for each in drawings if each.depth is not None]
    if len(depths) < len(drawings):
        return None
    farthest = torch.stack(depths).amax(0)
    return dilate(farthest, max(round(AROUND * max(farthest.shape[-2:])), 3 * AROUND_SIGMA))


def _ground_around(drawings: list[Drawing], behind: Tensor | None) -> Tensor:
    """The colours of what is behind, (1, C, h, w), averaged around each pixel."""
    shares = [erode(each.known * _not_before(each.depth, behind), 1) for each in drawings]
    weight = blur(torch.stack(shares).sum(0), AROUND_SIGMA)
    colours = torch.stack([share * each.picture for share, each in zip(shares, drawings, strict=True)])
    colours = blur(colours.sum(0), AROUND_SIGMA)
    return colours / weight.clamp(min=1e-6)


def _not_before(depth: Tensor | None, behind: Tensor | None) -> Tensor:
    """Where a depth is that of what is behind, (1, 1, h, w), 0 or 1; 1 where that is not known."""
    if depth is None or behind is None:
        return torch.ones(())
    return (depth.clamp(max=SKY) >= (1 - SAME_GROUND) * behind).float()


def splat(flow: Tensor, depth: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Turn a flow (1, 2, H, W) of one picture around, where it belongs to the other: nearer things, by their
    `depth` (1, 1, H, W), hide farther ones. Returns the flow back (1, 2, H, W), where it is known (1, 1, H,
    W), 0 to 1, and the depths there.
    """
    height, width = flow.shape[-2:]
    y, x = torch.meshgrid(
        torch.arange(height, device=flow.device), torch.arange(width, device=flow.device), indexing="ij"
    )
    to_x, to_y = (flow[0, 0] + x).ravel(), (flow[0, 1] + y).ravel()
    depth = depth.clamp(max=SKY).ravel()
    nearest = depth.new_full((height * width,), float("inf"))
    falls = []
    for right in (0, 1):
        for down in (0, 1):
            column, row = to_x.floor() + right, to_y.floor() + down
            weight = (1 - (to_x - column).abs()) * (1 - (to_y - row).abs())
            hits = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (weight > 0)
            at = (row * width + column)[hits].long()
            falls.append((at, hits, weight[hits]))
            nearest.scatter_reduce_(0, at, depth[hits], "amin")
    values = torch.stack((*(-flow[0]).reshape(2, -1), depth, torch.ones_like(depth)))  # (4, H W)
    sums = torch.zeros_like(values)
    for at, hits, weight in falls:
        seen = depth[hits] <= nearest[at] * (1 + SAME_SURFACE)
        sums.index_add_(1, at[seen], values[:, hits][:, seen] * weight[seen])
    share = sums[3:]
    found = (sums[:3] / share.clamp(min=1e-6)).view(1, 3, height, width)
    known = (share / KNOWN).clamp(max=1).floor().view(1, 1, height, width)
    return found[:, :2], known, found[:, 2:]
