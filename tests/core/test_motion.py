"""Motion between frames: from Vector passes and cameras, whose signs and sizes are known here."""

import numpy as np
import pytest

from core.errors import PochadeError
from core.files.pictures import write_picture
from core.sequence.cameras import OUTSIDE
from core.sequence.motion import choose_motion, refuse_motion_blur
from core.sequence.shot import Camera, Frame
from tests.core.exr_files import passes_channels, write_exr

HEIGHT, WIDTH, FOCAL = 48, 64, 60.0
SKY = np.full((HEIGHT, WIDTH), 1e10, np.float32)


@pytest.fixture
def frame(tmp_path):
    """`frame(number, vector, ...)`: a frame with these passes; `picture` too where it is given."""

    def frame(number, vector=(0, 0, 0, 0), depth=None, index=None, camera=None, picture=None):
        passes, path = tmp_path / f"{number}.exr", tmp_path / f"{number}.png"
        write_exr(
            passes, passes_channels(np.broadcast_to(np.float32(vector), (HEIGHT, WIDTH, 4)), depth, index)
        )
        if picture is not None:
            write_picture(path, picture)
        return Frame(number, path, passes, camera)

    return frame


@pytest.fixture
def motion():
    """`motion(earlier, later)`: as Automatic has it."""
    return lambda *frames: choose_motion("auto", frames, None, "cpu")(*frames)


def turned(angle):
    """A camera that looks along y and is turned to its right by this angle."""
    sine, cosine = np.sin(angle), np.cos(angle)
    to_camera = (cosine, -sine, 0, 0), (0, 0, -1, 0), (sine, cosine, 0, 0)  # right, down and forwards
    return Camera(to_camera, (FOCAL, FOCAL), (WIDTH / 2 - 0.5, HEIGHT / 2 - 0.5))


def test_the_vector_pass_points_up_and_the_motion_down(frame, motion):
    depth, index = np.full((HEIGHT, WIDTH), 5, np.float32), np.full((HEIGHT, WIDTH), 3, np.float32)
    found = motion(frame(7, (10, 20, 3, 4), depth, index), frame(8, (1, 2, 30, 40), depth + 1, index))
    assert found.backward.shape == found.forward.shape == (HEIGHT, WIDTH, 2)
    assert found.backward[5, 6].tolist() == [1, -2]
    assert found.forward[5, 6].tolist() == [-3, 4]
    assert [array[0, 0] for array in (*found.depths, *found.indices)] == [5, 6, 3, 3]


def test_the_sky_moves_as_the_camera_turns(frame, motion):
    depth = SKY.copy()
    depth[:, :20] = 5
    angle = 0.1
    found = motion(frame(1, depth=depth, camera=turned(0)), frame(2, depth=depth, camera=turned(angle)))
    assert not found.backward[:, :20].any(), "what stands still before the sky stays there"
    column, row = 40, 30
    seen = np.arctan2(column + 0.5 - WIDTH / 2, FOCAL) + angle  # from the first camera's axis
    before = WIDTH / 2 - 0.5 + FOCAL * np.tan(seen)
    assert abs(found.backward[row, column, 0] - (before - column)) < 1e-3
    flow = found.backward[row, column]
    there = np.float32((column, row)) + flow
    left, top = np.floor(there).astype(int)
    assert np.abs(found.forward[top : top + 2, left : left + 2].mean(axis=(0, 1)) + flow).max() < 0.2, (
        "and back"
    )
    still = motion(frame(1, depth=depth), frame(2, depth=depth, camera=turned(angle)))
    assert not still.backward.any(), "nothing is known without both cameras"


def test_vectors_of_the_sky_are_kept_where_the_renderer_has_them(frame, motion):
    found = motion(
        frame(1, (1, 2, 3, 4), SKY, camera=turned(0)), frame(2, (1, 2, 3, 4), SKY, camera=turned(0.1))
    )
    assert found.backward[9, 9].tolist() == [1, -2]


def test_what_was_behind_the_camera_came_from_outside(frame, motion):
    found = motion(frame(1, depth=SKY, camera=turned(0)), frame(2, depth=SKY, camera=turned(np.pi)))
    assert (np.abs(found.backward).max(axis=-1) == OUTSIDE).all()
    assert np.isfinite(found.backward).all()


def test_vectors_that_are_no_numbers_lead_outside(frame, motion):
    assert (motion(frame(1), frame(2, (np.inf, 0, 0, 0))).backward == OUTSIDE).all()


def test_motion_blur_is_refused_and_stillness_is_not(frame):
    near = np.full((HEIGHT, WIDTH), 5, np.float32)
    noise = np.random.default_rng(0).random((2, HEIGHT, WIDTH, 3))
    moved = near.copy()
    moved[20:30, 20:30] = 3
    still = [frame(n, depth=near, camera=turned(0), picture=noise[n - 1]) for n in (1, 2)]
    refuse_motion_blur(still)
    with pytest.raises(
        PochadeError, match="Frame 3 was rendered with motion blur.* switch Motion Blur off and render again"
    ):
        refuse_motion_blur([*still, frame(3, depth=moved)])
    refuse_motion_blur([still[0], frame(2, (0, 0, 1e-6, 0), near, camera=turned(0)), frame(3, depth=moved)])


def test_motion_blur_is_told_from_the_pictures_where_there_is_no_depth(frame):
    noise = np.random.default_rng(0).normal(0.5, 0.1, (3, HEIGHT, WIDTH, 3))
    noise[2, 10:30, 20:40] += 0.3
    frames = [frame(n + 1, picture=noise[n]) for n in range(3)]
    refuse_motion_blur(frames[:2])
    with pytest.raises(PochadeError, match="Frame 3 was rendered with motion blur"):
        refuse_motion_blur(frames)


def test_what_a_render_lacks_is_said(frame, motion, tmp_path):
    depth_only = Frame(2, tmp_path, write_exr(tmp_path / "render_0002.exr", {"Depth.Z": SKY}))
    with pytest.raises(
        PochadeError,
        match="render_0002.exr has no Vector pass: switch on Vector in the view layer's passes and render",
    ):
        motion(frame(1), depth_only)
    with pytest.raises(PochadeError, match="not from 1 to 3: render every frame"):
        motion(frame(1), frame(3))
    small = Frame(
        2, tmp_path, write_exr(tmp_path / "small.exr", passes_channels(np.zeros((4, 4, 4), np.float32)))
    )
    with pytest.raises(PochadeError, match="Frames 1 and 2 have different sizes"):
        motion(frame(1), small)


def test_nothing_moves_when_nothing_shall(frame):
    frames = [frame(n, (5, 5, 5, 5), picture=np.zeros((HEIGHT, WIDTH, 3))) for n in (1, 2)]
    found = choose_motion("none", frames, None, "cpu")(*frames)
    assert found.backward.shape == (HEIGHT, WIDTH, 2) and not found.backward.any() and not found.forward.any()
