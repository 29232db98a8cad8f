"""One picture painted by optimisation, after Gatys et al. 2016, from coarse to fine."""

import math
from collections.abc import Callable, Generator, Iterator, Sequence
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
from ..instant.apply import network_of, paint_areas, stylize_instantly
from ..instant.files import OTHER_START, not_learnt
from ..progress import Painting, Progress, Watched
from ..settings import Settings
from ..style.colour import Palette, prepare, restore
from ..style.content import check_picture
from ..style.regions import Area, Region, divide
from ..style.styles import Style, Styles
from .lbfgs import LBFGS
from .memory import choose_tile
from .objective import WRAPS, Objective

GRAIN = 0.03  # standard deviation, of the range from black to white
SEAM = 0.125  # of a side: how far from an edge a source is changed so that it meets the other edge
PERIOD = 32  # px; a multiple of it has whole numbers of the deepest features, at half size too
# how much of a sequence's frame counts what is new in it, beside its share of the picture: it has to catch up
YOUNG = 2.0
LEAST_YOUNG = 0.001  # of a picture; less of it has no statistics to speak of
# times: a loss that rises by more in one of L-BFGS's steps says that it leapt; a little less often goes
# before a fall
WORSE = 1.25
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
        painted, _ = yield from paint_picture(content, styles, settings, encoder, where, regions)
    return painted


def paint_picture(  # noqa: PLR0913
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    encoder: Encoder,
    device: torch.device,
    regions: Sequence[Region] = (),
    palettes: Sequence[Palette] | None = None,
    start: "FrameConstraint | None" = None,
) -> Generator[Progress, None, tuple[np.ndarray, Tensor]]:
    """`stylize_image` with an encoder that is on the device. Returns the painting and, as a tensor (1, 3, h,
    w), what was optimised: before the source's chroma, alpha and untouched regions came back.

    `palettes` are as in `prepare`, and `start` as in `paint`.
    """
    shape = content.shape[0], content.shape[1]
    original = resize(to_tensor(content, device), *fit(*shape, settings.finish_size or settings.size))
    if settings.strength == 0:
        return to_array(original), original[:, :3]
    tile = choose_tile(*shape, settings, encoder, device)
    first = None
    if start is None and settings.start == "instant":
        first = yield from _paint_first(content, styles, settings, device, regions, palettes)
    content, styles, regions = prepare(content, styles, settings, regions, palettes)
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

    painted = yield from paint(
        to_tensor(content, device)[:, :3], areas, settings, encoder, show, painted_part, tile, start, first
    )
    return show(painted), painted


def _paint_first(
    content: np.ndarray,
    styles: Styles,
    settings: Settings,
    device: torch.device,
    regions: Sequence[Region],
    palettes: Sequence[Palette] | None,
) -> Generator[Progress, None, Tensor]:
    """The picture as networks paint it, (1, 3, h, w), to begin with: each area in the heaviest of its styles.

    A network's strokes have their size in pixels, an optimiser's as a share of the picture: it is painted at
    the size where both agree.
    """
    styles, regions = (
        heaviest(styles),
        [replace(region, styles=tuple(heaviest(region.styles))) for region in regions],
    )
    for style, _ in (*styles, *(pair for region in regions for pair in region.styles)):
        if style.network is None:
            raise PochadeError(not_learnt(style.name, OTHER_START))
    side = round(network_of(styles).about.stroke_side / settings.style_scale)
    small = to_array(
        resize(
            to_tensor(content, device),
            *fit(content.shape[0], content.shape[1], min(max(side, MARGIN), settings.size)),
        )
    )
    painting = Watched(paint_areas(small, styles, settings, device, regions, palettes))
    for progress in painting:
        yield replace(progress, step=0, fraction=0.0)
    return to_tensor(
        small[..., :3] + np.float32(settings.strength) * (painting.result - small[..., :3]), device
    )


def heaviest(styles: Styles) -> Styles:
    """The one with the largest weight alone; none of none."""
    return (max(styles, key=lambda pair: pair[1]),) if styles else ()


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


