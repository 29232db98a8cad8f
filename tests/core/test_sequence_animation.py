"""Sequences: steady, steered frame by frame, and the same however often they are interrupted."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.compute.devices import at_work
from core.compute.tensors import to_tensor
from core.encoders.files import COMPACT
from core.encoders.network import load_encoder
from core.errors import PochadeError
from core.files import pictures as pictures_read
from core.files.pictures import read_picture, write_picture
from core.progress import finish as unwatched
from core.sequence import workload
from core.sequence.animation import stylize_animation, what_is_lost
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings
from core.still.paint import FrameConstraint, paint_picture
from core.style.losses import covariance_loss
from core.style.regions import Region
from core.style.statistics import picture_statistics
from core.style.styles import style_from_picture
from tests.core.exr_files import passes_channels, write_exr
from tests.core.networks import made_network, made_style

HEIGHT, WIDTH, SPEED = 64, 96, 3  # px, and px a frame
QUICK = Settings(size=WIDTH, steps=4, coarse_size=WIDTH)
ANIMATION = AnimationSettings(later_steps=4, file_format="png8")


def scenery(frame: int, brightness: float = 1.0) -> np.ndarray:
    """Hills and stripes that move to the left by SPEED."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    x = x + SPEED * frame
    colours = (
        0.5 + 0.3 * np.sin(x / 5) * np.cos(y / 7),
        0.5 + 0.3 * np.sin(x / 11 + y / 9),
        0.4 + 0.3 * np.cos(x / 3),
    )
    return np.stack(colours, 2) * brightness


@pytest.fixture
def shot(tmp_path):
    """`shot(pictures)`: a shot whose Vector passes say that all moves to the left by `speed`."""

    def shot(pictures, speed=SPEED):
        frames = []
        for number, picture in enumerate(pictures, 1):
            frames.append(Frame(number, tmp_path / f"in{number}.png", tmp_path / f"in{number}.exr"))
            write_picture(frames[-1].picture, picture)
            write_exr(
                frames[-1].passes,
                passes_channels(np.broadcast_to(np.float32((speed, 0, speed, 0)), (HEIGHT, WIDTH, 4))),
            )
        return Shot(tuple(frames), "made")

    return shot


@pytest.fixture
def paint(shot, stripes, finish, tmp_path):
    """`paint(pictures, ...)`: the painted frames, what was told on the way, and the note."""
    style = style_from_picture("stripes", stripes)

    def paint(pictures, settings=QUICK, animation=ANIMATION, looks=None, folder="out", **options):
        looks = looks or [Look(((style, 1.0),), settings)] * len(pictures)
        job = SequenceJob(shot(pictures), looks, animation, tmp_path / folder, "cpu", **options)
        result, told = finish(stylize_animation(job))
        return [read_picture(file) for file in result.files], told, result.note

    paint.style = style
    return paint


def flicker(frames) -> float:
    """Mean squared difference between frames, each moved to where the next one has it."""
    pairs = zip(frames, frames[1:], strict=False)
    return np.mean(
        [np.square(after[:, 8 : -8 - SPEED] - before[:, 8 + SPEED : -8]).mean() for before, after in pairs]
    )


def test_frames_keep_their_strokes(paint):
    pictures, settings = [scenery(k) for k in range(3)], replace(QUICK, steps=12)
    steady, told, note = paint(pictures, settings)
    each = [paint([picture], settings, folder=f"{k}")[0][0] for k, picture in enumerate(pictures)]
    assert flicker(steady) < flicker(each) / 3
    assert np.abs(steady[-1] - pictures[-1]).mean() > 0.7 * np.abs(each[-1] - pictures[-1]).mean(), (
        "and are painted"
    )
    assert note == "" and told[-1].message.startswith("Frame 3 of 3: ")
    fractions = [progress.fraction for progress in told]
    assert fractions == sorted(fractions) and fractions[-1] > 0.99


