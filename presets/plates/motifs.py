"""What the styles are painted from: a still life, a harbour, a village in the hills, flowers, and a head."""

from collections.abc import Callable

import numpy as np

from .fields import Array, noise, ramp, sample
from .shapes import box, capsule, cut, ellipsoid, gable, ground, joined, lathe, sail, turned
from .solids import Scene, Solid, View, render, unit

Paint = Callable[[Array, Array], Array]


def plain(*colour: float) -> Paint:
    """One colour all over."""
    return lambda p, n: np.broadcast_to(np.array(colour, float), p.shape)


def blend(a: tuple, b: tuple, along: Callable[[Array, Array], Array]) -> Paint:
    """From one colour to another by a share of points and normals."""
    return lambda p, n: np.array(a) + (np.array(b) - np.array(a)) * np.clip(along(p, n), 0, 1)[:, None]


class _Stage:
    """Solids as they are put up, each with a part of its own."""

    def __init__(self) -> None:
        self.solids: list[Solid] = []
        self.names: dict[str, int] = {"background": 0}

    def put(self, name: str, distance: Callable, centre: tuple, radius: float, paint: Paint, **more: float):
        part = self.names.setdefault(name, len(self.names))
        self.solids.append(Solid(distance, centre, radius, paint, part, **more))


def _clouds(low: tuple, high: tuple, cloud: tuple, seed: int, cover: float = 0.55) -> Callable:
    field = noise((512, 1024), 170, np.random.default_rng(seed), 5)

    def backdrop(ray: Array) -> Array:
        up = np.clip(ray[:, 1] * 2.0, 0, 1)
        sky = np.array(low) + (np.array(high) - np.array(low)) * (up**0.7)[:, None]
        x = (np.arctan2(ray[:, 0], -ray[:, 2]) / 1.6 + 0.5) * 1024
        amount = ramp(sample(field, x, 480 - ray[:, 1] * 850), cover, cover + 0.09) * ramp(ray[:, 1], 0.01, 0.1)
        return sky + (np.array(cloud) - sky) * amount[:, None]

    return backdrop


def _pear(stage: _Stage, at: tuple, size: float, colour: tuple, blush: tuple, lean: float) -> None:
    x, y, z = at
    outline = [(0.0, 0.0), (0.3, 0.03), (0.44, 0.3), (0.38, 0.58), (0.21, 0.85), (0.13, 1.02), (0.0, 1.1)]
    body = lathe((0, 0, 0), [(r * size, h * size) for r, h in outline])
    place = np.array(at)
    paint = blend(
        colour, blush, lambda p, n: 0.9 * ramp(n[:, 0] * 0.8 + 0.5 * n[:, 2] + 0.25 * np.sin(9 * p[:, 1]), -0.1, 1.1)
    )
    stage.put(f"pear {x}", lambda p: body(turned(p - place, 0, lean)), (x, y + 0.5 * size, z), 0.75 * size, paint, gloss=0.3)
    tip = (x - np.sin(lean) * 1.08 * size, y + np.cos(lean) * 1.08 * size, z)
    end = (tip[0] + 0.1 * size, tip[1] + 0.24 * size, z)
    stage.put("stalk", capsule(tip, end, 0.026 * size, 0.035 * size), tip, 0.4 * size, plain(0.3, 0.2, 0.12))


