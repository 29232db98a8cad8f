"""Style Colours: a style in warm or cool colours, or in one, by both methods."""

from dataclasses import replace

import numpy as np
import pytest

from core.instant.apply import stylize_instantly
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.colour import LUMA, colour_statistics, luminance
from core.style.palettes import chroma_range, in_palette
from core.style.regions import Region

QUICK = {
    "optimised": Settings(resolution="draft", size=96, coarse_size=48, steps=15),
    "instant": Settings(method="instant", resolution="draft", size=96),
}
PALETTES = "warm", "cool", "one"


@pytest.fixture(scope="module")
def style():
    return style_from_preset(find_preset("starry_night"))


def warmth(picture):
    return float((picture[..., 0] - picture[..., 2]).mean())


def hues(picture):
    """How far colours are from the plane of greys and a main hue: 0 for a single hue."""
    chroma = (picture[..., :3] - luminance(picture)[..., None]).reshape(-1, 3)
    return np.linalg.svd(chroma, full_matrices=False)[1][1] / len(chroma) ** 0.5


@pytest.mark.parametrize("palette", PALETTES)
def test_light_and_dark_and_alpha_stay(style, palette):
    picture = np.dstack([style.picture, np.full(style.picture.shape[:2], 0.5, np.float32)])
    changed = in_palette(picture, palette, colour_statistics(style.picture))
    np.testing.assert_allclose(luminance(changed), luminance(picture), atol=1e-3)
    np.testing.assert_array_equal(changed[..., 3], picture[..., 3])
    assert changed.min() >= 0 and changed.max() <= 1


def test_an_ink_drawing_stays_without_colour():
    grey = np.random.default_rng(0).uniform(0, 1, (32, 32, 1)).astype(np.float32).repeat(3, 2)
    np.testing.assert_allclose(in_palette(grey, "one", colour_statistics(grey)), grey, atol=1e-3)


@pytest.mark.parametrize("method", QUICK)
def test_a_painting_has_the_palette_that_is_chosen(style, content, finish, method):
    paint = stylize_image if method == "optimised" else stylize_instantly
    styles = style if method == "optimised" else [(style, 1.0)]

    def painted(palette, **changes):
        settings = replace(QUICK[method], style_palette=palette, **changes)
        return finish(paint(content, styles, settings, "cpu"))[0]

    own, warm, cool, one = (painted(palette) for palette in ("own", *PALETTES))
    assert warmth(cool) < warmth(own) < warmth(warm)
    assert hues(one) < 0.7 * hues(own), "a single hue"
    hue = one.mean((0, 1)) - one.mean((0, 1)) @ LUMA
    assert hue.argmax() == 2, "the night's blue"
    kept = {"keep_colours": "match"}
    np.testing.assert_array_equal(painted("warm", **kept), painted("own", **kept))


@pytest.fixture(scope="module")
def pencil():
    return style_from_preset(find_preset("graphite"))


def chroma(picture):
    return np.abs(picture[..., :3] - luminance(picture)[..., None]).max()


def test_a_pencil_has_no_colour_and_a_painting_in_two_regions_has_each_ones(style, pencil, content, finish):
    """Sources are colourful; what an encoder does not see would stay."""
    left = np.zeros(content.shape[:2], np.float32)
    left[:, : left.shape[1] // 2] = 1
    regions = [Region("left", left, ((pencil, 1.0),))]
    painted = finish(stylize_image(content, style, QUICK["optimised"], "cpu", regions=regions))[0]
    width = painted.shape[1] // 2
    assert chroma(painted[:, : width - 8]) < 0.06 < 0.2 < chroma(painted[:, width + 8 :])
    kept = replace(QUICK["optimised"], keep_colours="luminance")
    assert chroma(finish(stylize_image(content, pencil, kept, "cpu"))[0]) > 0.1


def test_the_range_of_a_style_holds_its_own_colours(style, pencil):
    for each in (style, pencil):
        colours = chroma_range([(each, 1.0)])
        moved = np.abs(colours.hold(each.picture) - each.picture).max(2)
        assert (moved > 2 / 255).mean() < 0.005, "rare ones alone are changed"
    both = chroma_range([(style, 1.0), (pencil, 1.0)])
    assert np.abs(both.hold(style.picture) - style.picture).mean() < 1 / 255


def test_regions_have_it_too(style, content, finish):
    mask = np.ones(content.shape[:2], np.float32)
    regions = [Region("all", mask, ((style, 1.0),))]

    def painted(palette):
        settings = replace(QUICK["optimised"], style_palette=palette)
        return finish(stylize_image(content, style, settings, "cpu", regions=regions))[0]

    assert hues(painted("one")) < 0.7 * hues(painted("own"))
