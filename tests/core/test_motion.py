"""Motion between frames: from Vector passes and cameras, whose signs and sizes are known here."""

from dataclasses import replace

import numpy as np
import pytest

from core.errors import PochadeError
from core.files.pictures import write_picture
from core.sequence.motion.cameras import OUTSIDE
from core.sequence.motion.frame_motion import choose_motion, refuse_motion_blur
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


def test_nothing_is_carried_across_a_cut(frame, motion):
    cameras = [replace(turned(0), name=name) for name in ("Left", "Right")]
    found = motion(*(frame(n, depth=moved_to(20), camera=camera) for n, camera in enumerate(cameras)))
    assert (found.backward == OUTSIDE).all() and (found.forward == OUTSIDE).all()


def test_vectors_that_are_no_numbers_lead_outside(frame, motion):
    assert (motion(frame(1), frame(2, (np.inf, 0, 0, 0))).backward == OUTSIDE).all()


def moved_to(left, depth=3):
    """A near square before a far wall, as depth."""
    found = np.full((HEIGHT, WIDTH), 5, np.float32)
    found[15:35, left : left + 20] = depth
    return found


@pytest.fixture
def shown(frame):
    """`shown(number, depth, ...)`: a frame whose picture shows that depth, or another."""
    wall, thing = np.random.default_rng(0).random((2, HEIGHT, WIDTH, 3)) / 3

    def shown(number, depth, light=1.0, known=True, **more):
        near = depth < 5
        moved = np.roll(thing, near.any(axis=0).argmax(), axis=1)
        picture = np.where(near[..., None], moved + 0.6, wall) * light
        return frame(number, depth=depth if known else None, picture=np.float32(picture), **more)

    return shown


@pytest.mark.parametrize("known", [True, False])
def test_motion_blur_is_refused_and_stillness_is_not(shown, known):
    still = [shown(n, moved_to(20), camera=turned(0), known=known) for n in (1, 2)]
    refuse_motion_blur(still)
    blurred = [*still, shown(3, moved_to(24), known=known)]
    with pytest.raises(
        PochadeError, match="Frame 3 was rendered with motion blur.* switch Motion Blur off and render again"
    ):
        refuse_motion_blur(blurred)
    with pytest.raises(PochadeError, match="Frame 3 was rendered with motion blur"):
        refuse_motion_blur([*blurred, shown(4, moved_to(28), known=known)])
    refuse_motion_blur([replace(each, sharp=True) for each in blurred])
    refuse_motion_blur([*blurred, shown(4, moved_to(24), known=known)])  # a cut
    refuse_motion_blur(
        [still[0], shown(2, moved_to(20), vector=(0, 0, 1e-6, 0), known=known), shown(3, moved_to(24))]
    )


@pytest.mark.parametrize("known", [True, False])
def test_changes_without_motion_are_not_refused(shown, known):
    nothing, thing = np.full((HEIGHT, WIDTH), 5, np.float32), moved_to(20)
    for one, other, light in (
        (nothing, thing, 1),
        (thing, nothing, 1),
        (thing, thing, 0.3),
        (moved_to(5), moved_to(37, 2), 1),
    ):
        frames = [shown(1, one, known=known), shown(2, other, light, known=known)]
        refuse_motion_blur([*frames, shown(3, nothing, known=known)])
        assert not choose_motion("auto", frames, None, "cpu")(*frames).backward.any()


def test_vectors_are_missed_before_anything_is_painted(frame):
    sharp = [replace(frame(n), sharp=True) for n in (1, 2)]
    choose_motion("auto", sharp, None, "cpu")
    write_exr(sharp[0].passes, {"Depth.Z": SKY})
    with pytest.raises(PochadeError, match="1.exr has no Vector pass"):
        choose_motion("auto", sharp, None, "cpu")


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