def still_life() -> tuple:
    """Pears, a jug, a lemon and a bowl on a cloth before a wall."""
    stage = _Stage()
    wall = blend((0.42, 0.5, 0.52), (0.66, 0.64, 0.56), lambda p, n: 0.5 + 0.24 * p[:, 0] + 0.12 * p[:, 1])
    stage.put("wall", lambda p: p[:, 2] + 2.2, (0, 0, -3), 99, wall, run=1.1)
    stage.put("table", lambda p: p[:, 1] + 0.02, (0, -1, 0), 99, plain(0.55, 0.35, 0.22), run=0.05)

    def folds(x: Array, z: Array) -> Array:
        drape = 0.03 * np.sin(3.1 * x + 1.7 * z) + 0.05 * np.exp(-((x - 0.9 * z - 1.0) / 0.16) ** 2)
        drape += 0.06 * np.exp(-((x + 0.5 * z + 0.98) / 0.13) ** 2)
        return 0.0 + drape - 0.5 * ramp(np.maximum(np.abs(x + 0.05) - 1.7, z - 0.95 + 0.16 * x), 0.0, 0.4)

    def stripes(p: Array, n: Array) -> Array:
        line = ramp(np.cos(7.0 * (p[:, 0] * 0.8 + p[:, 2] * 0.5)), 0.90, 0.96)
        return np.array([0.93, 0.9, 0.82]) + line[:, None] * (np.array([0.32, 0.42, 0.62]) - [0.93, 0.9, 0.82])

    stage.put("cloth", ground(folds, 0.55), (0, 0, 0), 99, stripes, run=0.25)
    jug = [(0, 0.02), (0.3, 0.03), (0.5, 0.36), (0.5, 0.72), (0.26, 1.12), (0.24, 1.3), (0.34, 1.5), (0.27, 1.46), (0.18, 1.25), (0, 1.2)]
    glaze = blend((0.16, 0.33, 0.5), (0.85, 0.83, 0.75), lambda p, n: ramp(p[:, 1] + 0.04 * np.sin(11 * p[:, 0]), 0.86, 0.96))
    jug_at = (-0.62, 0.03, -0.55)
    stage.put("jug", lathe(jug_at, jug), (-0.62, 0.8, -0.55), 1.0, glaze, gloss=0.5)
    ear = [(-0.98, 1.35), (-1.28, 1.3), (-1.38, 1.0), (-1.2, 0.7), (-1.06, 0.62)]
    handle = joined(
        [capsule((*a, -0.55), (*b, -0.55), 0.055) for a, b in zip(ear[:-1], ear[1:], strict=True)], 0.04
    )
    stage.put("handle", handle, (-1.2, 1.0, -0.55), 0.6, plain(0.2, 0.36, 0.52), gloss=0.3)
    _pear(stage, (0.12, 0.03, -0.1), 0.82, (0.78, 0.72, 0.24), (0.82, 0.4, 0.2), 0.12)
    _pear(stage, (0.78, 0.03, -0.55), 0.9, (0.62, 0.68, 0.28), (0.72, 0.6, 0.26), -0.16)
    lemon = joined([ellipsoid((-0.42, 0.27, 0.38), (0.3, 0.23, 0.24), 0.5), ellipsoid((-0.68, 0.28, 0.52), (0.09, 0.06, 0.06), 0.5)], 0.08)
    stage.put("lemon", lemon, (-0.42, 0.3, 0.38), 0.5, plain(0.93, 0.78, 0.2), gloss=0.25)
    bowl = [(0, 0.04), (0.2, 0.03), (0.3, 0.08), (0.5, 0.26), (0.62, 0.46), (0.57, 0.46), (0.44, 0.27), (0, 0.14)]
    stage.put("bowl", lathe((1.42, 0.03, 0.12), bowl), (1.42, 0.3, 0.12), 0.75, plain(0.74, 0.36, 0.26), gloss=0.3)
    for index, (x, y, z, r) in enumerate([(1.25, 0.5, 0.1, 0.2), (1.62, 0.48, 0.0, 0.19), (1.45, 0.5, 0.38, 0.18), (0.52, 0.19, 0.52, 0.17)]):
        plum = blend((0.4, 0.12, 0.22), (0.62, 0.3, 0.34), lambda p, n: 0.6 * n[:, 1] + 0.2)
        stage.put(f"plum {index}", ellipsoid((x, y, z), (r, r, r)), (x, y, z), r + 0.1, plum, gloss=0.3)
    view = View((0.25, 1.75, 4.3), (0.15, 0.5, -0.2), 0.86, (-0.75, 0.85, 0.5))
    return stage, view, lambda ray: np.broadcast_to(np.array([0.5, 0.52, 0.5]), ray.shape)


