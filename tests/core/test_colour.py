"""Keep Colours: each transform's defining property, luminance and chroma, and whose colours result."""

from dataclasses import replace

import numpy as np
import pytest

from core.presets.load import style_from_preset
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.colour import (
    REGULARISATION,
    colour_statistics,
    colour_statistics_by_region,
    into_gamut,
    luminance,
    match_colours,
    match_luminance,
    mix_colour_statistics,
    prepare,
    restore,
    transform,
    with_luminance,
)
from core.style.regions import Region
from core.style.styles import style_from_picture

FORMS = ("cholesky", "symmetric", "transport")
MODES = ("match", "luminance", "reverse")
QUICK = Settings(size=128, coarse_size=64, steps=8)
KINDS = ("random", "nearly singular", "grey", "flat")


def covariance(kind: str, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    if kind == "flat":
        return np.zeros((3, 3))
    if kind == "grey":
        return np.full((3, 3), 0.08)
    spread = random.normal(size=(3, 3)) * (1 if kind == "random" else (1, 1e-3, 1e-6))
    return 0.1 * spread @ spread.T / np.trace(spread @ spread.T)


def blocks(height: int, width: int, low, high, seed: int) -> np.ndarray:
    """(height, width, 3): blocks of 16 px of many colours between two."""
    colours = np.random.default_rng(seed).uniform(low, high, (height // 16, width // 16, 3))
    return np.kron(colours, np.ones((16, 16, 1))).astype(np.float32)


@pytest.fixture
def style():
    """Reds and violets."""
    return style_from_picture("reds", blocks(128, 128, (0.3, 0.0, 0.1), (1.0, 0.3, 0.7), 0))


@pytest.fixture
def picture():
    """(96, 128, 3): greens, darker on the left."""
    return (
        blocks(96, 128, (0.1, 0.3, 0.1), (0.4, 0.6, 0.3), 1)
        * np.linspace(0.5, 1.5, 128, dtype=np.float32)[:, None]
    )


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """How far two pictures' colours are from each other."""
    a, b = colour_statistics(one), colour_statistics(other)
    return float(
        np.linalg.norm(a.mean - b.mean)
        + np.linalg.norm(np.sqrt(np.diag(a.covariance)) - np.sqrt(np.diag(b.covariance)))
    )


def chroma(picture: np.ndarray) -> np.ndarray:
    """What a picture is besides its luminance."""
    return picture - luminance(picture)[..., None]


# --- transforms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("source", KINDS)
@pytest.mark.parametrize("target", KINDS)
def test_a_transform_takes_one_covariance_to_the_other(form, source, target):
    s, t = covariance(source, 1), covariance(target, 2)
    a = transform(s, t, form)
    s, t = s + REGULARISATION * np.eye(3), t + REGULARISATION * np.eye(3)
    assert a.dtype == np.float64
    assert np.linalg.norm(a @ s @ a.T - t) < 1e-9 * np.linalg.norm(t)
    if form == "cholesky":
        assert np.abs(np.triu(a, 1)).max() < 1e-12 * np.linalg.norm(a) and (np.diag(a) > 0).all()
    elif form == "transport":
        np.testing.assert_allclose(a, a.T, atol=1e-9 * np.linalg.norm(a))
        assert (np.linalg.eigvalsh((a + a.T) / 2) > 0).all()
    else:  # A S^1/2 = T^1/2
        values, vectors = np.linalg.eigh(s)
        root = a @ (vectors * np.sqrt(values)) @ vectors.T
        np.testing.assert_allclose(root, root.T, atol=1e-9 * np.linalg.norm(root))


@pytest.mark.parametrize("form", FORMS)
def test_matched_colours_have_the_palette(form, picture, style):
    towards = colour_statistics(0.4 + 0.2 * style.picture)  # far from black and white: nothing is clipped
    matched = match_colours(picture, towards, form)
    assert matched.dtype == np.float32 and matched.shape == picture.shape
    np.testing.assert_allclose(colour_statistics(matched).mean, towards.mean, atol=1e-5)
    np.testing.assert_allclose(colour_statistics(matched).covariance, towards.covariance, atol=2e-5)


def test_transparent_pixels_and_those_outside_do_not_count(picture, style):
    inside = np.zeros((96, 128), np.float32)
    inside[:, :40] = 1
    left = colour_statistics(picture[:, :40])
    for found in (
        colour_statistics(picture, inside),
        colour_statistics(np.dstack([picture, inside])),
        colour_statistics(np.dstack([picture, inside]), inside),
    ):
        np.testing.assert_allclose(found.mean, left.mean, atol=1e-6)
        np.testing.assert_allclose(found.covariance, left.covariance, atol=1e-6)
    np.testing.assert_allclose(colour_statistics(picture, 0 * inside).mean, colour_statistics(picture).mean)
    matched = match_colours(np.dstack([picture, inside]), colour_statistics(style.picture), "transport")
    np.testing.assert_array_equal(matched[..., 3], inside)


# --- luminance ----------------------------------------------------------------------------------------------


def test_another_luminance_leaves_the_chroma(picture, stripes):
    y = luminance(stripes)[:96]
    moved = with_luminance(picture, y)
    assert np.abs(chroma(moved) - chroma(picture)).max() < 1 / 255
    np.testing.assert_allclose(luminance(moved), y, atol=1e-6)


def test_luminance_is_matched_in_mean_and_deviation(picture, stripes):
    matched, wanted = match_luminance(stripes, colour_statistics(picture)), luminance(picture)
    assert matched.mean() == pytest.approx(wanted.mean(), abs=1e-4)
    assert matched.std() == pytest.approx(wanted.std(), rel=1e-2)


def test_colours_beyond_white_and_black_pale_instead_of_turning(picture):
    y = np.linspace(-0.1, 1.1, 128, dtype=np.float32)[None].repeat(96, 0)
    wide = with_luminance(picture, y)
    kept = into_gamut(wide)
    assert kept.min() >= 0 and kept.max() <= 1
    np.testing.assert_allclose(luminance(kept), y.clip(0, 1), atol=1e-5)
    cross = np.cross(chroma(kept), chroma(wide - (y - y.clip(0, 1))[..., None]))
    assert np.abs(cross).max() < 1e-5, "the hue stays"
    fits = ((wide >= 0) & (wide <= 1)).all(2)
    assert fits.any() and not fits.all()
    np.testing.assert_allclose(kept[fits], wide[fits], atol=1e-6)


def test_luminance_alone_gives_the_content_back_where_nothing_was_painted(picture):
    settings = replace(QUICK, keep_colours="luminance")
    content = np.dstack([picture, np.full((96, 128), 0.5, np.float32)])
    grey, _, _ = prepare(content, [], settings)
    assert (grey[..., :1] == grey[..., :3]).all() and (grey[..., 3] == 0.5).all()
    np.testing.assert_allclose(restore(grey, content, settings), content, atol=1e-6)


# --- around a painting --------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_painting_has_the_colours_that_were_asked_for(mode, picture, style, finish):
    own_colours = replace(QUICK, start_colours="source")
    plain, _ = finish(stylize_image(picture, style, own_colours, "cpu"))
    kept, progress = finish(stylize_image(picture, style, replace(QUICK, keep_colours=mode), "cpu"))
    goal = style.picture if mode == "reverse" else picture
    assert apart(kept, goal) < (1 if mode == "reverse" else 0.5) * apart(plain, goal)
    if mode == "luminance":
        early = progress[0].preview()
        for shown in (early, kept):
            free = ((shown > 0) & (shown < 1)).all(2)
            assert np.abs(chroma(shown) - chroma(picture))[free].max() < 0.15
            assert np.median(np.abs(chroma(shown) - chroma(picture))[free]) < 1 / 255


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_used(form, picture, style):
    _, ((matched, _),), _ = prepare(
        picture, [(style, 1)], replace(QUICK, keep_colours="match", colour_match=form)
    )
    np.testing.assert_array_equal(
        matched.picture, match_colours(style.picture, colour_statistics(picture), form)
    )
    content, _, _ = prepare(picture, [(style, 1)], replace(QUICK, keep_colours="reverse", colour_match=form))
    np.testing.assert_allclose(
        content, match_colours(picture, colour_statistics(style.picture), form), atol=1e-6
    )


def test_a_presets_plate_stands_for_statistics_that_cannot_be_recoloured(picture):
    from core.presets.preset import find_preset

    style = style_from_preset(find_preset("udnie"))
    for mode in ("match", "luminance"):
        _, ((recoloured, weight),), _ = prepare(picture, [(style, 0.3)], replace(QUICK, keep_colours=mode))
        assert recoloured.table is None and recoloured.name == style.name and weight == 0.3
        assert apart(recoloured.picture, picture) < 0.5 * apart(style.picture, picture)
    for mode in ("off", "reverse"):
        assert prepare(picture, [(style, 1)], replace(QUICK, keep_colours=mode))[1][0][0] is style


def test_reverse_follows_strength_and_the_styles_weights(picture, style):
    def changed(strength, *styles):
        return prepare(picture, styles, replace(QUICK, keep_colours="reverse", strength=strength))[0]

    assert np.abs(changed(0.01, (style, 1)) - picture).max() < 0.02
    white = style_from_picture("white", np.ones((32, 32, 3)))
    np.testing.assert_allclose(
        colour_statistics(changed(1.0, (style, 1), (white, 3))).mean,
        mix_colour_statistics(
            [colour_statistics(style.picture), colour_statistics(white.picture)], (1, 3)
        ).mean,
        atol=0.03,
    )


def test_every_region_goes_with_its_own_colours(picture, style):
    mask = np.zeros((96, 128), np.float32)
    mask[:, :40] = 1
    styled, untouched = Region("left", mask, ((style, 1.0),)), Region("left", mask)
    for mode, shown in (("match", picture), ("luminance", luminance(picture)[..., None].repeat(3, 2))):
        _, ((outside, _),), (region,) = prepare(
            picture, [(style, 1)], replace(QUICK, keep_colours=mode), [styled]
        )
        assert region.name == "left" and region.mask is mask
        inside = region.styles[0][0]
        for made, here, there in (
            (inside, shown[:, :40], shown[:, 40:]),
            (outside, shown[:, 40:], shown[:, :40]),
        ):
            assert apart(made.picture, here) < 0.3 * apart(made.picture, there)
    reverse = replace(QUICK, keep_colours="reverse")
    content, _, _ = prepare(picture, [(style, 1)], reverse, [untouched])
    np.testing.assert_allclose(content[:, :40], picture[:, :40], atol=1e-6)
    assert apart(content[:, 40:], style.picture) < 0.2
    content, _, _ = prepare(picture, [(style, 1)], reverse, [styled])
    assert apart(content[:, :40], style.picture) < 0.2


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("form", FORMS)
def test_flat_and_grey_pictures_are_fine(mode, form, picture, style):
    flat, grey = np.full((64, 64, 3), 0.3, np.float32), picture[..., :1].repeat(3, 2)
    clear = np.dstack([picture, np.zeros((96, 128), np.float32)])
    settings = replace(QUICK, keep_colours=mode, colour_match=form)
    for content in (flat, grey, clear, np.zeros_like(picture), picture):
        for other in (style, style_from_picture("flat", flat), style_from_picture("grey", grey)):
            prepared, ((styled, _),), _ = prepare(content, [(other, 1)], settings)
            for result in (prepared, styled.picture, restore(prepared, content, settings)):
                assert (
                    np.isfinite(result).all()
                    and result.min() >= 0
                    and result.max() <= 1
                    and result.dtype == np.float32
                )


@pytest.mark.parametrize("mode", MODES)
def test_palettes_of_a_shot_treat_every_frame_alike(picture, mode):
    style, settings = style_from_picture("s", picture[::-1, ::-1] ** 2), replace(QUICK, keep_colours=mode)
    dark = picture * np.float32(0.5)
    colours = colour_statistics_by_region(np.concatenate([picture, dark]))
    ((one, _),), ((other, _),) = (
        prepare(frame, [(style, 1)], settings, (), colours)[1] for frame in (picture, dark)
    )
    np.testing.assert_array_equal(one.picture, other.picture)
    if mode == "reverse":  # the same transform for both, so that what is darker stays darker
        contents = [prepare(frame, [(style, 1)], settings, (), colours)[0] for frame in (picture, dark)]
        assert contents[1].mean() < contents[0].mean() - 0.02
