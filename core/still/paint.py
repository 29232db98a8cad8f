"""A picture painted by optimisation, after Gatys et al. 2016, from coarse to fine."""

import math
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import cast

import numpy as np
import torch
from torch import Tensor

from ..compute.sizes import fit
from ..compute.tensors import resize, to_array, to_tensor
from ..encoders.network import Encoder
from ..progress import Progress
from ..settings import Settings
from ..style.areas import Area, divide
from ..style.colour import ColourStatistics, prepare, restore, takes_palette
from ..style.objects import even_out
from ..style.palettes import chroma_range, styles_in_palette
from ..style.regions import WHOLE, Parts
from ..style.styles import Styles
from ..words import Sentence
from .initial import close_seams, first_picture, paint_first
from .memory import choose_tile
from .minimise import minimise
from .objective import Objective
from .pyramid import WRAPS
from .schedule import later_schedule, level_sizes, schedule

# Times the disoccluded pixels' share of a frame: what they weigh in the style loss as an area of their own.
# Where a thing has passed, each strip would have all that the style has, in little room, and the path it took
# stays darker and busier than what is around it: so with 2. With none the path is flat.
DISOCCLUSION_WEIGHT = 0.25
# The share of what a later frame's smaller sizes change that counts where it is held. With all of it frames
# differ twice as much; with none the painting hardly follows a strength that is animated.
HELD_CHANGE = 0.25
LEAST_DISOCCLUDED = 0.001  # of a picture; fewer pixels have no statistics to speak of


def paint_picture(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    encoder: Encoder,
    parts: Parts = WHOLE,
    colours: Sequence[ColourStatistics] | None = None,
    start: "FrameConstraint | None" = None,
) -> Generator[Progress, None, tuple[np.ndarray, Tensor]]:
    """`stylize_image` on the device where the encoder is, with settings that are `sized`.

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
        first = yield from paint_first(content, styles, settings, device, parts.regions, colours)
    styles, regions = styles_in_palette(styles, parts.regions, settings)
    content, styles, regions = prepare(content, styles, settings, regions, colours)
    areas, painted_part = divide(tuple(styles), regions, device)
    held = _held_in_range([] if parts.keyed else areas, settings)
    original = to_array(original)

    def show(painted: Tensor) -> np.ndarray:
        height, width = original.shape[:2]
        picture = np.concatenate(
            [to_array(resize(painted.detach(), height, width)), original[..., 3:]], axis=2
        )
        picture = restore(held(picture), original, settings)
        if painted_part is None:
            return picture
        part = to_array(resize(painted_part, height, width))
        return np.where(part == 0, original, original + part * (picture - original))

    objects = None
    if parts.objects is not None and settings.loss == "neighbours":
        objects = torch.from_numpy(parts.objects).to(device)
    ids = None if parts.ids is None else torch.from_numpy(parts.ids).to(device)
    canvas = Canvas(show, painted_part, tile, objects, ids)
    source = to_tensor(content, device)[:, :3]
    if objects is not None:
        source = source.lerp(even_out(source, objects), settings.strength)
    painted = yield from paint(source, areas, settings, encoder, canvas, start, first)
    return show(painted), painted


def _held_in_range(areas: list[Area], settings: Settings) -> Callable[[np.ndarray], np.ndarray]:
    """What holds a painting (H, W, 3 or 4) in its styles' chroma, where it is to have their colours."""
    if not takes_palette(settings) and settings.keep_colours != "reverse":
        return lambda picture: picture
    ranges = [chroma_range(area.styles) for area in areas]

    def held(picture: np.ndarray) -> np.ndarray:
        result = picture
        for area, chroma in zip(areas, ranges, strict=True):
            share = np.float32(settings.strength)
            if area.mask is not None:
                share = share * to_array(resize(area.mask, picture.shape[0], picture.shape[1]))
            result = result + share * (chroma.hold(picture) - picture)
        return result

    return held


@dataclass(frozen=True)
class FrameConstraint:
    """What a later frame of a sequence starts from and is held to, all at the painting's finished size.

    It starts from `picture` (1, 3, h, w); the temporal loss holds it near `target` (1, 3, h, w) with `weight`
    (1, 1, h, w), 0 or more. The `disoccluded` mask (1, 1, h, w), 0 to 1, gets a style loss of its own: in
    that of the whole picture a small new part would hardly count. What no reference frame shows, `anew`
    (1, 1, h, w), 0 to 1, is painted from coarse to fine. At most `steps` evaluations follow at the finished
    size, fewer where one changes the loss by less than the share `early_stop`. With `long_range` no reference
    frame was adjacent and much is disoccluded: the smaller sizes get Settings.steps.
    """

    picture: Tensor
    target: Tensor
    weight: Tensor
    disoccluded: Tensor
    anew: Tensor
    steps: int
    early_stop: float
    long_range: bool = False


