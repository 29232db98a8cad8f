"""Keys: frames that the artist painted are in the shot to the bit, and the others follow them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import PochadeError
from core.files.pictures import read_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation, what_is_lost
from core.sequence.chunks import collect_chunks, paint_anchors, paint_chunk
from core.sequence.job import SequenceJob
from core.sequence.keys.cover import suggest_keys
from core.sequence.keys.key import Key, picture_digest, weights_at
from core.sequence.keys.steps import anchor_and_key_steps, keyed_steps
from core.sequence.motion.flow import recolour_disocclusions
from core.sequence.recolour import recolour_by_object
from core.sequence.steps import Look
from core.sequence.timing import even_timetable, timetable
from core.settings import Settings, TimingSettings
from tests.core import test_sequence_animation as sequences
from tests.core.networks import made_network, made_style
from tests.core.test_sequence_animation import HEIGHT, SPEED, WIDTH, flicker, paint, scenery, shot  # noqa: F401 - fixtures


def hand(number: int, alpha=1.0, shift: float = 0.0) -> Key:
    """A key in a hand that the style has nothing of: green with light and dark blots that move along."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    x = x + SPEED * (number - 1)
    blots = np.where(np.sin(x / 6) * np.sin(y / 6) > 0, 0.9, 0.3) + shift
    picture = np.stack((0.2 * blots, blots, 0.3 * blots, np.broadcast_to(alpha, blots.shape)), 2)
    return Key(number, np.rint(np.clip(picture, 0, 1) * 255).astype(np.float32) / 255, f"key {number}")


def off(picture, key) -> float:
    """The mean difference of a picture from a key, without the edges, where there may be something new."""
    return np.abs(picture - key.picture[..., :3])[:, 12:-12].mean()


PICTURES = [scenery(k) for k in range(5)]
ANIMATION = replace(sequences.ANIMATION, later_steps=2)
QUICK = replace(sequences.QUICK, steps=3)
# Where it counts what is painted when, and not how well.
ONE_STEP, QUICKEST = replace(ANIMATION, later_steps=1), replace(QUICK, steps=1)
LEFT = np.float32(np.arange(WIDTH) < 40)


@pytest.mark.parametrize("file_format", ["png8", "png16", "exr"])
def test_a_key_is_its_frame_to_the_bit_and_the_others_follow(paint, file_format):  # noqa: F811
    key, animation = hand(3), replace(ANIMATION, file_format=file_format)
    painted, told, note = paint(PICTURES, QUICK, animation, keys=[key])
    assert np.array_equal(painted[2], key.picture[..., :3]) or (
        file_format == "exr" and np.abs(painted[2] - key.picture[..., :3]).max() < 1e-6
    ), "linear light rounds"
    assert note == "" and told[0].message == "Frame 1 of 5: As in the key key 3"
    for number in (1, 2, 4, 5):
        assert off(painted[number - 1], hand(number)) < 0.05, number


def test_a_key_that_is_faded_is_followed_in_the_light_of_each_frame(paint):  # noqa: F811
    light = [1, 1, 0.4, 0]
    key = hand(3)
    key = replace(key, picture=np.dstack((0.4 * key.picture[..., :3], key.picture[..., 3:])))
    painted, _, _ = paint([PICTURES[k] * light[k] for k in range(4)], QUICK, ANIMATION, keys=[key])
    assert np.abs(painted[2] - key.picture[..., :3]).max() < 1 / 255 and not painted[3].any()
    assert off(painted[1], hand(2)) < 0.12


def test_what_a_key_leaves_clear_is_painted_in_the_style(paint):  # noqa: F811
    key, palette = hand(1, LEFT), paint.style.picture.mean((0, 1))
    painted, _, _ = paint(PICTURES[:3], QUICK, ANIMATION, keys=[key])
    assert np.array_equal(painted[0][:, :40], key.picture[:, :40, :3])
    for frame, source, number in zip(painted, PICTURES, (1, 2, 3), strict=False):
        away, before = (np.abs(picture[:, 50:].mean((0, 1)) - palette).sum() for picture in (frame, source))
        assert away < 0.5 * before
        there = np.s_[8:-8, 4 : 36 - SPEED * (number - 1)]
        assert np.abs(frame - hand(number).picture[..., :3])[there].mean() < 0.1


