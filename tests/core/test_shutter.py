"""Motion blur of painted frames, beside the mean of what a camera sees while its shutter is open."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import PochadeError
from core.files.light import to_display, to_linear
from core.sequence.animation import what_is_lost
from core.sequence.job import SequenceJob
from core.sequence.motion.cameras import OUTSIDE
from core.sequence.motion.shutter import blur_motion
from core.sequence.steps import Look
from core.settings import AnimationSettings, TimingSettings
from tests.core.test_sequence_animation import (
    ANIMATION,
    HEIGHT,
    WIDTH,
    paint,  # noqa: F401 - a fixture
    scenery,
    shot,  # noqa: F401 - a fixture
)
from tests.core.test_sequence_animation import SPEED as PAN
from tests.core.test_sequence_instant import INSTANT, TRAINED, paint_instantly  # noqa: F401 - a fixture

SIDE, SPEED = 64, 12.0  # px, and px a frame to the right
CPU = torch.device("cpu")


def world(time: float, clear: bool = False) -> np.ndarray:
    """A bright square passes before a striped wall, or, `clear`, before nothing."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    left = 19.5 + SPEED * time
    # The share of each pixel that the square covers.
    share = np.clip(np.minimum(x + 0.5 - left, left + 20 - x + 0.5), 0, 1) * ((y >= 20) & (y < 40))
    wall = 0.3 + 0.2 * np.sin(x / 3)
    if clear:
        return np.dstack((np.full((SIDE, SIDE, 3), 0.9), share)).astype(np.float32)
    return np.repeat((share * 0.9 + (1 - share) * wall)[..., None], 3, 2).astype(np.float32)


def exposed(opens: float, closes: float, clear: bool = False) -> np.ndarray:
    times = opens + (closes - opens) * (np.arange(96) + 0.5) / 96
    frames = [world(time, clear) for time in times]
    if clear:
        return np.mean(frames, 0)
    return to_display(np.mean([to_linear(frame) for frame in frames], 0))


def motion(backward=-SPEED, forward=SPEED):
    """The square's flows and depth; the wall stands still behind it."""
    square = world(0, clear=True)[..., 3] > 0.5
    flows = np.zeros((2, SIDE, SIDE, 2), np.float32)
    flows[0, square, 0], flows[1, square, 0] = backward, forward
    return list(flows), np.where(square, 3, 9).astype(np.float32)


def distance(a, b) -> float:
    """In 1/255, over the part that the square passes."""
    return 255 * float(np.abs(a - b)[20:40].mean())


@pytest.mark.parametrize("shutter", [(-0.25, 0.25), (0, 0.5), (-0.5, 0), (-1, 1)])
def test_a_thing_blurs_over_what_is_behind_it(shutter):
    blurred = blur_motion(world(0), *motion(), shutter, CPU)
    sharp = distance(world(0), exposed(*shutter))
    assert distance(blurred, exposed(*shutter)) < 0.15 * sharp
    np.testing.assert_allclose(blurred[:8], world(0)[:8], atol=1e-6)  # what has nothing to do with it
    np.testing.assert_array_equal(blurred, blur_motion(world(0), *motion(), shutter, CPU))


def test_what_stands_before_what_moves_stays_sharp():
    flows, depth = motion()
    wall_moves = [np.where(flow.any(-1, keepdims=True), 0, np.float32((SPEED, 0))) for flow in flows]
    wall_moves[0] = -wall_moves[0]
    blurred = blur_motion(world(0), wall_moves, depth, (-0.25, 0.25), CPU)
    inside = np.s_[20:40, 21:39]
    np.testing.assert_allclose(blurred[inside], world(0)[inside], atol=0.5 / 255)
    assert np.ptp(blurred[50, 12:-12, 0]) < 0.9 * np.ptp(world(0)[50, 12:-12, 0])


def test_alpha_blurs_and_colours_stay_bright():
    blurred = blur_motion(world(0, clear=True), *motion(), (-0.25, 0.25), CPU)
    assert distance(blurred[..., 3], exposed(-0.25, 0.25, clear=True)[..., 3]) < 4
    np.testing.assert_allclose(blurred[..., :3][blurred[..., 3] > 0.01], 0.9, atol=1e-3)


