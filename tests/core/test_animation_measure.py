"""The animation benchmark measures what it says, on pictures whose motion is known."""

import numpy as np
import pytest
import torch

from core.style.styles import style_from_picture
from tests.bench.animation import measure, truth

H, W, STEP = 48, 64, 3  # px; a frame shows what the one before it showed, so far to the right


def noise(seed: int = 0) -> np.ndarray:
    """A smooth random picture, wide enough for all frames."""
    rough = torch.from_numpy(np.random.default_rng(seed).random((1, 3, 12, 24), np.float32))
    return (
        torch.nn.functional.interpolate(rough, (H, 2 * W), mode="bicubic")
        .clamp(0, 1)[0]
        .permute(1, 2, 0)
        .numpy()
    )


def flow(x: float) -> np.ndarray:
    return np.tile(np.float32((x, 0)), (H, W, 1))


@pytest.fixture
def panned():
    """Frames of a pan, their backward and forward flows, and where the frame before shows the same."""
    frames = [noise()[:, 20 - STEP * i : 20 - STEP * i + W] for i in range(4)]
    mask = np.ones((H, W), np.float32)
    mask[:, :STEP] = 0
    return frames, [flow(-STEP)] * 3, [flow(STEP)] * 3, [mask] * 3


def test_what_only_moves_has_no_temporal_error_and_what_flickers_has(panned):
    frames, backward, forward, masks = panned
    assert measure.temporal_error(frames, backward, masks) < 1e-9
    assert measure.temporal_error(frames, forward, masks) > 1e-3
    assert measure.temporal_error(
        [f + 0.1 * (i % 2) for i, f in enumerate(frames)], backward, masks
    ) == pytest.approx(0.01, rel=1e-3)
    spoilt = [f.copy() for f in frames]
    spoilt[1][:, :STEP] = 9  # where the mask is 0
    assert measure.temporal_error(spoilt[:2], backward, masks) < 1e-9


def test_interpolation_costs_nothing_from_pixel_to_pixel_and_something_between(panned):
    frames, backward, forward, masks = panned
    assert measure.warp_floor(frames, backward, forward, masks) < 1e-9
    half = [flow(-0.5)] * 3, [flow(0.5)] * 3
    assert 1e-7 < measure.warp_floor(frames, *half, masks) < 1e-2
    assert measure.warp_floor([f * 0 + 0.5 for f in frames], *half, masks) < 1e-9


def test_interpolation_across_a_silhouette_does_not_count(panned):
    frames, _, _, masks = panned
    moving = np.tile(np.float32((-0.5, 0)), (H, W, 1))
    moving[:, 32:] = 0
    flat = [np.full_like(f, 0.2) for f in frames]
    for frame in flat:
        frame[:, 32:] = 0.9
    assert (
        measure.warp_floor(flat, [moving] * 3, [-moving] * 3, masks)
        < 1e-9
        < measure.temporal_error(flat, [-moving] * 3, masks)
    )


def test_blur_is_found_out(panned):
    frames = panned[0]
    assert measure.sharpness(frames, frames) == 1
    assert measure.sharpness([(f + np.roll(f, 4, 0)) / 2 for f in frames], frames) < 0.9


def test_coverage_counts_only_what_is_truly_seen():
    seen, mask = np.zeros((H, W), bool), np.ones((H, W), np.float32)
    seen[:, :40] = True
    mask[:, :10] = 0
    assert measure.mask_coverage([mask], [seen]) == pytest.approx(0.75)


def test_drift_is_told_in_grey_levels():
    still = [noise()[:, :W]] * 3
    assert measure.static_drift(still) == {"luminance": 0, "consecutive": 0}
    drift = measure.static_drift([f + i / 255 for i, f in enumerate(still)])
    assert drift["luminance"] == pytest.approx(2, rel=1e-3) and drift["consecutive"] == pytest.approx(
        1, rel=1e-3
    )


def test_the_source_has_nothing_of_the_style_and_the_style_all(content, stripes):
    style_distance = measure.StyleDistance(style_from_picture("Stripes", stripes), 128, torch.device("cpu"))
    none, part, all_of_it = style_distance.shares(
        [content, (content + stripes[:96]) / 2, stripes], [content] * 3
    )
    assert abs(none) < 1e-6 < part < 0.99 < all_of_it


def seen(objects, depth, moved=0.0, camera=None) -> truth.Seen:
    """A frame of these indices and depths, moved by so many px to the right since the one before."""
    vector = np.tile(np.float32((-moved, 0, -moved, 0)), (H, W, 1))
    camera = np.eye(3) if camera is None else camera
    return truth.Seen(
        np.full((H, W), np.float32(depth)), np.full((H, W), np.float32(objects)), vector, camera
    )


def test_forward_and_backward_flows_agree():
    earlier, later = seen(1, 5, STEP), seen(1, 5, STEP)
    assert (truth.backward_flow(later, earlier) == (-STEP, 0)).all() and (
        truth.forward_flow(earlier, later) == (STEP, 0)
    ).all()
    # A direction is seen 4 px farther to the right and 2 px higher.
    shift = np.array([[1.0, 0, 4], [0, 1, -2], [0, 0, 1]])
    earlier, later = seen(0, 1e10), seen(0, 1e10, camera=shift)
    assert np.allclose(truth.backward_flow(later, earlier), (-4, 2)) and np.allclose(
        truth.forward_flow(earlier, later), (4, -2)
    )


def test_seen_twice_is_the_same_object_at_the_same_depth_within_the_frame():
    earlier, later = seen(1, 5), seen(1, 5, STEP)
    earlier.index[:, 20:30], earlier.depth[:, 40:50] = 2, 4
    visible = truth.visible(later, earlier, truth.backward_flow(later, earlier))
    assert visible[:, STEP:20].all() and not visible[:, :STEP].any()
    assert not visible[:, 20 + STEP : 29 + STEP].any() and not visible[:, 40 + STEP : 49 + STEP].any()


def test_an_outline_that_stays_behind_is_a_ghost():
    world = noise()[:, :W] * 0.2
    things = [np.zeros((H, W), bool) for _ in range(2)]
    things[0][16:32, 8:20], things[1][16:32, 44:56] = True, True
    alone = np.where(things[1][..., None], 1, world)
    haunted = alone.copy()
    haunted[16:32, 8] = 0.6
    assert measure.ghosts(alone, alone, things) == pytest.approx(1)
    assert measure.ghosts(haunted, alone, things) > 1.5
