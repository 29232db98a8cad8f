"""The sizes at which a picture is painted one after the other, from coarse to fine. Needs no PyTorch."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..compute.sizes import MARGIN, fit, sized
from ..settings import Settings

PERIOD = 32  # px; a multiple of it has whole numbers of the deepest features, at half size too
FINISHING = 0.3  # evaluations of a finishing size, as a share of Steps
BESIDE = 3  # evaluations that take as long as a level's style features and nearest neighbours


@dataclass(frozen=True)
class Level:
    """One size at which the picture is painted: its longer side in px, and the evaluations."""

    side: int
    steps: int


def work(settings: Settings, shape: Sequence[int]) -> float:
    """What painting a source of `shape` (H, W) takes: the pixels, in millions, that all evaluations look at,
    or that a network paints.
    """
    settings, (height, width) = sized(settings, shape), shape[:2]
    if settings.strength == 0:
        return 0.0
    if settings.method == "instant":
        return math.prod(fit(height, width, settings.finish_size or settings.size)) / 1e6
    return evaluated(schedule(settings, max(height, width) / min(height, width)), settings, shape)


def evaluated(levels: "Sequence[Level]", settings: Settings, shape: Sequence[int]) -> float:
    """The pixels, in millions, that the evaluations of these levels look at, at all compared sizes; with what
    getting a level ready and finding its nearest neighbours takes.
    """
    more = BESIDE if settings.loss == "neighbours" else 0
    pixels = sum(math.prod(fit(shape[0], shape[1], level.side)) * (level.steps + more) for level in levels)
    return pixels / 1e6 * sum(0.25**k for k in range(settings.compared_sizes))


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
        levels += [Level(round(settings.size * ratio**k), steps) for k in range(1, count + 1)]
    return levels


def later_schedule(settings: Settings, aspect: float, steps: int, long_range: bool = False) -> list[Level]:
    """The sizes at which a later frame of a sequence is painted: a quarter, a half, and the finished one.

    The small ones are for disoccluded parts, which are painted there as of a first frame: up to
    Settings.size they get twice and four times as many evaluations, each of which costs a quarter and a
    sixteenth; between Settings.size and the finished size half as many, as a first frame has fewer there.
    The rest has the strokes of the finished size already. With `long_range` large parts are disoccluded, and
    the small sizes get as many evaluations as a first frame's.
    """
    side = settings.finish_size or settings.size

    def evaluations(k: int) -> int:
        if long_range and k:
            return settings.steps
        if not k:
            return steps
        return steps << k if side >> k <= settings.size else (steps + 1) >> 1

    return [Level(side >> k, evaluations(k)) for k in (2, 1, 0) if not k or side >> k >= MARGIN * aspect]


def level_sizes(
    levels: Sequence[Level], shape: tuple[int, int], wrap: tuple[bool, bool]
) -> list[tuple[int, int]]:
    """Height and width in px, at each level, of a picture of `shape` (H, W) that may wrap, down and across.

    What wraps must hold the deepest features a whole number of times; the last size is as was asked for.
    """
    sizes = [fit(*shape, level.side) for level in levels]
    sizes[:-1] = [
        (
            max(round(height / PERIOD), 1) * PERIOD if wrap[0] else height,
            max(round(width / PERIOD), 1) * PERIOD if wrap[1] else width,
        )
        for height, width in sizes[:-1]
    ]
    return sizes
