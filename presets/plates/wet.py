"""Paint that is laid wet: watercolour, gouache, oil by brush and by knife, ink wash, dots of colour, sumi-e.

Each takes a scene, a generator and `unit`, the px of the sheet to one of a plate of 1024, and returns the
picture (H, W, 3), 0 to 1.
"""

from dataclasses import replace

import numpy as np

from .fields import Array, blur, grid, mixed, nearest, noise, ramp, sample, warped
from .lines import outlines
from .marks import Brush, Layer, Sheet, paper, paths, relief, scattered, stroke
from .solids import Scene
from .study import closest, from_border, means, patches, shifted, soft_shade, toned

WHITE = np.array([0.985, 0.975, 0.945])


def _wash(mask: Array, unit: float, tooth: Array, rng: np.random.Generator, flow: float = 0.5) -> Array:
    """How much pigment (H, W) a wash leaves where its mask is 1: it pools, granulates and has a rim."""
    shape = mask.shape
    pool = (
        0.72
        + flow * (noise(shape, 150 * unit, rng, 3) - 0.5)
        + 0.3 * flow * (noise(shape, 40 * unit, rng, 3) - 0.5)
    )
    inner = blur(mask, 2.6 * unit)
    rim = mask * np.clip(1 - inner, 0, 0.5) ** 1.2 * 1.9
    wide = mask * np.clip(1 - blur(mask, 9 * unit), 0, 0.5) * 0.35
    grains = 1 + 0.6 * (0.5 - tooth) * (0.6 + noise(shape, 90 * unit, rng, 2))
    return mask * np.clip(pool + rim + wide, 0, None) * grains


def _backruns(shape: tuple[int, ...], unit: float, rng: np.random.Generator, count: int) -> Array:
    """Factors of pigment (H, W) where water ran back into a drying wash: pale inside, ragged at its rim."""
    x, y = grid(shape)
    rough = noise(shape, 22 * unit, rng, 4)
    total = np.ones(shape)
    for _ in range(count):
        cx, cy = rng.uniform(0.05, 0.95) * shape[1], rng.uniform(0.05, 0.95) * shape[0]
        r = rng.uniform(28, 70) * unit
        away = np.hypot(x - cx, y - cy) / r + 0.75 * (rough - 0.5)
        rim = np.exp(-(((away - 0.95) / 0.06) ** 2)) * 0.32
        total *= 1 + rim - 0.3 * ramp(away, 0.95, 0.5)
    return total