def paint(  # noqa: PLR0913
    source: Tensor,
    areas: list[Area],
    settings: Settings,
    encoder: Encoder,
    show: Callable[[Tensor], np.ndarray],
    painted_part: Tensor | None = None,
    tile: int | None = None,
    start: FrameConstraint | None = None,
    first: Tensor | None = None,
) -> Generator[Progress, None, Tensor]:
    """The optimisation itself, of `source` (1, 3, H, W) at its own size; returns the picture (1, 3, h, w) at
    the finished one.

    `show` makes of a picture what the artist is to see. Where `painted_part` (1, 1, H, W) is 0 the source
    stays. Above `tile` px a side the picture is taken in tiles. With `start` it is not painted anew from
    coarse to fine; `first` (1, 3, h, w), of any size, is what it begins with, if not what `settings.start`
    names.
    """
    shape, wrap = (source.shape[-2], source.shape[-1]), WRAPS[settings.seamless]
    aspect = max(shape) / min(shape)
    levels = (
        schedule(settings, aspect)
        if start is None
        else later_schedule(settings, aspect, start.steps, start.long_range)
    )
    sizes = [fit(*shape, level.side) for level in levels]
    # What wraps must hold the deepest features a whole number of times; the last size is the one that was
    # asked for.
    sizes[:-1] = [
        (
            max(round(height / PERIOD), 1) * PERIOD if wrap[0] else height,
            max(round(width / PERIOD), 1) * PERIOD if wrap[1] else width,
        )
        for height, width in sizes[:-1]
    ]
    work = [math.prod(size) * level.steps for size, level in zip(sizes, levels, strict=True)]
    generator = torch.Generator().manual_seed(settings.seed)
    source = close_seams(source, wrap)
    if start is not None and (share := start.disoccluded.mean().item()) > LEAST_YOUNG:
        young = resize(start.disoccluded, *shape)
        areas = [
            *areas,
            *(
                Area(young if area.mask is None else young * area.mask, area.styles, YOUNG * share)
                for area in areas
            ),
        ]
    picture, begun, step, done = None, None, 0, 0

    for level, size, cost in zip(levels, sizes, work, strict=True):
        content = resize(source, *size, wrap)
        if start is not None:
            # What the coarser size changed goes on top of the full detail that the start has here.
            here = resize(start.picture, *size, wrap)
            picture = (
                here
                if picture is None or begun is None
                else here + resize(picture - begun, *size, wrap, None)
            )
            begun = here
        else:
            if picture is None:
                picture = first_picture(
                    content if first is None else resize(first, *size, wrap), areas, settings, generator
                )
            else:
                picture = resize(picture, *size, wrap)
        part = None if painted_part is None else resize(painted_part, *size)
        if part is not None:
            picture = torch.lerp(content, picture, part)
        compared = (
            1 if start is not None and level is not levels[-1] else settings.compared_sizes
        )  # the smaller size is a level itself
        objective = Objective(
            picture if level.finishes else content,
            areas,
            level.side,
            replace(settings, compared_sizes=compared),
            encoder,
            tile,
        )
        if start is not None:
            objective.hold(
                resize(start.target, *size, wrap), resize(start.weight, *size, wrap, (0, math.inf))
            )
        number = 0
        early_stop = start.early_stop if start else 0.0
        for current, loss in minimise(objective, picture, level.steps, settings, part, early_stop):
            picture, ended = current, loss is not None
            if loss is not None and not math.isfinite(loss):
                raise PochadeError(
                    "The painting ran out of bounds; lower Content Weight, Smoothness or Learning Rate"
                )
            number += ended
            fraction = min((done + cost * number / level.steps) / sum(work), 1.0)
            yield Progress(
                f"Painting at {level.side} px",
                fraction=fraction,
                step=step + number,
                steps=sum(level.steps for level in levels),
                loss=loss,
                preview=partial(show, picture),
            )
        step, done = step + level.steps, done + cost
    return cast(Tensor, picture)


