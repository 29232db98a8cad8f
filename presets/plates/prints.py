"""What is printed or cut: woodcut, linocut, etching, screens, two inks of a risograph, and cut paper."""

import numpy as np

from .fields import Array, blur, borders, grid, mixed, nearest_seed, noise, ramp, resized, sample, streaks, warped
from .marks import paper
from .pens import along, hatch, lines, outlines, swells
from .solids import Scene
from .study import enlarged, from_border, means, patches, shifted, toned

FINE = 1.5  # the block's pixels to the print's


def _gouged(scene: Scene, white: Array, spacing: float, width: float, reach: float, rng, *, turn: float = 0.0) -> Array:
    """What a gouge takes away (H, W), 1 where it has been: cuts along the form, the wider the whiter."""
    path, count = hatch(scene, scene.angle + turn, spacing, reach, rng, where=ramp(white, 0.05, 0.3), bend=0.8)
    t = np.arange(path.shape[1]) / np.maximum(count[:, None] - 1, 1)
    dig = np.clip(np.minimum(t / 0.12 + 0.05, (1 - t) / 0.3 + 0.0), 0, 1) ** 0.7
    open_ = np.clip(along(white, path), 0, 1)
    return lines(scene.shape, path, count, np.full(len(path), width), dig * open_, rng, 0.35)


def woodcut(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Cut along the grain with knife and gouge: what is left of the block prints black, on laid paper."""
    large = enlarged(scene, FINE)
    u = unit * FINE
    shape = large.shape
    tone = toned(large, 0.0, 1.0, 0.6, 0).tone
    smooth = 0.6 * blur(tone, 3 * u) + 0.4 * tone
    key = blur(outlines(large, rng, 3.4 * u, 60 * u), 0.5 * u)
    cuts = _gouged(large, ramp(smooth, 0.16, 0.8), 6.4 * u, 7.6 * u, 90 * u, rng)
    cleared = ramp(blur(smooth, 2 * u) + 0.1 * (noise(shape, 26 * u, rng, 3) - 0.5), 0.74, 0.82)
    rims = blur(borders(large.part).astype(float), 1.0 * u)
    parting = ramp(rims, 0.1, 0.2) * ramp(blur(tone, 9 * u), 0.6, 0.42)  # between two darks a white line
    white = np.maximum(ramp(cuts, 0.32, 0.55), cleared)
    # Ridges between the gouge's passes stand a little, and print here and there where all is cleared.
    ridges = hatch(large, large.angle, 13 * u, 40 * u, rng, where=cleared * 0.6)
    chatter = lines(shape, *ridges, np.full(len(ridges[0]), 2.0 * u), swells(ridges[1], ridges[0].shape[1], rng, 0.1), rng, u)
    chatter *= ramp(noise(shape, 44 * u, rng, 2), 0.56, 0.7) * cleared
    black = np.maximum(1 - white, np.maximum(ramp(key, 0.3, 0.55), ramp(chatter, 0.3, 0.6)))
    black = ramp(blur(black * (1 - parting), 0.7 * u), 0.4, 0.6)
    grain = streaks(noise(shape, 2.4 * u, rng, 2), np.full(shape, 0.04), 90 * u)
    grain = (grain - grain.mean()) / grain.std()
    inking = 1 - 0.55 * ramp(grain + 0.8 * (noise(shape, 120 * u, rng, 2) - 0.5), 1.1, 2.2)
    ink = black * np.clip(inking - 0.1 * noise(shape, 3 * u, rng, 2), 0, 1)
    tooth = paper(shape, u, rng, 1.0)
    sheet = np.array([0.945, 0.91, 0.82]) * (1 - 0.035 * (1 - tooth))[..., None]
    return resized(mixed(sheet, np.array([0.1, 0.085, 0.08]), ink), scene.shape)
