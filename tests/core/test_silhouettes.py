"""Ghosts: what was painted because of a thing goes with it."""

import numpy as np
import torch

from core.sequence.motion.cameras import SKY
from core.sequence.motion.flow import long_term_correspondences
from core.sequence.motion.frame_motion import Motion
from core.sequence.motion.silhouettes import HALO, Silhouettes
from core.sequence.prior import PaintedFrames, constant_painting
from core.sequence.steps import ReferenceFrames, Step

HEIGHT, WIDTH = 60, 200
REACH = round(HALO * WIDTH)  # px
ABOVE, BELOW = 20, 40  # rows of the square


def square(left: int) -> np.ndarray:
    """Where a 20 px square is, (H, W), bool."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    return (y >= ABOVE) & (y < BELOW) & (x >= left) & (x < left + 20)


def motion_of_square(before: int, after: int, depths: bool = True) -> Motion:
    """Of a square that moves before an empty sky from one column to another."""
    backward, forward = np.zeros((2, HEIGHT, WIDTH, 2), np.float32)
    backward[square(after), 0], forward[square(before), 0] = before - after, after - before
    pair = tuple(np.where(square(left), 5, 10 * SKY).astype(np.float32) for left in (before, after))
    return Motion(backward, forward, pair if depths else None, exact=depths)


def left(motion: Motion, side: int = WIDTH) -> np.ndarray:
    flow = torch.from_numpy(motion.backward).permute(2, 0, 1)[None]
    return Silhouettes(side).left(flow, motion, motion)[0, 0].numpy()


def test_what_is_painted_beside_a_thing_is_not_held_when_the_thing_is_gone():
    for depths in (True, False):
        found = left(motion_of_square(40, 80, depths))[ABOVE + 5 : BELOW - 5]
        assert found[:, [40 - REACH, 39, 60, 60 + REACH - 1]].all(), "a silhouette's paint stays behind"
        assert not found[:, :30].any() and not found[:, 110:].any(), "far from it all is held"
        assert not found[:, 80:100].any(), "the square itself is held"


def test_mixed_pixels_are_let_go_before_the_halo_is():
    moved = left(motion_of_square(40, 43), side=WIDTH // 4)  # two px of the painting, eight of the source
    assert moved[ABOVE + 5 : BELOW - 5, 31:34].all()
    # A thing as near as before leaves nothing.
    assert not left(motion_of_square(40, 40)).any()


def test_a_plane_at_a_grazing_angle_has_no_silhouettes():
    far = 1 / np.linspace(0.01, 1, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, 1)
    flow = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    flow[..., 1] = -3
    ground = Motion(flow, -flow, (far, far * 2), exact=True)
    assert not left(ground).any()


def test_a_frame_does_not_hold_an_old_outline():
    paintings = {number: torch.zeros(1, 4, HEIGHT, WIDTH) for number in range(3)}
    places = (20, 60, 100)
    frames = PaintedFrames(
        source=lambda number: torch.full((1, 3, HEIGHT, WIDTH), 0.5),
        painting=lambda _pass, number: paintings[number],
        motion=lambda one, other: motion_of_square(places[one], places[other]),
        max_occlusion=1000,
    )
    coverage = frames.prior(Step(2, "Frame 3", (ReferenceFrames(-1, (1, 2)),))).coverage[0, 0, 30]
    # Beside the second frame's square all is taken from the first one, where it was empty there.
    assert coverage[[59, 80]].tolist() == [1, 1]
    only_nearest = frames.prior(Step(2, "Frame 3", (ReferenceFrames(-1, (1,)),))).coverage[0, 0, 30]
    assert only_nearest[[59, 80]].tolist() == [0, 0] and only_nearest[150] == 1


def correspondences(*motions: Motion):
    """The nearest frame's, and the next one's: the motions lead one frame back each."""
    shape = (HEIGHT, WIDTH)
    return long_term_correspondences(
        motions, (1, 2), shape, torch.device("cpu"), silhouettes=Silhouettes(WIDTH)
    )


def test_the_motion_of_a_mixed_pixel_is_not_followed():
    """Its vector is the square's: the ground behind it would go on from where the square came from."""
    newest, before = motion_of_square(60, 100), motion_of_square(20, 60)
    before.backward[ABOVE:BELOW, 80], before.forward[ABOVE:BELOW, 40] = (-40, 0), (40, 0)
    _, far = correspondences(newest, before)
    assert far.flow[0, :, 30, 80].tolist() == [0, 0]


def test_a_farther_frame_does_not_show_mixed_pixels():
    """Also where another silhouette is near by now: it is not the same one."""
    near, far = correspondences(motion_of_square(30, 33), motion_of_square(10, 30))
    assert near.weight[0, 0, 30, 31] == 0 and far.weight[0, 0, 30, 31] == 0


def test_a_first_frame_tells_what_its_neighbour_will_not_hold():
    frames = PaintedFrames(
        source=lambda number: torch.zeros(1, 3, HEIGHT, WIDTH),
        painting=lambda *_: torch.zeros(1, 4, HEIGHT, WIDTH),
        motion=lambda one, other: motion_of_square(*(40 + 10 * number for number in (one, other))),
        max_occlusion=1000,
    )
    stays = frames.stays(0, 1)[0, 0, 30]
    assert stays[[39, 49, 100]].tolist() == [0, 1, 1], "what the square leaves, the square, and far from it"


def test_a_networks_painting_is_held_only_where_it_would_paint_the_same():
    flat, striped = torch.full((1, 3, HEIGHT, WIDTH), 0.5), torch.full((1, 3, HEIGHT, WIDTH), 0.5)
    striped[..., ::4] = 0.9
    halo = flat.clone()
    halo[..., 80:120] += 0.3
    grain = flat + 0.1 * torch.rand(flat.shape, generator=torch.Generator().manual_seed(0)) - 0.05
    holds = constant_painting(flat, halo, flat)[0, 0, 30]
    assert holds[100] == 0 and holds[20] == 1, "a halo stays, or a flat ground is let go"
    assert constant_painting(flat, grain, flat).mean() > 0.9, "grain is held"
    assert constant_painting(flat, halo, striped)[0, 0, 30, 100] > 0.5, "what has contrast is held"