def test_a_soft_edge_of_a_key_blends_into_what_is_painted(paint):  # noqa: F811
    soft = np.clip((60 - np.arange(WIDTH, dtype=np.float32)) / 40, 0, 1)
    key = hand(1, soft)
    (painted, _), _, _ = paint(PICTURES[:2], QUICK, ANIMATION, keys=[key])
    assert np.array_equal(painted[:, :20], key.picture[:, :20, :3])
    off_key = np.abs(painted - key.picture[..., :3]).mean((0, 2))
    assert off_key[22:30].mean() < off_key[34:42].mean() < off_key[62:70].mean()


def test_a_second_key_shows_what_the_first_one_does_not(paint):  # noqa: F811
    one, _, _ = paint(PICTURES, QUICK, ANIMATION, keys=[hand(1)])
    two, _, note = paint(PICTURES, QUICK, ANIMATION, keys=[hand(1), hand(5)], folder="two")
    assert note == "" and np.array_equal(two[4], hand(5).picture[..., :3])
    there = np.s_[:, -2 * SPEED :]  # comes into sight after the first key
    errors = [np.abs(frames[3] - hand(4).picture[..., :3])[there].mean() for frames in (one, two)]
    assert errors[1] < 0.5 * errors[0]
    assert flicker(two) < 2 * flicker(one)


@pytest.mark.parametrize(
    "keys", [[hand(3)], [hand(1, LEFT), hand(4)]], ids=["one", "two, one of them in part"]
)
@pytest.mark.slow  # paints a shot twice over
def test_an_interrupted_shot_goes_on_to_the_same_pictures(paint, shot, tmp_path, keys):  # noqa: F811
    whole, told, _ = paint(PICTURES, QUICKEST, ONE_STEP, keys=keys)
    job = SequenceJob(
        shot(PICTURES),
        [Look(((paint.style, 1.0),), QUICKEST)] * 5,
        ONE_STEP,
        tmp_path / "cut",
        "cpu",
        keys=keys,
    )
    for steps in (1, 7, 15, 3):
        painting = stylize_animation(job)
        for _ in range(steps):
            next(painting)
        painting.close()
    again, rest, _ = paint(PICTURES, QUICKEST, ONE_STEP, folder="cut", keys=keys)
    assert np.array_equal(whole, again) and len(rest) < len(told)


def test_a_changed_key_is_named_and_what_followed_it_is_painted_anew(paint):  # noqa: F811
    pictures = PICTURES[:2]
    paint(pictures, QUICK, ANIMATION, keys=[hand(1)])
    again, told, note = paint(pictures, QUICK, ANIMATION, keys=[hand(1)])
    assert not told and note == "All frames were painted already"
    changed, _, note = paint(pictures, QUICK, ANIMATION, keys=[hand(1, shift=0.1)])
    assert note == "Painting all frames anew, because this has changed: keys"
    assert not np.array_equal(again, changed)


def test_a_longer_shot_goes_on_unless_what_is_added_has_a_key(paint, shot, tmp_path):  # noqa: F811
    keys = [hand(2), hand(5)]
    paint(PICTURES[:3], QUICK, ANIMATION, keys=keys[:1])
    looks = [Look(((paint.style, 1.0),), QUICK)] * 5
    job = SequenceJob(shot(PICTURES), looks, ANIMATION, tmp_path / "out", "cpu")
    assert "keys" in what_is_lost(replace(job, keys=keys)) and not what_is_lost(replace(job, keys=keys[:1]))
    longer, told, note = paint(PICTURES, QUICK, ANIMATION, keys=keys[:1])
    assert note == "" and told[0].message.startswith("Frame 4 of 5")
    assert len(longer) == 5 and np.array_equal(longer[1], keys[0].picture[..., :3])