def _house(stage: _Stage, name: str, at: tuple, half: tuple, yaw: float, wall: tuple, roof: tuple) -> None:
    x, y, z = at
    a, h, b = half

    def facade(p: Array, n: Array) -> Array:
        q = turned(p - np.array([x, y, z]), yaw)
        along = np.where(np.abs(turned(n, yaw)[:, 0]) > 0.5, q[:, 2], q[:, 0])
        u, v = along / 0.34, (q[:, 1] - 0.3) / 0.52
        pane = (np.abs(u - np.rint(u)) < 0.2) & (np.abs(v - np.rint(v)) < 0.26) & (np.abs(along) < max(a, b) - 0.1)
        pane &= np.abs(n[:, 1]) < 0.5
        return np.where(pane[:, None], np.array([0.22, 0.24, 0.3]), np.array(wall))

    radius = float(np.linalg.norm(half)) + 0.1
    stage.put(name, box((x, y + h / 2, z), (a, h / 2, b), yaw), (x, y + h / 2, z), radius, facade, run=1.57)
    rise = 0.62 * a
    eaves = (a * 1.14, rise, b * 1.08)
    shingles = blend(roof, tuple(0.72 * c for c in roof), lambda p, n: ramp(np.sin(60 * p[:, 1]), 0.2, 0.9))
    stage.put(f"{name} roof", gable((x, y + h - 0.02, z), eaves, yaw), (x, y + h, z), radius + 0.2, shingles, run=0.9)
    stage.put(f"{name} chimney", box((x + 0.3 * a, y + h + 0.7 * rise, z), (0.07, 0.24, 0.07), yaw), (x, y + h + rise, z), 0.7 + a, plain(0.62, 0.4, 0.32), run=1.57)


def _boat(stage: _Stage, name: str, at: tuple, size: float, yaw: float, hull: tuple, cloth: tuple | None) -> None:
    x, y, z = at
    s = size

    def place(dx: float, dy: float, dz: float) -> tuple:
        return (x + s * (dx * np.cos(yaw) - dz * np.sin(yaw)), y + s * dy, z + s * (dx * np.sin(yaw) + dz * np.cos(yaw)))

    body = ellipsoid(place(0, 0.22, 0), (1.05 * s, 0.4 * s, 0.36 * s), yaw)
    inner = ellipsoid(place(0, 0.34, 0), (0.9 * s, 0.34 * s, 0.27 * s), yaw)
    top = y + 0.26 * s
    shell = cut(lambda p: np.maximum(body(p), p[:, 1] - top), inner)
    stage.put(name, shell, place(0, 0.1, 0), 1.2 * s, blend(hull, (0.9, 0.88, 0.8), lambda p, n: ramp(p[:, 1], top - 0.1 * s, top - 0.09 * s)), run=0.05)
    if cloth is None:
        return
    stage.put(f"{name} mast", capsule(place(0.1, 0.1, 0), place(0.1, 2.2, 0), 0.03 * s), place(0.1, 1.2, 0), 1.3 * s, plain(0.36, 0.25, 0.17), run=1.57)
    main = [place(0.04, 0.42, 0), place(-0.95, 0.5, 0.02), place(0.06, 2.1, 0)]
    jib = [place(0.95, 0.34, 0), place(0.18, 0.45, 0.02), place(0.14, 1.75, 0)]
    pale = tuple(min(1.0, 0.35 + 0.68 * c) for c in cloth)
    stage.put(f"{name} sail", sail(main, 0.012 * s, 0.12 * s), place(-0.3, 1.0, 0), 1.3 * s, plain(*cloth), run=1.3)
    stage.put(f"{name} jib", sail(jib, 0.012 * s, 0.1 * s), place(0.4, 0.9, 0), 1.1 * s, plain(*pale), run=-1.2)


