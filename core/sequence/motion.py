"""How things move between two frames of a shot: known to the renderer, or estimated from the pictures."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from ..errors import PochadeError
from ..files.exr import Passes, read_passes
from ..files.pictures import read_picture
from .optical_flow import Flow, dis_flow, raft_flow
from .shot import Camera, Frame

if TYPE_CHECKING:
    import torch

SKY = 1e9  # depths from here on are the sky's: Cycles writes 1e10
OUTSIDE = (
    1e6  # px; an unknown motion leads that far out of the picture, so that nothing is ever taken from there
)

_NO_VECTORS = (
    "{} has no Vector pass: switch on Vector in the view layer's passes and render again, or choose "
    "an Optical Flow "
    "under Motion"
)
_UNLIKE = "Frames {} and {} have different sizes: make them alike"
_BLURRED = (
    "Frame {} was rendered with motion blur, which leaves its Vector pass empty: switch Motion Blur "
    "off and render again, "
    "or choose an Optical Flow under Motion"
)


@dataclass(frozen=True)
class Motion:
    """Between an earlier frame and a later one: float32, (H, W, 2), px from pixel centre to pixel centre, x
    right and y down.

    `backward` is the later frame's: the point at p was at p + backward in the earlier one. `forward` is the
    earlier frame's: the point at p will be at p + forward in the later one. Unknown motion leads OUTSIDE the
    picture. Where a renderer tells them, `depths` and `indices` of (earlier, later): float32 (H, W), depth
    SKY or more where nothing is, and a number for each object. `exact` is what a renderer knows, and not what
    was estimated.
    """

    backward: np.ndarray
    forward: np.ndarray
    depths: tuple[np.ndarray, np.ndarray] | None = None
    indices: tuple[np.ndarray, np.ndarray] | None = None
    exact: bool = False

    def reversed(self) -> "Motion":
        """The same with time running backwards."""
        depths, indices = (pair and pair[::-1] for pair in (self.depths, self.indices))
        return Motion(self.forward, self.backward, depths, indices, self.exact)


MotionSource = Callable[[Frame, Frame], Motion]
"""Gives the motion between an earlier and a later frame. Raises PochadeError when it cannot."""


def choose_motion(
    kind: str, frames: Sequence[Frame], raft_file: Path | None, device: "torch.device"
) -> MotionSource:
    """What AnimationSettings.motion names, for these frames; `raft_file` has RAFT's weights and `device` runs
    it.

    Raises PochadeError at once when it takes something that is not there.
    """
    if kind == "none":
        return no_motion
    if kind == "auto" and all(frame.passes for frame in frames):
        refuse_motion_blur(frames)
        return vector_motion()
    return estimated_motion(raft_flow(raft_file, device) if kind == "raft" else dis_flow())


def no_motion(earlier: Frame, later: Frame) -> Motion:
    """Nothing moves."""
    still = np.zeros((*read_picture(later.picture).shape[:2], 2), np.float32)
    return Motion(still, still, exact=True)


def estimated_motion(flow: Flow) -> MotionSource:
    """Motion as it looks in the pictures, with the depths and indices of a render."""
    read = lru_cache(maxsize=2)(
        lambda frame: (read_picture(frame.picture), frame.passes and read_passes(frame.passes))
    )

    def motion(earlier: Frame, later: Frame) -> Motion:
        (before, passes_before), (after, passes_after) = read(earlier), read(later)
        if before.shape[:2] != after.shape[:2]:
            raise PochadeError(_UNLIKE.format(earlier.number, later.number))
        return _motion(flow(after, before), flow(before, after), passes_before, passes_after)

    return motion


def vector_motion() -> MotionSource:
    """Motion from the frames' Vector passes, exact for geometry; where they leave the sky out, from the
    cameras.
    """
    read = lru_cache(maxsize=2)(read_passes)  # the later frame is the next pair's earlier one

    def motion(earlier: Frame, later: Frame) -> Motion:
        if later.number - earlier.number != 1:
            raise PochadeError(
                f"The Vector pass tells of neighbouring frames, not from {earlier.number} to "
                f"{later.number}: render "
                "every frame, or choose an Optical Flow under Motion"
            )
        passes = read(cast(Path, earlier.passes)), read(cast(Path, later.passes))
        before, after = passes[0].vector, passes[1].vector
        if before is None or after is None:
            without = earlier if before is None else later
            raise PochadeError(_NO_VECTORS.format(cast(Path, without.passes).name))
        if before.shape != after.shape:
            raise PochadeError(_UNLIKE.format(earlier.number, later.number))
        backward, forward = _flows(before, after)
        if not backward.any() and not forward.any() and _moved(earlier, later, *passes):
            raise PochadeError(_BLURRED.format(later.number))
        _add_sky(backward, passes[1].depth, later.camera, earlier.camera)
        _add_sky(forward, passes[0].depth, earlier.camera, later.camera)
        return replace(_motion(backward, forward, *passes), exact=True)

    return motion


def refuse_motion_blur(frames: Sequence[Frame]) -> None:
    """Raise PochadeError when these frames' Vector passes are empty although things move: that is what motion
    blur does.

    Two frames tell, unless the first ones are still to the last digit: the rounding in a Vector pass without
    blur is not 0.
    """
    motion = vector_motion()
    for earlier, later in pairwise(replace(frame, camera=None) for frame in frames):
        if motion(earlier, later).backward.any():
            return


def _motion(backward: np.ndarray, forward: np.ndarray, before: Passes | None, after: Passes | None) -> Motion:
    """The motion, with what of the passes both frames have."""
    return Motion(backward, forward, _both(before, after, "depth"), _both(before, after, "index"))


def _both(before: Passes | None, after: Passes | None, name: str) -> tuple[np.ndarray, np.ndarray] | None:
    first, second = (getattr(passes, name, None) for passes in (before, after))
    return None if first is None or second is None else (first, second)


def _flows(earlier: np.ndarray, later: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Backward and forward motion from two frames' Vector passes (H, W, 4), whose y points up."""
    turned = np.array((1, -1), np.float32)
    flows = later[..., :2] * turned, earlier[..., 2:] * -turned
    for flow in flows:
        flow[~np.isfinite(flow).all(axis=-1)] = OUTSIDE
    return flows