@pytest.mark.parametrize("motion", ["none", "auto", "dis"])
@pytest.mark.parametrize("method", ["optimised", "instant"])
def test_every_picture_is_decoded_once(paint, monkeypatch, motion, method):
    # Counted where Pillow decodes, so that painting, regions and optical flow together are held to it.
    decoded, decode, seen = [], pictures_read._read_with_pillow, []
    monkeypatch.setattr(
        pictures_read, "_read_with_pillow", lambda name, data: decoded.append(name) or decode(name, data)
    )

    def regions(frame, picture):
        seen.append(frame.number)
        assert picture.shape == (HEIGHT, WIDTH, 3)
        return [Region("left", np.eye(HEIGHT, WIDTH, dtype=np.float32))]

    # The palette of a shot is measured beforehand, in a few frames: `Sources.colours`.
    settings = replace(QUICK, steps=1, method=method, start_colours="source")
    styles = ((paint.style, 1.0),) if method == "optimised" else made_style(made_network())
    pictures = [scenery(k) for k in range(6)]
    paint(
        pictures,
        looks=[Look(styles, settings)] * len(pictures),
        animation=replace(ANIMATION, later_steps=1, motion=motion),
        regions=regions,
    )
    # And so is its light: `Sources.exposure`.
    assert [name for name in decoded if name.startswith("in")] == [f"in{k}.png" for k in range(1, 7)] * 2
    assert seen == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow  # paints two shots
def test_steadiness_holds_a_frame_to_the_one_before(paint):
    pictures = [scenery(k) for k in range(4)]
    loose, firm = (
        flicker(
            paint(
                pictures,
                animation=replace(ANIMATION, later_steps=12, temporal_weight=weight),
                folder=str(weight),
            )[0]
        )
        for weight in (0.0, 2000.0)
    )
    assert firm < 0.8 * loose


def test_strength_can_be_animated(paint):
    pictures = [scenery(k) for k in range(5)]
    looks = [Look(((paint.style, 1.0),), replace(QUICK, strength=k / 4)) for k in range(5)]
    painted, _, _ = paint(pictures, looks=looks)
    changes = [
        np.abs(frame[..., :3] - np.rint(picture * 255) / 255).mean()
        for frame, picture in zip(painted, pictures, strict=True)
    ]
    assert changes[0] == 0 and all(np.diff(changes) > 0)
    full, _, _ = paint(pictures[-1:], folder="full")
    assert changes[-1] > 0.55 * np.abs(full[0] - pictures[-1]).mean()


def test_a_shadow_moves_over_what_stands_still(paint):
    shaded = scenery(0)
    shaded[:, :48] *= 0.4
    animation = replace(ANIMATION, motion="none", temporal_weight=1000.0)
    (before, after), _, _ = paint([scenery(0), shaded], animation=animation)
    darker = (before - after).mean((0, 2))
    assert darker[8:40].mean() > 0.5 * (scenery(0) - shaded)[:, 8:40].mean()
    assert abs(darker[60:].mean()) < 0.02


def test_noise_does_not_move_the_painting(paint):
    random = np.random.default_rng(0)
    pictures = [
        np.clip(scenery(0) + random.normal(0, 0.02, (HEIGHT, WIDTH, 3)).astype(np.float32), 0, 1)
        for _ in range(4)
    ]
    painted, _, _ = paint(pictures, replace(QUICK, steps=40), replace(ANIMATION, motion="none"))
    assert np.abs(painted[3] - painted[2]).mean() < 0.35 * np.abs(pictures[3] - pictures[2]).mean()


def test_disoccluded_pixels_are_painted(stripes):
    # The right quarter is new. The content, which the style competes with there, is heavy: a loss that counts
    # the new part only as its share of the picture's statistics would leave it nearly as it is.
    encoder, cpu, style = load_encoder(COMPACT), torch.device("cpu"), style_from_picture("stripes", stripes)
    content, wanted = scenery(0), style.statistics(encoder, WIDTH, cpu)
    new = torch.zeros(1, 1, HEIGHT, WIDTH)
    new[..., 72:] = 1

    def paint(settings, start=None):
        return unwatched(paint_picture(content, ((style, 1.0),), settings, encoder, start=start))

    settings = replace(QUICK, content_weight=8.0)
    painted = to_tensor(content, cpu).clone()

    def difference(disoccluded):
        """Of the new part's statistics from the style's."""
        start = FrameConstraint(painted, painted, 1000 * (1 - new), disoccluded, 0 * new, 25, 0.0)
        part = paint(settings, start)[0][:, 74:]
        found = picture_statistics(part, HEIGHT, encoder, cpu)
        return sum(covariance_loss(s, wanted[layer]).item() for layer, s in found.items())

    with at_work(encoder, cpu, WIDTH):
        painted[..., :72] = paint(replace(settings, steps=20))[1][..., :72]
        on_its_own, as_part_of_the_whole = difference(new), difference(0 * new)
    # 0.54 to 0.70 times over six seeds, bfloat16 and float32, and one thread or two.
    assert on_its_own < 0.9 * as_part_of_the_whole