@dataclass(frozen=True)
class Level:
    """One size at which the picture is painted: its longer side in px, the evaluations, and whether it only
    draws out the strokes.
    """

    side: int
    steps: int
    finishes: bool = False


def schedule(settings: Settings, aspect: float) -> list[Level]:
    """The sizes that are painted one after the other. `aspect` is the longer side over the shorter one, which
    stays above the encoder's least.
    """
    least = (
        settings.size // 2 if settings.start == "instant" else 0
    )  # a network's large shapes would be lost at a smaller size
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


def later_schedule(settings: Settings, aspect: float, steps: int, leaps: bool = False) -> list[Level]:
    """The sizes at which a later frame is painted: small ones, for what came into sight, and all. What it
    keeps has the strokes of the finished size already. With `leaps` the small ones count as a first frame's,
    for large parts came into sight.
    """
    side = settings.finish_size or settings.size
    return [
        Level(side >> k, settings.steps if leaps and k else steps)
        for k in (2, 1, 0)
        if not k or side >> k >= MARGIN * aspect
    ]


def first_picture(
    content: Tensor, areas: list[Area], settings: Settings, generator: torch.Generator
) -> Tensor:
    """What painting starts from: the source (1, 3, h, w) or its instant painting, white noise, or the style's
    picture stretched over it.

    The first two get a little grain: where they are flat, every pixel would be pulled the same way and no
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
    """The source (1, 3, H, W) with edges that meet where they are to wrap: near them it fades into its own
    mirror image.

    A source whose edges meet already, a panorama say, stays as it is.
    """
    for dim, wraps in zip((2, 3), wrap, strict=True):
        step = source.diff(dim=dim).abs().mean()
        seam = (source.narrow(dim, 0, 1) - source.narrow(dim, -1, 1)).abs().mean()
        if not wraps or seam <= 2 * step:
            continue
        length = source.shape[dim]
        distance = torch.arange(length, device=source.device)
        distance = torch.minimum(distance, length - 1 - distance) / (SEAM * length)
        keep = (0.5 + 0.5 * (3 - 2 * distance.clamp(max=1)) * distance.clamp(max=1) ** 2).view(
            -1, *[1] * (3 - dim)
        )
        source = source * keep + source.flip(dim) * (1 - keep)
    return source


def minimise(
    objective: Objective,
    picture: Tensor,
    count: int,
    settings: Settings,
    part: Tensor | None = None,
    early_stop: float = 0.0,
) -> Iterator[tuple[Tensor, float | None]]:
    """Improve `picture` by `count` evaluations of the objective. Yields the picture and an evaluation's loss,
    or None within one.

    Where `part` (1, 1, h, w) is 0 the picture stays as it is. It ends sooner when the loss changes by less
    than the share `early_stop` in an evaluation.
    """
    picture = picture.detach().clone(memory_format=torch.contiguous_format)
    scale = picture.numel()  # keeps the gradient's entries near one, far from float32's small end
    if settings.optimizer == "lbfgs":
        memory = LBFGS(scale, min(settings.history, count), picture.device)
    else:
        adam = torch.optim.Adam([picture], lr=settings.learning_rate)
    every = 1 if picture.device.type == "cpu" else 10  # reading a loss makes the processor wait for a GPU
    before, known, here = math.inf, 0.0, None  # `here` is the loss where the last step began
    for number in range(1, count + 1):
        evaluation = objective.evaluate(picture)
        while True:
            try:
                next(evaluation)
            except StopIteration as end:
                loss, gradient = end.value
                break
            if objective.tile:
                yield picture, None
        gradient *= scale if part is None else scale * (part > 0)
        if settings.optimizer == "lbfgs":
            leapt = None if here is None else ~(loss <= WORSE * here)
            here = loss if here is None or leapt is None else torch.where(leapt, here, loss)
            picture += memory.direction(gradient.flatten(), leapt).view_as(picture)
        else:
            picture.grad = gradient
            adam.step()
        if number % every == 0 or number == count:
            known = loss.item()
        yield picture, known
        if number % every == 0:
            if abs(before - known) < early_stop * every * known:
                return
            before = known
