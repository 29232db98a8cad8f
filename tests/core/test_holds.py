"""Drawings are held: who is painted when, what a held frame shows, and how strokes boil."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.compute.tensors import to_tensor
from core.errors import PochadeError
from core.files.pictures import write_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation
from core.sequence.boil import boiled
from core.sequence.chunks import collect_chunks, paint_anchors, paint_chunk
from core.sequence.holds import Holds, splat
from core.sequence.job import SequenceJob
from core.sequence.motion.cameras import still_flow
from core.sequence.shot import Camera, Frame, Shot, chunk_count
from core.sequence.sources import Sources
from core.sequence.steps import Look, anchor_numbers, chunk_steps, steps_in_order
from core.sequence.timing import even_timetable, timetable
from core.sequence.workload import sequence_work
from core.settings import AnimationSettings, Settings, TimingSettings
from core.style.regions import Region
from core.style.styles import style_from_picture
from tests.core.exr_files import write_exr
from tests.core.networks import made_network, made_style
from tests.core.test_sequence_animation import ANIMATION, HEIGHT, QUICK, WIDTH, paint, scenery, shot  # noqa: F401 - fixtures

TWOS = TimingSettings(hold=2)


def looks(*holds, regions=()):
    return [
        Look((), Settings(), TimingSettings(hold=hold), tuple(held[number] for held in regions))
        for number, hold in enumerate(holds)
    ]


def test_a_drawing_is_held_for_as_long_as_its_own_frame_says():
    assert timetable(looks(1, 1, 1)).held == []
    on_twos = timetable(looks(2, 2, 2, 2, 2))
    assert (on_twos.drawings, on_twos.held) == ([0, 2, 4], [1, 3])
    keyframed = timetable(looks(1, 3, 1, 1, 2, 1))
    assert keyframed.shown == ((0,), (1,), (1,), (1,), (4,), (4,))


def test_a_region_is_drawn_at_its_own_times():
    table = timetable(looks(1, 1, 1, 1, 1, regions=([2] * 5,)))
    assert table.shown == ((0, 0), (1, 0), (2, 2), (3, 2), (4, 4))
    assert (table.drawings, table.whole, table.held) == ([0, 1, 2, 3, 4], [0, 2, 4], [1, 3])
    assert timetable(looks(2, 2, regions=([0, 0],))) == timetable(looks(2, 2)), "0 goes with the rest"


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_every_frame_is_written_once_and_from_what_is_painted(passes):
    for table in (
        even_timetable(7, 3),
        replace(even_timetable(8, 2), follow=True),
        timetable(looks(*[2] * 7, regions=([3] * 7, [1] * 7))),
    ):
        painted, written = set(), []
        for step in steps_in_order(table, AnimationSettings(passes=passes)):
            assert step.shows <= painted
            if step.shows or step.writes_file:
                written.append(step.number)
            if not step.shows and step.pass_index == passes - 1:
                painted.add(step.number)
        assert sorted(written) == [*range(len(table.shown))]
        assert painted == set(table.drawings)


@pytest.mark.parametrize("size", [2, 3, 5, 24])
def test_chunks_write_every_frame_once_whatever_is_held(size):
    for table in (
        even_timetable(13, 4),
        replace(even_timetable(12, 2), follow=True),
        timetable(looks(*[2] * 13, regions=([3] * 13,))),
    ):
        frames, ends = len(table.shown), anchor_numbers(table, size)
        assert len(ends) == chunk_count(frames, size) + 1
        written = sorted(set(ends))
        for number in range(1, len(ends)):
            first, last = ends[number - 1 : number + 1]
            after = frames if number == len(ends) - 1 else last
            own = [frame for frame in range(first + 1, after) if frame != last]
            painted = {*ends}
            for step in chunk_steps(number, (first, last), own, table, AnimationSettings()):
                assert step.shows <= painted
                references = {
                    step.number + group.direction * distance
                    for group in step.references
                    for distance in group.distances
                }
                assert references <= painted
                written += [step.number] * (bool(step.shows) or step.writes_file)
                painted |= set() if step.shows else {step.number}
        assert sorted(written) == [*range(frames)]


def test_on_twos_half_as_much_is_painted():
    settings, shape = Settings(resolution="draft"), (288, 512)
    ones, twos, threes = (
        sequence_work(settings, AnimationSettings(), even_timetable(49, hold), shape)
        - sequence_work(settings, AnimationSettings(), even_timetable(1, hold), shape)
        for hold in (1, 2, 3)
    )
    assert twos == pytest.approx(ones / 2, rel=0.1) and threes == pytest.approx(ones / 3, rel=0.1)


@pytest.mark.parametrize("method", ["optimised", "instant"])
def test_a_held_frame_shows_the_drawing_to_the_bit(paint, method):  # noqa: F811
    styles = ((paint.style, 1.0),) if method == "optimised" else made_style(made_network())
    pictures = [scenery(k) for k in range(4)]
    painted, told, _ = paint(pictures, looks=[Look(styles, replace(QUICK, method=method), TWOS)] * 4)
    assert (painted[1] == painted[0]).all() and (painted[3] == painted[2]).all()
    assert np.abs(painted[2] - painted[1]).mean() > 0.02
    assert "Drawing 2 of 2" in told[-2].message and told[-1].fraction > 0.99


FOCAL, FAR, NEAR = 100.0, 10.0, 4.0  # px, and the scene's unit


def camera(x: float) -> Camera:
    """One at x that looks along the z axis."""
    return Camera(
        ((1, 0, 0, -x), (0, 1, 0, 0), (0, 0, 1, 0)), (FOCAL, FOCAL), ((WIDTH - 1) / 2, (HEIGHT - 1) / 2)
    )


def stage(seen_from: float, thing: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A wall, and a square before it that is at `thing`: the picture, its depths, and the square's mask."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)

    def at(depth):
        return (
            (columns - (WIDTH - 1) / 2) / FOCAL * depth + seen_from,
            (rows - (HEIGHT - 1) / 2) / FOCAL * depth,
        )

    x, y = at(FAR)
    wall = np.stack((0.5 + 0.4 * np.sin(2 * x), 0.5 + 0.4 * np.cos(2 * y), 0.5 + 0 * x), -1)
    x, y = at(NEAR)
    inside = (np.abs(x - thing) < 0.4) & (np.abs(y) < 0.4)
    square = np.stack((0.9 + 0 * x, 0.2 + 0.1 * np.sin(9 * (x - thing)), 0.1 + 0 * x), -1)
    return (
        np.where(inside[..., None], square, wall).astype(np.float32),
        np.where(inside, NEAR, FAR).astype(np.float32),
        inside.astype(np.float32),
    )


@pytest.fixture
def held(tmp_path, monkeypatch):
    """`held(table, timing, regions)`: what the frame 1 shows of frames that the camera travels along, while
    the square moves by itself; with the sources in the place of paintings.
    """
    cameras, things = [0.0, 0.3, 0.6], [-0.5, 0.1, 0.7]
    stages = [stage(*pair) for pair in zip(cameras, things, strict=True)]

    def held(timing, regions=(), with_cameras=True):
        frames = []
        for number, (picture, depth, _) in enumerate(stages):
            frames.append(
                Frame(
                    number,
                    tmp_path / f"{number}.png",
                    tmp_path / f"{number}.exr",
                    camera(cameras[number]) if with_cameras else None,
                )
            )
            write_picture(frames[-1].picture, picture, 16)
            write_exr(frames[-1].passes, {"Layer.Depth.Z": depth})
        job = SequenceJob(
            Shot(tuple(frames), "made"),
            [Look((), Settings(size=WIDTH), timing, regions)] * 3,
            AnimationSettings(motion="none"),
            tmp_path,
            regions=lambda frame, _: [Region("square", stages[frame.number][2])] * bool(regions),
        )
        device = torch.device("cpu")
        holds = Holds(job, Sources(job, [], device), lambda drawing: to_tensor(stages[drawing][0], device))
        return holds.show(1)

    return held


INNER = np.s_[:, 12:-12]  # without what comes into sight at the edges


def test_a_held_drawing_follows_the_camera(held):
    """The square stands still where it was drawn, and is seen from where the camera is now."""
    shown = held(TimingSettings(hold=2, held="camera"))
    right = stage(0.3, -0.5)[0]
    assert np.abs(shown - right)[INNER].mean() < 0.01
    assert np.abs(shown - held(TWOS))[INNER].mean() > 0.05, "and does not stand still on the screen"


def test_a_region_that_is_held_like_the_rest_is_there_too(held):
    timing = TimingSettings(hold=2, held="camera")
    assert np.array_equal(held(timing, regions=(0,)), held(timing))


def test_what_comes_into_sight_meanwhile_is_as_in_the_next_drawing(held):
    shown = held(TimingSettings(hold=2, held="camera"))
    right = stage(0.3, -0.5)[0]
    assert np.abs(shown - right)[:, -3:].mean() < 0.02


def test_a_region_on_twos_before_a_camera_on_ones(held):
    shown = held(TimingSettings(held="camera"), regions=(2,))
    assert np.abs(shown - stage(0.3, -0.5)[0]).mean() < 0.01
    ghost = stage(0.3, 0.1)[2] > stage(0.3, -0.5)[2]  # where the square is by now, but is not drawn yet
    assert ghost.any() and np.abs(shown - stage(0.3, -0.5)[0])[ghost].mean() < 0.05


def test_the_rest_on_twos_behind_a_region_on_ones(held):
    shown = held(TWOS, regions=(1,))
    square = stage(0.3, 0.1)
    assert np.abs(shown - square[0])[square[2] > 0].max() < 0.01
    both = (square[2] + stage(0.0, -0.5)[2]) == 0
    assert np.abs(shown - stage(0.0, -0.5)[0])[both].max() < 0.01
    left = (stage(0.0, -0.5)[2] > 0) & (square[2] == 0)  # where the square was, and no drawing has the wall
    assert left.any() and np.abs(shown - square[0])[left].max() < 0.01


def test_without_cameras_drawings_cannot_follow_them(held):
    with pytest.raises(PochadeError, match="Frame 0 does not tell where its camera is"):
        held(TimingSettings(hold=2, held="camera"), with_cameras=False)


def test_of_a_sky_only_the_turn_of_the_camera_counts():
    depth = np.full((HEIGHT, WIDTH), 1e10, np.float32)
    assert np.abs(still_flow(depth, camera(0), camera(5))).max() < 1e-3
    angle = 0.1
    turned = Camera(
        ((np.cos(angle), 0, -np.sin(angle), 0), (0, 1, 0, 0), (np.sin(angle), 0, np.cos(angle), 0)),
        (FOCAL, FOCAL),
        ((WIDTH - 1) / 2, (HEIGHT - 1) / 2),
    )
    flow = still_flow(depth, camera(0), turned)
    middle = flow[HEIGHT // 2, WIDTH // 2]
    assert middle[0] == pytest.approx(-FOCAL * np.tan(angle), abs=0.2) and abs(middle[1]) < 0.2


def test_a_flow_turned_around_hides_what_is_behind():
    flow, depth = torch.zeros(1, 2, 8, 16), torch.full((1, 1, 8, 16), 10.0)
    flow[:, 0, :, 4:6], depth[..., 4:6] = 3, 2  # a rod moves by 3 to the right
    back, known, depths = splat(flow, depth)
    assert (back[0, 0, :, 7:9] == -3).all() and (depths[..., 7:9] == 2).all()
    assert (known[..., 4:6] == 0).all() and known.sum() == 8 * 14


@pytest.mark.parametrize("method", ["optimised", "instant"])
def test_boil_changes_strokes_and_the_same_way_every_time(paint, method):  # noqa: F811
    styles = ((paint.style, 1.0),) if method == "optimised" else made_style(made_network())
    pictures = [scenery(0)] * 3
    painted = {}
    for folder, boil in (("still", 0.0), ("some", 0.5), ("most", 1.0), ("again", 1.0)):
        look = Look(styles, replace(QUICK, method=method), TimingSettings(boil=boil))
        animation = replace(ANIMATION, motion="none", file_format="exr")
        painted[folder] = paint(pictures, looks=[look] * 3, animation=animation, folder=folder)[0]
    changes = {
        name: np.abs(frames[2] - frames[1]).mean() for name, frames in painted.items() if name != "again"
    }
    assert changes["still"] < 0.8 * changes["some"] and changes["some"] < changes["most"]
    assert all((a == b).all() for a, b in zip(painted["most"], painted["again"], strict=True))


def test_boil_comes_again_after_three_drawings():
    picture = torch.full((1, 3, 32, 48), 0.5)
    first, *others, fourth = (boiled(picture, 1.0, 7, drawing) for drawing in range(4))
    assert (first == fourth).all() and all((first != other).any() for other in others)


@pytest.mark.slow  # paints a shot four times
def test_held_frames_are_the_same_in_chunks_interrupted_and_when_the_shot_grows(shot, stripes, tmp_path):  # noqa: F811
    style = style_from_picture("stripes", stripes)
    # The palette of a shot that has grown is that of its first frames.
    look = Look(((style, 1.0),), replace(QUICK, start_colours="source"), TWOS)

    def job(folder, count=8):
        frames = shot([scenery(k) for k in range(8)])
        whole = SequenceJob(frames, [look] * 8, ANIMATION, tmp_path / folder, "cpu")
        return replace(whole.first(count), shot=replace(frames.first(count), identity="made"))

    def files(folder):
        return {path.name: path.read_bytes() for path in (tmp_path / folder).glob("*.png")}

    unwatched(stylize_animation(job("whole")))
    assert all(files("whole")[f"{k:04}.png"] == files("whole")[f"{k + 1:04}.png"] for k in (1, 3, 5, 7))
    for _ in range(30):
        steps = stylize_animation(job("stopped"))
        for _ in range(3):
            next(steps, None)
        steps.close()
    unwatched(stylize_animation(job("stopped")))
    assert files("stopped") == files("whole")
    unwatched(stylize_animation(job("grown", 5)))
    assert not unwatched(stylize_animation(job("grown"))).note
    assert files("grown") == files("whole")
    parts = job("chunks")
    unwatched(paint_anchors(parts, 4))
    for number in (1, 2):
        unwatched(paint_chunk(parts, 4, number))
    unwatched(collect_chunks(parts, 4))
    assert sorted(files("chunks")) == sorted(files("whole"))
    assert all(files("chunks")[f"{k:04}.png"] == files("chunks")[f"{k + 1:04}.png"] for k in (1, 3, 5, 7))


def test_no_drawing_is_held_across_a_cut(shot):  # noqa: F811
    frames = shot([scenery(k) for k in range(4)])
    cameras = [replace(camera(0), name=name) for name in ("A", "A", "A", "B")]
    cut = replace(
        frames, frames=tuple(replace(f, camera=c) for f, c in zip(frames.frames, cameras, strict=True))
    )
    job = SequenceJob(cut, looks(4, 4, 4, 4), ANIMATION, frames.frames[0].picture.parent)
    assert job.timetable.drawings == [0, 3]
