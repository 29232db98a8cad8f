"""Marks as a hand makes them: paths along the form, brushes with bristles, and paper to make them on.

Places are (x, y) in px; a path is (K, 2). A sheet is a canvas of colour and of thickness that strokes go on.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .fields import Array, blur, nearest, noise, ramp, sample


@dataclass
class Sheet:
    """What is painted on: colours (H, W, 3), and how thick the paint lies (H, W), in px."""

    colour: Array
    height: Array

    @classmethod
    def of(cls, shape: tuple[int, ...], colour: Array | tuple) -> "Sheet":
        return cls(np.broadcast_to(np.asarray(colour, float), (*shape, 3)).copy(), np.zeros(shape))


@dataclass(frozen=True)
class Brush:
    """How a brush paints. Sizes in px, shares 0 to 1."""

    width: float
    bristles: float = 0.5  # how far they part, and let through what is below
    body: float = 0.6  # how thick the paint lies
    dry: float = 0.0  # the share of a stroke after which the brush has run dry; 0 never
    taper: float = 0.2  # the share of a stroke that its ends take to be as wide as the brush
    load: float = 1.0  # how opaque the paint is
    streak: float = 0.05  # how far the colour differs from bristle to bristle
    ridge: float = 0.35  # how high the paint is pushed up at its edges and end
    smear: float = 0.0  # how much of the colour below the stroke's beginning it takes along


@dataclass(frozen=True)
class Layer:
    """Many strokes with one brush, `spacing` px apart and about `reach` px long, at a `turn` from the form.

    `jitter` is how far their colours are off; where `need` is above 0 they go only where the sheet differs
    from what is wanted by more.
    """

    brush: Brush
    spacing: float
    reach: float
    turn: float = 0.0
    jitter: float = 0.05
    need: float = 0.0


def scattered(shape: tuple[int, ...], spacing: float, rng: np.random.Generator) -> Array:
    """Places (N, 2) about `spacing` px apart, each somewhere in its own cell, in no order."""
    y, x = np.mgrid[0 : shape[0] : spacing, 0 : shape[1] : spacing]
    places = np.stack([x.ravel(), y.ravel()], 1) + rng.random((x.size, 2)) * spacing
    return rng.permutation(places)


def paths(
    places: Array, angle: Array, part: Array, length: Array, step: float, bend: float = 1.0
) -> tuple[Array, Array]:
    """Paths (N, K, 2) along a direction from places (N, 2), and how many points of each count (N).

    A path ends where its `length` (N) is over or where another part begins. `bend` 0: it goes straight on.
    """
    points, heading = [places], None
    count, going = np.ones(len(places), int), np.ones(len(places), bool)
    first = nearest(part, places[:, 0], places[:, 1])
    for index in range(int(np.max(length) / step)):
        here = points[-1]
        a = nearest(angle, here[:, 0], here[:, 1])
        along = np.stack([np.cos(a), np.sin(a)], 1)
        if heading is not None:
            along *= np.sign((along * heading).sum(1, keepdims=True) + 1e-12)
            along = heading + bend * (along - heading)
            along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-9
        heading = along
        there = here + step * along
        going &= (nearest(part, there[:, 0], there[:, 1]) == first) & (length > index * step)
        points.append(np.where(going[:, None], there, here))
        count += going
    return np.stack(points, 1), count


def stroke(
    sheet: Sheet, path: Array, colour: Array, brush: Brush, rng: np.random.Generator, clip=None
) -> None:
    """Draw a loaded brush along a path (K, 2): it lays colour and thickness, and lifts at its end.

    `clip` (H, W), where given, is how much of the paint each place takes: paper's tooth, a mask.
    """
    half = brush.width / 2
    low = np.floor(path.min(0) - half - 2).astype(int)
    high = np.ceil(path.max(0) + half + 2).astype(int) + 1
    height, width = sheet.height.shape
    x0, y0, x1, y1 = max(low[0], 0), max(low[1], 0), min(high[0], width), min(high[1], height)
    if x1 <= x0 or y1 <= y0 or len(path) < 2:
        return
    along, across, length = frame(path, x0, y0, x1, y1)
    t = along / max(length, 1e-6)
    ends = max(brush.taper, 1e-3)
    swell = np.clip(np.minimum((t + 0.35 * ends) / ends, (1.06 - t) / ends), 0, 1) ** 0.5
    v = across / (half * np.maximum(swell, 0.05))
    hairs = max(int(brush.width * 0.8), 5)
    comb = rng.random(hairs)
    comb = 0.6 * comb + 0.4 * np.convolve(np.r_[comb[-1], comb, comb[0]], [0.25, 0.5, 0.25], "valid")
    place = np.clip((v + 1) / 2, 0, 1) * (hairs - 1.001)
    lower = place.astype(int)
    hair = comb[lower] + (comb[lower + 1] - comb[lower]) * (place - lower)
    lift = 0.12 * rng.random(hairs)[lower]
    inside = np.clip((1 - np.abs(v)) * half * 0.9, 0, 1) * (t > -lift * 0.5) * (t < 1.0 - lift + 0.06)
    wear = ramp(t, brush.dry, 1.15) if brush.dry else 0.0
    cover = np.clip(1.25 - brush.bristles * (1.4 - 1.6 * hair) - wear * (1.5 - 0.9 * hair), 0, 1)
    alpha = inside * cover * brush.load
    rows, columns = slice(y0, y1), slice(x0, x1)
    if clip is not None:
        alpha = alpha * clip[rows, columns]
    below = sheet.colour[rows, columns]
    paint = colour * (1 + brush.streak * (2 * hair[..., None] - 1) * 2)
    if brush.smear:
        begin = sample(sheet.colour, path[0, 0], path[0, 1])
        paint = paint + brush.smear * (1 - 0.6 * np.clip(t, 0, 1)[..., None]) * (begin - paint)
    sheet.colour[rows, columns] = below + (paint - below) * alpha[..., None]
    ridge = brush.ridge * (ramp(np.abs(v), 0.62, 0.95) + 0.85 * ramp(t, 0.86, 0.99))
    laid = brush.body * brush.width * 0.07 * (0.35 + 0.9 * hair + ridge)
    old = sheet.height[rows, columns]
    sheet.height[rows, columns] = old + (laid + 0.35 * old - old) * alpha


def frame(path: Array, x0: int, y0: int, x1: int, y1: int) -> tuple[Array, Array, float]:
    """How far along a path and how far aside of it each pixel of a box lies, and the path's length; px."""
    x, y = np.arange(x0, x1)[None, :], np.arange(y0, y1)[:, None]
    best = np.full((y1 - y0, x1 - x0), 1e12)
    along, across, done = np.zeros_like(best), np.zeros_like(best), 0.0
    last = len(path) - 2
    for index, (a, b) in enumerate(pairwise(path)):
        dx, dy = b - a
        size = float(np.hypot(dx, dy))
        if size < 1e-6:
            continue
        u = ((x - a[0]) * dx + (y - a[1]) * dy) / size
        w = ((y - a[1]) * dx - (x - a[0]) * dy) / size
        inner = np.clip(u, 0 if index else -1e9, size if index < last else 1e9)
        far = (u - inner) ** 2 + w * w
        nearer = far < best
        best = np.where(nearer, far, best)
        along = np.where(nearer, done + inner, along)
        across = np.where(nearer, np.sign(w) * np.sqrt(far), across)
        done += size
    return along, across, done


