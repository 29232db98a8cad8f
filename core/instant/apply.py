"""Pictures painted by a network, in one pass."""

from collections.abc import Generator
from functools import partial

import numpy as np
import torch
from torch import Tensor

from ..colour import Palette, match_colours, match_luminance, palette, prepare, restore
from ..objective import Tile, spans
from ..progress import Progress
from ..settings import Settings
from ..stylize import Painting, at_work, check_picture
from ..tensors import TILE, WHOLE, available_memory, choose_device, fit, resize, to_array, to_tensor
from .architecture import Architecture
from .network import Moments, Network


def stylize_instantly(content: np.ndarray, network: Network, settings: Settings, device: str = "auto") -> Painting:
    """Paint a picture in the style of a network.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side. Of the settings count the
    sizes, `strength` and those of colour; strokes have the size at which the network learnt them. The generator yields a `Progress`
    for each piece, or for all, and returns the painting, float32 of the same shape and channels with the longer side `settings.size`,
    or `settings.finish_size`; alpha is the source's. Close the generator to cancel. Raises PochadeError for what an artist can put
    right.
    """
    check_picture(content, settings)
    where, side = choose_device(device), settings.finish_size or settings.size
    height, width = fit(*content.shape[:2], side)
    original = to_array(resize(to_tensor(content, where), height, width))
    if settings.strength == 0:
        return original
    with at_work(network, where, side):
        source = to_tensor(in_style_colours(original, network, settings), where)[:, :3]
        painting = paint(source, network, choose_tile(height, width, network.about.architecture, where))
        while True:
            try:
                step, steps = next(painting)
            except StopIteration as end:
                painted = show(to_array(end.value), original, settings)
                break
            yield Progress(step, steps, step / steps, 0.0, f"Painting at {side} px", lambda: original)
        yield Progress(1, 1, 1.0, 0.0, f"Painting at {side} px", partial(np.copy, painted))
    return painted


@torch.no_grad()
def paint(picture: Tensor, network: Network, tile: int | None = None) -> Generator[tuple[int, int], None, Tensor]:
    """A picture (1, 3, H, W), RGB 0 to 1, as a painting of the same size that may leave 0 to 1 a little.

    Above `tile` px a side it is taken in tiles, which equal the whole: since a network normalises by the moments of all positions,
    they are walked once for each of its layers, from the first to the last. Yields what is done and all there is to do, in tiles.
    """
    height, width = picture.shape[-2:]
    if tile is None or max(height, width) <= tile:
        return network(picture)
    filled, reach = network.filled(picture), network.about.architecture.reach()
    tiles = [Tile(down, across) for down in spans(filled.shape[2], 0, tile, reach) for across in spans(filled.shape[3], 0, tile, reach)]
    known: list[Moments] = []
    steps = len(tiles) * (network.layers + 1)
    for layer in range(network.layers):
        count = mean = spread = 0.0
        for number, piece in enumerate(tiles, layer * len(tiles) + 1):
            features = _own(network.up_to(piece.cut(filled), known), piece)
            # Chan et al. 1983: sums of squares about each part's own mean lose no digits.
            size, own_mean = features[0, 0].numel(), features.mean((2, 3), keepdim=True)
            off, total = own_mean - mean, count + size
            spread = spread + (features - own_mean).square().sum((2, 3), keepdim=True) + off.square() * (count * size / total)
            mean, count = mean + off * (size / total), total
            yield number, steps
        known.append((mean, spread / count))
    painted = torch.empty_like(filled)
    for number, piece in enumerate(tiles, network.layers * len(tiles) + 1):
        place = (slice(span.start, span.end) for span in (piece.down, piece.across))
        painted[(..., *place)] = _own(network.up_to(piece.cut(filled), known), piece)
        yield number, steps
    return painted[..., :height, :width]


def _own(features: Tensor, tile: Tile) -> Tensor:
    """Of the features (1, C, h, w) of what a tile cuts out, those that are its own."""
    sides = []
    for span, length in zip((tile.down, tile.across), features.shape[-2:], strict=True):
        stride = (span.outer_end - span.outer_start) // length
        sides.append(slice((span.start - span.outer_start) // stride, (span.end - span.outer_start) // stride))
    return features[(..., *sides)]


def estimate_memory(height: int, width: int, architecture: Architecture) -> int:
    """Bytes that painting a picture of this size whole takes at its peak, beyond PyTorch itself."""
    it, position = architecture, 1 / architecture.unshuffle ** 2
    features = [channels * position / 4 ** k for k, channels in enumerate(it.down)]
    features += [4 * channels * features[-1] / it.down[-1] * 4 ** k for k, channels in enumerate(it.up)]
    return int(4 * height * width * (12 + 3 * max(features)))


def choose_tile(height: int, width: int, architecture: Architecture, device: torch.device) -> int | None:
    """The side in px of the tiles to paint a picture in, None to take it whole."""
    whole = estimate_memory(height, width, architecture)
    room = min(WHOLE, available_memory(device)) if device.type == "cpu" else 0.8 * available_memory(device)
    return None if whole <= room else TILE


def in_style_colours(content: np.ndarray, network: Network, settings: Settings) -> np.ndarray:
    """The picture that the network is to see, as `settings.keep_colours` wants it; `show` comes after."""
    if settings.keep_colours == "reverse":
        return match_colours(content, Palette(*map(np.array, network.about.palette)), settings.colour_match)
    return prepare(content, (), settings)[0]


def show(painted: np.ndarray, content: np.ndarray, settings: Settings) -> np.ndarray:
    """A painting (H, W, 3) as the artist is to see it: the colours, alpha and, as far as `strength` leaves it, the content itself.

    A network's colours are its style's: what an optimiser does to the style beforehand is done to the painting.
    """
    if settings.keep_colours == "match":
        painted = match_colours(painted, palette(content), settings.colour_match)
    elif settings.keep_colours == "luminance":
        painted = restore(np.repeat(match_luminance(painted, palette(content))[..., None], 3, axis=2), content, settings)
    blended = content[..., :3] + np.float32(settings.strength) * (painted - content[..., :3])
    return np.concatenate([blended.clip(0, 1), content[..., 3:]], axis=2)
