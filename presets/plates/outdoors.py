"""Motifs under the sky: a harbour, and a village in the hills."""

import numpy as np

from .fields import Array, ramp
from .shapes import box, capsule, cut, ellipsoid, gable, ground, lathe, sail, turned
from .solids import View
from .stage import Stage, blend, clouds, plain


def _house(stage: Stage, name: str, at: tuple, half: tuple, yaw: float, wall: tuple, roof: tuple) -> None:
    x, y, z = at
    a, h, b = half

    def facade(p: Array, n: Array) -> Array:
        q = turned(p - np.array([x, y, z]), yaw)
        along = np.where(np.abs(turned(n, yaw)[:, 0]) > 0.5, q[:, 2], q[:, 0])
        u, v = along / 0.34, (q[:, 1] - 0.3) / 0.52
        pane = (
            (np.abs(u - np.rint(u)) < 0.2)
            & (np.abs(v - np.rint(v)) < 0.26)
            & (np.abs(along) < max(a, b) - 0.1)
        )
        pane &= np.abs(n[:, 1]) < 0.5
        return np.where(pane[:, None], np.array([0.22, 0.24, 0.3]), np.array(wall))

    radius = float(np.linalg.norm(half)) + 0.1
    stage.put(name, box((x, y + h / 2, z), (a, h / 2, b), yaw), (x, y + h / 2, z), radius, facade, run=1.57)
    rise = 0.62 * a
    eaves = (a * 1.14, rise, b * 1.08)
    shingles = blend(roof, tuple(0.72 * c for c in roof), lambda p, n: ramp(np.sin(60 * p[:, 1]), 0.2, 0.9))
    stage.put(
        f"{name} roof",
        gable((x, y + h - 0.02, z), eaves, yaw),
        (x, y + h, z),
        radius + 0.2,
        shingles,
        run=0.9,
    )
    stage.put(
        f"{name} chimney",
        box((x + 0.3 * a, y + h + 0.7 * rise, z), (0.07, 0.24, 0.07), yaw),
        (x, y + h + rise, z),
        0.7 + a,
        plain(0.62, 0.4, 0.32),
        run=1.57,
    )


def _boat(
    stage: Stage, name: str, at: tuple, size: float, yaw: float, hull: tuple, cloth: tuple | None
) -> None:
    x, y, z = at
    s = size

    def place(dx: float, dy: float, dz: float) -> tuple:
        return (
            x + s * (dx * np.cos(yaw) - dz * np.sin(yaw)),
            y + s * dy,
            z + s * (dx * np.sin(yaw) + dz * np.cos(yaw)),
        )

    body = ellipsoid(place(0, 0.22, 0), (1.05 * s, 0.4 * s, 0.36 * s), yaw)
    inner = ellipsoid(place(0, 0.34, 0), (0.9 * s, 0.34 * s, 0.27 * s), yaw)
    top = y + 0.26 * s
    shell = cut(lambda p: np.maximum(body(p), p[:, 1] - top), inner)
    stage.put(
        name,
        shell,
        place(0, 0.1, 0),
        1.2 * s,
        blend(hull, (0.9, 0.88, 0.8), lambda p, n: ramp(p[:, 1], top - 0.1 * s, top - 0.09 * s)),
        run=0.05,
    )
    if cloth is None:
        return
    stage.put(
        f"{name} mast",
        capsule(place(0.1, 0.1, 0), place(0.1, 2.2, 0), 0.03 * s),
        place(0.1, 1.2, 0),
        1.3 * s,
        plain(0.36, 0.25, 0.17),
        run=1.57,
    )
    main = [place(0.04, 0.42, 0), place(-0.95, 0.5, 0.02), place(0.06, 2.1, 0)]
    jib = [place(0.95, 0.34, 0), place(0.18, 0.45, 0.02), place(0.14, 1.75, 0)]
    pale = tuple(min(1.0, 0.35 + 0.68 * c) for c in cloth)
    stage.put(
        f"{name} sail", sail(main, 0.012 * s, 0.12 * s), place(-0.3, 1.0, 0), 1.3 * s, plain(*cloth), run=1.3
    )
    stage.put(
        f"{name} jib", sail(jib, 0.012 * s, 0.1 * s), place(0.4, 0.9, 0), 1.1 * s, plain(*pale), run=-1.2
    )


