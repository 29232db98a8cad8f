"""Sequences painted by networks: steady, and what is new is painted."""

from dataclasses import replace

import numpy as np
import pytest

from core.sequence.steps import Look
from core.settings import Settings
from core.style.regions import Region
from tests.core.networks import made_network, made_style
from tests.core.test_sequence_animation import ANIMATION, HEIGHT, SPEED, WIDTH, flicker, paint, scenery, shot  # noqa: F401 - fixtures

INSTANT = Settings(size=WIDTH, method="instant")
TRAINED = made_style(made_network())


@pytest.fixture
def paint_instantly(paint):  # noqa: F811
    def paint_instantly(pictures, settings=INSTANT, styles=TRAINED, **options):
        return paint(pictures, looks=[Look(styles, settings)] * len(pictures), **options)

    return paint_instantly


def test_frames_keep_their_strokes(paint_instantly):
    pictures = [scenery(k) for k in range(4)]
    steady, told, _ = paint_instantly(pictures)
    each = [paint_instantly([picture], folder=f"{k}")[0][0] for k, picture in enumerate(pictures)]
    assert flicker(steady) < flicker(each) / 5
    np.testing.assert_array_equal(steady[0], each[0])
    # The disoccluded edge is painted anew.
    np.testing.assert_allclose(steady[3][:, -SPEED + 1 :], each[3][:, -SPEED + 1 :], atol=1.5 / 255)
    assert [round(p.fraction, 2) for p in told][-1] == 1 and max(p.steps for p in told) == 4


def test_a_cut_is_painted_anew(paint_instantly):
    pictures = [scenery(0), scenery(0)[:, ::-1].copy() ** 4]
    after = paint_instantly(pictures)[0][1]
    alone = paint_instantly(pictures[1:], folder="alone")[0][0]
    assert (
        np.abs(after - alone).mean()
        < 0.2 * np.abs(after - paint_instantly(pictures[:1], folder="first")[0][0]).mean()
    )


def test_a_fade_stays_a_fade(paint_instantly):
    light = [0, 0.2, 0.4, 0.6, 1, 1, 0.5, 0]  # fades in from black, and out again
    pictures = [scenery(k) for k in range(len(light))]
    whole = paint_instantly(pictures, folder="whole")[0]
    faded = paint_instantly([picture * share for picture, share in zip(pictures, light, strict=True)])[0]
    assert not faded[0].any() and not faded[-1].any()
    for share, fading, full in zip(light, faded, whole, strict=True):
        assert abs(fading.mean() - share * full.mean()) <= 0.04 * share * full.mean()
        if share:
            assert 0.9 < (fading.std() / share) / full.std() < 1.1, "and so does its contrast"
    assert flicker(faded[4:6]) < 2 * flicker(whole[4:6])


def test_what_is_dark_for_a_reason_is_not_faded(paint_instantly):
    dark = np.full((HEIGHT, WIDTH, 3), 0.02, np.float32)
    small = dark.copy()
    small[20:36, 20:36] = scenery(0)[20:36, 20:36]  # comes into sight before the dark
    together = paint_instantly([small, scenery(1)], animation=replace(ANIMATION, motion="none"))[0]
    alone = paint_instantly([small], folder="alone")[0]
    np.testing.assert_array_equal(together[0], alone[0])


@pytest.mark.parametrize("loss, keep", [("covariance", "match"), ("neighbours", "off")])
def test_the_palette_is_that_of_the_whole_shot(paint_instantly, loss, keep):
    pictures, settings = [scenery(0), scenery(1, brightness=0.5)], replace(INSTANT, keep_colours=keep)
    styles = made_style(made_network(loss=loss))
    together = paint_instantly(pictures, settings, styles)[0]
    alone = paint_instantly(pictures[:1], settings, styles, folder="alone")[0]
    assert np.abs(together[0] - alone[0]).mean() > 0.03


def test_an_untouched_region_is_the_source_in_every_frame(paint_instantly):
    pictures, mask = [scenery(k) for k in range(2)], np.zeros(scenery(0).shape[:2], np.float32)
    mask[:20] = 1
    painted = paint_instantly(pictures, regions=lambda frame, picture: [Region("sky", mask)])[0]
    for before, after in zip(pictures, painted, strict=True):
        np.testing.assert_allclose(after[:20], before[:20], atol=1 / 255)
        assert np.abs(after[20:] - before[20:]).mean() > 0.02


def test_another_network_paints_anew_and_the_same_one_does_not(paint_instantly):
    pictures = [scenery(k) for k in range(2)]
    paint_instantly(pictures)
    assert not paint_instantly(pictures)[1]
    assert "styles" in paint_instantly(pictures, styles=made_style(made_network(seed=1)))[2].casefold()
