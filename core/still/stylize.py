"""One picture painted by optimisation, after Gatys et al. 2016, from coarse to fine."""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ..compute.devices import at_work, compute_on
from ..compute.machine import Machine
from ..compute.tensors import fit, resize, to_array, to_tensor
from ..encoders.files import COMPACT
from ..encoders.network import MARGIN, Encoder, load_encoder
from ..errors import PochadeError
from ..instant.apply import stylize_instantly
from ..progress import Painting, Progress
from ..settings import Settings
from ..style.colour import ColourStatistics, prepare, restore
from ..style.content import check_picture
from ..style.regions import Area, Region, divide
from ..style.styles import Style, Styles
from .initial import close_seams, first_picture, paint_first
from .memory import choose_tile
from .minimise import minimise
from .objective import Objective
from .pyramid import WRAPS

PERIOD = 32  # px; a multiple of it has whole numbers of the deepest features, at half size too
# Times the disoccluded pixels' share of a frame: what they weigh in the style loss as an area of their own.
DISOCCLUSION_WEIGHT = 2.0
LEAST_DISOCCLUDED = 0.001  # of a picture; fewer pixels have no statistics to speak of
FINISHING = 0.3  # evaluations of a finishing size, as a share of Steps


def stylize_image(
    content: np.ndarray,
    style: "Style | Styles",
    settings: Settings,
    device: Machine | str = "auto",
    *,
    regions: Sequence[Region] = (),
    encoder_file: Path = COMPACT,
) -> Painting:
    """Paint a picture in a style, or several: pairs of a Style and its weight.

    `content` is float32 (H, W, 3 or 4), display-referred sRGB 0 to 1, top row first, from 64 px a side;
    `regions` have styles of their own. The generator yields a `Progress` after each evaluation, or part of
    one, and returns the painting, float32 of the same shape and channels with the longer side
    `settings.size`, or `settings.finish_size`; alpha is the source's. Close the generator to cancel. Raises
    PochadeError for what an artist can put right.
    """
    styles = ((style, 1.0),) if isinstance(style, Style) else tuple(style)
    if settings.method == "instant":
        return (yield from stylize_instantly(content, styles, settings, device, regions=regions))
    check_picture(content, settings)
    shared = load_encoder(encoder_file)
    with compute_on(device) as where, at_work(shared, where, settings.size) as encoder:
        painted, _ = yield from paint_picture(content, styles, settings, encoder, regions)
    return painted


def paint_picture(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    encoder: Encoder,
    regions: Sequence[Region] = (),
    colours: Sequence[ColourStatistics] | None = None,
    start: "FrameConstraint | None" = None,
) -> Generator[Progress, None, tuple[np.ndarray, Tensor]]:
    """`stylize_image` on the device where the encoder is.

    Returns the painting, and what was optimised as a tensor (1, 3, h, w): without the source's chroma, alpha
    and untouched regions. `colours` are as in `prepare`, and `start` as in `paint`.
    """
    shape, device = (content.shape[0], content.shape[1]), encoder.mean.device
    original = resize(to_tensor(content, device), *fit(*shape, settings.finish_size or settings.size))
    if settings.strength == 0:
        return to_array(original), original[:, :3]
    tile = choose_tile(*shape, settings, encoder, device)
    first = None
    if start is None and settings.start == "instant":
        first = yield from paint_first(content, styles, settings, device, regions, colours)
    content, styles, regions = prepare(content, styles, settings, regions, colours)
    areas, painted_part = divide(tuple(styles), regions, device)
    original = to_array(original)

    def show(painted: Tensor) -> np.ndarray:
        height, width = original.shape[:2]
        picture = np.concatenate(
            [to_array(resize(painted.detach(), height, width)), original[..., 3:]], axis=2
        )
        picture = restore(picture, original, settings)
        if painted_part is None:
            return picture
        part = to_array(resize(painted_part, height, width))
        return np.where(part == 0, original, original + part * (picture - original))

    canvas = Canvas(show, painted_part, tile)
    source = to_tensor(content, device)[:, :3]
    painted = yield from paint(source, areas, settings, encoder, canvas, start, first)
    return show(painted), painted


