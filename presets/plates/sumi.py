"""Sumi-e: bamboo before mountains in mist. It is no study of a motif: strokes are placed as it is taught."""

import numpy as np

from .fields import Array, blur, grid, noise, ramp, streaks
from .marks import frame, paper
from .solids import Scene


def _brushed(
    ink: Array,
    path: Array,
    width: Array,
    strength: float,
    rng: np.random.Generator,
    *,
    dry: float = 0.0,
    side: float = 0.3,
) -> None:
    """Add one stroke's ink to a sheet (H, W): widths (K) along the path (K, 2), px; `dry` is how soon its
    hairs part, `side` how much more of the ink one edge of the brush holds.
    """
    room = width.max() / 2 + 3
    low, high = np.floor(path.min(0) - room).astype(int), np.ceil(path.max(0) + room).astype(int)
    x0, y0 = np.maximum(low, 0)
    x1, y1 = min(high[0], ink.shape[1]), min(high[1], ink.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    along, across, length = frame(path, x0, y0, x1, y1)
    t = np.clip(along / length, 0, 1)
    beyond = np.maximum(along - length, -along)
    half = np.interp(t, np.linspace(0, 1, len(width)), width / 2)
    far = np.where(beyond > 0, np.hypot(across, np.maximum(beyond, 0)), np.abs(across))
    v = np.clip(across / np.maximum(half, 0.3), -1, 1)
    hairs = max(int(width.max() * 1.1), 6)
    comb = rng.random(hairs)
    hair = np.interp((v + 1) / 2 * (hairs - 1), np.arange(hairs), comb)
    worn = ramp(dry * t * 1.6 + 0.5 * dry - hair, 0.0, 0.3) if dry else 0.0
    body = np.clip((half - far) * 0.9 + 0.4, 0, 1)
    rim = 1 + 0.35 * ramp(np.abs(v), 0.6, 0.95)
    laid = strength * body * rim * (1 + side * v) * (0.9 + 0.25 * hair) * (1 - worn)
    ink[y0:y1, x0:x1] = np.maximum(ink[y0:y1, x0:x1] * (1 - 0.35 * body), 0) + laid * (
        1 - 0.2 * (ink[y0:y1, x0:x1] > 0.4)
    )


def _curve(start: Array, angle: float, length: float, bend: float, steps: int = 14) -> Array:
    a = angle + bend * np.linspace(0, 1, steps)
    return start + np.cumsum(np.stack([np.cos(a), np.sin(a)], 1), 0) * length / steps


def _leaves(
    ink: Array, at: Array, unit: float, strength: float, rng: np.random.Generator, count: int
) -> None:
    """A cluster of leaves: put down, pressed, drawn out to a point."""
    lean = rng.normal(0, 0.2)
    for angle in np.linspace(0.45, 2.6, count) + rng.normal(0, 0.16, count) + lean:
        length = rng.uniform(62, 128) * unit
        t = np.linspace(0, 1, 14)
        width = rng.uniform(11, 19) * unit * (np.sin(np.pi * t**0.62) ** 0.9) + 0.7
        path = _curve(at + rng.normal(0, 4 * unit, 2), angle, length, rng.normal(0, 0.3))
        _brushed(ink, path, width, strength * rng.uniform(0.7, 1.15), rng, dry=rng.choice([0.0, 0.0, 0.35]))


def _stalk(
    ink: Array, foot: Array, top: float, width: float, strength: float, unit: float, rng
) -> list[Array]:
    """A stem from its foot upwards, joint by joint; the places of its joints."""
    joints, here, lean = [], foot, rng.uniform(-1.66, -1.5)
    while here[1] > top:
        length = rng.uniform(110, 165) * unit
        path = _curve(here, lean, length, rng.normal(0, 0.03), 10)
        t = np.linspace(0, 1, 10)
        body = width * (1 + 0.13 * np.abs(2 * t - 1) ** 3)
        _brushed(
            ink,
            path,
            body,
            strength * rng.uniform(0.75, 1.1),
            rng,
            dry=rng.choice([0.15, 0.42, 0.55]),
            side=0.55,
        )
        here = path[-1] + np.array([0, -4 * unit])
        hook = here + np.array([[-0.62, 0.1], [-0.3, -0.09], [0.3, -0.09], [0.62, 0.12]]) * width
        _brushed(ink, hook, np.array([4.0, 3.0, 3.0, 5.0]) * unit, 1.7, rng)
        joints.append(here)
        lean += rng.normal(0, 0.02)
    return joints


def _mountains(shape: tuple[int, ...], unit: float, rng: np.random.Generator) -> Array:
    """Ridges one behind another (H, W): a wet edge above, mist below, some strokes down the slopes."""
    x, y = grid(shape)
    ink = np.zeros(shape)
    for level, height, strength in ((0.36, 210, 0.3), (0.5, 230, 0.42), (0.66, 170, 0.6)):
        profile = (
            noise((1, shape[1]), 420 * unit, rng, 2)[0] + 0.22 * noise((1, shape[1]), 50 * unit, rng, 4)[0]
        )
        ridge = level * shape[0] - height * unit * (profile - 0.35) * 1.5
        below = y - ridge[None, :] + 9 * unit * (noise(shape, 20 * unit, rng, 3) - 0.5)
        fade = np.exp(-np.clip(below, 0, None) / ((70 + 90 * noise(shape, 180 * unit, rng, 2)) * unit))
        mass = ramp(below, -1.5 * unit, 2.5 * unit) * fade
        ink *= 1 - 0.75 * ramp(below, 0, 60 * unit)
        ink += strength * mass * (0.65 + 0.7 * noise(shape, 44 * unit, rng, 4))
        for place in rng.uniform(0.02, 0.98, 46):
            column = int(place * shape[1])
            start = np.array([column, ridge[column] + rng.uniform(2, 40) * unit])
            path = _curve(start, rng.uniform(1.1, 2.1), rng.uniform(28, 80) * unit, rng.normal(0, 0.5))
            width = rng.uniform(5, 13) * unit * np.linspace(1, 0.25, 14)
            _brushed(ink, path, width, strength * rng.uniform(0.5, 1.3), rng, dry=0.75)
    return ink


def sumi_e(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Black ink on absorbent paper: bamboo in three strengths, mountains, a pale moon, a seal."""
    shape = scene.shape
    x, y = grid(shape)
    moon = np.hypot(x - 0.42 * shape[1], y - 0.17 * shape[0]) / unit
    sky = 0.16 * ramp(noise(shape, 240 * unit, rng, 3) + 0.4 * np.exp(-((moon / 190) ** 2)), 0.4, 0.95)
    ink = _mountains(shape, unit, rng)
    sky = sky * ramp(blur(ink, 3 * unit), 0.12, 0.01)
    ink = blur(ink, 0.9 * unit) + sky * ramp(moon, 66, 69) * ramp(y, 0.62 * shape[0], 0.25 * shape[0])
    for foot, width, strength, clusters in ((0.93, 15, 0.42, 4), (0.63, 21, 0.75, 6), (0.78, 33, 1.05, 8)):
        stem = np.zeros(shape)
        joints = _stalk(
            stem, np.array([foot * shape[1], shape[0] * 1.03]), -40 * unit, width * unit, strength, unit, rng
        )
        ink = ink * (1 - 0.8 * ramp(blur(stem, 1.5 * unit), 0.05, 0.4)) + stem
        for k in range(clusters):
            joint = joints[min(len(joints) - 1, 1 + k % max(len(joints) - 1, 1))]
            out = joint + np.array([rng.choice([-1, 1]) * rng.uniform(30, 170), rng.uniform(-60, 40)]) * unit
            twig = np.stack(
                [
                    joint + (out - joint) * s + np.array([0, -14 * unit * np.sin(np.pi * s)])
                    for s in np.linspace(0, 1, 8)
                ]
            )
            _brushed(ink, twig, np.linspace(4.5, 2, 8) * unit, strength * 1.2, rng)
            _leaves(ink, out, unit, 0.45 + 1.25 * strength, rng, int(rng.integers(3, 6)))
    bled = np.maximum(ink, 0.8 * blur(ink, 1.4 * unit)) + 0.1 * blur(ink, 7 * unit)
    tooth = paper(shape, unit, rng, 1.6)
    fibres = streaks(noise(shape, 2 * unit, rng, 1), 6 * noise(shape, 60 * unit, rng, 2), 40 * unit)
    fibres = (fibres - fibres.mean()) / fibres.std()
    black = -np.log(np.array([0.15, 0.14, 0.145]))
    granular = 1 + 0.28 * (0.5 - tooth) - 0.05 * fibres
    sheet = np.array([0.945, 0.925, 0.87]) * (1 - 0.012 * fibres - 0.02 * (1 - tooth))[..., None]
    picture = sheet * np.exp(-np.clip(bled * granular, 0, 1.5)[..., None] * black)
    return np.clip(_sealed(picture, unit, rng), 0, 1)


def _sealed(picture: Array, unit: float, rng: np.random.Generator) -> Array:
    """A painter's seal in cinnabar, with a mountain cut into it."""
    side = round(46 * unit)
    y0, x0 = round(0.86 * picture.shape[0]), round(0.07 * picture.shape[1])
    y, x = np.mgrid[:side, :side] / side - 0.5
    cut = (np.abs(x) < 0.36) & (np.abs(y - 0.28) < 0.05)
    for at, tall in ((0.0, 0.62), (-0.31, 0.36), (0.31, 0.36)):
        cut |= (np.abs(x - at) < 0.05) & (y < 0.28) & (y > 0.28 - tall)
    worn = noise((side, side), 7 * unit, rng, 3)
    stone = (
        ramp(0.5 - np.maximum(np.abs(x), np.abs(y)) - 0.03 * worn, 0.0, 0.04)
        * (1 - cut)
        * ramp(worn, 0.12, 0.3)
    )
    box = np.s_[y0 : y0 + side, x0 : x0 + side]
    picture[box] += (np.array([0.74, 0.17, 0.12]) - picture[box]) * (0.9 * stone)[..., None]
    return picture