def test_networks_follow_keys_too(paint):  # noqa: F811
    looks = [Look(made_style(made_network()), Settings(size=WIDTH, method="instant"))] * 5
    painted, _, _ = paint(PICTURES, looks=looks, keys=[hand(2, LEFT)])
    plain, _, _ = paint(PICTURES, looks=looks, folder="plain")
    assert np.array_equal(painted[1][:, :40], hand(2).picture[:, :40, :3])
    for number in (1, 3, 4):
        there = np.s_[8:-8, 8:28]
        kept, lost = (
            np.abs(frames[number - 1] - hand(number).picture[..., :3])[there].mean()
            for frames in (painted, plain)
        )
        assert kept < 0.4 * lost


@pytest.mark.parametrize(
    ("keys", "changes", "sentence"),
    [
        ([hand(2), hand(2)], {}, "Frame 2 has two keys, key 2 and key 2"),
        ([hand(2, 0.0)], {}, "The key key 2 of frame 2 is empty"),
        (
            [Key(2, np.ones((64, 64, 4), np.float32), "square")],
            {},
            "The key square of frame 2 has 64 x 64 px, and",
        ),
        ([hand(2)], {"passes": 2}, "has one pass"),
    ],
    ids=str,
)
def test_what_is_no_key_is_told_before_anything_is_lost(paint, tmp_path, keys, changes, sentence):  # noqa: F811
    paint(PICTURES[:2], QUICK, ANIMATION)
    before = {path: path.read_bytes() for path in (tmp_path / "out").glob("*.png")}
    with pytest.raises(PochadeError, match=sentence):
        paint(PICTURES[:2], QUICK, keys=keys, animation=replace(ANIMATION, **changes))
    assert before == {path: path.read_bytes() for path in before} != {}


def test_what_the_artist_should_know_is_said_at_the_end(paint):  # noqa: F811
    large = Key(
        1, np.kron(hand(1).picture, np.ones((2, 2, 1), np.float32)), "large", picture_digest(PICTURES[0])
    )
    keys = [large, hand(5, shift=0.4), hand(9)]
    _, _, note = paint(PICTURES, QUICK, ANIMATION, keys=keys)
    assert note.split(". ") == [
        "Frame 9 has a key, and is not in the shot",
        "The key large was resized from 192 x 128 px to 96 x 64 px",
        "Frame 1 has changed since its key was painted",  # from the picture before it was written in 8 bit
        "The keys of the frames 1 and 5 disagree where they meet: paint frame 3 next",
    ]


def test_what_comes_into_sight_has_the_colours_of_its_own_object():
    content = torch.full((1, 3, 32, 64), 0.5)
    objects = torch.zeros(1, 1, 32, 64)
    objects[..., 30:] = 1
    painted = torch.zeros_like(content)
    painted[:, 0, :, :30], painted[:, 2, :, 30:] = 1, 1  # red, and blue on the right
    known = torch.ones_like(objects)
    known[..., 30:40] = 0  # beside the red
    found = recolour_by_object(content, painted * known, known, objects)
    around = recolour_disocclusions(content, painted * known, known)
    red, blue = (picture[0, :, :, 31].mean(1) for picture in (around, found))
    assert red[0] > 0.3 and blue[0] < 0.1 and blue[2] > 0.8


def test_a_key_stays_sharp_however_far_it_is_moved(paint, shot):  # noqa: F811
    still = [scenery(0)] * 6
    painted, _, _ = paint(still, QUICK, replace(ANIMATION, motion="none"), keys=[hand(1)])
    sharp = [np.abs(np.diff(frame, axis=1)).mean() for frame in painted]
    assert min(sharp) > 0.9 * sharp[0]


def test_keys_count_in_the_style_by_their_distance_in_time():
    assert weights_at(1, [3, 9]) == {3: 1.0} and weights_at(12, [3, 9]) == {9: 1.0}
    assert weights_at(3, [3, 9]) == {3: 1.0} and weights_at(5, [9, 3]) == pytest.approx({3: 2 / 3, 9: 1 / 3})


