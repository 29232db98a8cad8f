"""Pictures painted by a network, in one pass."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, available_memory, compute_on, memory_limit
from ..compute.machine import Machine
from ..compute.tensors import fit, resize, to_array, to_tensor
from ..compute.tiles import TILE, WHOLE, Tile, spans
from ..errors import PochadeError
from ..progress import Painting, Progress, Watched
from ..settings import Settings
from ..style.colour import Palette, luminance, match_colours, match_luminance, measure_palettes, restore
from ..style.content import check_picture
from ..style.regions import Region, divide
from ..style.styles import Styles
from .architecture import Architecture
from .files import ONE_STYLE, load_network, not_learnt
from .network import Moments, Network


def stylize_instantly(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    device: Machine | str = "auto",
    *,
    regions: Sequence[Region] = (),
) -> Painting:
    """Paint a picture in a style that a network has learnt, and each region in its own.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side. Of
    the settings count the sizes, `strength` and those of colour; strokes have the size at which the network
    learnt them. The generator yields a `Progress` for each piece, or for all, and returns the painting,
    float32 of the same shape and channels with the longer side `settings.size`, or `settings.finish_size`;
    alpha is the source's. Close the generator to cancel. Raises PochadeError for what an artist can put
    right.
    """
    check_picture(content, settings)
    side = settings.finish_size or settings.size
    with compute_on(device) as where:
        original = to_array(resize(to_tensor(content, where), *fit(content.shape[0], content.shape[1], side)))
        if settings.strength == 0:
            return original
        painted = yield from paint_areas(original, styles, settings, where, regions)
    painted = show(painted, original, settings)
    yield Progress(f"Painting at {side} px", fraction=1.0, preview=partial(np.copy, painted))
    return painted


def paint_areas(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    device: torch.device,
    regions: Sequence[Region] = (),
    palettes: Sequence[Palette] | None = None,
) -> Generator[Progress, None, np.ndarray]:
    """The painting (H, W, 3) of a picture at its own size, each area by its network, in the colours that
    `settings` want; `show` comes after. What regions leave untouched is the content.

    `palettes` are those of a whole shot, as in `prepare`: the same change of colours then holds for all of
    its frames.
    """
    regions = [
        replace(
            region,
            mask=to_array(
                resize(to_tensor(region.mask[..., None], device), content.shape[0], content.shape[1])
            )[..., 0],
        )
        for region in regions
    ]
    areas, _ = divide(tuple(styles), regions, device)
    networks = [network_of(area.styles) for area in areas]
    found: Sequence[Palette | None] = [None] * (1 + len(regions))
    if palettes:
        found = palettes
    elif settings.keep_colours != "off":
        found = measure_palettes(content, regions)
    rest, *inside = found
    towards = [*(own for own, region in zip(inside, regions, strict=True) if region.styles), rest]
    painted = content[..., :3]
    for number, (area, network, own) in enumerate(zip(areas, networks, towards, strict=True)):
        learnt = Palette(*map(np.array, network.about.palette))
        with at_work(network, device, max(content.shape[:2])) as network:
            source = to_tensor(_seen(content, settings, own, learnt), device)
            tiles = Watched(
                paint(
                    source,
                    network,
                    choose_tile(source.shape[-2], source.shape[-1], network.about.architecture, device),
                )
            )
            for step, steps in tiles:
                yield Progress(
                    f"Painting at {max(content.shape[:2])} px",
                    fraction=(number + step / steps) / len(areas),
                    preview=partial(np.copy, content),
                )
        one = _coloured(to_array(tiles.result), settings, own, learnt if palettes else None)
        part = None if area.mask is None else to_array(area.mask)
        painted = one if part is None else painted + part * (one - content[..., :3])
    return painted


def _seen(content: np.ndarray, settings: Settings, own: Palette | None, learnt: Palette) -> np.ndarray:
    """The picture (H, W, 3) that a network which has `learnt` these colours is to see."""
    if settings.keep_colours == "reverse":
        return match_colours(content, learnt, settings.colour_match, own)[..., :3]
    if settings.keep_colours == "luminance":
        return np.repeat(luminance(content)[..., None], 3, axis=2)
    return content[..., :3]


def _coloured(
    painted: np.ndarray, settings: Settings, towards: Palette | None, own: Palette | None
) -> np.ndarray:
    """A painting in the colours, or the light and dark, `towards`: a network's are its style's, so what an
    optimiser does to the style beforehand is done afterwards. `own` are the colours that it has, if not those
    measured on it.
    """
    if towards is None:
        return painted
    if settings.keep_colours == "match":
        return match_colours(painted, towards, settings.colour_match, own)
    if settings.keep_colours == "luminance":
        return np.repeat(match_luminance(painted, towards, own)[..., None], 3, axis=2)
    return painted


def show(painted: np.ndarray, content: np.ndarray, settings: Settings) -> np.ndarray:
    """A painting (H, W, 3) as the artist is to see it: with the content's chroma where only luminance was
    painted, its alpha, and the content itself as far as `strength` leaves it.
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


