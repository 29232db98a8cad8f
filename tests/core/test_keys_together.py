"""Keys together with drawings that are held and boil, with motion blur, and with a farm's chunks."""

from dataclasses import replace

import numpy as np
import pytest

from core.files.pictures import read_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation
from core.sequence.chunks import collect_chunks, paint_anchors, paint_chunk
from core.sequence.job import SequenceJob
from core.sequence.steps import Look
from core.settings import Settings, TimingSettings
from tests.core.networks import made_network, made_style
from tests.core.test_keys import ANIMATION, LEFT, QUICK, hand
from tests.core.test_sequence_animation import WIDTH, paint, scenery, shot  # noqa: F401 - fixtures

COUNT, CHUNK = 9, 4
TWOS = TimingSettings(hold=2, boil=0.5)
KEYS = [hand(2), hand(7, LEFT)]


@pytest.fixture
def job(shot, tmp_path):  # noqa: F811
    """`job(folder)`: nine frames with two keys, on twos, with boil and motion blur unless otherwise said."""

    def job(folder, method="instant", blur=True):
        look = Look(made_style(made_network()), Settings(size=WIDTH, method="instant"), TWOS)
        if method == "optimised":
            look = Look((), replace(QUICK, steps=1), TWOS, keys=1.0)
        return SequenceJob(
            shot([scenery(k) for k in range(COUNT)]),
            [look] * COUNT,
            replace(ANIMATION, later_steps=1, motion_blur=blur),
            tmp_path / folder,
            "cpu",
            keys=KEYS,
        )

    return job


def chunked(job):
    parts = [paint_anchors(job, CHUNK)]
    parts += [paint_chunk(job, CHUNK, number) for number in (1, 2)]
    return [*parts, collect_chunks(job, CHUNK)]


def whole(job):
    return [stylize_animation(job)]


def painted(parts):
    return [file.read_bytes() for file in [unwatched(part) for part in parts][-1].files]


@pytest.mark.parametrize("parts", [whole, chunked], ids=["one machine", "chunks"])
@pytest.mark.parametrize("method", ["instant", pytest.param("optimised", marks=pytest.mark.slow)])
def test_stopped_anywhere_they_end_with_the_same_frames(job, parts, method):
    expected = painted(parts(job("whole", method)))
    count = len(parts(job("cut", method)))
    for number in range(count):
        for steps in (1, 3, 2):
            part = parts(job("cut", method))[number]
            for _ in range(steps):
                next(part, None)
            part.close()
        if number < count - 1:
            unwatched(parts(job("cut", method))[number])
    assert painted(parts(job("cut", method))[-1:]) == expected


@pytest.mark.parametrize("parts", [whole, chunked], ids=["one machine", "chunks"])
def test_a_key_ends_a_drawing_and_is_its_frame_to_the_bit(job, parts):
    files = painted(parts(job("sharp", blur=False)))
    frames = [read_picture(file) for file in job("sharp").files(job("sharp").names)]
    assert np.array_equal(frames[1], KEYS[0].picture[..., :3])
    assert np.array_equal(frames[6][:, :40], KEYS[1].picture[:, :40, :3])
    shown = [drawing for (drawing,) in job("sharp").timetable.shown]
    assert shown == [0, 1, 1, 3, 3, 5, 6, 6, 8]
    assert all((files[at] == files[at - 1]) == (shown[at] == shown[at - 1]) for at in range(1, COUNT))


def test_a_key_is_blurred_as_the_frames_around_it(job):
    sharp, blurred = painted(whole(job("sharp", blur=False))), painted(whole(job("blurred")))
    assert all(one != other for one, other in zip(sharp, blurred, strict=True))
    key, frame = (
        np.square(np.diff(picture[:, 8:-8], axis=1)).mean()
        for picture in (KEYS[0].picture[..., :3], read_picture(job("blurred").files(["0002.png"])[0]))
    )
    assert frame < 0.9 * key


def test_one_machine_and_chunks_show_the_same_keys_hand(job):
    painted(whole(job("one", blur=False)))
    painted(chunked(job("many", blur=False)))
    one, many = (
        [read_picture(file) for file in job(folder).files(job(folder).names)] for folder in ("one", "many")
    )
    for at in range(COUNT):
        assert np.abs(one[at] - many[at])[8:-8, 20:30].mean() < 0.1, at