@dataclass(frozen=True)
class Canvas:
    """What is painted on.

    `show` turns a picture (1, 3, h, w) of any size into the array (H, W, 3 or 4) that the artist is to see.
    Where `painted_part` (1, 1, H, W) is 0 the source stays; None paints everywhere. A picture with a side
    above `tile` px is taken in tiles; None takes it whole. `objects` (H, W) is a map as in
    core.style.objects, and `ids` (H, W) are those of core.style.regions.Parts.
    """

    show: Callable[[Tensor], np.ndarray]
    painted_part: Tensor | None = None
    tile: int | None = None
    objects: Tensor | None = None
    ids: Tensor | None = None


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
    aspect = max(shape) / min(shape)
    if start is None:
        levels = schedule(settings, aspect)
    else:
        levels = later_schedule(settings, aspect, start.steps, start.long_range)
        areas = [*areas, *_disoccluded_areas(areas, start, shape)]
    sizes = level_sizes(levels, shape, wrap)
    work = [math.prod(size) * level.steps for size, level in zip(sizes, levels, strict=True)]
    generator = torch.Generator().manual_seed(settings.seed)
    source = close_seams(source, wrap)
    picture: Tensor | None = None
    field = None  # the nearest neighbours at the size before
    step, done = 0, 0

    for level, size, cost in zip(levels, sizes, work, strict=True):
        content = resize(source, *size, wrap)  # (1, 3, h, w)
        picture = _initial_picture(content, picture, first, start, areas, settings, generator)
        part = None if canvas.painted_part is None else resize(canvas.painted_part, *size)
        if part is not None:
            picture = torch.lerp(content, picture, part)
        compared = settings
        if start is not None and level is not levels[-1]:
            compared = replace(settings, compared_sizes=1)  # the next smaller size is a level of its own
        objective = Objective(content, areas, level.side, compared, encoder, canvas.tile)
        if canvas.objects is not None:
            objective.set_objects(canvas.objects)
        if canvas.ids is not None and settings.loss == "neighbours":
            objective.set_ids(canvas.ids)
        if start is not None:
            target = resize(start.target, *size, wrap)
            objective.add_temporal_loss(target, resize(start.weight, *size, wrap, (0, math.inf)))
        number, early_stop = 0, start.early_stop if start else 0.0
        for current, loss in minimise(objective, picture, level.steps, settings, part, early_stop, field):
            picture, ended = current, loss is not None
            number += ended
            yield Progress(
                Sentence("Painting at {side} px", side=level.side),
                fraction=min((done + cost * number / level.steps) / sum(work), 1.0),
                step=step + number,
                steps=sum(level.steps for level in levels),
                loss=loss,
                preview=partial(canvas.show, picture),
            )
        step, done, field = step + level.steps, done + cost, objective.field
    return cast(Tensor, picture)


def _initial_picture(
    content: Tensor,
    coarser: Tensor | None,
    first: Tensor | None,
    start: FrameConstraint | None,
    areas: list[Area],
    settings: Settings,
    generator: torch.Generator,
) -> Tensor:
    """The picture (1, 3, h, w) that a level with this `content` (1, 3, h, w) starts from.

    `coarser` (1, 3, h', w') is what the level before painted, None at the first.
    """
    (height, width), wrap = content.shape[-2:], WRAPS[settings.seamless]
    if start is not None:
        picture = resize(start.picture, height, width, wrap)
        if coarser is None:
            return picture
        # What the coarser level changed goes on top of the full detail that the start has here. Of what is
        # painted anew the source's own detail goes: too few evaluations follow to paint it.
        change = coarser - resize(start.picture, coarser.shape[-2], coarser.shape[-1], wrap)
        disoccluded, anew = (resize(mask, height, width, wrap) for mask in (start.disoccluded, start.anew))
        share = HELD_CHANGE + (1 - HELD_CHANGE) * disoccluded
        held = picture + share * resize(change, height, width, wrap, None)
        return torch.lerp(held, resize(coarser, height, width, wrap), anew)
    if coarser is not None:
        return resize(coarser, height, width, wrap)
    begun = content if first is None else resize(first, height, width, wrap)
    return first_picture(begun, areas, settings, generator)


def _disoccluded_areas(areas: list[Area], start: FrameConstraint, shape: tuple[int, int]) -> list[Area]:
    """The disoccluded part of each area, as areas of their own; none where it is too small."""
    share = start.disoccluded.mean().item()
    if share <= LEAST_DISOCCLUDED:
        return []
    part, weight = resize(start.disoccluded, *shape), DISOCCLUSION_WEIGHT * share
    return [Area(part if area.mask is None else part * area.mask, area.styles, weight) for area in areas]
