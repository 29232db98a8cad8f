"""What no key shows has the strokes of its own object in the keys, where Cryptomatte tells which it is."""

from dataclasses import replace

import numpy as np
import pytest

from core.files.cryptomatte import crypto_id
from core.files.pictures import read_picture, write_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.keys.key import Key
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
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


@pytest.mark.parametrize("loss", ["neighbours", "covariance"])
def test_an_object_that_comes_into_sight_has_its_own_strokes(shot, tmp_path, loss):
    colours = np.where((X < EDGE)[..., None], stripes((0.9, 0.1, 0.1), X), stripes((0.1, 0.1, 0.9), Y))
    key = Key(1, np.dstack((colours, np.ones_like(X))), "hand")
    look = Look((), replace(QUICK, steps=12, loss=loss), keys=1.0)
    new = np.s_[6:-6, WIDTH - FAST + 4 : -2]
    redness = {}
    for known in (True, False):
        job = SequenceJob(
            shot(known),
            [look] * 2,
            replace(ANIMATION, later_steps=12),
            tmp_path / f"{known}",
            "cpu",
            keys=[key],
        )
        painted = read_picture(unwatched(stylize_animation(job)).files[1])
        redness[known] = (painted[..., 0] - painted[..., 2])[new].mean()
        blue = (painted[..., 2] - painted[..., 0])[6:-6, EDGE - FAST + 8 : WIDTH - FAST - 8].mean()
        assert blue > 0.4, "what the key shows is as it is there"
    assert redness[True] > redness[False] + 0.2