@dataclass(frozen=True)
class FrameConstraint:
    """What a later frame of a sequence starts from and is held to, all at the painting's finished size.

    It starts from `picture` (1, 3, h, w); the temporal loss holds it near `target` (1, 3, h, w) with `weight`
    (1, 1, h, w), 0 or more. The `disoccluded` mask (1, 1, h, w), 0 to 1, gets a style loss of its own: in
    that of the whole picture a small new part would hardly count. At most `steps` evaluations follow at each
    size, fewer where one changes the loss by less than the share `early_stop`. With `long_range` no reference
    frame was adjacent and much is disoccluded: the smaller sizes get Settings.steps.
    """

    picture: Tensor
    target: Tensor
    weight: Tensor
    disoccluded: Tensor
    steps: int
    early_stop: float
    long_range: bool = False


@dataclass(frozen=True)
class Canvas:
    """What is painted on.

    `show` turns a picture (1, 3, h, w) of any size into the array (H, W, 3 or 4) that the artist is to see.
    Where `painted_part` (1, 1, H, W) is 0 the source stays; None paints everywhere. A picture with a side
    above `tile` px is taken in tiles; None takes it whole.
    """

    show: Callable[[Tensor], np.ndarray]
    painted_part: Tensor | None = None
    tile: int | None = None


def paint(
    source: Tensor,
    areas: list[Area],
    settings: Settings,
    encoder: Encoder,
    canvas: Canvas,
    start: FrameConstraint | None = None,
    first: Tensor | None = None,
) -> Generator[Progress, None, Tensor]:
    """Paint `source` (1, 3, H, W) by optimisation; returns the picture (1, 3, h, w) at the finished size.

    With `start` it is not painted anew from coarse to fine. Without, `first` (1, 3, h, w), of any size, is
    what it begins with, if not what `settings.start` names. Raises PochadeError where the loss diverges.
    """
    shape, wrap = (source.shape[-2], source.shape[-1]), WRAPS[settings.seamless]
    levels, sizes = _levels(shape, settings, start)
    work = [math.prod(size) * level.steps for size, level in zip(sizes, levels, strict=True)]
    generator = torch.Generator().manual_seed(settings.seed)
    source = close_seams(source, wrap)
    if start is not None:
        areas = [*areas, *_disoccluded_areas(areas, start, shape)]
    picture: Tensor | None = None
    coarser: Tensor | None = None  # the start at the size before
    step, done = 0, 0
    field = None

    for level, size, cost in zip(levels, sizes, work, strict=True):
        content = resize(source, *size, wrap)  # (1, 3, h, w)
        if start is not None:
            # What the coarser size changed goes on top of the full detail that the start has here.
            here = resize(start.picture, *size, wrap)
            if picture is None or coarser is None:
                picture = here
            else:
                picture = here + resize(picture - coarser, *size, wrap, None)
            coarser = here
        elif picture is None:
            begun = content if first is None else resize(first, *size, wrap)
            picture = first_picture(begun, areas, settings, generator)
        else:
            picture = resize(picture, *size, wrap)
        part = None if canvas.painted_part is None else resize(canvas.painted_part, *size)
        if part is not None:
            picture = torch.lerp(content, picture, part)
        # Of a later frame, the next smaller size is a level of its own.
        compared = 1 if start is not None and level is not levels[-1] else settings.compared_sizes
        objective = Objective(
            picture if level.finishes else content,
            areas,
            level.side,
            replace(settings, compared_sizes=compared),
            encoder,
            canvas.tile,
        )
        if start is not None:
            target = resize(start.target, *size, wrap)
            objective.add_temporal_loss(target, resize(start.weight, *size, wrap, (0, math.inf)))
        number = 0
        early_stop = start.early_stop if start else 0.0
        for current, loss in minimise(objective, picture, level.steps, settings, part, early_stop, field):
            picture, ended = current, loss is not None
            if loss is not None and not math.isfinite(loss):
                raise PochadeError(
                    "The painting ran out of bounds; lower Content Weight, Smoothness or Learning Rate"
                )
            number += ended
            yield Progress(
                f"Painting at {level.side} px",
                fraction=min((done + cost * number / level.steps) / sum(work), 1.0),
                step=step + number,
                steps=sum(level.steps for level in levels),
                loss=loss,
                preview=partial(canvas.show, picture),
            )
        step, done, field = step + level.steps, done + cost, objective.field
    return cast(Tensor, picture)


