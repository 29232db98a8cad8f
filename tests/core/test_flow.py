"""Warped pictures, and where that can be trusted."""

import numpy as np
import torch

from core.sequence.motion.flow import (
    blur,
    consistent_mask,
    long_term_correspondences,
    motion_boundary,
    recolour_disocclusions,
    warp,
)
from core.sequence.motion.frame_motion import Motion

HEIGHT, WIDTH = 48, 64
CPU = torch.device("cpu")


def shift(x, y=0.0):
    """A flow that is the same everywhere."""
    return torch.tensor([x, y], dtype=torch.float32).view(1, 2, 1, 1).expand(1, 2, HEIGHT, WIDTH).clone()


def square_moving(speed, indices=True):
    """The motion of a 20 px square to the right, from column 20, before a background; its later mask."""
    before, after = (np.zeros((HEIGHT, WIDTH), np.float32) for _ in range(2))
    before[14:34, 20:40] = 1
    left = round(20 + speed)
    after[14:34, left : left + 20] = 1
    backward, forward = np.zeros((2, HEIGHT, WIDTH, 2), np.float32)
    backward[after == 1, 0], forward[before == 1, 0] = -speed, speed
    depths = tuple(np.where(inside == 1, 5, 9).astype(np.float32) for inside in (before, after))
    return Motion(backward, forward, depths, (before, after) if indices else None, exact=True), after == 1


def test_a_picture_is_taken_from_where_the_flow_leads():
    picture = torch.rand(1, 3, HEIGHT, WIDTH)
    moved = warp(picture, shift(-3, 2))
    assert torch.allclose(moved[..., 10, 20], picture[..., 12, 17], atol=1e-5), "x to the right, y down"
    assert torch.allclose(
        warp(picture, shift(0.5))[..., 5, 5], (picture[..., 5, 5] + picture[..., 5, 6]) / 2, atol=1e-5
    )


def test_flows_one_after_the_other():
    backward = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    # The way follows each point: 40 - 6 is at 34, where it is another one.
    backward[..., 0] = -4 - 0.05 * np.arange(WIDTH)
    backward[..., 1] = 1
    forward = np.zeros_like(backward)
    forward[..., 0], forward[..., 1] = (4 + 0.05 * np.arange(WIDTH)) / 0.95, -1
    (_, near, _), (_, far, seen) = long_term_correspondences(
        [Motion(backward, forward)] * 2, [1, 2], (HEIGHT, WIDTH), CPU
    )
    assert near[0, :, 10, 40].tolist() == [-6, 1] and torch.allclose(
        far[0, :, 10, 40], torch.tensor([-11.7, 2])
    )
    assert seen[0, 0, 20, 50] == 0, "the frame before shows it"


def test_what_is_uncovered_or_comes_into_the_frame_was_not_seen():
    motion, after = square_moving(6.0)
    backward, forward = (
        torch.from_numpy(flow).permute(2, 0, 1)[None] for flow in (motion.backward, motion.forward)
    )
    seen = consistent_mask(backward, forward)[0, 0].numpy()
    assert not seen[14:34, 20:26].any(), "the background behind the square"
    truly = np.ones_like(seen)
    truly[14:34, 20:26] = False
    assert seen[truly].mean() > 0.95 and seen[after].mean() > 0.95
    assert not consistent_mask(shift(-5), shift(5))[0, 0, :, :5].any(), "it came from beyond the left edge"


def test_slow_uncovering_shows_in_depth_and_object_index():
    # One pixel in two frames: too little for the forward-backward check of Ruder et al.
    motion, _ = square_moving(0.6)
    ((_, _, seen),) = long_term_correspondences([motion], [1], (HEIGHT, WIDTH), CPU)
    assert not seen[0, 0, 16:32, 20].any() and seen.mean() > 0.95
    flows = Motion(motion.backward, motion.forward)
    backward, forward = (
        torch.from_numpy(flow).permute(2, 0, 1)[None] for flow in (flows.backward, flows.forward)
    )
    assert consistent_mask(backward, forward)[0, 0, 16:32, 20].all(), "the flows alone do not tell"