def harbour() -> tuple:
    """Boats before a quay with houses, hills behind."""
    stage = _Stage()

    def ripples(x: Array, z: Array) -> Array:
        return 0.012 * np.sin(5 * x + 2.2 * np.sin(3.1 * z)) * np.sin(13 * z + 1.3 * np.sin(2 * x))

    stage.put("water", ground(ripples, 0.9), (0, -1, 0), 99, plain(0.2, 0.42, 0.5), mirror=0.9, run=0.0)
    stage.put("quay", box((0, 0.1, -6.2), (14, 0.3, 1.6)), (0, 0, -6.2), 99, plain(0.66, 0.58, 0.48), run=0.0)
    for name, at, radii, colour in (
        ("near hill", (-5.5, -0.8, -12), (6.5, 3.6, 4), (0.42, 0.5, 0.3)),
        ("far hill", (6, -1.5, -18), (12, 6.0, 5), (0.46, 0.54, 0.56)),
    ):
        stage.put(name, ellipsoid(at, radii), at, max(radii), plain(*colour), run=0.3)
    houses = [(-5.0, 1.5, (0.93, 0.82, 0.62)), (-3.7, 1.9, (0.85, 0.5, 0.38)), (-2.5, 1.3, (0.94, 0.92, 0.86)), (-1.2, 1.7, (0.9, 0.7, 0.4)), (0.3, 1.25, (0.66, 0.74, 0.76)), (1.7, 1.8, (0.92, 0.84, 0.74)), (3.1, 1.4, (0.8, 0.42, 0.34)), (4.4, 1.7, (0.94, 0.86, 0.66))]
    for index, (x, h, wall) in enumerate(houses):
        _house(stage, f"house {index}", (x, 0.35, -5.8 - 0.25 * (index % 3)), (0.58, h, 0.6), 0.05 * (index % 4 - 1.5), wall, (0.68, 0.32, 0.22) if index % 3 else (0.42, 0.38, 0.42))
    _house(stage, "tower", (-2.9, 0.35, -7.3), (0.4, 3.4, 0.4), 0.0, (0.88, 0.8, 0.66), (0.4, 0.5, 0.46))
    _boat(stage, "boat", (-0.75, 0, -0.4), 0.95, 0.16, (0.7, 0.2, 0.16), (0.95, 0.9, 0.78))
    _boat(stage, "second boat", (1.75, 0, -2.4), 0.85, -0.3, (0.16, 0.32, 0.42), (0.84, 0.46, 0.24))
    _boat(stage, "far boat", (-2.9, 0, -3.6), 0.6, 0.4, (0.25, 0.4, 0.3), (0.92, 0.86, 0.72))
    _boat(stage, "dinghy", (1.35, 0, 0.75), 0.5, 0.5, (0.3, 0.45, 0.5), None)
    view = View((0.2, 1.35, 4.6), (0.0, 1.12, -2), 0.84, (-0.7, 0.75, 0.65))
    return stage, view, _clouds((0.86, 0.86, 0.8), (0.4, 0.62, 0.82), (0.97, 0.94, 0.88), 7)


def _tree(stage: _Stage, name: str, at: tuple, radii: tuple, colour: tuple, lumps: float = 0.12) -> None:
    x, y, z = at
    crown = ellipsoid((x, y + radii[1] * 1.1, z), radii)
    stage.put(f"{name} trunk", capsule((x, y - 0.3, z), (x, y + 0.6 * radii[1], z), 0.09 * radii[1], 0.05 * radii[1]), at, 1.2 * radii[1], plain(0.34, 0.25, 0.2), run=1.57)

    def leafy(p: Array) -> Array:
        wave = np.sin(7 / radii[0] * 0.8 * p[:, 0] + 1.3) * np.sin(6.3 / radii[0] * p[:, 1] * 0.8) * np.sin(7.7 / radii[0] * 0.8 * p[:, 2])
        return (crown(p) + lumps * radii[0] * wave) * 0.7

    light = tuple(min(1.0, 1.25 * c + 0.06) for c in colour)
    stage.put(name, leafy, (x, y + radii[1] * 1.1, z), 1.25 * max(radii), blend(colour, light, lambda p, n: 0.5 * n[:, 1] + 0.3))


