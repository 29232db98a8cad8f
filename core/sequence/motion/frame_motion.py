"""How things move between two frames of a shot: known to the renderer, or estimated from the pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...errors import PochadeError
from ...files.exr import Passes, read_passes
from ..frames import FrameStore
from ..shot import Frame
from .cameras import OUTSIDE, SKY, add_camera_motion, estimate_sky, is_cut, may_mislead
from .motion_blur import anything_moves
from .optical_flow import Flow, dis_flow, raft_flow

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Motion:
    """The optical flows between an earlier frame and a later one: float32 (H, W, 2), px from pixel centre to
    pixel centre, x right and y down.

    `backward` is the later frame's: the point at p was at p + backward in the earlier one. `forward` is the
    earlier frame's: the point at p will be at p + forward in the later one. Unknown motion leads OUTSIDE the
    picture. `depths`, `indices` and `mirrored` are pairs (earlier, later) of float32 (H, W), where a renderer
    tells them: depth SKY or more where there is nothing, a number for each object, and the share of the light
    that came by way of a reflection or through glass, which moves in its own way. `exact` is true for a
    renderer's motion and false for an estimate.
    """

    backward: np.ndarray
    forward: np.ndarray
    depths: tuple[np.ndarray, np.ndarray] | None = None
    indices: tuple[np.ndarray, np.ndarray] | None = None
    exact: bool = False
    mirrored: tuple[np.ndarray, np.ndarray] | None = None

    def reversed(self) -> "Motion":
        """The same with time running backwards."""
        depths, indices, mirrored = (
            pair and (pair[1], pair[0]) for pair in (self.depths, self.indices, self.mirrored)
        )
        return Motion(self.forward, self.backward, depths, indices, self.exact, mirrored)


MotionSource = Callable[[Frame, Frame], Motion]
"""Gives the motion between an earlier and a later frame. Raises PochadeError when it cannot."""


class Motions:
    """The motion between a shot's adjacent frames, either way, by number; the last `capacity` are kept."""

    def __init__(self, source: MotionSource, frames: Sequence[Frame], capacity: int):
        self._frames = frames
        self._source = lru_cache(maxsize=capacity)(source)

    def between(self, neighbour: int, number: int) -> Motion:
        """From the frame `number`, taken as the later one, to its neighbour, taken as the earlier one."""
        if neighbour < number:
            return self._source(self._frames[neighbour], self._frames[number])
        return self._source(self._frames[number], self._frames[neighbour]).reversed()

    def around(self, number: int) -> tuple[list[np.ndarray], np.ndarray | None]:
        """The flows (H, W, 2) from a frame of several to where its points were one frame before, and will be
        one after, and its depth, if that is known. At the shot's ends its own vectors tell, if any do.
        """
        neighbours = [each for each in (number - 1, number + 1) if 0 <= each < len(self._frames)]
        motions = [self.between(each, number) for each in neighbours]
        flows = [motion.backward for motion in motions]
        if len(flows) < 2:
            side = 0 if number == 0 else 1
            flows.insert(side, _own_flows(self._frames[number], motions[0])[side])
        return flows, motions[0].depths[1] if motions[0].depths else None


def choose_motion(
    kind: str,
    frames: Sequence[Frame],
    raft_file: Path | None,
    device: "torch.device",
    store: FrameStore | None = None,
) -> MotionSource:
    """The source of motion that AnimationSettings.motion names, for these frames, whose pictures are in
    `store`; RAFT has its weights from `raft_file` and runs on `device`.

    Raises PochadeError at once when something is missing that it needs.
    """
    store = store or FrameStore()
    if kind == "none":
        return no_motion(store)
    if kind == "auto" and all(frame.passes for frame in frames):
        refuse_motion_blur(frames, store)
        return vector_motion(store)
    return estimated_motion(raft_flow(raft_file, device) if kind == "raft" else dis_flow(), store)


def no_motion(store: FrameStore) -> MotionSource:
    """Nothing moves."""

    def motion(earlier: Frame, later: Frame) -> Motion:
        still = np.zeros((*store.picture(later).shape[:2], 2), np.float32)
        return Motion(still, still, exact=True)

    return motion


def estimated_motion(flow: Flow, store: FrameStore) -> MotionSource:
    """Optical flow estimated from the pictures, with the depths and indices of a render."""
    read = lru_cache(maxsize=2)(read_passes)  # the later frame is the next pair's earlier one

    def motion(earlier: Frame, later: Frame) -> Motion:
        before, after = store.picture(earlier), store.picture(later)
        if before.shape[:2] != after.shape[:2]:
            raise _unlike(earlier, later)
        passes = [read(frame.passes, frame.layer) if frame.passes else None for frame in (earlier, later)]
        return _motion(flow(after, before), flow(before, after), *passes)

    return motion