def watercolour(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Transparent washes, light to dark, over a pencil drawing on rough paper, whose white is the light."""
    shape = scene.shape
    tooth = paper(shape, unit, rng, 1.4)
    parts = warped(patches(scene, 3, 260 * unit**2), 2.2 * unit, 26 * unit, rng)
    away = from_border(parts)
    open_ = noise(shape, 60 * unit, rng, 2)
    crumbs = np.bincount(parts.ravel())[parts] < 1600 * unit**2
    dry = (
        ramp(away, 0.9 * unit, 1.9 * unit)
        + crumbs
        + ramp(open_ + 0.16 * (noise(shape, 17 * unit, rng, 2) - 0.5), 0.68, 0.58)
    )  # where two washes leave paper between
    tint = shifted(scene.albedo, 0, 1.25, 0.03)
    sharp = -np.log(np.clip(tint, 0.06, 0.985))
    flat = blur(sharp, 1.5 * unit)
    wet = ramp(noise(shape, 130 * unit, rng, 2), 0.5, 0.72)
    pigment = mixed(flat, blur(sharp, 9 * unit), wet)
    shade = soft_shade(scene, 3 * unit)
    glint = ramp(scene.tone + 0.1 * (open_ - 0.5), 0.86, 0.94)
    first = np.clip(dry, 0, 1) * (1 - glint)
    rim = np.exp(-away / (1.6 * unit)) * (1 - wet) * 0.42
    lay = (_wash(first, unit, tooth, rng, 0.75) + rim * first) * _backruns(shape, unit, rng, 5)
    absorbed = pigment * (0.86 * lay)[..., None]
    violet = -np.log(np.array([0.56, 0.58, 0.74]))
    for limit, strength in ((0.62, 0.72), (0.4, 0.62), (0.22, 0.66)):
        edge = shade + 0.13 * (noise(shape, 46 * unit, rng, 3) - 0.5)
        mask = warped(ramp(edge, limit, limit - 0.035), 2.0 * unit, 18 * unit, rng)
        mask = mixed(mask, blur(mask, 7 * unit), wet * 0.8)
        shadow = 0.55 * pigment + violet * 0.62
        absorbed += shadow * (strength * _wash(mask, unit, tooth, rng, 0.4))[..., None]
    accent = warped(ramp(scene.tone, 0.15, 0.1), 1.5 * unit, 14 * unit, rng)
    absorbed += 0.5 * accent[..., None] * _wash(accent, unit, tooth, rng)[..., None]
    pencil = outlines(scene, rng, 1.3 * unit, 40 * unit)
    lead = np.clip(pencil, 0, 1) * ramp(tooth, 0.2, 0.55) * 0.34
    sheet = WHITE * (1 - 0.035 * (1 - tooth))[..., None]
    return np.clip(sheet * np.exp(-absorbed) * (1 - lead * 0.7)[..., None], 0, 1)


def _painted(
    sheet: Sheet, scene: Scene, layer: Layer, rng: np.random.Generator, clip: Array | None = None
) -> None:
    """A layer of strokes along the form, far things first."""
    brush, jitter = layer.brush, layer.jitter
    places = scattered(scene.shape, layer.spacing, rng)
    x, y = places.T
    if layer.need:
        off = np.abs(blur(sheet.colour, brush.width / 4) - blur(scene.colour, brush.width / 4)).mean(-1)
        places = places[sample(off, x, y) > layer.need * rng.uniform(0.6, 1.4, len(places))]
        x, y = places.T
    order = np.argsort(-np.round(sample(scene.depth, x, y) * 12) + rng.uniform(0, 0.8, len(places)))
    places = places[order]
    length = layer.reach * rng.uniform(0.5, 1.1, len(places))
    angle = scene.angle + layer.turn
    path, count = paths(places, angle, scene.part, length, max(brush.width * 0.4, 3.0), 0.6)
    back, back_count = paths(
        places, angle + np.pi, scene.part, length * 0.4, max(brush.width * 0.4, 3.0), 0.6
    )
    colour = sample(blur(scene.colour, brush.width / 6), *places.T)
    colour = (
        colour * (1 + jitter * rng.normal(0, 1, (len(places), 1)))
        + 0.6 * jitter * rng.normal(0, 1, (len(places), 3)) * 0.5
    )
    colour = np.clip(colour, 0.02, 0.99)
    for n in range(len(places)):
        whole = np.concatenate([back[n, 1 : back_count[n]][::-1], path[n, : count[n]]])
        if len(whole) < 2:
            nudge = np.array([np.cos(angle_at(angle, places[n])), np.sin(angle_at(angle, places[n]))])
            whole = np.stack([places[n] - nudge * brush.width * 0.35, places[n] + nudge * brush.width * 0.35])
        stroke(sheet, whole, colour[n], brush, rng, clip)


def _simple(scene: Scene, unit: float, rng: np.random.Generator, steps: tuple[float, ...]) -> Scene:
    """The scene in flat tones: each patch in as many as there are steps of light, and one more."""
    parts = patches(scene, 3, 160 * unit**2)
    shade = soft_shade(scene, 2.5 * unit) + 0.09 * (noise(scene.shape, 44 * unit, rng, 3) - 0.5)
    level = sum((shade > step).astype(int) for step in steps)
    tones = warped(parts * (len(steps) + 1) + level, 1.6 * unit, 20 * unit, rng)
    return replace(scene, colour=blur(means(scene.colour, tones)[tones], 0.6))


def gouache(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Opaque and matt: flat tones with a flat brush, light over dark, its last hairs dry on the sheet."""
    scene = toned(scene, 0.1, 0.97, 0.72, 0.95)
    flat = _simple(scene, unit, rng, (0.28, 0.5, 0.72))
    flat = replace(flat, colour=mixed(flat.colour, np.array([0.93, 0.88, 0.8]), 0.06))
    tooth = paper(scene.shape, unit, rng, 1.0)
    sheet = Sheet.of(scene.shape, (0.9, 0.84, 0.72))
    takes = 0.62 + 0.38 * ramp(tooth, 0.12, 0.5)
    for width, spacing, need, dry in (
        (40, 20, 0.0, 0.75),
        (20, 10, 0.03, 0.8),
        (9, 5.5, 0.04, 0.85),
        (5, 3.6, 0.06, 0.0),
    ):
        brush = Brush(width * unit, 0.26, 0.35, dry, 0.08, 0.97, 0.022)
        layer = Layer(brush, spacing * unit, brush.width * 4.2, jitter=0.022, need=need)
        _painted(sheet, flat, layer, rng, takes)
    light = ramp(scene.tone - blur(scene.tone, 12 * unit), 0.05, 0.16) * ramp(scene.tone, 0.5, 0.8)
    places = scattered(scene.shape, 11 * unit, rng)
    places = places[sample(light, *places.T) > rng.uniform(0.25, 1.2, len(places))]
    path, count = paths(places, scene.angle, scene.part, np.full(len(places), 30 * unit), 4 * unit, 0.6)
    for n in np.flatnonzero(count > 2):
        colour = np.clip(sample(scene.colour, *places[n]) * 0.75 + 0.27, 0, 1)
        stroke(sheet, path[n, : count[n]], colour, Brush(6 * unit, 0.5, 0.4, 0.5, 0.2, 0.9), rng, takes)
    return relief(sheet, 0.45 / unit, gloss=0.0) * (1 - 0.025 * (1 - tooth))[..., None]


def palette_knife(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Slabs of stiff paint spread with a knife: flat faces, ridges at the edge, colours half mixed."""
    scene = toned(scene, 0.07, 0.96, 0.75, 1.45)
    flat = _simple(scene, unit, rng, (0.2, 0.42, 0.62, 0.8))
    steady = np.round(scene.angle / 0.5 + 0.6 * (noise(scene.shape, 90 * unit, rng, 2) - 0.5)) * 0.5
    flat = replace(flat, angle=steady)
    sheet = Sheet.of(scene.shape, (0.36, 0.3, 0.3))
    layers = ((58, 25, 0.0, 1.9), (34, 16, 0.04, 2.0), (18, 9.5, 0.055, 2.3), (9, 5.5, 0.085, 2.8))
    for width, spacing, need, reach in layers:
        brush = Brush(width * unit, 0.3, 1.1, 0.62, 0.02, 1.0, 0.075, ridge=1.5, smear=0.34)
        turn = rng.uniform(-0.3, 0.3)
        _painted(sheet, flat, Layer(brush, spacing * unit, brush.width * reach, turn, 0.06, need), rng)
    return relief(sheet, 1.0 / unit, gloss=0.16)


def pointillism(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Dots of unmixed colours, which the eye mixes: each place's own, its light's and its shadow's, and now
    and then the opposite.
    """
    scene = toned(scene, 0.16, 0.95, 0.62, 1.5)
    sheet = Sheet.of(scene.shape, (0.93, 0.89, 0.8))
    wheel = np.array(
        [
            [0.9, 0.24, 0.2],
            [0.96, 0.52, 0.16],
            [0.98, 0.83, 0.2],
            [0.62, 0.77, 0.22],
            [0.2, 0.56, 0.3],
            [0.12, 0.52, 0.62],
            [0.14, 0.32, 0.68],
            [0.28, 0.2, 0.54],
            [0.6, 0.22, 0.52],
        ]
    )
    tubes = np.concatenate([wheel, 0.5 * wheel + 0.49, 0.45 * wheel])
    tubes = np.concatenate([tubes, [[0.97, 0.95, 0.9], [0.12, 0.13, 0.28]]])
    soft = blur(scene.colour, 3 * unit)
    light = np.array([0.12, 0.06, -0.12])
    for spacing, radius in ((11.0, 7.0), (9.0, 5.6), (7.6, 4.6), (6.6, 3.9)):
        places = scattered(scene.shape, spacing * unit, rng)
        wanted = sample(scene.colour if radius < 5 else soft, *places.T)
        lit = sample(scene.shade, *places.T)[:, None] - 0.5
        wanted = wanted + 0.45 * lit * light + rng.normal(0, 0.1, wanted.shape)
        chosen = tubes[closest(wanted, tubes)]
        other = rng.random(len(places)) < 0.07
        chosen[other] = tubes[closest(1.0 - wanted[other], tubes[:18])]
        chosen = mixed(chosen, np.clip(wanted, 0, 1), 0.3)
        angle = nearest(scene.angle, *places.T) + rng.normal(0, 0.35, len(places))
        size = radius * unit * rng.uniform(0.75, 1.2, len(places))
        for place, colour, a, r in zip(places, chosen, angle, size, strict=True):
            _dab(sheet, place, colour, a, r, rng)
    return relief(sheet, 1.2 / unit, gloss=0.05)


def _dab(sheet: Sheet, place: Array, colour: Array, angle: float, r: float, rng: np.random.Generator) -> None:
    """One touch of a small round brush: longer than wide, a little heap of paint."""
    height, width = sheet.height.shape
    x0, y0 = max(int(place[0] - 1.7 * r - 1), 0), max(int(place[1] - 1.7 * r - 1), 0)
    x1, y1 = min(int(place[0] + 1.7 * r + 2), width), min(int(place[1] + 1.7 * r + 2), height)
    if x1 <= x0 or y1 <= y0:
        return
    dx, dy = np.arange(x0, x1)[None] - place[0], np.arange(y0, y1)[:, None] - place[1]
    u = dx * np.cos(angle) + dy * np.sin(angle)
    v = dy * np.cos(angle) - dx * np.sin(angle)
    d = np.sqrt((u / 1.35) ** 2 + v * v) / r + 0.12 * np.sin(3 * np.arctan2(v, u) + rng.uniform(0, 6))
    alpha = np.clip((1 - d) * r * 0.9, 0, 1)
    box = np.s_[y0:y1, x0:x1]
    sheet.colour[box] += (colour - sheet.colour[box]) * alpha[..., None]
    sheet.height[box] += (0.45 * r * (1 - 0.6 * d * d) + 0.2 * sheet.height[box] - sheet.height[box]) * alpha


def ink_wash(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Diluted ink in four tones, each laid when the last was dry or nearly; drawn over with a brush's tip."""
    shape = scene.shape
    tooth = paper(shape, unit, rng, 1.2)
    tone = toned(scene, 0.0, 1.0, 0.62, 0).tone
    tone = 0.6 * blur(tone, 3.5 * unit) + 0.4 * tone
    absorbed = np.zeros(shape)
    wet = ramp(noise(shape, 120 * unit, rng, 2), 0.5, 0.75)
    for limit, strength, tremor in (
        (0.88, 0.17, 5.0),
        (0.68, 0.36, 3.0),
        (0.46, 0.55, 2.2),
        (0.25, 1.0, 1.6),
    ):
        edge = tone + 0.13 * (noise(shape, 50 * unit, rng, 4) - 0.5)
        mask = warped(ramp(edge, limit, limit - 0.035), tremor * unit, 26 * unit, rng)
        mask = mixed(mask, blur(mask, 10 * unit), wet)
        absorbed += strength * _wash(mask, unit, tooth, rng, 0.7) * _backruns(shape, unit, rng, 3)
    line = outlines(scene, rng, 2.6 * unit, 75 * unit) * (0.4 + 0.9 * noise(shape, 70 * unit, rng, 2))
    broken = ramp(line + 0.5 * tooth, 0.55, 1.0)
    absorbed += 1.5 * broken * ramp(tone, 0.98, 0.6)
    ink = -np.log(np.array([0.2, 0.17, 0.15]))
    sheet = WHITE * (1 - 0.04 * (1 - tooth))[..., None]
    return np.clip(sheet * np.exp(-absorbed[..., None] * ink * 0.9), 0, 1)


def angle_at(angle: Array, place: Array) -> float:
    """The direction at one place."""
    return float(nearest(angle, place[0], place[1]))


def oil(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Thick oil by hog bristle: broad strokes over a warm ground, along the form, the lights thickest."""
    scene = toned(scene, 0.06, 0.93, 0.9, 1.3)
    sheet = Sheet.of(scene.shape, (0.5, 0.33, 0.22))
    for width, spacing, need, reach in (
        (44, 21, 0.0, 4.0),
        (25, 13, 0.035, 4.5),
        (13, 7.5, 0.05, 5.0),
        (7, 4.5, 0.075, 5.0),
    ):
        brush = Brush(width * unit, 0.62, 1.0, 0.55, 0.22, 1.0, 0.07, smear=0.28)
        _painted(sheet, scene, Layer(brush, spacing * unit, brush.width * reach, 0.0, 0.055, need), rng)
    heavy = Brush(9 * unit, 0.4, 2.2, 0.6, 0.3, 1.0, 0.05, smear=0.1)
    light = ramp(scene.tone, 0.62, 0.9)
    places = scattered(scene.shape, 17 * unit, rng)
    places = places[sample(light, *places.T) > rng.uniform(0.3, 1.1, len(places))]
    path, count = paths(places, scene.angle, scene.part, np.full(len(places), 34 * unit), 4 * unit, 0.6)
    for n in np.flatnonzero(count > 2):
        colour = np.clip(sample(scene.colour, *places[n]) * 1.07 + 0.02, 0, 1)
        stroke(sheet, path[n, : count[n]], colour, heavy, rng)
    return relief(sheet, 1.5 / unit)