def village() -> tuple:
    """Houses and a church among trees on a hill, a road, mountains behind."""
    stage = _Stage()

    def hills(x: Array, z: Array) -> Array:
        return 0.9 * np.exp(-(((x - 0.4) / 2.6) ** 2 + ((z + 4.2) / 2.0) ** 2)) + 0.12 * np.sin(0.9 * x + 0.5 * z) + 0.08 * np.cos(1.3 * z)

    def fields_(p: Array, n: Array) -> Array:
        road = ramp(np.abs(p[:, 0] - 0.35 - 0.85 * np.sin(0.75 * p[:, 2] + 0.4)), 0.34, 0.26)
        plot = np.floor(0.55 * p[:, 0] + 0.35 * p[:, 2] + 0.3) + 3 * np.floor(-0.3 * p[:, 0] + 0.62 * p[:, 2] + 0.2)
        crops = np.array([[0.66, 0.66, 0.3], [0.46, 0.58, 0.28], [0.84, 0.72, 0.38], [0.56, 0.62, 0.32]])
        colour = crops[plot.astype(int) % 4]
        return colour + road[:, None] * (np.array([0.86, 0.78, 0.64]) - colour)

    stage.put("fields", ground(hills, 0.75), (0, -1, 0), 99, fields_, run=0.12)
    for name, at, radii, colour in (
        ("blue mountain", (-6, -2, -19), (9, 6.5, 4), (0.5, 0.58, 0.7)),
        ("far mountain", (8, -2.5, -24), (13, 8.4, 4), (0.6, 0.64, 0.76)),
        ("wooded hill", (6.5, -1.2, -12), (6, 3.2, 3), (0.36, 0.5, 0.36)),
    ):
        stage.put(name, ellipsoid(at, radii), at, max(radii), plain(*colour), run=0.4)
    terracotta, slate = (0.74, 0.36, 0.22), (0.5, 0.4, 0.42)
    for index, (x, z, a, h, yaw, wall, roof) in enumerate([
        (-1.25, -3.0, 0.55, 0.8, 0.5, (0.93, 0.87, 0.74), terracotta),
        (0.05, -3.5, 0.5, 0.75, -0.3, (0.9, 0.74, 0.54), terracotta),
        (1.35, -3.3, 0.58, 0.85, 0.75, (0.94, 0.9, 0.84), slate),
        (-0.55, -4.7, 0.5, 0.9, 0.2, (0.84, 0.64, 0.5), terracotta),
        (1.9, -4.7, 0.5, 0.7, -0.5, (0.92, 0.84, 0.68), terracotta),
        (-2.3, -4.4, 0.5, 0.7, -0.6, (0.9, 0.84, 0.76), slate),
    ]):
        y = float(hills(np.array(x), np.array(z))) - 0.12
        _house(stage, f"house {index}", (x, y, z), (a, h, 0.62), yaw, wall, roof)
    _house(stage, "church", (0.75, 0.75, -4.8), (0.3, 1.9, 0.3), 0.3, (0.92, 0.86, 0.76), (0.5, 0.3, 0.28))
    stage.put("spire", lathe((0.75, 2.62, -4.8), [(0.34, 0.0), (0.2, 0.35), (0.0, 1.0)]), (0.75, 3.1, -4.8), 0.7, plain(0.44, 0.32, 0.36), run=1.4)
    green, dark = (0.32, 0.46, 0.2), (0.16, 0.3, 0.2)
    for index, (x, z, rx, ry, colour) in enumerate([(-3.0, -2.2, 0.24, 0.95, dark), (-2.55, -2.5, 0.22, 0.8, dark), (2.75, -2.6, 0.55, 0.6, green), (-0.55, -2.0, 0.34, 0.32, green), (0.95, -2.2, 0.26, 0.28, green), (2.2, -1.2, 0.4, 0.42, (0.46, 0.52, 0.2)), (-1.9, -1.0, 0.5, 0.52, green), (3.4, -4.6, 0.26, 1.0, dark), (-3.6, -4.9, 0.6, 0.6, green)]):
        y = float(hills(np.array(x), np.array(z)))
        _tree(stage, f"tree {index}", (x, y, z), (rx, ry, rx), colour, 0.06 if colour == dark else 0.14)
    view = View((0.1, 1.9, 4.2), (0.1, 1.0, -3), 0.84, (-0.8, 0.7, 0.42))
    return stage, view, _clouds((0.9, 0.86, 0.76), (0.42, 0.6, 0.84), (0.98, 0.95, 0.9), 21, 0.53)


