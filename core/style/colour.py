"""Whose colours a painting has: Gatys et al. 2016, "Preserving Color in Neural Artistic Style Transfer".

Arrays are float32 (H, W, 3 or 4), display-referred sRGB 0 to 1; statistics are float64. Pixels count as much
as their alpha, and alpha stays as it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..settings import Settings
from .regions import Region, mask_shares
from .styles import Styles

LUMA = np.array((0.299, 0.587, 0.114), np.float32)  # ITU-R BT.601
BT709 = np.array((0.2126, 0.7152, 0.0722), np.float32)  # ITU-R BT.709: of the primaries that sRGB has too
REGULARISATION = 1e-5  # added to variances, so that flat and grey pictures have inverses


class ColourStatistics(NamedTuple):
    """The colours of a picture as a Gaussian in RGB: `mean` (3,) and `covariance` (3, 3), float64."""

    mean: np.ndarray
    covariance: np.ndarray


def colour_statistics(picture: np.ndarray, weights: np.ndarray | None = None) -> ColourStatistics:
    """The colours of a picture (H, W, 3 or 4). `weights` (H, W), 0 or more, are multiplied with its alpha."""
    counts = _counts(picture, weights)
    total = counts.sum()
    mean, second = np.zeros(3), np.zeros((3, 3))
    for rows in _bands(picture):
        colours = picture[rows, :, :3].reshape(-1, 3).astype(np.float64)
        share = counts[rows].reshape(-1, 1) / total
        mean += (share * colours).sum(0)
        second += (share * colours).T @ colours
    return ColourStatistics(mean, second - np.outer(mean, mean))


def _counts(picture: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """How much each pixel counts, (H, W); all alike where none would count."""
    counts = np.ones(picture.shape[:2]) if weights is None else weights.astype(np.float64)
    if picture.shape[2] == 4:
        counts = counts * picture[..., 3]
    return counts if counts.any() else np.ones_like(counts)


def _bands(picture: np.ndarray) -> Iterator[slice]:
    """Slices of rows, so few that what is computed from them stays in the processor's cache."""
    step = max(2**14 // picture.shape[1], 1)
    return (slice(top, top + step) for top in range(0, len(picture), step))


def mix_colour_statistics(colours: Sequence[ColourStatistics], weights: Sequence[float]) -> ColourStatistics:
    """The weighted average of colour statistics, as styles are mixed."""
    return ColourStatistics(
        *(np.average(part, axis=0, weights=weights) for part in zip(*colours, strict=True))
    )


# --- transforms ---------------------------------------------------------------------------------------------


def transform(source: np.ndarray, target: np.ndarray, form: str) -> np.ndarray:
    """The matrix A (3, 3) with A S A^T = T, for the covariances S = `source` and T = `target`.

    Both (3, 3) are regularised. `form` is "cholesky" (L_T L_S^-1, triangular), "symmetric" (T^1/2 S^-1/2, as
    in Hertzmann et al. 2001, Image Analogies) or "transport" (S^-1/2 (S^1/2 T S^1/2)^1/2 S^-1/2, symmetric:
    optimal transport, which changes colours the least).
    """
    s, t = (np.asarray(c, np.float64) + REGULARISATION * np.eye(3) for c in (source, target))
    if form == "cholesky":
        return np.linalg.cholesky(t) @ np.linalg.inv(np.linalg.cholesky(s))
    root = _root(s)
    inverse = np.linalg.inv(root)
    if form == "symmetric":
        return _root(t) @ inverse
    return inverse @ _root(root @ t @ root) @ inverse


def _root(matrix: np.ndarray) -> np.ndarray:
    """The symmetric square root of a symmetric positive matrix."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return (vectors * np.sqrt(values.clip(0))) @ vectors.T


def match_colours(
    picture: np.ndarray, towards: ColourStatistics, form: str, own: ColourStatistics | None = None
) -> np.ndarray:
    """The picture with its `own` colours mapped linearly to the mean and covariance of `towards`.

    By default `own` are all of its colours. The result is clipped to 0 to 1.
    """
    own = own or colour_statistics(picture)
    matrix = transform(own.covariance, towards.covariance, form)
    offset = towards.mean - matrix @ own.mean
    matched = np.clip(picture[..., :3] @ matrix.T.astype(np.float32) + offset.astype(np.float32), 0, 1)
    return np.concatenate([matched, picture[..., 3:]], axis=2)


# --- luminance ----------------------------------------------------------------------------------------------


def luminance(picture: np.ndarray) -> np.ndarray:
    """Y (H, W) of a picture (H, W, 3 or 4)."""
    return picture[..., :3] @ LUMA


def match_luminance(
    picture: np.ndarray, towards: ColourStatistics, own: ColourStatistics | None = None
) -> np.ndarray:
    """The luminance (H, W) of a picture, mapped linearly to the mean and deviation of that of `towards`.

    `own` are the colours that are mapped, by default all of the picture's.
    """
    y = luminance(picture)
    (mean, variance), (mean_towards, variance_towards) = (
        (LUMA @ p.mean, LUMA @ p.covariance @ LUMA + REGULARISATION)
        for p in (own or colour_statistics(picture), towards)
    )
    return ((y - mean) * np.sqrt(variance_towards / variance) + mean_towards).astype(np.float32)


def with_luminance(picture: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The colours (H, W, 3) of a picture with another luminance (H, W) and the same chroma.

    They may leave the range of 0 to 1.
    """
    return picture[..., :3] + (y - luminance(picture))[..., None]


def into_gamut(picture: np.ndarray) -> np.ndarray:
    """The colours (H, W, 3) with those beyond 0 to 1 desaturated just far enough.

    Clipping would change luminance and hue.
    """
    y = luminance(picture).clip(0, 1)
    # Each channel on its own: numpy is slow along short axes.
    red, green, blue = (picture[..., channel] - y for channel in range(3))
    above, below = np.maximum(np.maximum(red, green), blue), -np.minimum(np.minimum(red, green), blue)
    tiny = np.float32(1e-6)
    room = np.minimum(np.minimum((1 - y) / np.maximum(above, tiny), y / np.maximum(below, tiny)), 1)
    return np.stack([y + room * channel for channel in (red, green, blue)], axis=2).clip(0, 1)


# --- around a painting --------------------------------------------------------------------------------------


def colour_statistics_by_region(
    content: np.ndarray, regions: Sequence[Region] = ()
) -> list[ColourStatistics]:
    """The content's colours where no region is, then those inside each region."""
    return [colour_statistics(content, share) for share in mask_shares(content.shape, regions)]


def prepare(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    regions: Sequence[Region] = (),
    colours: Sequence[ColourStatistics] | None = None,
) -> tuple[np.ndarray, Styles, Sequence[Region]]:
    """Content, styles and regions with the colours that `settings.keep_colours` asks for, before painting.

    `restore` comes after it. Styles are matched with the content's colours inside their region, or outside of
    all regions. `colours`, as `colour_statistics_by_region` gives them, replace those of the content: those
    of a shot are the same for all of its frames. Feature statistics cannot be recoloured, so a recoloured
    style has no table, and its picture is measured.
    """
    if not needs_colours(settings):
        return content, styles, regions
    colours = colours or colour_statistics_by_region(content, regions)
    if settings.keep_colours == "reverse" or takes_palette(settings):
        shares = mask_shares(content.shape, regions)
        return (
            _in_style_colours(content, [styles, *(r.styles for r in regions)], shares, colours, settings),
            styles,
            regions,
        )
    styles, *inside = [
        _in_colours(some, own, settings)
        for some, own in zip([styles, *(r.styles for r in regions)], colours, strict=True)
    ]
    regions = tuple(replace(r, styles=tuple(some)) for r, some in zip(regions, inside, strict=True))
    if settings.keep_colours == "luminance":
        content = np.concatenate([_grey(luminance(content)), content[..., 3:]], axis=2)
    return content, styles, regions


def takes_palette(settings: Settings) -> bool:
    """Whether the source comes into the style's palette before it is painted, though no colours are kept.

    Nearest neighbours are found by colour, too: a flat or dark source would find the same few everywhere.
    """
    asked = (settings.keep_colours, settings.start_colours) == ("off", "style")
    return asked and (settings.method == "instant" or settings.loss == "neighbours")


def needs_colours(settings: Settings) -> bool:
    """Whether `prepare` changes colours by those of the content."""
    return settings.keep_colours != "off" or takes_palette(settings)


def restore(painted: np.ndarray, content: np.ndarray, settings: Settings) -> np.ndarray:
    """The painting with the content's chroma, both (H, W, 3 or 4), where only luminance was painted."""
    if settings.keep_colours != "luminance":
        return painted
    result = painted.copy()
    for rows in _bands(painted):
        result[rows, :, :3] = into_gamut(with_luminance(content[rows], luminance(painted[rows])))
    return result


def _in_colours(styles: Styles, towards: ColourStatistics, settings: Settings) -> Styles:
    """Styles in these colours, or grey with the luminance of these colours."""

    def recoloured(picture: np.ndarray) -> np.ndarray:
        if settings.keep_colours == "luminance":
            return _grey(match_luminance(picture, towards).clip(0, 1))
        return match_colours(picture, towards, settings.colour_match)

    return tuple(
        (replace(style, picture=recoloured(style.picture), table=None, digest=""), weight)
        for style, weight in styles
    )


def _in_style_colours(
    content: np.ndarray,
    parts: Sequence[Styles],
    shares: Sequence[np.ndarray],
    colours: Sequence[ColourStatistics],
    settings: Settings,
) -> np.ndarray:
    """The content with each part in the colours of its styles; a part without styles stays as it is.

    `shares` (H, W) and `colours` are each part's pixels and their statistics. Blended by `settings.strength`.
    """
    result = content
    for styles, share, own in zip(parts, shares, colours, strict=True):
        if styles and share.any():
            towards = mix_colour_statistics(
                [colour_statistics(style.picture) for style, _ in styles], [weight for _, weight in styles]
            )
            matched = match_colours(content, towards, settings.colour_match, own)
            result = result + np.float32(settings.strength) * share[..., None] * (matched - content)
    return result


def _grey(y: np.ndarray) -> np.ndarray:
    """Luminance (H, W) as a picture (H, W, 3)."""
    return np.repeat(y[..., None], 3, axis=2)
