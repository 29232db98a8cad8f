"""What is put together or built: leaded glass, mosaic, and painting into wet plaster."""

import numpy as np

from .fields import Array, blur, borders, grid, mixed, nearest, nearest_seed, noise, ramp, sample, streaks, warped
from .marks import Brush, Sheet, paths, scattered, stroke
from .pens import even, hatch, outlines
from .solids import Scene
from .study import connected, from_border, means, patches, shifted, soft_shade, toned, without_crumbs


def stained_glass(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Pieces of coloured glass in lead, the light behind them, the details painted on in black and fired."""
    shape = scene.shape
    things = warped(patches(scene, 2, 500 * unit**2), 2 * unit, 40 * unit, rng)
    places = scattered(shape, 92 * unit, rng)
    seeds = np.zeros(shape, int)
    seeds[places[:, 1].astype(int).clip(0, shape[0] - 1), places[:, 0].astype(int).clip(0, shape[1] - 1)] = np.arange(1, len(places) + 1)
    cells, _ = nearest_seed(seeds)
    pieces = without_crumbs(connected(things * (len(places) + 2) + cells), 420 * unit**2)
    away = from_border(pieces)
    colour = means(scene.colour, pieces)
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


def places_of_bubbles(shape: tuple[int, int], unit: float, rng: np.random.Generator) -> Array:
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
    """The glass with lead cames over its borders: round, dull grey where they catch light, soldered at joints."""
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