def flowers() -> tuple:
    """A bunch of flowers in a vase on a table; upright."""
    stage = _Stage()
    wall = blend((0.3, 0.36, 0.4), (0.58, 0.6, 0.54), lambda p, n: 0.55 - 0.3 * p[:, 0] + 0.08 * p[:, 1])
    stage.put("wall", lambda p: p[:, 2] + 1.6, (0, 0, -3), 99, wall, run=1.2)
    stage.put("table", box((0, -0.2, 0), (3, 0.2, 1.25)), (0, 0, 0), 99, plain(0.6, 0.42, 0.3), run=0.03)
    vase = [(0, 0), (0.26, 0.0), (0.4, 0.3), (0.42, 0.55), (0.24, 0.95), (0.22, 1.05), (0.3, 1.2), (0.24, 1.18), (0, 1.0)]
    stripes = blend((0.88, 0.85, 0.78), (0.22, 0.36, 0.56), lambda p, n: ramp(np.cos(p[:, 1] * 13), 0.5, 0.7) * (p[:, 1] < 0.9))
    stage.put("vase", lathe((0, 0, 0), vase), (0, 0.6, 0), 0.85, stripes, gloss=0.4)
    rng = np.random.default_rng(5)
    blooms = [(0.0, 1.95, 0.34, 0.4), (-0.56, 1.78, 0.18, 0.33), (0.56, 1.72, 0.26, 0.34), (-0.28, 2.42, 0.05, 0.33), (0.38, 2.32, 0.05, 0.35), (-0.84, 2.24, -0.1, 0.28), (0.92, 2.18, -0.06, 0.28), (0.06, 2.82, -0.1, 0.28), (-0.3, 1.45, 0.36, 0.25), (0.36, 1.4, 0.34, 0.22)]
    tints = [(0.93, 0.55, 0.42), (0.95, 0.82, 0.36), (0.86, 0.3, 0.32), (0.95, 0.9, 0.84), (0.72, 0.44, 0.66), (0.9, 0.66, 0.3), (0.94, 0.84, 0.8), (0.84, 0.36, 0.4), (0.58, 0.54, 0.78), (0.96, 0.76, 0.4)]
    for index, ((x, y, z, r), tint) in enumerate(zip(blooms, tints, strict=True)):
        facing = unit(np.array([x * 0.9, (y - 1.7) * 0.5, 1.0]))
        _bloom(stage, f"bloom {index}", np.array([x, y, z]), r, tint, facing)
        stage.put("stems", capsule((x * 0.85, y - 0.1, z - 0.12), (x * 0.15, 1.05, 0), 0.024), (x / 2, (y + 1) / 2, 0), 1.2, plain(0.3, 0.45, 0.22))
    for index in range(16):
        turn = index * 2.4
        x, y = 0.75 * np.cos(turn) * (0.7 + 0.5 * rng.random()), 1.35 + 0.95 * rng.random() + 0.15 * np.sin(turn)
        leaf = ellipsoid((x, y, 0.02 + 0.2 * rng.random()), (0.34, 0.025, 0.1), rng.uniform(-0.6, 0.6), np.arctan2(y - 1.1, x) + rng.uniform(-0.4, 0.4))
        stage.put(f"leaf {index}", lambda p, leaf=leaf: leaf(p) * 0.7, (x, y, 0.1), 0.45, blend((0.2, 0.38, 0.2), (0.5, 0.62, 0.3), lambda p, n: 0.5 + 0.5 * n[:, 1]))
    for index, (x, z) in enumerate([(-0.8, 0.55), (0.72, 0.7)]):
        stage.put(f"fruit {index}", ellipsoid((x, 0.17, z), (0.19, 0.18, 0.19)), (x, 0.17, z), 0.3, plain(0.86, 0.5, 0.18), gloss=0.3)
    view = View((0.2, 1.95, 5.6), (0.0, 1.42, 0), 0.5, (-0.65, 0.8, 0.75), aspect=4 / 3)
    return stage, view, lambda ray: np.broadcast_to(np.array([0.4, 0.42, 0.42]), ray.shape)


