"""The pictures that a painting starts from."""

from collections.abc import Generator, Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from ..compute.sizes import MARGIN, fit
from ..compute.tensors import resize, to_array, to_tensor
from ..errors import PochadeError
from ..instant.apply import network_file, paint_areas
from ..instant.by_torch import ByTorch
from ..instant.files import OTHER_START, not_trained, read_about
from ..progress import Progress, Watched
from ..settings import Settings
from ..style.areas import Area
from ..style.colour import ColourStatistics
from ..style.regions import Region
from ..style.styles import Styles

GRAIN = 0.03  # standard deviation, of the range from black to white
SEAM = 0.125  # of a side: how far from an edge a source is changed so that it meets the other edge


def first_picture(
    content: Tensor, areas: list[Area], settings: Settings, generator: torch.Generator
) -> Tensor:
    """The picture (1, 3, h, w) that painting starts from, by `settings.start`.

    It is `content`, which is the source or its instant painting; or white noise; or the style's picture
    stretched over it. Content gets a little noise: where it is flat every pixel has the same gradient, and no
    stroke could begin.
    """
    if settings.start == "noise":
        return torch.rand(content.shape, generator=generator).to(content.device)
    if settings.start == "style":
        picture = torch.zeros_like(content)
        for area in areas:
            style = max(area.styles, key=lambda pair: pair[1])[0]
            stretched = resize(to_tensor(style.picture, content.device), *content.shape[-2:])
            picture += stretched if area.mask is None else stretched * resize(area.mask, *content.shape[-2:])
        return picture
    grain = torch.randn(content.shape, generator=generator).to(content.device)
    return content + GRAIN * settings.strength * grain


def close_seams(source: Tensor, wrap: tuple[bool, bool]) -> Tensor:
    """The source (1, 3, H, W) with edges that meet where the picture wraps, down and across.

    Near them it fades into its own mirror image. A source whose edges meet, a panorama say, stays as it is.
    """
    for dim, wraps in zip((2, 3), wrap, strict=True):
        step = source.diff(dim=dim).abs().mean()
        seam = (source.narrow(dim, 0, 1) - source.narrow(dim, -1, 1)).abs().mean()
        if not wraps or seam <= 2 * step:
            continue
        length = source.shape[dim]
        distance = torch.arange(length, device=source.device)
        distance = (torch.minimum(distance, length - 1 - distance) / (SEAM * length)).clamp(max=1)
        keep = 0.5 + 0.5 * (3 - 2 * distance) * distance**2  # smoothstep, from a half at the edge
        keep = keep[:, None] if dim == 2 else keep  # (H, 1) or (W,)
        source = source * keep + source.flip(dim) * (1 - keep)
    return source


def paint_first(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    device: torch.device,
    regions: Sequence[Region],
    colours: Sequence[ColourStatistics] | None,
) -> Generator[Progress, None, Tensor]:
    """The picture as networks paint it, (1, 3, h, w), to begin with: each area in the heaviest of its styles.

    A network's strokes have their size in pixels, an optimiser's as a share of the picture: it is painted at
    the size where both agree.
    """
    styles = heaviest(styles)
    regions = [replace(region, styles=tuple(heaviest(region.styles))) for region in regions]
    for style, _ in (*styles, *(pair for region in regions for pair in region.styles)):
        if style.network is None:
            raise PochadeError(not_trained(style.name, OTHER_START))
    side = round(read_about(network_file(styles)).stroke_side / settings.style_scale)
    small = to_array(
        resize(
            to_tensor(content, device),
            *fit(content.shape[0], content.shape[1], min(max(side, MARGIN), settings.size)),
        )
    )
    painting = Watched(paint_areas(small, styles, settings, ByTorch(device), regions, colours))
    for progress in painting:
        yield replace(progress, step=0, fraction=0.0)
    return to_tensor(
        small[..., :3] + np.float32(settings.strength) * (painting.result - small[..., :3]), device
    )


def heaviest(styles: Styles) -> Styles:
    """The one with the largest weight alone; none of none."""
    return (max(styles, key=lambda pair: pair[1]),) if styles else ()