def test_unknown_motion_goes_on_as_the_known_one_and_else_stays():
    known = blur_motion(world(0), *motion(), (-0.25, 0.25), CPU)
    outside = np.full((SIDE, SIDE, 2), OUTSIDE, np.float32)
    flows, depth = motion()
    for some in ([flows[0], outside], [outside, flows[1]]):
        np.testing.assert_allclose(blur_motion(world(0), some, depth, (-0.25, 0.25), CPU), known, atol=1e-6)
    np.testing.assert_array_equal(
        blur_motion(world(0), [outside, outside], depth, (-0.25, 0.25), CPU), world(0)
    )


def test_motion_of_a_smaller_render_is_scaled_and_needs_no_depth():
    flows, depth = motion()
    twice = np.repeat(np.repeat(world(0), 2, 0), 2, 1)
    blurred = blur_motion(twice, flows, depth, (-0.25, 0.25), CPU)
    small = blurred.reshape(SIDE, 2, SIDE, 2, 3).mean((1, 3))
    assert distance(small, exposed(-0.25, 0.25)) < 2.5
    flat = blur_motion(world(0), flows, None, (-0.25, 0.25), CPU)
    assert distance(flat, exposed(-0.25, 0.25)) < 0.6 * distance(world(0), exposed(-0.25, 0.25))


def test_frames_are_painted_sharp_and_written_blurred(paint_instantly):  # noqa: F811
    pictures, blurring = [scenery(k) for k in range(3)], replace(ANIMATION, motion_blur=True)
    sharp = paint_instantly(pictures, animation=ANIMATION)[0]
    blurred = paint_instantly(pictures, animation=blurring, folder="blurred")[0]
    flow = np.broadcast_to(np.float32((PAN, 0)), (HEIGHT, WIDTH, 2))
    for before, after in zip(sharp, blurred, strict=True):
        expected = blur_motion(before, [flow, -flow], None, (-0.25, 0.25), CPU)
        assert np.abs(after - before).mean() > 2 / 255
        np.testing.assert_allclose(after, expected, atol=2.5 / 255)
    again, _, note = paint_instantly(pictures, animation=blurring, folder="blurred")
    assert np.array_equal(again, blurred) and "already" in note


def test_another_shutter_paints_anew(paint_instantly, shot, tmp_path):  # noqa: F811
    pictures, blurring = [scenery(k) for k in range(2)], replace(ANIMATION, motion_blur=True)
    paint_instantly(pictures, animation=blurring)
    frames = shot(pictures)

    def lost(animation, shutter):
        other = replace(frames, frames=tuple(replace(frame, shutter=shutter) for frame in frames.frames))
        looks = [Look(TRAINED, INSTANT)] * 2
        return what_is_lost(SequenceJob(other, looks, animation, tmp_path / "out", "cpu"))

    assert "shutter" in lost(blurring, (0, 0.5))
    assert lost(blurring, (-0.25, 0.25)) == ""


def test_what_cannot_be_blurred_is_said(paint_instantly):  # noqa: F811
    still = replace(ANIMATION, motion_blur=True, motion="none")
    with pytest.raises(PochadeError, match="Motion Blur follows how things move"):
        paint_instantly([scenery(0), scenery(1)], animation=still)
    with pytest.raises(PochadeError, match="Motion Blur must be on or off"):
        AnimationSettings(motion_blur="yes")


def test_a_held_drawing_keeps_its_blur(paint):  # noqa: F811
    pictures, blurring = [scenery(k) for k in range(4)], replace(ANIMATION, motion_blur=True)
    looks = [Look(TRAINED, INSTANT, TimingSettings(hold=2))] * 4
    first, held, second, _ = paint(pictures, animation=blurring, looks=looks)[0]
    np.testing.assert_array_equal(held, first)
    assert np.abs(second - first).mean() > 4 / 255
