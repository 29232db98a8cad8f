"""Pen and ink: tones out of lines alone."""

import numpy as np

from .fields import Array, blur, mixed, noise, ramp
from .lines import along, hatch, lines, outlines, steady, swells
from .marks import paper
from .solids import Scene
from .study import toned

INK = np.array([0.09, 0.085, 0.1])


def _pen(
    scene: Scene, rng: np.random.Generator, unit: float, sets: list[tuple[float, float, float, float]]
) -> Array:
    """Ink (H, W) of sets of hatching: each a turn from the form, a tone from which it is drawn, a spacing and
    a width in px of a plate.
    """
    tone = toned(scene, 0.0, 1.0, 0.85, 0).tone
    tone = 0.65 * blur(tone, 2.5 * unit) + 0.35 * tone
    ink = np.zeros(scene.shape)
    for turn, below, spacing, width in sets:
        need = ramp(tone + 0.06 * (noise(scene.shape, 40 * unit, rng, 2) - 0.5), below, below - 0.16)
        angle = steady(scene, turn, unit)
        path, count = hatch(scene, angle, spacing * unit, 70 * unit, rng, where=need, bend=0.5)
        force = np.clip(1.25 * (below - along(tone, path)) / max(below, 0.3) + 0.25, 0, 1)
        force *= along(need, path) > 0.15
        pressure = np.clip(force, 0, 1) * swells(count, path.shape[1], rng, 0.4)
        ink += lines(
            scene.shape,
            path,
            count,
            width * unit * rng.uniform(0.85, 1.15, len(path)),
            pressure,
            rng,
            0.5 * unit,
        )
    return ink


def hatching(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """A steel pen's parallel lines, bent by the form, closer and pressed harder in the shadow."""
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
    return mixed(
        sheet, INK * (1 + 0.5 * noise(scene.shape, 60 * unit, rng, 2))[..., None], cover * (0.9 + 0.1 * tooth)
    )
