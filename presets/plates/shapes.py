"""Signed distances of simple bodies, for the motifs: each function returns one of points (N, 3)."""

from collections.abc import Callable

import numpy as np

from .fields import Array

Distance = Callable[[Array], Array]


def ellipsoid(centre: tuple, radii: tuple, yaw: float = 0.0, tilt: float = 0.0) -> Distance:
    """An ellipsoid (Quilez's bound), turned by `yaw` about y, then tilted about z; radians."""
    c, r = np.array(centre), np.array(radii)

    def distance(p: Array) -> Array:
        q = turned(p - c, yaw, tilt)
        k0 = np.linalg.norm(q / r, axis=1)
        k1 = np.maximum(np.linalg.norm(q / (r * r), axis=1), 1e-9)
        return k0 * (k0 - 1) / k1

    return distance


def turned(p: Array, yaw: float, tilt: float = 0.0) -> Array:
    """Points turned back into a body's own frame."""
    x, y, z = p.T
    if tilt:
        x, y = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    if yaw:
        x, z = x * np.cos(yaw) + z * np.sin(yaw), z * np.cos(yaw) - x * np.sin(yaw)
    return np.stack([x, y, z], 1)


def box(centre: tuple, half: tuple, yaw: float = 0.0, tilt: float = 0.0, round_: float = 0.01) -> Distance:
    """A box with rounded edges."""
    c, h = np.array(centre), np.array(half) - round_

    def distance(p: Array) -> Array:
        q = np.abs(turned(p - c, yaw, tilt)) - h
        return np.linalg.norm(np.maximum(q, 0), axis=1) + np.minimum(q.max(1), 0) - round_

    return distance


def gable(centre: tuple, half: tuple, yaw: float = 0.0) -> Distance:
    """A roof: `half` its breadth, its height above `centre`, half its length along z."""
    c, (a, h, b) = np.array(centre), half
    long = float(np.hypot(a, h))

    def distance(p: Array) -> Array:
        x, y, z = turned(p - c, yaw).T
        slope = (np.abs(x) * h + (y - h) * a) / long
        return np.maximum(np.maximum(slope, -y), np.abs(z) - b)

    return distance


def capsule(start: tuple, end: tuple, radius: float, thin: float | None = None) -> Distance:
    """A rod from one point to another; it may end thinner."""
    a, b = np.array(start, float), np.array(end, float)
    last = radius if thin is None else thin

    def distance(p: Array) -> Array:
        t = np.clip(((p - a) @ (b - a)) / ((b - a) @ (b - a)), 0, 1)
        return np.linalg.norm(p - a - t[:, None] * (b - a), axis=1) - radius - t * (last - radius)

    return distance


def lathe(base: tuple, profile: list[tuple[float, float]], hollow: float = 0.0) -> Distance:
    """A body of revolution: radii and heights from the bottom upwards, as a potter would turn it."""
    points = smooth_profile(profile)
    b = np.array(base)

    def distance(p: Array) -> Array:
        q = p - b
        r, y = np.hypot(q[:, 0], q[:, 2]), q[:, 1]
        best, inside = np.full(len(p), 1e9), np.zeros(len(p), bool)
        for (r0, y0), (r1, y1) in zip(points[:-1], points[1:], strict=True):
            dr, dy = r1 - r0, y1 - y0
            t = np.clip(((r - r0) * dr + (y - y0) * dy) / (dr * dr + dy * dy + 1e-12), 0, 1)
            best = np.minimum(best, (r - r0 - t * dr) ** 2 + (y - y0 - t * dy) ** 2)
            crossed = (y >= min(y0, y1)) & (y < max(y0, y1))
            inside ^= crossed & (r < r0 + (y - y0) / (dy if abs(dy) > 1e-9 else 1e-9) * dr)
        flat = np.sqrt(best) * np.where(inside, -1, 1)
        return np.abs(flat) - hollow if hollow else flat

    return distance


def smooth_profile(profile: list[tuple[float, float]], between: int = 6) -> list[tuple[float, float]]:
    """A Catmull-Rom spline through a profile's points."""
    points = np.array([profile[0], *profile, profile[-1]])
    found = []
    for a, b, c, d in zip(points[:-3], points[1:-2], points[2:-1], points[3:], strict=True):
        for t in np.arange(between) / between:
            curve = 2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
            found.append((max(float(curve[0]) / 2, 0.0), float(curve[1]) / 2))
    return [*found, (float(profile[-1][0]), float(profile[-1][1]))]


def ground(height: Callable[[Array, Array], Array], steep: float = 0.7) -> Distance:
    """What lies under a height over x and z; `steep` below 1 for slopes."""
    return lambda p: (p[:, 1] - height(p[:, 0], p[:, 2])) * steep


def joined(distances: list[Distance], softness: float) -> Distance:
    """Bodies grown together (Quilez's smooth minimum)."""

    def distance(p: Array) -> Array:
        total = distances[0](p)
        for other in distances[1:]:
            d = other(p)
            h = np.clip(0.5 + 0.5 * (d - total) / softness, 0, 1)
            total = d * (1 - h) + total * h - softness * h * (1 - h)
        return total

    return distance


def cut(body: Distance, away: Distance) -> Distance:
    """A body less another."""
    return lambda p: np.maximum(body(p), -away(p))


def sail(corners: list[tuple], thick: float = 0.015, belly: float = 0.1) -> Distance:
    """A triangle of cloth that the wind fills."""
    a, b, c = (np.array(corner, float) for corner in corners)
    n = np.cross(b - a, c - a)
    n /= np.linalg.norm(n)
    middle, size = (a + b + c) / 3, float(np.linalg.norm(b - a))

    def distance(p: Array) -> Array:
        bulge = belly * np.exp(-((np.linalg.norm(p - middle, axis=1) / (0.5 * size)) ** 2))
        flat = np.abs((p - a) @ n - bulge) - thick
        sides = [np.cross(n, v - u) / np.linalg.norm(v - u) for u, v in ((a, b), (b, c), (c, a))]
        out = [-(p - u) @ s for u, s in zip((a, b, c), sides, strict=True)]
        return np.maximum(flat, np.maximum.reduce(out)) * 0.8

    return distance