def harbour() -> tuple:
    """Boats before a quay with houses, hills behind."""
    stage = Stage()

    def ripples(x: Array, z: Array) -> Array:
        return 0.012 * np.sin(5 * x + 2.2 * np.sin(3.1 * z)) * np.sin(13 * z + 1.3 * np.sin(2 * x))

    stage.put("water", ground(ripples, 0.9), (0, -1, 0), 99, plain(0.2, 0.42, 0.5), mirror=0.9, run=0.0)
    stage.put("quay", box((0, 0.1, -6.2), (14, 0.3, 1.6)), (0, 0, -6.2), 99, plain(0.66, 0.58, 0.48), run=0.0)
    for name, at, radii, colour in (
        ("near hill", (-5.5, -0.8, -12), (6.5, 3.6, 4), (0.42, 0.5, 0.3)),
        ("far hill", (6, -1.5, -18), (12, 6.0, 5), (0.46, 0.54, 0.56)),
    ):
        stage.put(name, ellipsoid(at, radii), at, max(radii), plain(*colour), run=0.3)
    houses = [
        (-5.0, 1.5, (0.93, 0.82, 0.62)),
        (-3.7, 1.9, (0.85, 0.5, 0.38)),
        (-2.5, 1.3, (0.94, 0.92, 0.86)),
        (-1.2, 1.7, (0.9, 0.7, 0.4)),
        (0.3, 1.25, (0.66, 0.74, 0.76)),
        (1.7, 1.8, (0.92, 0.84, 0.74)),
        (3.1, 1.4, (0.8, 0.42, 0.34)),
        (4.4, 1.7, (0.94, 0.86, 0.66)),
    ]
    for index, (x, h, wall) in enumerate(houses):
        _house(
            stage,
            f"house {index}",
            (x, 0.35, -5.8 - 0.25 * (index % 3)),
            (0.58, h, 0.6),
            0.05 * (index % 4 - 1.5),
            wall,
            (0.68, 0.32, 0.22) if index % 3 else (0.42, 0.38, 0.42),
        )
    _house(stage, "tower", (-2.9, 0.35, -7.3), (0.4, 3.4, 0.4), 0.0, (0.88, 0.8, 0.66), (0.4, 0.5, 0.46))
    _boat(stage, "boat", (-0.75, 0, -0.4), 0.95, 0.16, (0.7, 0.2, 0.16), (0.95, 0.9, 0.78))
    _boat(stage, "second boat", (1.75, 0, -2.4), 0.85, -0.3, (0.16, 0.32, 0.42), (0.84, 0.46, 0.24))
    _boat(stage, "far boat", (-2.9, 0, -3.6), 0.6, 0.4, (0.25, 0.4, 0.3), (0.92, 0.86, 0.72))
    _boat(stage, "dinghy", (1.35, 0, 0.75), 0.5, 0.5, (0.3, 0.45, 0.5), None)
    view = View((0.2, 1.35, 4.6), (0.0, 1.12, -2), 0.84, (-0.7, 0.75, 0.65))
    return stage, view, clouds((0.86, 0.86, 0.8), (0.4, 0.62, 0.82), (0.97, 0.94, 0.88), 7)


def _tree(stage: Stage, name: str, at: tuple, radii: tuple, colour: tuple, lumps: float = 0.12) -> None:
    x, y, z = at
    crown = ellipsoid((x, y + radii[1] * 1.1, z), radii)
    stage.put(
        f"{name} trunk",
        capsule((x, y - 0.3, z), (x, y + 0.6 * radii[1], z), 0.09 * radii[1], 0.05 * radii[1]),
        at,
        1.2 * radii[1],
        plain(0.34, 0.25, 0.2),
        run=1.57,
    )

    def leafy(p: Array) -> Array:
        wave = (
            np.sin(7 / radii[0] * 0.8 * p[:, 0] + 1.3)
            * np.sin(6.3 / radii[0] * p[:, 1] * 0.8)
            * np.sin(7.7 / radii[0] * 0.8 * p[:, 2])
        )
        return (crown(p) + lumps * radii[0] * wave) * 0.7

    light = tuple(min(1.0, 1.25 * c + 0.06) for c in colour)
    stage.put(
        name,
        leafy,
        (x, y + radii[1] * 1.1, z),
        1.25 * max(radii),
        blend(colour, light, lambda p, n: 0.5 * n[:, 1] + 0.3),
    )