def relief(sheet: Sheet, strength: float, light: float = -2.3, gloss: float = 0.12) -> Array:
    """The sheet's colours with the light that its paint's ridges catch, from the direction `light`."""
    dy, dx = np.gradient(blur(sheet.height, 0.6))
    slope = -(dx * np.cos(light) + dy * np.sin(light)) * -1
    shade = np.tanh(slope * strength * 0.9)
    lit = sheet.colour * (1 + 0.32 * shade[..., None]) + gloss * np.clip(shade - 0.35, 0, 1)[..., None]
    return np.clip(lit, 0, 1)


def paper(shape: tuple[int, ...], unit: float, rng: np.random.Generator, rough: float = 1.0) -> Array:
    """A paper's tooth (H, W), 0 in its hollows to 1 on its tops: pulp of two sizes, pressed in a felt."""
    fine = noise(shape, 3.2 * unit, rng, 2)
    felt = noise(shape, 9 * unit * rough, rng, 2)
    x, y = np.meshgrid(np.arange(shape[1]), np.arange(shape[0]))
    weave = (
        0.5 + 0.25 * np.sin(2.2 * x / unit / 2.4 + 4 * felt) + 0.25 * np.sin(2.2 * y / unit / 2.4 + 4 * fine)
    )
    tooth = 0.5 * fine + 0.38 * felt + 0.12 * weave
    return np.clip((tooth - tooth.mean()) / (4.2 * tooth.std()) + 0.5, 0, 1)
