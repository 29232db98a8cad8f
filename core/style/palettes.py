"""A style in other colours than its own, as a painter takes another set of tubes: its light and dark stay."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..settings import Settings
from .colour import LUMA, ColourStatistics, colour_statistics, into_gamut, luminance, with_luminance
from .regions import Region
from .styles import Styles

TINTS = {
    "warm": np.array((1.16, 0.98, 0.74), np.float32),
    "cool": np.array((0.8, 0.98, 1.18), np.float32),
}
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