def vector_motion(store: FrameStore) -> MotionSource:
    """Motion from the frames' Vector passes, which is exact, and from the cameras where those leave it out;
    estimated where that takes depths that are not there, and of the sky in panoramic renders.
    """
    estimate = lru_cache(maxsize=1)(lambda: estimated_motion(dis_flow(), store))
    read = lru_cache(maxsize=2)(read_passes)  # the later frame is the next pair's earlier one

    def motion(earlier: Frame, later: Frame) -> Motion:
        if later.number - earlier.number != 1:
            raise PochadeError(
                "The Vector pass tells of neighbouring frames, not from {earlier} to {later}: "
                "render every frame, or choose an Optical Flow under Motion",
                earlier=earlier.number,
                later=later.number,
            )
        passes = read(earlier.passes, earlier.layer), read(later.passes, later.layer)
        vectors = [_vector_of(*pair) for pair in zip((earlier, later), passes, strict=True)]
        if vectors[0].shape != vectors[1].shape:
            raise _unlike(earlier, later)
        backward, forward = _flows(*vectors)
        before, after = earlier.camera, later.camera
        depths = _both(*passes, "depth")
        if is_cut(before, after):
            backward[:], forward[:] = OUTSIDE, OUTSIDE
        elif depths is None and may_mislead(before, after):
            return estimate()(earlier, later)
        elif depths is not None and before and after:
            add_camera_motion(backward, depths[::-1], after, before)
            add_camera_motion(forward, depths, before, after)
        elif depths is not None and earlier.sharp and later.sharp:
            estimate_sky(backward, depths[1], lambda: estimate()(earlier, later).backward)
            estimate_sky(forward, depths[0], lambda: estimate()(earlier, later).forward)
        return replace(_motion(backward, forward, *passes), exact=True)

    return motion


def refuse_motion_blur(frames: Sequence[Frame], store: FrameStore | None = None) -> None:
    """Raise PochadeError for frames with motion blur, which leaves Vector passes empty, and for frames that
    have no Vector pass.

    The first pair with any vectors decides, or else whether anything moves; not in a single pair with nothing
    new before and after it: that is a cut. Frames that are known to be sharp are believed.
    """
    store = store or FrameStore()
    motion, flow = vector_motion(store), lru_cache(maxsize=1)(dis_flow)
    before: bool | None = False  # what `moves` said of the pair before
    doubtful: Frame | None = None  # moved after a pair with nothing new: a cut, if nothing new comes next
    for earlier, later in pairwise(frames):
        found = motion(*(replace(frame, camera=None) for frame in (earlier, later)))
        if later.sharp or found.backward.any() or found.forward.any():
            return
        moves = (
            not may_mislead(earlier.camera, later.camera)  # else vectors may be empty anyway
            and anything_moves(found.depths, partial(_pictures, store, earlier, later), flow)
        )
        if doubtful and moves is not None:
            break
        doubtful = later if moves else None
        if moves and before is not None:
            break
        before = moves
    if doubtful:
        raise PochadeError(
            "Frame {number} was rendered with motion blur, which leaves its Vector pass empty: switch Motion "
            "Blur off and render again, or choose an Optical Flow under Motion",
            number=doubtful.number,
        )


def _unlike(earlier: Frame, later: Frame) -> PochadeError:
    return PochadeError(
        "Frames {earlier} and {later} have different sizes: make them alike",
        earlier=earlier.number,
        later=later.number,
    )


def _pictures(store: FrameStore, earlier: Frame, later: Frame) -> tuple[np.ndarray, np.ndarray]:
    return store.picture(earlier), store.picture(later)


def _motion(backward: np.ndarray, forward: np.ndarray, before: Passes | None, after: Passes | None) -> Motion:
    """The motion, with the passes that both frames have."""
    depths, indices, mirrored = (_both(before, after, name) for name in ("depth", "index", "mirrored"))
    return Motion(backward, forward, depths, indices, mirrored=mirrored)


def _both(before: Passes | None, after: Passes | None, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    """The pass of both frames, None where either has none."""
    one, other = getattr(before, name, None), getattr(after, name, None)
    return None if one is None or other is None else (one, other)


def _vector_of(frame: Frame, passes: Passes) -> np.ndarray:
    """The Vector pass, (H, W, 4). Raises PochadeError where there is none."""
    if passes.vector is None:
        raise PochadeError(
            "{frame} has no Vector pass: switch on Vector in the view layer's passes and render again, or "
            "choose an Optical Flow under Motion",
            frame=frame.passes.name if frame.passes else frame.number,
        )
    return passes.vector


def _own_flows(frame: Frame, motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """From a frame to those before and after it by its own Vector pass, where such passes are trusted, as in
    the `motion` from it to a neighbour; else OUTSIDE, also of the sky where the pass says nothing of it.
    """
    if not motion.exact or frame.passes is None:
        unknown = np.full_like(motion.backward, OUTSIDE)
        return unknown, unknown
    vector = _vector_of(frame, read_passes(frame.passes, frame.layer))
    flows = _flows(vector, vector)
    if motion.depths:
        for flow in flows:
            flow[(motion.depths[1] >= SKY) & ~flow.any(axis=-1)] = OUTSIDE
    return flows


def _flows(earlier: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward and forward flow, (H, W, 2), from two Vector passes, (H, W, 4), whose y points up."""
    flows = later[..., :2] * np.array((1, -1), np.float32), earlier[..., 2:] * np.array((-1, 1), np.float32)
    for flow in flows:
        flow[~np.isfinite(flow).all(axis=-1)] = OUTSIDE
    return flows
