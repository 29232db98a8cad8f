"""What a mirror shows moves unlike the mirror, and must not leave its paint behind."""

import numpy as np
import pytest

from core.files.exr import read_passes
from core.files.pictures import read_picture, write_picture
from core.progress import finish as unwatched
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings
from tests.core.exr_files import passes_channels, write_exr
from tests.core.test_sequence_animation import HEIGHT, WIDTH, scenery
from tests.core.test_sequence_instant import INSTANT, TRAINED

GLASS = np.s_[:, WIDTH // 2 :]  # the right half is a mirror
NAMES = {
    "4.x": ("GlossCol", "GlossDir", "GlossInd"),
    "5.x": ("Glossy Color", "Glossy Direct", "Glossy Indirect"),
    "glass": ("Transmission Color", "Transmission Direct", "Transmission Indirect"),
}


def with_light(channels, picture, share, names):
    """Add the picture, and passes that say which `share` (H, W) of its light took a detour, with noise."""
    noise = np.random.default_rng(0).uniform(0, 2, (HEIGHT, WIDTH)).astype(np.float32)  # 1 in the mean
    tint, direct, indirect = names
    for number, channel in enumerate("RGB"):
        light = picture[..., number].astype(np.float32)
        channels[f"ViewLayer.Combined.{channel}"] = light
        channels[f"ViewLayer.{tint}.{channel}"] = np.full_like(light, 0.5)
        channels[f"ViewLayer.{direct}.{channel}"] = 0.5 * light * share * noise
        channels[f"ViewLayer.{indirect}.{channel}"] = 1.5 * light * share * noise
    return channels


def mirrored_share():
    share = np.zeros((HEIGHT, WIDTH), np.float32)
    share[GLASS] = 1
    return share


@pytest.mark.parametrize("names", NAMES)
def test_passes_tell_what_is_mirrored(names, tmp_path):
    channels = with_light(
        passes_channels(np.zeros((HEIGHT, WIDTH, 4), np.float32)), scenery(0), mirrored_share(), NAMES[names]
    )
    write_exr(tmp_path / "1.exr", channels)
    found = read_passes(tmp_path / "1.exr").mirrored
    assert found.shape == (HEIGHT, WIDTH) and found.dtype == np.float32
    assert found[:, : WIDTH // 2 - 3].max() == 0
    assert 0.8 < found[:, WIDTH // 2 + 3 :].mean() <= 1, "noise is averaged"
    write_exr(tmp_path / "2.exr", passes_channels(np.zeros((HEIGHT, WIDTH, 4), np.float32)))
    assert read_passes(tmp_path / "2.exr").mirrored is None


@pytest.fixture
def paint(tmp_path):
    """`paint(pictures, told)`: vectors say that nothing moves; passes tell of the mirror, or do not."""

    def paint(pictures, told):
        folder = tmp_path / f"{told}{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        frames = []
        for number, picture in enumerate(pictures, 1):
            channels = passes_channels(np.zeros((HEIGHT, WIDTH, 4), np.float32))
            if told:
                with_light(channels, picture, mirrored_share(), NAMES["5.x"])
            frame = Frame(number, folder / f"{number}.png", folder / f"{number}.exr", sharp=True)
            write_picture(frame.picture, picture)
            write_exr(frame.passes, channels)
            frames.append(frame)
        looks = [Look(TRAINED, INSTANT)] * len(frames)
        job = SequenceJob(Shot(tuple(frames), "made"), looks, AnimationSettings(), folder / "out", "cpu")
        return [read_picture(file) for file in unwatched(stylize_animation(job)).files]

    return paint


def test_what_moves_in_a_mirror_leaves_no_ghost_and_all_else_is_held(paint):
    pictures = [scenery(0) for _ in range(4)]
    for number, picture in enumerate(pictures):
        picture[GLASS] = scenery(2 * number)[GLASS]
    told, untold, alone = (
        paint(pictures, True)[-1],
        paint(pictures, False)[-1],
        paint(pictures[-1:], False)[0],
    )
    glass, wall = np.s_[8:-8, WIDTH // 2 + 8 : -8], np.s_[8:-8, 8 : WIDTH // 2 - 16]
    ghost, before = (np.abs(one - alone)[glass].mean() for one in (told, untold))
    assert ghost < 0.3 * before
    np.testing.assert_allclose(told[wall], untold[wall], atol=2 / 255)


def test_a_mirror_in_which_nothing_moves_is_held(paint):
    dice = np.random.default_rng(0)
    noisy = [np.clip(scenery(0) + dice.normal(0, 0.003, (HEIGHT, WIDTH, 3)), 0, 1) for _ in range(3)]
    np.testing.assert_allclose(paint(noisy, True)[-1], paint(noisy, False)[-1], atol=1 / 255)