def _disoccluded_areas(areas: list[Area], start: FrameConstraint, shape: tuple[int, int]) -> list[Area]:
    """The disoccluded part of each area, as areas of their own; none where it is too small."""
    share = start.disoccluded.mean().item()
    if share <= LEAST_DISOCCLUDED:
        return []
    part, weight = resize(start.disoccluded, *shape), DISOCCLUSION_WEIGHT * share
    return [Area(part if area.mask is None else part * area.mask, area.styles, weight) for area in areas]


def _levels(
    shape: tuple[int, int], settings: Settings, start: FrameConstraint | None
) -> "tuple[list[Level], list[tuple[int, int]]]":
    """The levels at which a picture of `shape` (H, W) is painted, and their heights and widths in px."""
    aspect = max(shape) / min(shape)
    levels = (
        schedule(settings, aspect)
        if start is None
        else later_schedule(settings, aspect, start.steps, start.long_range)
    )
    sizes = [fit(*shape, level.side) for level in levels]
    # What wraps must hold the deepest features a whole number of times; the last size is the one that was
    # asked for.
    wrap = WRAPS[settings.seamless]
    sizes[:-1] = [
        (
            max(round(height / PERIOD), 1) * PERIOD if wrap[0] else height,
            max(round(width / PERIOD), 1) * PERIOD if wrap[1] else width,
        )
        for height, width in sizes[:-1]
    ]
    return levels, sizes


@dataclass(frozen=True)
class Level:
    """One size at which the picture is painted: its longer side in px, and the evaluations.

    One that `finishes` enlarges the strokes that are there already: its content is the painting itself.
    """

    side: int
    steps: int
    finishes: bool = False


def schedule(settings: Settings, aspect: float) -> list[Level]:
    """The sizes that are painted one after the other, from coarse to fine.

    `aspect` is the longer side over the shorter one, which stays above the encoder's least.
    """
    # An instant painting's large shapes would be lost at a smaller size.
    least = settings.size // 2 if settings.start == "instant" else 0
    coarse = min(max(settings.coarse_size, math.ceil(MARGIN * aspect), least), settings.size)
    count = max(round(math.log2(settings.size / coarse)), 0)
    sides = [round(coarse * (settings.size / coarse) ** (k / count)) for k in range(count)] + [settings.size]
    levels = [Level(side, settings.steps) for side in sides]
    if settings.finish_size and settings.finish_size != settings.size:
        count = max(math.ceil(math.log2(settings.finish_size / settings.size)), 1)
        ratio = (settings.finish_size / settings.size) ** (1 / count)
        steps = max(round(settings.steps * FINISHING), 1)
        levels += [Level(round(settings.size * ratio**k), steps, True) for k in range(1, count + 1)]
    return levels


def later_schedule(settings: Settings, aspect: float, steps: int, long_range: bool = False) -> list[Level]:
    """The sizes at which a later frame of a sequence is painted: a quarter, a half, and the finished one.

    The small ones are for disoccluded parts; the rest has the strokes of the finished size already. With
    `long_range` large parts are disoccluded, and the small sizes get as many evaluations as a first frame's.
    """
    side = settings.finish_size or settings.size
    return [
        Level(side >> k, settings.steps if long_range and k else steps)
        for k in (2, 1, 0)
        if not k or side >> k >= MARGIN * aspect
    ]