def village() -> tuple:
    """Houses and a church among trees on a hill, a road, mountains behind."""
    stage = Stage()

    def hills(x: Array, z: Array) -> Array:
        return (
            0.9 * np.exp(-(((x - 0.4) / 2.6) ** 2 + ((z + 4.2) / 2.0) ** 2))
            + 0.12 * np.sin(0.9 * x + 0.5 * z)
            + 0.08 * np.cos(1.3 * z)
        )

    def fields_(p: Array, n: Array) -> Array:
        road = ramp(np.abs(p[:, 0] - 0.35 - 0.85 * np.sin(0.75 * p[:, 2] + 0.4)), 0.34, 0.26)
        plot = np.floor(0.55 * p[:, 0] + 0.35 * p[:, 2] + 0.3) + 3 * np.floor(
            -0.3 * p[:, 0] + 0.62 * p[:, 2] + 0.2
        )
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
    for index, (x, z, a, h, yaw, wall, roof) in enumerate(
        [
            (-1.25, -3.0, 0.55, 0.8, 0.5, (0.93, 0.87, 0.74), terracotta),
            (0.05, -3.5, 0.5, 0.75, -0.3, (0.9, 0.74, 0.54), terracotta),
            (1.35, -3.3, 0.58, 0.85, 0.75, (0.94, 0.9, 0.84), slate),
            (-0.55, -4.7, 0.5, 0.9, 0.2, (0.84, 0.64, 0.5), terracotta),
            (1.9, -4.7, 0.5, 0.7, -0.5, (0.92, 0.84, 0.68), terracotta),
            (-2.3, -4.4, 0.5, 0.7, -0.6, (0.9, 0.84, 0.76), slate),
        ]
    ):
        y = float(hills(np.array(x), np.array(z))) - 0.12
        _house(stage, f"house {index}", (x, y, z), (a, h, 0.62), yaw, wall, roof)
    _house(stage, "church", (0.75, 0.75, -4.8), (0.3, 1.9, 0.3), 0.3, (0.92, 0.86, 0.76), (0.5, 0.3, 0.28))
    stage.put(
        "spire",
        lathe((0.75, 2.62, -4.8), [(0.34, 0.0), (0.2, 0.35), (0.0, 1.0)]),
        (0.75, 3.1, -4.8),
        0.7,
        plain(0.44, 0.32, 0.36),
        run=1.4,
    )
    green, dark = (0.32, 0.46, 0.2), (0.16, 0.3, 0.2)
    for index, (x, z, rx, ry, colour) in enumerate(
        [
            (-3.0, -2.2, 0.24, 0.95, dark),
            (-2.55, -2.5, 0.22, 0.8, dark),
            (2.75, -2.6, 0.55, 0.6, green),
            (-0.55, -2.0, 0.34, 0.32, green),
            (0.95, -2.2, 0.26, 0.28, green),
            (2.2, -1.2, 0.4, 0.42, (0.46, 0.52, 0.2)),
            (-1.9, -1.0, 0.5, 0.52, green),
            (3.4, -4.6, 0.26, 1.0, dark),
            (-3.6, -4.9, 0.6, 0.6, green),
        ]
    ):
        y = float(hills(np.array(x), np.array(z)))
        _tree(stage, f"tree {index}", (x, y, z), (rx, ry, rx), colour, 0.06 if colour == dark else 0.14)
    view = View((0.1, 1.9, 4.2), (0.1, 1.0, -3), 0.84, (-0.8, 0.7, 0.42))
    return stage, view, clouds((0.9, 0.86, 0.76), (0.42, 0.6, 0.84), (0.98, 0.95, 0.9), 21, 0.53)