def _bloom(stage: _Stage, name: str, centre: Array, r: float, tint: tuple, facing: Array) -> None:
    side = unit(np.cross(facing, [0.0, 1.0, 0.0]))
    up = np.cross(side, facing)

    def local(p: Array) -> tuple[Array, Array, Array]:
        q = p - centre
        return q @ side, q @ up, q @ facing

    def petals(p: Array) -> Array:
        u, v, w = local(p)
        radius, turn = np.hypot(u, v), np.arctan2(v, u)
        edge = r * (0.84 + 0.16 * np.abs(np.cos(3.5 * turn)))
        layers = 0.05 * r * np.cos(7 * turn + 6 * radius / r)
        cup = 0.5 * r * (radius / r) ** 2
        return np.maximum(np.abs(w - cup - layers) - 0.07 * r, radius - edge) * 0.6

    def paint(p: Array, n: Array) -> Array:
        u, v, _ = local(p)
        inner = ramp(np.hypot(u, v) / r, 0.75, 0.2)
        ribs = 0.12 * np.cos(14 * np.arctan2(v, u))
        return np.clip(np.array(tint) * (1 + ribs[:, None] - 0.3 * inner[:, None]), 0, 1)

    stage.put(name, petals, tuple(centre), 1.3 * r, paint)
    heart = centre + facing * 0.1 * r
    stage.put(f"{name} heart", ellipsoid(tuple(heart), (0.26 * r, 0.26 * r, 0.22 * r)), tuple(heart), 0.4 * r, plain(0.42, 0.28, 0.14))


