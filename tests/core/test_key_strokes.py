"""What no key shows has the strokes of its own object in the keys, where Cryptomatte tells which it is."""

from dataclasses import replace

import numpy as np
import pytest

from core.compute.sizes import sized
from core.encoders.files import COMPACT
from core.encoders.network import load_encoder
from core.files.cryptomatte import crypto_id
from core.files.pictures import read_picture, write_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.keys.key import Key
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.still.paint import paint_picture
from core.style.regions import Parts
from core.style.styles import style_from_picture
from tests.core.exr_files import passes_channels, write_exr
from tests.core.test_keys import ANIMATION, QUICK
from tests.core.test_sequence_animation import HEIGHT, WIDTH

FAST, EDGE = 16, 40  # px a frame, and where the left thing ends in the first frame
Y, X = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)


def stripes(colour, across):
    bright = 0.5 + 0.5 * (np.sin(across * 1.2) > 0)
    return bright[..., None] * np.float32(colour)


@pytest.fixture
def shot(tmp_path):
    """`shot(known)`: two frames; what is "left" in the first comes in again at the right edge of the second.
    Both things look alike in the render, and Cryptomatte tells them apart if it is `known`.
    """

    def shot(known):
        frames = []
        for number in (1, 2):
            moved = X + FAST * (number - 1)
            left = (moved < EDGE) | (moved >= WIDTH)
            file = tmp_path / f"{known}{number}.png"
            write_picture(file, np.stack([0.5 + 0.2 * np.sin(moved / 3) * np.cos(Y / 4)] * 3, 2))
            vector = np.broadcast_to(np.float32((FAST, 0, FAST, 0)), (HEIGHT, WIDTH, 4))
            ids = np.where(left, crypto_id("left"), crypto_id("right")).astype(np.uint32).view(np.float32)
            matte = (ids, np.ones_like(ids), 0 * ids, 0 * ids)
            crypto = {f"ViewLayer.CryptoObject00.{c}": plane for c, plane in zip("rgba", matte, strict=True)}
            write_exr(file.with_suffix(".exr"), passes_channels(vector) | (crypto if known else {}))
            frames.append(Frame(number, file, file.with_suffix(".exr")))
        return Shot(tuple(frames), f"made {known}")

    return shot


def test_an_object_that_comes_into_sight_has_its_own_strokes(shot, tmp_path):
    colours = np.where((X < EDGE)[..., None], stripes((0.9, 0.1, 0.1), X), stripes((0.1, 0.1, 0.9), Y))
    key = Key(1, np.dstack((colours, np.ones_like(X))), "hand")
    look = Look((), replace(QUICK, steps=6), keys=1.0)
    new = np.s_[6:-6, WIDTH - FAST + 4 : -2]
    redness = {}
    for known in (True, False):
        job = SequenceJob(
            shot(known),
            [look] * 2,
            replace(ANIMATION, later_steps=6),
            tmp_path / f"{known}",
            "cpu",
            keys=[key],
        )
        painted = read_picture(unwatched(stylize_animation(job)).files[1])
        redness[known] = (painted[..., 0] - painted[..., 2])[new].mean()
        blue = (painted[..., 2] - painted[..., 0])[6:-6, EDGE - FAST + 8 : WIDTH - FAST - 8].mean()
        assert blue > 0.4, "what the key shows is as it is there"
    assert redness[True] > redness[False] + 0.04


def test_things_take_the_strokes_of_the_same_things_in_a_style(tmp_path):
    """Where fewer than a few positions show a thing, or none, any strokes do."""
    left = X < WIDTH / 2
    colours = np.where(left[..., None], stripes((0.9, 0.1, 0.1), X), stripes((0.1, 0.1, 0.9), Y))
    content = np.stack([0.5 + 0.2 * np.sin(X / 3) * np.cos(Y / 4)] * 3, 2).astype(np.float32)
    encoder, settings = load_encoder(COMPACT), sized(replace(QUICK, steps=20), content.shape)

    def redness(ids):
        """Of the left and the right half."""
        style = replace(style_from_picture("two", colours.astype(np.float32)), ids=np.where(left, 1, 2))
        painted, _ = unwatched(
            paint_picture(content, ((style, 1.0),), settings, encoder, Parts(ids=ids and ids(left)))
        )
        red = painted[..., 0] - painted[..., 2]
        return red[8:-8, 8:40].mean(), red[8:-8, -40:-8].mean()

    plain, own, other = (
        redness(ids) for ids in (None, lambda left: np.where(left, 1, 2), lambda left: np.where(left, 2, 1))
    )
    unknown = redness(lambda left: np.full(left.shape, 7))
    assert abs(plain[0] - plain[1]) < 0.1 and unknown == pytest.approx(plain, abs=0.05)
    assert own[0] - own[1] > 0.25 and other[1] - other[0] > 0.25