def network_of(styles: Styles) -> Network:
    """The network that paints in these styles. Raises PochadeError where there is none: instant painting
    takes one style.
    """
    if len(styles) > 1:
        raise PochadeError(ONE_STYLE)
    ((style, _),) = styles
    if style.network is None:
        raise PochadeError(not_learnt(style.name))
    return load_network(style.network)


@torch.no_grad()
def paint(
    picture: Tensor, network: Network, tile: int | None = None
) -> Generator[tuple[int, int], None, Tensor]:
    """A picture (1, 3, H, W), RGB 0 to 1, as a painting of the same size that may leave 0 to 1 a little.

    Above `tile` px a side it is taken in tiles, which equal the whole: since a network normalises by the
    moments of all positions, they are walked once for each of its layers, from the first to the last. Yields
    what is done and all there is to do, in tiles.
    """
    height, width = picture.shape[-2:]
    if tile is None or max(height, width) <= tile:
        return network(picture)
    filled, reach = network.filled(picture), network.about.architecture.reach()
    tiles = [
        Tile(down, across)
        for down in spans(filled.shape[2], 0, tile, reach)
        for across in spans(filled.shape[3], 0, tile, reach)
    ]
    known: list[Moments] = []
    steps = len(tiles) * (network.layers + 1)
    for layer in range(network.layers):
        count, mean, spread = 0, filled.new_zeros(()), filled.new_zeros(())
        for number, piece in enumerate(tiles, layer * len(tiles) + 1):
            features = _own(network.up_to(piece.cut(filled), known), piece)
            # Chan et al. 1983: sums of squares about each part's own mean lose no digits.
            size, own_mean = features[0, 0].numel(), features.mean((2, 3), keepdim=True)
            off, total = own_mean - mean, count + size
            spread = (
                spread
                + (features - own_mean).square().sum((2, 3), keepdim=True)
                + off.square() * (count * size / total)
            )
            mean, count = mean + off * (size / total), total
            yield number, steps
        known.append((mean, spread / count))
    painted = torch.empty_like(filled)
    for number, piece in enumerate(tiles, network.layers * len(tiles) + 1):
        down, across = (slice(span.start, span.end) for span in (piece.down, piece.across))
        painted[..., down, across] = _own(network.up_to(piece.cut(filled), known), piece)
        yield number, steps
    return painted[..., :height, :width]


def _own(features: Tensor, tile: Tile) -> Tensor:
    """Of the features (1, C, h, w) of what a tile cuts out, those that are its own."""
    sides = []
    for span, length in zip((tile.down, tile.across), features.shape[-2:], strict=True):
        stride = (span.outer_end - span.outer_start) // length
        sides.append(
            slice((span.start - span.outer_start) // stride, (span.end - span.outer_start) // stride)
        )
    return features[..., sides[0], sides[1]]


def estimate_memory(height: int, width: int, architecture: Architecture) -> int:
    """Bytes that painting a picture of this size whole takes at its peak, beyond PyTorch itself."""
    it, position = architecture, 1 / architecture.unshuffle**2
    features = [channels * position / 4**k for k, channels in enumerate(it.down)]
    features += [4 * channels * features[-1] / it.down[-1] * 4**k for k, channels in enumerate(it.up)]
    return int(4 * height * width * (12 + 3 * max(features)))


def choose_tile(height: int, width: int, architecture: Architecture, device: torch.device) -> int | None:
    """The side in px of the tiles to paint a picture in, None to take it whole."""
    whole = estimate_memory(height, width, architecture)
    room = min(WHOLE, available_memory(device)) if device.type == "cpu" else 0.8 * available_memory(device)
    return None if whole <= min(room, memory_limit()) else TILE