def test_a_farther_frame_only_shows_what_the_nearer_ones_do_not():
    away, _ = square_moving(6.0)
    (_, _, near), (distance, _, far) = long_term_correspondences(
        [away, away.reversed()], [1, 2], (HEIGHT, WIDTH), CPU
    )
    assert distance == 2 and far[0, 0, 16:32, 21:25].mean() > 0.9, (
        "behind the square, but there before it came"
    )
    assert (near + far <= 1).all() and far.mean() < 0.1


def test_flow_at_another_size():
    still = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    motion = Motion(still - np.float32([4, 2]), still + np.float32([4, 2]))
    ((_, flow, seen),) = long_term_correspondences([motion], [1], (HEIGHT // 2, WIDTH // 2), CPU)
    assert torch.allclose(
        flow, torch.tensor([-2.0, -1.0]).view(1, 2, 1, 1).expand(1, 2, HEIGHT // 2, WIDTH // 2)
    )
    assert seen.shape[-2:] == flow.shape[-2:]


def test_an_estimate_is_not_trusted_where_it_breaks_off():
    motion, _ = square_moving(6.0)
    estimate = Motion(motion.backward, motion.forward)
    boundary = motion_boundary(torch.from_numpy(estimate.backward).permute(2, 0, 1)[None])[0, 0]
    assert boundary[20, 45] and not boundary[20, 35] and not boundary[5, 5]
    ((_, _, seen),) = long_term_correspondences([estimate], [1], (HEIGHT, WIDTH), CPU)
    assert not seen[0, 0, 20, 45] and seen[0, 0, 20, 35]


def test_what_is_new_gets_the_colours_around_it():
    height, width = 128, 512
    grey = 0.5 + 0.4 * torch.sin(torch.arange(width) / 3).expand(1, 3, height, width)
    slope = torch.tensor([0.2, 0.4, 0.6]).view(1, 3, 1, 1)
    base = torch.tensor([0.3, 0.1, 0.05]).view(1, 3, 1, 1)
    painted, known = base + slope * grey, torch.ones(1, 1, height, width)
    known[..., 504:] = 0
    guess = recolour_disocclusions(grey, painted * known, known)
    assert (guess - painted)[..., 504:].abs().max() < 0.03, (
        "its light and dark have the colours of light and dark beside it"
    )
    assert guess.isfinite().all() and recolour_disocclusions(grey, painted * 0, known * 0).isfinite().all()


def test_what_is_new_is_not_flat_where_strokes_have_little_to_do_with_the_source():
    height, width = 96, 256
    grey = 0.5 + 0.3 * torch.sin(torch.arange(width) / 2).expand(1, 3, height, width)
    strokes = 0.5 + 0.15 * torch.sin(torch.arange(height) / 2).view(-1, 1).expand(1, 3, height, width)
    known = torch.ones(1, 1, height, width)
    known[..., 128:] = 0
    guess = recolour_disocclusions(grey, strokes * known, known)
    beside, far = (
        (guess[..., part].std() / grey[..., part].std()).item()
        for part in (slice(128, 141), slice(180, None))
    )
    assert 0.4 < beside < 0.8 and 0.9 < far < 1.1, "the strokes' contrast, and farther away the source's"


def test_blur_keeps_sums_and_reaches_as_far_as_it_says():
    for reach in (3.0, 20.0):
        spot = torch.zeros(1, 1, 129, 129)
        spot[..., 64, 64] = 1
        spread = blur(spot, reach)[0, 0]
        across = (spread.sum(0) * (torch.arange(129) - 64) ** 2).sum() / spread.sum()
        assert abs(spread.sum() - 1) < 0.1 and 0.8 * reach < across.sqrt() < 1.2 * reach