def test_what_is_painted_anew_loses_the_sources_fine_detail(stripes):
    """Few evaluations follow at the finished size: what is there of bricks when they begin stays for good."""
    encoder, cpu, style = load_encoder(COMPACT), torch.device("cpu"), style_from_picture("stripes", stripes)
    bricks = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    bricks[:, ::2] += 0.2
    start = to_tensor(bricks, cpu)
    anew = torch.zeros(1, 1, HEIGHT, WIDTH)
    anew[..., WIDTH // 2 :] = 1
    constraint = FrameConstraint(start, start, 30 * (1 - anew), anew, anew, 1, 0.0)
    with at_work(encoder, cpu, WIDTH):
        painted = unwatched(paint_picture(bricks, ((style, 1.0),), QUICK, encoder, start=constraint))[1]
    held, new = painted.diff(dim=3).abs().mean((0, 1, 2)).split([WIDTH // 2, WIDTH // 2 - 1])
    assert new[5:].mean() < held[:-5].mean() / 2


def test_a_cut_is_painted_anew(paint):
    pictures = [scenery(0), scenery(1), 1 - scenery(40), 1 - scenery(41)]
    animation = replace(ANIMATION, motion="dis", later_steps=2)
    _, told, _ = paint(pictures, animation=animation)
    steps = [sum(p.message.startswith(f"Frame {k} ") for p in told) for k in (1, 2, 3, 4)]
    assert (
        steps[2] == steps[0] == QUICK.steps + (workload.WARM_UP_REPEATS - 1) * steps[1]
        and steps[0] != steps[1] == steps[3]
    )


@pytest.mark.parametrize(
    "changes, same",
    [
        ({}, False),
        ({"start_colours": "source"}, True),
        ({"keep_colours": "match"}, False),
        ({"keep_colours": "reverse"}, False),
    ],
    ids=str,
)
def test_the_palette_is_that_of_the_whole_shot(paint, monkeypatch, changes, same):
    # The first of two frames is painted as if it were alone, but for the colours, where they are taken from
    # the source.
    monkeypatch.setattr(workload, "WARM_UP_REPEATS", 1)  # a single frame has no warm-up
    pictures, settings = [scenery(0), scenery(0, 0.4)], replace(QUICK, **changes)
    (bright, _), _, _ = paint(pictures, settings, replace(ANIMATION, motion="none", later_steps=1))
    (alone,), _, _ = paint(pictures[:1], settings, folder="alone")
    assert np.array_equal(bright, alone) == same


def test_an_untouched_region_is_the_source_in_every_frame(paint):
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    mask[:, :40] = 1
    pictures = [np.rint(scenery(k) * 255) / 255 for k in range(3)]
    painted, _, _ = paint(pictures, regions=lambda frame, picture: [Region("left", mask)])
    for frame, picture in zip(painted, pictures, strict=True):
        np.testing.assert_allclose(frame[:, :40], picture[:, :40], atol=1e-6)
        assert np.abs(frame[:, 44:] - picture[:, 44:]).mean() > 0.02


@pytest.mark.slow  # paints a shot twice over
def test_passes_run_forwards_and_backwards(paint):
    pictures = [scenery(k) for k in range(4)]
    once, _, _ = paint(pictures)
    thrice, told, _ = paint(pictures, animation=replace(ANIMATION, passes=3), folder="thrice")
    assert told[-1].message.startswith("Pass 3, frame 4 of 4: ")
    assert flicker(thrice) < flicker(once)


def test_early_stop_ends_a_frame_that_no_longer_changes(paint):
    pictures = [scenery(k) for k in range(2)]
    animations = [replace(ANIMATION, later_steps=8, early_stop=share) for share in (0.0, 0.9)]
    whole, stopped = (len(paint(pictures, animation=a, folder=str(a.early_stop))[1]) for a in animations)
    assert stopped < whole


def test_a_painted_shot_is_not_painted_again_and_a_changed_one_is(paint):
    pictures = [scenery(k) for k in range(2)]
    first, _, _ = paint(pictures)
    again, told, note = paint(pictures)
    assert not told and note == "All frames were painted already"
    np.testing.assert_array_equal(first, again)
    other, told, note = paint(pictures, settings=replace(QUICK, seed=3))
    assert told and "settings" in note and note == told[0].message
    assert not np.array_equal(first, other)


def test_what_cannot_be_painted_leaves_what_was_painted(paint, tmp_path):
    pictures = [scenery(k) for k in range(2)]
    paint(pictures)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.png")}
    with pytest.raises(PochadeError, match="RAFT"):
        paint(pictures, animation=replace(ANIMATION, motion="raft"))
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "out").glob("*.png")} != {}


def test_frames_of_another_size_are_named(paint):
    with pytest.raises(PochadeError, match="[Ff]rame 2"):
        paint([scenery(0), scenery(1)[:-8]], animation=replace(ANIMATION, motion="none"))


def test_nothing_to_paint(finish, tmp_path):
    with pytest.raises(PochadeError, match="no frame"):
        finish(stylize_animation(SequenceJob(Shot((), ""), [], ANIMATION, tmp_path)))


def test_a_size_that_changes_is_refused(paint):
    pictures = [scenery(0), scenery(1)]
    looks = [Look(((paint.style, 1.0),), replace(QUICK, size=size)) for size in (96, 80)]
    with pytest.raises(PochadeError, match="Size.* must be the same"):
        paint(pictures, looks=looks)


@pytest.mark.parametrize("changes", [{"start_colours": "source"}, {}, {"keep_colours": "luminance"}], ids=str)
def test_a_longer_shot_goes_on_from_what_is_painted(paint, tmp_path, changes):
    pictures, settings = [scenery(k) for k in range(5)], replace(QUICK, **changes)
    animation = replace(ANIMATION, distances="1, 2")
    paint(pictures[:3], settings, animation)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.png")}
    longer, told, note = paint(pictures, settings, animation)
    assert note == "" and len(before) == 3 and len(longer) == 5
    assert told[0].message.startswith("Frame 4 of 5")
    assert before == {path: path.stat().st_mtime_ns for path in before}
    at_once, _, _ = paint(pictures, settings, animation, folder="at once")
    if changes.get("start_colours") == "source":
        assert np.array_equal(longer, at_once), "as if there had been all frames from the first"
    assert flicker(longer[2:]) < 1.5 * flicker(at_once[2:])


def test_a_longer_shot_goes_on_where_it_was_interrupted(paint, shot, tmp_path):
    pictures = [scenery(k) for k in range(4)]
    job = SequenceJob(
        shot(pictures), [Look(((paint.style, 1.0),), QUICK)] * 4, ANIMATION, tmp_path / "out", "cpu"
    )
    for count, until in ((2, "Frame 2"), (3, "Frame 3"), (4, "Frame 4")):
        steps = stylize_animation(job.first(count))
        while not next(steps).message.startswith(until):
            pass
        steps.close()
    longer, _, note = paint(pictures)
    assert note == ""
    paint(pictures[:2], folder="other")
    other, _, _ = paint(pictures, folder="other")
    assert np.array_equal(longer, other)


@pytest.mark.parametrize(
    "change, named",
    [
        ({"settings": replace(QUICK, seed=3)}, "settings"),
        ({"animation": replace(ANIMATION, passes=2)}, "animation settings"),
    ],
)
def test_what_cannot_grow_says_what_would_be_lost(paint, shot, tmp_path, change, named):
    pictures = [scenery(k) for k in range(3)]
    paint(pictures[:2])
    with_change = {"settings": QUICK, "animation": ANIMATION, **change}
    looks = [Look(((paint.style, 1.0),), with_change["settings"])] * 3
    job = SequenceJob(shot(pictures), looks, with_change["animation"], tmp_path / "out", "cpu")
    assert named in what_is_lost(job)
    assert len(list((tmp_path / "out").glob("*.png"))) == 2
    _, _, note = paint(pictures, **change)
    assert named in note and what_is_lost(job) == ""
