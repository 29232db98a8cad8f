"""Pictures painted by a network, in one pass: by PyTorch, or without it."""

import math
from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from ..compute.machine import Machine
from ..compute.sizes import fit, sized
from ..compute.tiles import Tile, spans
from ..errors import PochadeError
from ..progress import Painting, Progress, Watched
from ..settings import Settings
from ..style.colour import (
    ColourStatistics,
    colour_statistics_by_region,
    luminance,
    match_colours,
    match_luminance,
    needs_colours,
    restore,
)
from ..style.content import check_picture
from ..style.palettes import in_palette
from ..style.regions import Region, mask_shares
from ..style.styles import Styles
from ..words import Sentence
from .architecture import About
from .executor import Executor, executor_on
from .files import ONE_STYLE, not_trained
from .transform import InstanceStatistics, Numbers, Transform

COLOUR_SIDE = 512  # px of a picture's longer side, about, by which its palette is measured


def stylize_instantly(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    device: Machine | str = "auto",
    *,
    regions: Sequence[Region] = (),
) -> Painting:
    """Paint a picture with the network of its style, and each region with the network of its own.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side. Of
    the settings count the sizes, `strength` and those of colour; strokes have the size in px that the network
    was trained with. The generator yields a `Progress` for each layer, or tile of one, and one at the end. It
    returns the painting, float32 of as many channels and of the size that `settings.resolution` says; alpha
    is the source's. Close the generator to cancel. Raises PochadeError for what an artist can put right.
    """
    settings = sized(settings, content.shape)
    check_picture(content, settings)
    side = settings.finish_size or settings.size
    with executor_on(device) as executor:
        original = executor.resize(content, *fit(content.shape[0], content.shape[1], side))
        if settings.strength == 0:
            return original
        painted = yield from paint_areas(original, styles, settings, executor, regions)
    painted = show(painted, original, settings)
    yield Progress(
        Sentence("Painting at {side} px", side=side), fraction=1.0, preview=partial(np.copy, painted)
    )
    return painted


