"""What a hand decides before the first mark: the picture's patches, its few colours, its light and dark."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from .fields import LUMA, Array, blur, borders, nearest_seed, ramp, resized, sample, warped
from .solids import CLOUD, Scene


def enlarged(scene: Scene, scale: float) -> Scene:
    """The scene with `scale` times its pixels a side, its outlines smooth."""
    shape = (round(scene.shape[0] * scale), round(scene.shape[1] * scale))
    x, y = np.meshgrid((np.arange(shape[1]) + 0.5) / scale - 0.5, (np.arange(shape[0]) + 0.5) / scale - 0.5)
    rows, columns = np.rint(np.clip(y, 0, None)).astype(int), np.rint(np.clip(x, 0, None)).astype(int)
    rows, columns = np.minimum(rows, scene.shape[0] - 1), np.minimum(columns, scene.shape[1] - 1)
    double = np.exp(2j * scene.angle)
    angle = np.arctan2(sample(double.imag, x, y), sample(double.real, x, y)) / 2
    albedo, colour, shade, normal, depth = (
        resized(values, shape)
        for values in (scene.albedo, scene.colour, scene.shade, scene.normal, scene.depth)
    )
    part = scene.part[rows, columns]
    return replace(
        scene, part=part, albedo=albedo, colour=colour, shade=shade, normal=normal, depth=depth, angle=angle
    )


def toned(scene: Scene, low: float, high: float, gamma: float = 1.0, saturation: float = 1.0) -> Scene:
    """The scene in another light: from `low` to `high`, its middle by `gamma`, its colours stronger."""
    tone = scene.tone
    bottom, top = np.quantile(tone, (0.01, 0.99))
    wanted = low + (high - low) * np.clip((tone - bottom) / (top - bottom), 0, 1) ** gamma
    grey = tone[..., None]
    colour = wanted[..., None] * (1 + saturation * (scene.colour - grey) / np.maximum(grey, 0.04))
    return replace(scene, colour=np.clip(colour, 0, 1))


def patches(scene: Scene, levels: int = 3, least: float = 60.0, tremble: float = 0.0, rng=None) -> Array:
    """Numbers (H, W) from 1 of the patches of one thing and one colour, none smaller than `least` px."""
    coarse = np.floor(np.clip(scene.albedo, 0, 0.999) * levels).astype(int)
    coarse[np.isin(scene.part, (0, CLOUD))] = 0  # a sky goes over into its horizon
    keys = scene.part * levels**3 + (coarse * levels ** np.arange(3)).sum(-1)
    if rng is not None:
        keys = warped(keys, tremble, 24, rng)
    return without_crumbs(keys, least)


def without_crumbs(keys: Array, least: float) -> Array:
    """Keys numbered from 1; those with fewer than `least` px go to their neighbours."""
    _, numbers = np.unique(keys, return_inverse=True)
    numbers = numbers.reshape(keys.shape)
    sizes = np.bincount(numbers.ravel())
    kept = np.where(sizes[numbers] >= least, numbers + 1, 0)
    return nearest_seed(kept)[0] if (kept == 0).any() else kept


def connected(keys: Array) -> Array:
    """Keys with each piece of its own numbered from 1: pieces of one key that do not touch are others."""
    labels = np.arange(keys.size).reshape(keys.shape)
    while True:
        before = labels.copy()
        for axis in (0, 1):
            for flip in (False, True):
                a, k = (np.flip(v, axis) if flip else v for v in (labels, keys))
                labels = np.flip(_swept(a, k, axis), axis) if flip else _swept(a, k, axis)
        if (labels == before).all():
            _, numbers = np.unique(labels, return_inverse=True)
            return numbers.reshape(keys.shape) + 1


def _swept(labels: Array, keys: Array, axis: int) -> Array:
    """Labels with the least of each run of one key, up to here, along an axis."""
    labels = np.moveaxis(labels.copy(), axis, 0)
    keys = np.moveaxis(keys, axis, 0)
    for row in range(1, len(labels)):
        same = keys[row] == keys[row - 1]
        labels[row] = np.where(same, np.minimum(labels[row], labels[row - 1]), labels[row])
    return np.moveaxis(labels, 0, axis)


def means(values: Array, numbers: Array) -> Array:
    """The mean of values (H, W) or (H, W, C) over each number's pixels, by number."""
    sizes = np.maximum(np.bincount(numbers.ravel()), 1)
    if values.ndim == 2:
        return np.bincount(numbers.ravel(), values.ravel()) / sizes
    return np.stack([np.bincount(numbers.ravel(), values[..., c].ravel()) / sizes for c in range(3)], 1)


def from_border(numbers: Array) -> Array:
    """How far each pixel is from the border of its patch, px."""
    return nearest_seed(borders(numbers).astype(int))[1]


def sticks(colours: Array, count: int, rng: np.random.Generator, rounds: int = 12) -> Array:
    """The few colours (count, 3) that a picture's colours (H, W, 3) can do with, by k-means; dark first."""
    pixels = colours.reshape(-1, 3)
    pixels = pixels[rng.choice(len(pixels), 6000)]
    found = [pixels[0]]
    for _ in range(count - 1):
        far = np.min([((pixels - f) ** 2).sum(1) for f in found], 0)
        found.append(pixels[np.argmax(far)])
    centres = np.array(found)
    for _ in range(rounds):
        nearest = closest(pixels, centres)
        centres = np.stack(
            [pixels[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(count)]
        )
    return centres[np.argsort(centres @ LUMA)]


def closest(colours: Array, centres: Array) -> Array:
    """Which of some colours (count, 3) is nearest to each of colours (..., 3)."""
    return np.argmin([((colours - c) ** 2).sum(-1) for c in centres], 0)


def shifted(colour: Array, hue: float = 0.0, chroma: float = 1.0, light: float = 0.0) -> Array:
    """Colours turned about the grey axis by `hue` radians, their chroma scaled, their lightness raised."""
    grey = colour @ LUMA
    away = (colour - grey[..., None]) * chroma
    axis = np.ones(3) / np.sqrt(3)
    turned = away * np.cos(hue) + np.cross(axis, away) * np.sin(hue) + 0 * grey[..., None]
    return np.clip(grey[..., None] + turned + light, 0, 1)


PALETTES = ("natural", "warm", "cool", "one colour")


def palette(scene: Scene, name: str, ink: Sequence[float] = (0.16, 0.28, 0.5)) -> Scene:
    """The scene in a painter's palette: as it is, in warm or cool colours, or in shades of one `ink`."""
    if name == "natural":
        return scene

    def change(colour: Array) -> Array:
        grey = (colour @ LUMA)[..., None]
        if name == "one colour":
            dark = np.array(ink)
            return np.clip(dark + (np.array([0.97, 0.95, 0.9]) - dark) * ramp(grey, 0.02, 0.95), 0, 1)
        tint = np.array([1.16, 0.98, 0.74]) if name == "warm" else np.array([0.8, 0.98, 1.18])
        pale = grey + (colour - grey) * 0.6
        return np.clip(0.35 * colour * tint + 0.65 * pale * tint, 0, 1)

    return replace(scene, albedo=change(scene.albedo), colour=change(scene.colour))


def soft_shade(scene: Scene, sigma: float) -> Array:
    """The scene's light and shadow (H, W) as one squints at it, without crossing from thing to thing much."""
    return 0.7 * blur(scene.shade, sigma) + 0.3 * scene.shade