def test_frames_are_painted_from_the_keys_outwards_and_between_them_inwards():
    steps = keyed_steps({2: True, 7: False}, even_timetable(12), ANIMATION)
    assert [step.number for step in steps] == [2, 7, 1, 0, 3, 6, 4, 5, 8, 9, 10, 11]
    assert [step.given for step in steps] == [True] + [False] * 11
    reads = [
        {
            step.number + group.direction * distance
            for group in step.references
            for distance in group.distances
        }
        for step in steps
    ]
    assert all(read <= {step.number for step in steps[:at]} for at, read in enumerate(reads))
    assert reads[1] == {2} and reads[3] == {1, 2} and reads[7] == {4, 6, 7}


def test_held_drawings_make_way_for_keys():
    looks = [Look((), QUICK, TimingSettings(hold=3))] * 9
    table = timetable(looks, [4])
    assert [drawing for (drawing,) in table.shown] == [0, 0, 0, 3, 4, 4, 4, 7, 7]
    steps = keyed_steps({4: True}, table, ANIMATION)
    assert [(step.number, sorted(step.shows)) for step in steps] == [
        (4, []),
        (5, [4]),
        (6, [4]),
        (3, []),
        (0, []),
        (1, [0]),
        (2, [0]),
        (7, []),
        (8, [7]),
    ]
    assert [step.references[0].distances for step in steps if step.references] == [(1,), (3, 4), (3,)]


def test_on_a_farm_anchors_come_from_the_nearest_keys():
    steps = anchor_and_key_steps([0, 6, 8, 12], {6: True, 8: False}, even_timetable(13))
    assert [step.number for step in steps] == [6, 8, 12, 0]
    assert [[group.distances for group in step.references] for step in steps] == [[], [(2,)], [(4,)], [(6,)]]
    between = anchor_and_key_steps([0, 6, 12], {0: True, 12: True}, even_timetable(13))[-1]
    assert len(between.references) == 2


@pytest.mark.slow  # paints a shot in chunks twice
def test_chunks_with_keys_meet_and_go_on_where_they_ended(paint, shot, tmp_path):  # noqa: F811
    pictures = [scenery(k) for k in range(7)]
    keys = [hand(1), hand(6, LEFT)]

    def parts(folder):
        looks = [Look(((paint.style, 1.0),), QUICKEST)] * 7
        job = SequenceJob(shot(pictures), looks, ONE_STEP, tmp_path / folder, "cpu", keys=keys)
        return [paint_anchors(job, 3), paint_chunk(job, 3, 1), paint_chunk(job, 3, 2), collect_chunks(job, 3)]

    files = [unwatched(part) for part in parts("whole")][-1].files
    painted = [read_picture(file) for file in files]
    assert len(painted) == 7 and np.array_equal(painted[0], keys[0].picture[..., :3])
    assert np.array_equal(painted[5][:, :40], keys[1].picture[:, :40, :3])
    for number in range(4):
        for steps in (2, 5):
            part = parts("cut")[number]
            for _ in range(steps):
                next(part, None)
            part.close()
        cut = unwatched(parts("cut")[number])
    assert [file.read_bytes() for file in cut.files] == [file.read_bytes() for file in files]
    for number in (2, 3, 4, 5):
        assert np.abs(painted[number - 1] - hand(number).picture[..., :3])[8:-8, 20:40].mean() < 0.13


def test_the_fewest_frames_that_show_nearly_all_are_suggested(shot):  # noqa: F811
    still = shot([scenery(0)] * 5, speed=0)
    assert unwatched(suggest_keys(still, "auto", None, "cpu")).numbers == [1], "one shows all"
    fast = shot([scenery(8 * k) for k in range(9)], speed=24)  # 96 px wide: after four frames all is new
    cover = unwatched(suggest_keys(fast, "auto", None, "cpu"))
    assert cover.share >= 0.95 and len(cover.numbers) <= 4
    assert cover.numbers[0] <= 4 and cover.numbers[-1] >= 6
    rest = unwatched(suggest_keys(fast, "auto", None, "cpu", cover.numbers[:1]))
    assert cover.numbers[0] not in rest.numbers and len(rest.numbers) < len(cover.numbers)
