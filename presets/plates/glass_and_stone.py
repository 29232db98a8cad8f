"""What is put together or built: leaded glass, mosaic, and painting into wet plaster."""

from dataclasses import replace

import numpy as np

from .fields import Array, blur, grid, mixed, moved, nearest_seed, noise, ramp, sample, streaks, warped
from .lines import hatch, outlines
from .marks import Brush, Sheet, paths, scattered, stroke
from .solids import Scene
from .study import connected, from_border, means, patches, shifted, toned, without_crumbs


def stained_glass(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Pieces of coloured glass in lead, the light behind them, the details painted on in black and fired."""
    shape = scene.shape
    things = warped(patches(scene, 2, 500 * unit**2), 2 * unit, 40 * unit, rng)
    places = scattered(shape, 92 * unit, rng)
    seeds = np.zeros(shape, int)
    seeds[places[:, 1].astype(int).clip(0, shape[0] - 1), places[:, 0].astype(int).clip(0, shape[1] - 1)] = (
        np.arange(1, len(places) + 1)
    )
    cells, _ = nearest_seed(seeds)
    pieces = without_crumbs(connected(things * (len(places) + 2) + cells), 420 * unit**2)
    away = from_border(pieces)
    colour = means(toned(scene, 0.12, 0.98, 0.68, 1.25).colour, pieces)
    light = colour @ np.array([0.299, 0.587, 0.114])
    pot = shifted(colour + 0.10, 0, 2.7) * (1 + 0.16 * rng.normal(0, 1, (len(colour), 1)))
    pot = np.clip(pot, 0.02, 1) ** 1.1 * (0.75 + 0.55 * light)[:, None]
    glass = pot[pieces]
    sheet_angle = rng.uniform(0, np.pi, len(colour))[pieces]
    cords = streaks(noise(shape, 5 * unit, rng, 3), sheet_angle, 70 * unit)
    cords = (cords - cords.mean()) / cords.std()
    cloudy = noise(shape, 60 * unit, rng, 3) - 0.5
    glow = blur(ramp(away, 0, 26 * unit), 2 * unit)
    through = (0.72 + 0.36 * glow + 0.07 * cords + 0.35 * cloudy)[..., None] * glass
    x, y = grid(shape)
    sun = np.exp(-(((x / shape[1] - 0.34) ** 2 + (y / shape[0] - 0.28) ** 2) / 0.22))
    through = through * (0.86 + 0.34 * sun)[..., None] + 0.1 * (sun * glow)[..., None]
    bubbles = places_of_bubbles(shape, unit, rng)
    through = through * (1 + 0.35 * bubbles)[..., None]
    painted = np.clip(outlines(scene, rng, 2.0 * unit, 30 * unit), 0, 1) * 0.75
    matting = ramp(scene.shade + 0.25 * (noise(shape, 3 * unit, rng, 2) - 0.5), 0.5, 0.15) * 0.45
    through = mixed(np.clip(through, 0, 1), np.array([0.07, 0.05, 0.04]), np.maximum(painted, matting))
    return _leaded(through, away, pieces, unit, rng)


def places_of_bubbles(shape: tuple[int, ...], unit: float, rng: np.random.Generator) -> Array:
    """Small seeds in the glass, light on one side and dark on the other (H, W)."""
    x, y = grid(shape)
    total = np.zeros(shape)
    for px, py in scattered(shape, 44 * unit, rng):
        r = rng.uniform(0.8, 2.2) * unit
        x0, y0 = int(max(px - 4 * r, 0)), int(max(py - 4 * r, 0))
        box = np.s_[y0 : int(py + 4 * r) + 1, x0 : int(px + 4 * r) + 1]
        d = ((x[box] - px) ** 2 + (y[box] - py) ** 2) / r**2
        total[box] += np.exp(-d) * np.clip((px - x[box] + py - y[box]) / r, -1, 1)
    return total


def _leaded(glass: Array, away: Array, pieces: Array, unit: float, rng: np.random.Generator) -> Array:
    """The glass with lead cames over its borders: round, and dull grey where they catch light."""
    half = (3.4 + 1.2 * (noise(away.shape, 50 * unit, rng, 2) - 0.5)) * unit
    smooth = blur(away, 1.0 * unit)
    lead = ramp(smooth, half + 0.6 * unit, half - 0.6 * unit)
    height = np.sqrt(np.clip(1 - (smooth / (half + unit)) ** 2, 0, 1))
    dy, dx = np.gradient(blur(height, 0.8 * unit))
    shine = np.clip((-dx - dy) * 1.6 * unit, 0, 1)
    pits = noise(away.shape, 4 * unit, rng, 2)
    metal = np.array([0.1, 0.1, 0.11]) * (0.7 + 0.6 * pits)[..., None] + 0.34 * shine[..., None]
    shadow = 1 - 0.45 * ramp(smooth, half + 5 * unit, half)
    return np.clip(mixed(glass * shadow[..., None], metal, lead), 0, 1)


def mosaic(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Tesserae of stone and glass in rows along the forms, no two alike or level, in grey mortar."""
    shape = scene.shape
    scene = toned(scene, 0.1, 0.97, 0.62, 1.35)
    size = 13.5 * unit
    path, count = hatch(scene, scene.angle, size * 0.62, 260 * unit, rng, bend=0.9)
    stride = max(round(size / 3.0), 2)
    seeds = np.zeros(shape, int)
    number = 0
    for n in range(len(path)):
        for k in range(int(rng.integers(0, stride)), count[n], stride):
            x, y = np.rint(path[n, k]).astype(int)
            if 0 <= x < shape[1] and 0 <= y < shape[0]:
                number += 1
                seeds[y, x] = number
    cells, _ = nearest_seed(seeds)
    stones = without_crumbs(cells * (scene.part.max() + 1) + scene.part, 34 * unit**2)
    away = from_border(stones)
    colour = means(scene.colour, stones)
    fine = colour + rng.normal(0, 0.03, colour.shape) + rng.normal(0, 0.045, (len(colour), 1))
    x, y = grid(shape)
    middle = np.stack([means(x, stones), means(y, stones)], 1)[stones]
    lean = rng.normal(0, 1, (len(colour), 2))[stones]
    tilt = (lean * np.dstack([x - middle[..., 0], y - middle[..., 1]])).sum(-1) / size
    face = (
        fine[stones]
        * (1 + 0.16 * np.clip(tilt, -1, 1) + 0.05 * (noise(shape, 3 * unit, rng, 3) - 0.5) * 2)[..., None]
    )
    glossy = ramp(rng.random(len(colour)), 0.8, 0.9)[stones] * ramp(lean[..., 0] + lean[..., 1], 0.6, 1.6)
    face = face + 0.16 * (glossy * np.clip(0.5 + tilt, 0, 1))[..., None]
    rough = blur(away, 0.7 * unit) + 0.7 * unit * (noise(shape, 5 * unit, rng, 2) - 0.5)
    stone = ramp(rough, 0.9 * unit, 1.9 * unit)
    dy, dx = np.gradient(blur(np.minimum(away, 4 * unit), 0.9 * unit))
    edge = np.clip(-(dx + dy), -1, 1) * ramp(away, 4 * unit, 1.5 * unit)
    face = face * (1 - 0.24 * edge)[..., None]
    mortar = np.array([0.5, 0.47, 0.42]) * (0.62 + 0.4 * noise(shape, 3 * unit, rng, 2))[..., None]
    cast = blur(moved(stone, 1.2 * unit, 1.6 * unit), 0.8 * unit)
    mortar = mortar * (1 - 0.45 * cast)[..., None]
    return np.clip(mixed(mortar, face, stone), 0, 1)


EARTHS = np.array([0.86, 0.76, 0.6])


def fresco(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Earth colours into wet lime, hatched over the form; the wall has cracked since, and lost some of it."""
    shape = scene.shape
    scene = toned(scene, 0.2, 0.93, 0.62, 0.85)
    earth = mixed(scene.colour, scene.colour[..., :1] * EARTHS, 0.3) * np.array([1.04, 0.99, 0.9])
    scene = replace(scene, colour=np.clip(earth, 0, 1))
    plaster = np.array([0.87, 0.82, 0.72]) * (0.95 + 0.1 * noise(shape, 140 * unit, rng, 4))[..., None]
    trowel = noise(shape, 3.0 * unit, rng, 3) + 0.5 * noise(shape, 18 * unit, rng, 3)
    takes = 0.5 + 0.5 * ramp(trowel, 0.5, 0.85)
    sheet = Sheet.of(shape, (0.8, 0.7, 0.55))
    layers = ((34, 17, 0.85, 4.0), (17, 9, 0.6, 4.5), (7, 6, 0.55, 6.5))
    for width, spacing, load, reach in layers:
        places = scattered(shape, spacing * unit, rng)
        if width < 20:
            off = np.abs(blur(sheet.colour, width * unit / 4) - scene.colour).mean(-1)
            places = places[sample(off, *places.T) > 0.025]
        path, count = paths(
            places,
            scene.angle,
            scene.part,
            width * unit * reach * rng.uniform(0.5, 1.1, len(places)),
            4 * unit,
            0.6,
        )
        brush = Brush(width * unit, 0.5, 0.0, 0.7, 0.3, load, 0.03)
        colour = sample(blur(scene.colour, width * unit / 8), *places.T) * (
            1 + rng.normal(0, 0.035, (len(places), 1))
        )
        for n in np.flatnonzero(count > 2):
            stroke(sheet, path[n, : count[n]], np.clip(colour[n], 0, 1), brush, rng, takes)
    line = outlines(scene, rng, 2.6 * unit, 60 * unit) * (0.4 + 0.7 * noise(shape, 60 * unit, rng, 2))
    painted = mixed(sheet.colour, np.array([0.36, 0.2, 0.14]), 0.62 * np.clip(line, 0, 1) * takes)
    dusty = mixed(painted, plaster, 0.10 + 0.24 * ramp(noise(shape, 90 * unit, rng, 4), 0.5, 0.85))
    return _aged(dusty, plaster, trowel, unit, rng)


def _aged(painted: Array, plaster: Array, trowel: Array, unit: float, rng: np.random.Generator) -> Array:
    """A painted wall with the joints of the days' work, cracks, and places where the plaster has come off."""
    shape = trowel.shape
    places = scattered(shape, 260 * unit, rng)
    seeds = np.zeros(shape, int)
    rows = places[:, 1].astype(int).clip(0, shape[0] - 1)
    seeds[rows, places[:, 0].astype(int).clip(0, shape[1] - 1)] = np.arange(1, len(places) + 1)
    cells = warped(warped(nearest_seed(seeds)[0], 26 * unit, 130 * unit, rng), 5 * unit, 16 * unit, rng)
    away = from_border(cells)
    open_ = ramp(noise(shape, 160 * unit, rng, 3), 0.42, 0.62)
    cracks = ramp(away, (0.4 + 0.9 * open_.mean()) * unit + 0.6 * unit, 0.3 * unit) * open_
    lost = (
        noise(shape, 110 * unit, rng, 5)
        + 0.25 * (noise(shape, 9 * unit, rng, 3) - 0.5)
        - 0.12 * ramp(away, 26 * unit, 0)
    )
    gone = ramp(lost, 0.16, 0.14)
    rim = np.clip(blur(gone, 2 * unit) - gone, 0, 1)
    under = plaster * (0.84 + 0.16 * noise(shape, 5 * unit, rng, 3))[..., None]
    wall = mixed(painted, under, gone * 0.95)
    dy, dx = np.gradient(blur(trowel - 0.9 * gone - 0.8 * cracks, 0.9 * unit))
    wall = wall * (1 + 0.32 * np.tanh(3 * unit * (dx + dy)))[..., None]
    return np.clip(wall * (1 - 0.62 * cracks - 0.25 * rim)[..., None], 0, 1)
