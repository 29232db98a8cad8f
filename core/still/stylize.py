"""One picture, painted in a style. By a network it needs no PyTorch."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..compute.machine import Machine
from ..compute.sizes import sized
from ..encoders.files import COMPACT
from ..instant.apply import stylize_instantly
from ..progress import Painting
from ..settings import Settings
from ..style.content import check_picture
from ..style.regions import Parts, Region
from ..style.styles import Style, Styles


def stylize_image(
    content: np.ndarray,
    style: "Style | Styles",
    settings: Settings,
    device: Machine | str = "auto",
    *,
    regions: Sequence[Region] = (),
    objects: np.ndarray | None = None,
    encoder_file: Path = COMPACT,
) -> Painting:
    """Paint a picture in a style, or several: pairs of a Style and its weight.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side;
    `regions` have styles of their own; `objects`, integer (H, W), is a map as in core.style.objects. The
    generator yields a `Progress` after each evaluation, or part of one, and returns the painting, float32 of
    as many channels and of the size that `settings.resolution` says; alpha is the source's. Close the
    generator to cancel. Raises PochadeError for what an artist can put right.
    """
    styles = ((style, 1.0),) if isinstance(style, Style) else tuple(style)
    settings = sized(settings, content.shape)
    if settings.method == "instant":
        return (yield from stylize_instantly(content, styles, settings, device, regions=regions))
    from ..compute.devices import at_work, compute_on
    from ..encoders.network import load_encoder
    from .paint import paint_picture

    check_picture(content, settings)
    shared = load_encoder(encoder_file)
    side = settings.finish_size or settings.size
    with compute_on(device) as where, at_work(shared, where, side) as encoder:
        painted, _ = yield from paint_picture(content, styles, settings, encoder, Parts(regions, objects))
    return painted
