"""What is drawn dry: charcoal, pastel, pencils, crayon, chalk, and the pen's hatching."""

import numpy as np

from .fields import Array, blur, mixed, noise, ramp, sample, streaks
from .marks import paper, paths, scattered
from .pens import along, contour_paths, hatch, lines, outlines, swells
from .solids import Scene
from .study import closest, shifted, soft_shade, sticks, toned

INK = np.array([0.09, 0.085, 0.1])


def _caught(force: Array, tooth: Array, soft: float = 0.3) -> Array:
    """How much of a dry stick a paper's tooth takes off (H, W): little force reaches its tops alone."""
    return ramp(force - (1 - tooth), 0.0, soft)


def _rubbed(scene: Scene, weight: Array, width: float, reach: float, rng, *, spacing: float, turn: float = 0.0, low: float = 0.3) -> Array:
    """Broad strokes of a stick's side, and their force (H, W), where `weight` (H, W) asks for it."""
    places = scattered(scene.shape, spacing, rng)
    places = places[sample(weight, *places.T) > rng.random(len(places)) ** 1.3 * 0.9]
    length = reach * rng.uniform(0.5, 1.2, len(places))
    path, count = paths(places, scene.angle + turn, scene.part, length, 4.0, 0.35)
    keep = count > 2
    path, count = path[keep], count[keep]
    pressure = swells(count, path.shape[1], rng, low) * np.clip(along(weight, path) + 0.12, 0, 1)
    return lines(scene.shape, path, count, width * rng.uniform(0.6, 1.3, len(path)), pressure, rng, 1.0)


def charcoal(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Vine charcoal rubbed on with its side and smudged, compressed charcoal in the darks, lights lifted out."""
    shape = scene.shape
    tooth = paper(shape, unit, rng, 0.8)
    laid = np.clip(0.75 * (noise(shape, 2.2 * unit, rng, 2) - 0.5) + 0.5 * (tooth - 0.5) + 0.5, 0, 1)
    tone = toned(scene, 0.02, 1.0, 0.7, 0).tone
    dark = np.clip(1 - tone, 0, 1)
    edges = outlines(scene, rng, 4.6 * unit, 60 * unit)
    smudge = streaks(blur(dark, 5 * unit) * (0.75 + 0.5 * noise(shape, 9 * unit, rng, 3)), scene.angle, 16 * unit)
    sides = _rubbed(scene, ramp(blur(dark, 4 * unit), 0.22, 0.85), 13 * unit, 58 * unit, rng, spacing=9 * unit)
    slants = _rubbed(scene, ramp(blur(dark, 3 * unit), 0.38, 0.95), 8 * unit, 70 * unit, rng, spacing=8.5 * unit, turn=0.5)
    deep = _rubbed(scene, ramp(dark, 0.68, 0.95), 5 * unit, 30 * unit, rng, spacing=5 * unit, turn=-0.25, low=0.5)
    cover = 0.34 * ramp(smudge, 0.12, 0.9)
    cover = 1 - (1 - cover) * (1 - 0.5 * _caught(0.17 * sides + 0.5 * dark - 0.06, laid, 0.6))
    cover = 1 - (1 - cover) * (1 - 0.6 * _caught(0.3 * slants + 0.3 * dark - 0.05, laid, 0.5))
    cover = 1 - (1 - cover) * (1 - 0.85 * _caught(0.55 * deep, laid, 0.5))
    cover = 1 - (1 - cover) * (1 - 0.9 * _caught(0.62 * edges * (0.35 + 0.8 * noise(shape, 80 * unit, rng, 2)) + 0.2 * dark, laid, 0.6))
    lifted = _rubbed(scene, ramp(tone, 0.8, 0.98), 5 * unit, 30 * unit, rng, spacing=8 * unit)
    cover *= 1 - 0.8 * np.clip(lifted, 0, 1) * ramp(tone, 0.72, 0.95)
    sheet = np.array([0.93, 0.905, 0.85]) * (1 - 0.05 * (1 - tooth))[..., None]
    return mixed(sheet, np.array([0.11, 0.105, 0.105]), np.clip(cover, 0, 0.96))


def _pen(scene: Scene, rng: np.random.Generator, unit: float, sets: list[tuple[float, float, float, float]]) -> Array:
    """Ink (H, W) of sets of hatching: each a turn from the form, a tone from which it is drawn, a spacing and
    a width in px of a plate.
    """
    tone = toned(scene, 0.0, 1.0, 0.85, 0).tone
    tone = 0.65 * blur(tone, 2.5 * unit) + 0.35 * tone
    ink = np.zeros(scene.shape)
    for turn, below, spacing, width in sets:
        need = ramp(tone + 0.06 * (noise(scene.shape, 40 * unit, rng, 2) - 0.5), below, below - 0.16)
        angle = _hand(scene, turn, unit)
        path, count = hatch(scene, angle, spacing * unit, 70 * unit, rng, where=need, bend=0.5)
        force = np.clip(1.25 * (below - along(tone, path)) / max(below, 0.3) + 0.25, 0, 1)
        force *= along(need, path) > 0.15
        pressure = np.clip(force, 0, 1) * swells(count, path.shape[1], rng, 0.4)
        ink += lines(scene.shape, path, count, width * unit * rng.uniform(0.85, 1.15, len(path)), pressure, rng, 0.5 * unit)
    return ink


def _hand(scene: Scene, turn: float, unit: float) -> Array:
    """The directions of a pen's strokes: along the form, and steadier than it."""
    double = np.exp(2j * scene.angle)
    steady = blur(double.real, 9 * unit) + 1j * blur(double.imag, 9 * unit) + 0.45 * np.exp(2j * -0.8)
    return np.angle(steady) / 2 + turn


def hatching(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """A steel pen's parallel lines, bent by the form, closer and pressed harder in the shadow; white paper."""
    ink = _pen(scene, rng, unit, [(0.0, 0.86, 5.6, 1.5), (0.12, 0.5, 3.6, 1.9), (0.25, 0.22, 2.6, 2.4)])
    return _inked(scene, rng, unit, ink, 2.0)


def cross_hatching(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Layers of pen lines one across the other, four in the deepest shadow."""
    sets = [(0.0, 0.84, 5.2, 1.3), (1.05, 0.62, 5.2, 1.35), (-0.7, 0.42, 4.8, 1.4), (0.45, 0.24, 3.6, 1.7)]
    return _inked(scene, rng, unit, _pen(scene, rng, unit, sets), 1.8)


def _inked(scene: Scene, rng: np.random.Generator, unit: float, ink: Array, outline: float) -> Array:
    """Ink on a smooth paper, with the outlines."""
    contours = outlines(scene, rng, outline * unit, 46 * unit)
    black = ramp(toned(scene, 0, 1, 1, 0).tone, 0.075, 0.04) * 0.9
    cover = 1 - np.exp(-1.9 * (ink + 1.1 * contours + black))
    cover = ramp(cover, 0.16, 0.78)
    tooth = paper(scene.shape, unit, rng, 0.6)
    sheet = np.array([0.965, 0.95, 0.91]) * (1 - 0.02 * (1 - tooth))[..., None]
    return mixed(sheet, INK * (1 + 0.5 * noise(scene.shape, 60 * unit, rng, 2))[..., None], cover * (0.9 + 0.1 * tooth))