def bust() -> tuple:
    """A head and shoulders in three-quarter view under a light from the side; upright."""
    stage = _Stage()
    stage.put("wall", lambda p: p[:, 2] + 1.5, (0, 0, -3), 99, blend((0.4, 0.4, 0.42), (0.7, 0.66, 0.6), lambda p, n: 0.45 + 0.3 * p[:, 0]), run=0.9)
    skin, hair = (0.88, 0.68, 0.54), (0.3, 0.2, 0.15)
    yaw = -0.5

    def place(x: float, y: float, z: float) -> tuple:
        return (x * np.cos(yaw) - z * np.sin(yaw), y, x * np.sin(yaw) + z * np.cos(yaw))

    def lump(at: tuple, radii: tuple, tilt: float = 0.0):
        return ellipsoid(place(*at), radii, yaw, tilt)

    head = joined([lump((0, 0.1, -0.06), (0.56, 0.62, 0.62)), lump((0, -0.24, 0.16), (0.42, 0.5, 0.4)), lump((0, -0.58, 0.3), (0.17, 0.14, 0.15))], 0.16)
    features = [head]
    features += [lump((0, -0.05, 0.56), (0.06, 0.2, 0.1)), lump((0, -0.2, 0.63), (0.075, 0.06, 0.085))]
    features += [lump((s * 0.07, -0.22, 0.56), (0.05, 0.045, 0.06)) for s in (-1, 1)]
    features += [lump((s * 0.24, -0.13, 0.36), (0.2, 0.13, 0.07)) for s in (-1, 1)]
    features += [lump((0, -0.385, 0.51), (0.13, 0.035, 0.06)), lump((0, -0.45, 0.5), (0.11, 0.04, 0.06))]
    features += [lump((s * 0.2, 0.13, 0.5), (0.17, 0.05, 0.06)) for s in (-1, 1)]
    features += [lump((s * 0.56, -0.12, -0.04), (0.06, 0.16, 0.11)) for s in (-1, 1)]
    face = joined(features, 0.06)
    sockets = [lump((s * 0.21, 0.0, 0.61), (0.125, 0.07, 0.1)) for s in (-1, 1)]
    face = cut(cut(face, sockets[0]), sockets[1])
    eyes = [lump((s * 0.2, 0.0, 0.47), (0.115, 0.08, 0.07)) for s in (-1, 1)]
    neck = capsule((0, -0.5, -0.08), (0, -1.3, -0.2), 0.27, 0.32)
    whole = joined([face, *eyes, neck], 0.035)
    blush = blend(skin, (0.86, 0.5, 0.42), lambda p, n: ramp(np.abs(p[:, 1] + 0.24), 0.22, 0.02) * 0.7)

    def complexion(p: Array, n: Array) -> Array:
        q = turned(p, yaw)
        colour = np.array(blush(p, n))
        lips = (np.abs(q[:, 1] + 0.418) < 0.044 - 1.4 * q[:, 0] ** 2) & (np.abs(q[:, 0]) < 0.17) & (q[:, 2] > 0.4)
        brow = (np.abs(q[:, 1] - 0.155 + 0.9 * (np.abs(q[:, 0]) - 0.22) ** 2) < 0.026) & (np.abs(np.abs(q[:, 0]) - 0.22) < 0.14) & (q[:, 2] > 0.3)
        ball = (np.abs(q[:, 1]) < 0.052 - 5 * (np.abs(q[:, 0]) - 0.2) ** 2) & (q[:, 2] > 0.4)
        iris = ball & (np.hypot(np.abs(q[:, 0]) - 0.19, q[:, 1]) < 0.045)
        lid = (np.abs(q[:, 1] - 0.066 + 4 * (np.abs(q[:, 0]) - 0.2) ** 2) < 0.009) & (np.abs(np.abs(q[:, 0]) - 0.2) < 0.115) & (q[:, 2] > 0.4)
        for mask, tint in ((lips, (0.7, 0.32, 0.3)), (ball, (0.92, 0.9, 0.86)), (iris, (0.2, 0.16, 0.14)), (brow | lid, hair)):
            colour[mask] = tint
        return colour

    stage.put("face", whole, (0, -0.3, 0), 1.3, complexion, gloss=0.08)
    cap = cut(joined([lump((0, 0.22, -0.14), (0.66, 0.64, 0.64)), lump((0.0, -0.1, -0.42), (0.6, 0.62, 0.4)), lump((0, 0.1, -0.78), (0.26, 0.26, 0.26))], 0.1), joined([lump((0.06, -0.22, 0.56), (0.56, 0.68, 0.52)), lump((0, -0.9, 0.3), (0.7, 0.7, 0.6))], 0.05))

    def strands(p: Array) -> Array:
        q = turned(p, yaw)
        return cap(p) * 0.8 + 0.006 * np.sin(30 * np.arctan2(q[:, 0], q[:, 1] + 0.6) + 4 * q[:, 2])

    stage.put("hair", strands, (0, 0.1, -0.2), 1.2, blend(hair, (0.5, 0.34, 0.22), lambda p, n: n[:, 1] * 0.6), gloss=0.12)
    shoulders = joined([ellipsoid((0, -1.66, -0.2), (1.12, 0.46, 0.5)), ellipsoid((0, -2.2, -0.1), (0.9, 0.9, 0.6))], 0.2)
    stage.put("dress", shoulders, (0, -1.9, -0.2), 1.6, blend((0.24, 0.4, 0.46), (0.3, 0.5, 0.54), lambda p, n: np.sin(20 * p[:, 0])), run=0.8)
    stage.put("collar", cut(ellipsoid((0, -1.26, -0.14), (0.5, 0.2, 0.46)), ellipsoid((0, -1.1, -0.1), (0.42, 0.3, 0.4))), (0, -1.26, -0.1), 0.7, plain(0.93, 0.9, 0.84), run=0.2)
    view = View((0.0, -0.2, 5.4), (0.02, -0.36, 0), 0.43, (-0.72, 0.62, 0.62), aspect=4 / 3, ambient=0.36)
    return stage, view, lambda ray: np.broadcast_to(np.array([0.5, 0.5, 0.5]), ray.shape)


MOTIFS = {"still life": still_life, "harbour": harbour, "village": village, "flowers": flowers, "bust": bust}


def motif(name: str, side: int) -> Scene:
    """A motif as a painter sees it, with a longer side of `side` px."""
    stage, view, backdrop = MOTIFS[name]()
    return render(stage.solids, view, backdrop, side, stage.names)
