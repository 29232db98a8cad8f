"""A changed key changes the frames that are painted from it, and no others."""

from dataclasses import replace

import numpy as np
import pytest

from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation, what_is_lost
from core.sequence.job import SequenceJob
from core.sequence.keys.key import Key
from core.sequence.steps import Look
from core.settings import Settings, TimingSettings
from tests.core.networks import made_network, made_style
from tests.core.test_keys import ANIMATION, LEFT, QUICK, hand
from tests.core.test_sequence_animation import WIDTH, paint, scenery, shot  # noqa: F401 - fixtures

PICTURES = [scenery(k) for k in range(8)]
INSTANT = Settings(size=WIDTH, method="instant")
STROKES = replace(QUICK, steps=1)


@pytest.fixture
def job(paint, shot, tmp_path):  # noqa: F811
    """`job(keys, look, folder)`: eight frames to paint, quickly, in strokes that are the keys' own."""

    def job(keys, look=None, folder="out", count=8):
        look = look or Look((), STROKES, keys=1.0)
        animation = replace(ANIMATION, later_steps=1)
        looks = [look] * count
        return SequenceJob(shot(PICTURES[:count]), looks, animation, tmp_path / folder, "cpu", keys=keys)

    return job


def painted(job):
    """The frames' bytes, how many of them were written, and the note."""
    files = job.files(job.names)
    before = {file: file.stat().st_mtime_ns for file in files if file.exists()}
    note = unwatched(stylize_animation(job)).note
    again = sum(before.get(file) != file.stat().st_mtime_ns for file in files)
    return [file.read_bytes() for file in files], again, note


def changed(one, other):
    return [number for number, (a, b) in enumerate(zip(one, other, strict=True), 1) if a != b]


INSTANTLY = Look(made_style(made_network()), INSTANT)
TWOS = Look(made_style(made_network()), INSTANT, TimingSettings(hold=2, boil=0.5))


@pytest.mark.parametrize(
    ("look", "lost"),
    [(None, [5, 6, 7, 8]), (INSTANTLY, [5, 6, 7, 8]), (TWOS, [6, 7, 8])],  # frame 5 shows the key of 4
    ids=["keys are the style", "instant", "on twos"],
)
@pytest.mark.parametrize("alpha", [1.0, LEFT], ids=["whole", "in part"])
def test_frames_on_the_other_side_of_a_key_stay_as_they_are(job, look, lost, alpha):
    """What a key in part leaves clear is painted from the keys around it, so it is another frame then."""
    keys = [hand(1, alpha), hand(4), hand(7, alpha)]
    first, _, _ = painted(job(keys, look))
    other = [*keys[:2], hand(7, alpha, shift=0.2)]
    said = f"{len(lost)} of 8, because this has changed: keys"
    assert what_is_lost(job(other, look)) == f"Painted frames are removed, {said}"
    again, written, note = painted(job(other, look))
    assert note.startswith(f"Painting frames anew, {said}")
    assert (changed(first, again), written) == (lost, len(lost))
    assert again == painted(job(other, look, folder="afresh"))[0], "as if all were painted with this key"
    assert painted(job(other, look))[1:] == (0, "All frames were painted already")


def test_a_key_between_others_changes_what_is_between_them(job):
    keys = [hand(1), hand(4), hand(7)]
    first, _, _ = painted(job(keys, INSTANTLY))
    added = sorted([*keys, hand(6, shift=0.1)], key=lambda key: key.number)
    again, written, _ = painted(job(added, INSTANTLY))
    assert changed(first, again) == [5, 6] and written == 2
    back, written, _ = painted(job(keys, INSTANTLY))
    assert back == first and written == 2
    fewer, written, _ = painted(job(keys[1:], INSTANTLY))
    assert changed(first, fewer) == [1, 2, 3] and written == 3


def test_a_longer_shot_with_another_key_keeps_what_is_before_the_last_one(job):
    keys = [hand(1), hand(3)]
    first, _, _ = painted(job(keys, INSTANTLY, count=5))
    longer, _, _ = painted(job([*keys, hand(8)], INSTANTLY))
    assert changed(first, longer[:5]) == [4, 5]
    assert longer == painted(job([*keys, hand(8)], INSTANTLY, "afresh"))[0]


def test_stopped_in_the_midst_of_it_the_rest_is_painted(job):
    keys = [hand(1, LEFT), hand(4), hand(7, LEFT)]
    first, _, _ = painted(job(keys))
    other = [*keys[:2], hand(7, LEFT, shift=0.2)]
    for steps in (1, 3, 4, 1):
        painting = stylize_animation(job(other))
        for _ in range(steps):
            next(painting)
        painting.close()
    again, _, _ = painted(job(other))
    assert again[:4] == first[:4] and again == painted(job(other, folder="afresh"))[0]


def test_a_change_in_a_shot_that_is_half_painted_keeps_what_it_can(job):
    keys = [hand(1), hand(4), hand(7)]
    painting = stylize_animation(job(keys))
    while not job(keys).files(["0006.png"])[0].exists():
        next(painting)
    painting.close()
    kept = job(keys).files(["0002.png"])[0]
    before = kept.read_bytes(), kept.stat().st_mtime_ns
    other = [*keys[:2], hand(7, shift=0.2)]
    again, _, _ = painted(job(other))
    assert (kept.read_bytes(), kept.stat().st_mtime_ns) == before
    assert again == painted(job(other, folder="afresh"))[0]


def test_the_keys_strokes_are_a_style_of_each_frame(job):
    red, blue = (np.zeros((64, 96, 4), np.float32) + colour for colour in ((1, 0, 0, 1), (0, 0, 1, 1)))
    whole = job([Key(1, red), Key(9, blue)])
    mixes = [{key.style.picture[0, 0, 0]: share for key, share in whole.strokes(at)} for at in (0, 2, 6)]
    assert mixes == [{1: 1}, {1: 0.75, 0: 0.25}, {1: 0.25, 0: 0.75}]