def _moved(earlier: Frame, later: Frame, before: Passes, after: Passes) -> bool:
    """Whether anything but light and noise differs: the depth tells, and without it how the pictures look
    from afar.
    """
    depths = _both(before, after, "depth")
    if depths:
        nearest = np.minimum(*depths)
        return bool(np.mean(np.abs(depths[1] - depths[0]) > 0.01 * nearest) > 1e-4)
    change = read_picture(later.picture)[..., :3] - read_picture(earlier.picture)[..., :3]
    height, width = (side // 8 for side in change.shape[:2])
    blocks = change[: 8 * height, : 8 * width].reshape(height, 8, width, 8, 3).mean(axis=(1, 3, 4))
    return bool(np.mean(np.abs(blocks) > 0.05) > 1e-3)


def _add_sky(flow: np.ndarray, depth: np.ndarray | None, here: Camera | None, there: Camera | None) -> None:
    """Where nothing is, put in the motion of what is infinitely far, seen `here` and `there`, if the renderer
    left it 0.
    """
    if depth is None or here is None or there is None:
        return
    rows, columns = np.nonzero(depth >= SKY)
    if 2 * np.count_nonzero(flow[rows, columns].any(axis=-1)) > len(
        rows
    ):  # all but edges, where something mixes with the 0
        return
    pixels = np.stack((columns, rows, np.ones_like(rows)), axis=-1).astype(np.float64)
    turn = np.asarray(there.direction_to_pixel, np.float64) @ np.linalg.inv(
        np.asarray(here.direction_to_pixel, np.float64)
    )
    x, y, w = turn @ pixels.T
    with np.errstate(divide="ignore", invalid="ignore"):
        moved = np.stack((x / w, y / w), axis=-1) - pixels[:, :2]
    flow[rows, columns] = np.where((w > 0)[:, None], np.clip(moved, -OUTSIDE, OUTSIDE), OUTSIDE)
