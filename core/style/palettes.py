"""The colours that a style has: which, and no others; or, as a painter takes another set of tubes, a warm, a
cool or a single one in their place, with the same light and dark.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ..settings import Settings
from .colour import LUMA, ColourStatistics, colour_statistics, into_gamut, luminance, with_luminance
from .regions import Region
from .styles import Styles

TINTS = {"warm": np.array((1.16, 0.98, 0.74), np.float32), "cool": np.array((0.8, 0.98, 1.18), np.float32)}
RARE = 0.05  # percent of a style's pixels at either end of an axis: fewer are a speck, or a file's noise
RANGE_SIDE = 512  # px of a picture's longer side, about, by which its range is measured
PALE = 0.75  # of its chroma a colour keeps under a tint: hues that fight it give way


def in_palette(picture: np.ndarray, palette: str, own: ColourStatistics) -> np.ndarray:
    """A picture (H, W, 3 or 4) of a style in a `palette` of Settings.style_palette; alpha stays.

    `own` are the colours of the style. With "one" all hues become that of their mean.
    """
    if palette == "own":
        return picture
    y = luminance(picture)
    colours = _of_one_hue(y, own) if palette == "one" else _tinted(picture[..., :3], y, TINTS[palette])
    changed = into_gamut(with_luminance(colours, y)).astype(np.float32)
    return np.concatenate([changed, picture[..., 3:]], axis=2)


def _tinted(colours: np.ndarray, y: np.ndarray, tint: np.ndarray) -> np.ndarray:
    grey = y[..., None]
    return (grey + PALE * (colours - grey)) * tint


def _of_one_hue(y: np.ndarray, own: ColourStatistics) -> np.ndarray:
    """Greys with the hue of the mean colour, as strong as the style's chroma is on the average, which goes
    out towards black and white: nearly none for an ink drawing.
    """
    off_grey = np.eye(3) - np.outer(np.ones(3), LUMA)
    hue = off_grey @ own.mean
    mean_square = hue @ hue + np.trace(off_grey @ own.covariance @ off_grey.T)
    strongest = hue * np.sqrt(mean_square / max(hue @ hue, 1e-9))
    fade = 4 * y * (1 - y)
    return y[..., None] + fade[..., None] * strongest.astype(np.float32)


def styles_in_palette(
    styles: Styles, regions: Sequence[Region], settings: Settings
) -> tuple[Styles, Sequence[Region]]:
    """The styles of a painting and of its regions in the palette that is set; those that are to have the
    source's colours stay. Statistics cannot be recoloured, so a style loses its table, and its picture is
    measured.
    """
    if settings.style_palette == "own" or settings.keep_colours in ("match", "luminance"):
        return styles, regions

    def changed(some: Styles) -> Styles:
        return tuple(
            (
                replace(
                    style,
                    picture=in_palette(
                        style.picture, settings.style_palette, colour_statistics(style.picture)
                    ),
                    table=None,
                    digest="",
                ),
                weight,
            )
            for style, weight in some
        )

    return changed(styles), [replace(region, styles=tuple(changed(region.styles))) for region in regions]


class ChromaRange(NamedTuple):
    """The chroma of styles, colours less their luminance, as a box along the principal axes of its
    distribution: its `mean` (3,), `axes` (3, 3), a column each, and the `low` and `high` end (3,) on each
    axis, from the mean.
    """

    mean: np.ndarray
    axes: np.ndarray
    low: np.ndarray
    high: np.ndarray

    def hold(self, picture: np.ndarray) -> np.ndarray:
        """A picture (H, W, 3 or 4) with chroma that is outside brought to the nearest inside; luminance and
        alpha stay.

        An encoder hardly sees faint chroma, and an optimiser leaves blotches of it: in pencil, of all hues.
        """
        y = luminance(picture)[..., None]
        inside = ((picture[..., :3] - y - self.mean) @ self.axes).clip(self.low, self.high)
        held = (y + inside @ self.axes.T + self.mean).clip(0, 1)
        return np.concatenate([held, picture[..., 3:]], axis=2)


def chroma_range(styles: Styles) -> ChromaRange:
    """The range of all styles' chroma, without the rarest."""
    colours = np.concatenate([_thinned(style.picture).reshape(-1, 3) for style, _ in styles])
    chroma = colours - (colours @ LUMA)[:, None]
    mean = chroma.mean(0)
    axes = np.linalg.eigh(np.cov((chroma - mean).T))[1].astype(np.float32)
    low, high = np.percentile((chroma - mean) @ axes, (RARE, 100 - RARE), axis=0).astype(np.float32)
    return ChromaRange(mean, axes, low, high)


def _thinned(picture: np.ndarray) -> np.ndarray:
    step = max(max(picture.shape[:2]) // RANGE_SIDE, 1)
    return picture[::step, ::step]