def paint_areas(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    executor: Executor,
    regions: Sequence[Region] = (),
    colours: Sequence[ColourStatistics] | None = None,
) -> Generator[Progress, None, np.ndarray]:
    """The painting (H, W, 3) of a picture at its own size, each area by its network; `show` comes after.

    Colours are matched as `settings` say, and unpainted regions are the content. `colours` are those of a
    whole shot, as in `prepare`: the same change of colours then holds for all of its frames.
    """
    height, width = content.shape[:2]
    regions = [
        replace(region, mask=executor.resize(region.mask[..., None], height, width)[..., 0])
        for region in regions
    ]
    rest_share, *shares = mask_shares((height, width), regions)
    areas: list[tuple[Styles, np.ndarray]] = [
        (region.styles, share) for region, share in zip(regions, shares, strict=True) if region.styles
    ]
    areas.append((styles, rest_share))
    networks = [network_file(some) for some, _ in areas]
    found: Sequence[ColourStatistics | None] = [None] * (1 + len(regions))
    if colours:
        found = colours
    elif needs_colours(settings):
        step = max(max(content.shape[:2]) // COLOUR_SIDE, 1)  # some pixels tell the palette as well as all
        coarse = slice(None, None, step), slice(None, None, step)
        found = colour_statistics_by_region(
            content[coarse], [replace(region, mask=region.mask[coarse]) for region in regions]
        )
    rest, *inside = found
    towards = [*(own for own, region in zip(inside, regions, strict=True) if region.styles), rest]
    painted = content[..., :3]
    for number, ((_, share), file, own) in enumerate(zip(areas, networks, towards, strict=True)):
        with executor.network(file, max(height, width)) as network:
            about = network.about
            source = executor.put(_network_source(content, settings, own, about))
            applied = Watched(
                apply_network(source, network, executor.tile(height, width, about.architecture))
            )
            for step, steps in applied:
                yield Progress(
                    Sentence("Painting at {height} px", height=max(height, width)),
                    fraction=(number + step / steps) / len(areas),
                    preview=partial(np.copy, content),
                )
        one = _recoloured(executor.get(applied.result), settings, own, about, of_shot=bool(colours))
        painted = painted + share[..., None] * (one - content[..., :3]) if regions else one
    return painted


def _network_source(
    content: np.ndarray, settings: Settings, own: ColourStatistics | None, about: About
) -> np.ndarray:
    """The picture (H, W, 3) that goes into the network that `about` describes."""
    if settings.keep_colours == "luminance":
        return np.repeat(luminance(content)[..., None], 3, axis=2)
    keeps_own = settings.keep_colours == "off" and settings.start_colours == "source"
    if settings.keep_colours == "reverse" or (about.takes_palette and not keeps_own):
        return match_colours(content, palette_of(about), settings.colour_match, own)[..., :3]
    return content[..., :3]


def palette_of(about: About) -> ColourStatistics:
    """The colours of the style that a network was trained in."""
    return ColourStatistics(*map(np.array, about.palette))


def _recoloured(
    painted: np.ndarray, settings: Settings, towards: ColourStatistics | None, about: About, of_shot: bool
) -> np.ndarray:
    """A painting with the colours, or with the luminance, of `towards`, or in another palette.

    A network paints in the colours of its style, so they are changed afterwards, not in the style beforehand.
    In a shot they are changed from the style's, which are the same in all frames; else from the painting's.
    """
    own = palette_of(about) if of_shot else None
    if towards is not None and settings.keep_colours == "match":
        return match_colours(painted, towards, settings.colour_match, own)
    if towards is not None and settings.keep_colours == "luminance":
        return np.repeat(match_luminance(painted, towards, own)[..., None], 3, axis=2)
    return in_palette(painted, settings.style_palette, palette_of(about))


def show(painted: np.ndarray, content: np.ndarray, settings: Settings) -> np.ndarray:
    """A painting (H, W, 3) as the artist is to see it: (H, W, 3 or 4) with the content's alpha.

    It has the content's chroma where only luminance was painted, and is blended by `settings.strength`.
    """
    if settings.strength == 1 and settings.keep_colours != "luminance":
        return np.concatenate([painted, content[..., 3:]], axis=2)
    untouched = (painted == content[..., :3]).all(2, keepdims=True)
    blended = content[..., :3] + np.float32(settings.strength) * (
        restore(painted, content, settings) - content[..., :3]
    )
    return np.concatenate(
        [np.where(untouched, content[..., :3], blended.clip(0, 1)), content[..., 3:]], axis=2
    )


def network_file(styles: Styles) -> Path | bytes:
    """The network of the one style that instant painting takes, as its file or the file's bytes. Raises
    PochadeError where there is none.
    """
    if len(styles) > 1:
        raise PochadeError(ONE_STYLE)
    ((style, _),) = styles
    if style.network is None:
        raise PochadeError(not_trained(style.name))
    return style.network


def apply_network(
    picture: Numbers, network: Transform, tile: int | None = None
) -> Generator[tuple[int, int], None, Numbers]:
    """A picture (1, 3, H, W), RGB 0 to 1, as a painting of the same size that may leave 0 to 1 a little.

    With a side above `tile` px it is taken in tiles, and the result is that of the whole picture. Yields how
    many parts of the work are done, and how many there are to do.
    """
    height, width = picture.shape[-2:]
    filled = network.filled(picture)
    if tile is None or max(height, width) <= tile:
        painted = yield from _whole(filled, network)
    else:
        painted = yield from _in_tiles(filled, network, tile)
    return painted[..., :height, :width]


def _whole(filled: Numbers, network: Transform) -> Generator[tuple[int, int], None, Numbers]:
    """Layer by layer."""
    walk = network.walk(filled)
    for number in range(1, network.normalised + 1):
        network.advance(walk, None)
        yield number, network.normalised + 1
    try:
        network.advance(walk, None)
    except StopIteration as end:
        return end.value
    raise AssertionError("a layer is left")


def _in_tiles(filled: Numbers, network: Transform, tile: int) -> Generator[tuple[int, int], None, Numbers]:
    """Tile by tile. Instance normalisation needs the statistics of all positions: the tiles are walked once
    for each normalised layer, and once more for the painting.
    """
    halo = network.about.architecture.receptive_field_radius()
    tiles = [
        Tile(down, across)
        for down in spans(filled.shape[2], 0, tile, halo)
        for across in spans(filled.shape[3], 0, tile, halo)
    ]
    known: list[InstanceStatistics] = []
    steps = len(tiles) * (network.normalised + 1)
    for layer in range(network.normalised):
        count, mean, spread = 0, 0.0, 0.0
        for number, part in enumerate(tiles, layer * len(tiles) + 1):
            features = _own_features(network, filled, part, known)  # (1, C, h, w)
            # Chan et al. 1983: sums of squares about each part's own mean lose no digits.
            size, own_mean = math.prod(features.shape[2:]), features.mean((2, 3), keepdims=True)
            off, total = own_mean - mean, count + size
            spread = (
                spread
                + ((features - own_mean) ** 2).sum((2, 3), keepdims=True)
                + off**2 * (count * size / total)
            )
            mean, count = mean + off * (size / total), total
            yield number, steps
        known.append((mean, spread / count))
    painted = 0 * filled
    for number, part in enumerate(tiles, network.normalised * len(tiles) + 1):
        rows, columns = (slice(span.start, span.end) for span in (part.down, part.across))
        painted[..., rows, columns] = _own_features(network, filled, part, known)
        yield number, steps
    return painted


def _own_features(
    network: Transform, filled: Numbers, tile: Tile, known: Sequence[InstanceStatistics]
) -> Numbers:
    """A tile's own part (1, C, h, w) of the layer after those whose statistics are known."""
    cut = tile.cut(filled)
    features = network.up_to(cut, known)
    rows, columns = tile.inside(features, stride=cut.shape[-1] // features.shape[-1])
    return features[..., rows, columns]
