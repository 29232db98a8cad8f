"""A small ray marcher: a scene of solids becomes what a painter looks at, and knows, pixel by pixel."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .fields import Array, blur, borders, ramp

TILE = 64  # px of a side: solids that a tile cannot see are left out
STEPS = 90
CLOUD = 999  # the part of what is nearly white in the background


@dataclass(frozen=True)
class Solid:
    """A thing: its signed distance at points (N, 3), a ball around it, its colour, how its marks run.

    `paint` gives colours (N, 3) at points and normals; `run` is the direction in the picture, radians, that
    marks take where the form does not say; `part` tells things apart that are of one colour.
    """

    distance: Callable[[Array], Array]
    centre: tuple[float, float, float]
    radius: float
    paint: Callable[[Array, Array], Array]
    part: int
    run: float = 0.0
    mirror: float = 0.0
    gloss: float = 0.0


@dataclass(frozen=True)
class View:
    """Where from and where to the scene is seen, how wide, and where its light comes from."""

    eye: tuple[float, float, float]
    target: tuple[float, float, float]
    width: float  # of the picture plane at a distance of 1
    light: tuple[float, float, float]
    warm: tuple[float, float, float] = (1.0, 0.95, 0.84)
    sky: tuple[float, float, float] = (0.62, 0.74, 0.92)
    ambient: float = 0.42
    aspect: float = 0.75


@dataclass(frozen=True)
class Scene:
    """What is known of every pixel (H, W): `part` 0 is the background. Colours 0 to 1, sRGB as painted."""

    part: Array
    albedo: Array
    colour: Array
    shade: Array  # 0 to 1, light and shadow without colour
    normal: Array  # right, up, towards the eye
    depth: Array  # 0 near to 1 far
    angle: Array  # radians, x to y downwards: how marks run along the form
    names: dict[str, int] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.part.shape

    @property
    def tone(self) -> Array:
        """Lightness of the coloured picture, 0 to 1."""
        return self.colour @ np.array([0.299, 0.587, 0.114])

    def edges(self) -> Array:
        """Where one thing ends, or the form or the colour has a sharp edge."""
        steps = np.zeros(self.shape, bool)
        for values, limit in ((self.normal, 0.55), (self.albedo, 0.16)):
            for axis in (0, 1):
                jump = np.abs(np.diff(values, axis=axis)).sum(-1) > limit
                rows = (slice(0, jump.shape[0]), slice(0, jump.shape[1]))
                steps[rows] |= jump
        return steps | borders(self.part)


def unit(v: Array) -> Array:
    """Vectors (..., 3) of length 1."""
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


def union(solids: Sequence[Solid], p: Array) -> tuple[Array, Array]:
    """The nearest solid's distance at points, and which it is."""
    best, which = np.full(len(p), 1e9), np.zeros(len(p), int)
    for index, solid in enumerate(solids):
        d = solid.distance(p)
        nearer = d < best
        best[nearer], which[nearer] = d[nearer], index
    return best, which


def march(solids: Sequence[Solid], origin: Array, ray: Array, far: float) -> tuple[Array, Array]:
    """How far rays go until they meet a solid, and whether they do before `far`."""
    t, hit = np.full(len(ray), 0.02), np.zeros(len(ray), bool)
    active = np.arange(len(ray))
    for _ in range(STEPS):
        if not len(active):
            break
        d, _ = union(solids, origin[active] + ray[active] * t[active, None])
        there = d < 0.0006 * (1 + t[active])
        hit[active[there]] = True
        active, d = active[~there], d[~there]
        t[active] += d * 0.9
        active = active[t[active] < far]
    return t, hit


def normals(solids: Sequence[Solid], p: Array) -> Array:
    """The surfaces' normals, from four distances around each point (a tetrahedron)."""
    total = np.zeros_like(p)
    for corner in np.array([[1, -1, -1], [-1, -1, 1], [-1, 1, -1], [1, 1, 1]], float):
        total += corner * union(solids, p + 0.006 * corner)[0][:, None]
    return unit(total)


def near(solids: Sequence[Solid], start: Array, ray: Array, room: float) -> list[Solid]:
    """The solids that a bundle of rays with a spread of `room` at its start can meet."""
    found = []
    for solid in solids:
        to = np.array(solid.centre) - start
        along = max(float(to @ ray), 0.0)
        aside = float(np.linalg.norm(to - along * ray))
        if aside < solid.radius * 1.05 + room:
            found.append(solid)
    return found


def _lit(solids: Sequence[Solid], view: View, p: Array, n: Array) -> tuple[Array, Array]:
    """How much of the light, and how much of the sky, reaches points."""
    light = unit(np.array(view.light))
    middle = p.mean(0)
    room = float(np.linalg.norm(p - middle, axis=1).max())
    casters = near(solids, middle, light, room)
    facing = np.clip(n @ light, 0, 1)
    sun = facing > 0
    if sun.any():
        start = p[sun] + 0.012 * n[sun]
        _, hit = march(casters, start, np.broadcast_to(light, start.shape), 9.0)
        facing[sun] *= ~hit
    around = near(solids, middle, light * 0, room + 0.5)
    open_sky = np.zeros(len(p))
    for reach in (0.05, 0.14, 0.32):
        open_sky += np.clip(union(around, p + reach * n)[0] / reach, 0, 1) / 3
    return facing, open_sky * (0.72 + 0.28 * n[:, 1])


def _see(solids: Sequence[Solid], view: View, eye: Array, ray: Array, backdrop: Callable) -> dict[str, Array]:
    """All that is seen along one tile's rays (N, 3)."""
    axis = unit(ray.mean(0))
    seen = [s for s in solids if near([s], eye, axis, _room(eye, s, ray, axis))]
    t, hit = march(seen, np.broadcast_to(eye, ray.shape), ray, 60.0)
    sky = backdrop(ray)
    found = {
        "albedo": sky.copy(),
        "colour": sky.copy(),
        "part": np.where(sky.min(1) > 0.84, CLOUD, 0),
        "shade": np.full(len(ray), 0.82),
        "normal": -ray,
        "depth": np.where(hit, t, 60.0),
        "run": np.zeros(len(ray)),
    }
    if hit.any():
        p = eye + ray[hit] * t[hit, None]
        n = normals(seen, p)
        _, which = union(seen, p)
        albedo = np.zeros_like(p)
        gloss, mirror = (np.array([getattr(s, k) for s in seen])[which] for k in ("gloss", "mirror"))
        for index in np.unique(which):
            of = which == index
            albedo[of] = seen[index].paint(p[of], n[of])
        sun, ambient = _lit(solids, view, p, n)
        lit = sun[:, None] * np.array(view.warm) * 0.95 + ambient[:, None] * np.array(view.sky) * view.ambient
        colour = albedo * lit + 0.16 * albedo * np.clip(-n[:, 1:2], 0, 1)
        half = unit(unit(np.array(view.light)) - ray[hit])
        colour += (gloss * (sun > 0) * np.clip((n * half).sum(1), 0, 1) ** 40)[:, None]
        if mirror.any():
            _reflect(solids, view, (p, n, ray[hit]), mirror, colour, backdrop)
            albedo[mirror > 0] = np.clip(1.1 * colour[mirror > 0], 0, 1)
        found["albedo"][hit], found["colour"][hit], found["normal"][hit] = albedo, colour, n
        found["part"][hit] = np.array([s.part for s in seen])[which]
        found["run"][hit] = np.array([s.run for s in seen])[which]
        found["shade"][hit] = np.clip(0.72 * sun + 0.5 * ambient * view.ambient / 0.42, 0, 1)
    return found


def _room(eye: Array, solid: Solid, ray: Array, axis: Array) -> float:
    spread = float(np.sqrt(np.maximum(1 - (ray @ axis) ** 2, 0)).max())
    return spread * (float(np.linalg.norm(np.array(solid.centre) - eye)) + min(solid.radius, 100.0)) + 0.02


def _reflect(
    solids: Sequence[Solid],
    view: View,
    at: tuple[Array, Array, Array],
    mirror: Array,
    colour: Array,
    backdrop,
) -> None:
    """Add what mirrors show, once, to colours."""
    p, n, ray = at
    of = np.flatnonzero(mirror > 0)
    bounced = ray[of] - 2 * (ray[of] * n[of]).sum(1, keepdims=True) * n[of]
    still = [replace(s, mirror=0.0) for s in solids if not s.mirror]
    start = p[of] + 0.02 * n[of]
    t, hit = march(still, start, bounced, 60.0)
    seen = backdrop(bounced)
    if hit.any():
        q = start[hit] + bounced[hit] * t[hit, None]
        m = normals(still, q)
        _, which = union(still, q)
        for index in np.unique(which):
            chosen = which == index
            q_of, m_of = q[chosen], m[chosen]
            lit = 0.45 + 0.5 * np.clip(m_of @ unit(np.array(view.light)), 0, 1)
            seen[np.flatnonzero(hit)[chosen]] = still[index].paint(q_of, m_of) * lit[:, None]
    grazing = mirror[of] * (0.35 + 0.65 * (1 - np.clip(-(ray[of] * n[of]).sum(1), 0, 1)) ** 2)
    colour[of] += (seen - colour[of]) * grazing[:, None]


def render(solids: Sequence[Solid], view: View, backdrop: Callable, side: int, names: dict) -> Scene:
    """The scene with a longer side of `side` px; `backdrop` gives the colours (N, 3) that rays see."""
    width, height = (
        (side, round(side * view.aspect)) if view.aspect <= 1 else (round(side / view.aspect), side)
    )
    eye = np.array(view.eye)
    ahead = unit(np.array(view.target) - eye)
    right = unit(np.cross(ahead, [0.0, 1.0, 0.0]))
    up = np.cross(right, ahead)
    px = (np.arange(width) + 0.5) / width - 0.5
    py = ((np.arange(height) + 0.5) / height - 0.5) * height / width
    maps: dict[str, Array] = {}
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            x, y = np.meshgrid(px[left : left + TILE], py[top : top + TILE])
            ray = unit(ahead + view.width * (x.reshape(-1, 1) * right - y.reshape(-1, 1) * up))
            for name, values in _see(solids, view, eye, ray, backdrop).items():
                whole = maps.setdefault(name, np.zeros((height, width, *values.shape[1:]), values.dtype))
                whole[top : top + TILE, left : left + TILE] = values.reshape(*x.shape, *values.shape[1:])
    turned = maps["normal"] @ np.stack([right, up, -ahead], 1)
    colour = np.clip(maps["colour"], 0, 1.4)
    return Scene(
        maps["part"],
        np.clip(maps["albedo"], 0, 1),
        np.clip(1.06 * colour / (1 + 0.06 * colour**3), 0, 1),
        maps["shade"],
        turned,
        np.clip(maps["depth"] / 60, 0, 1) ** 0.5,
        _form(turned, maps["run"], maps["part"]),
        names,
    )


def _form(normal: Array, run: Array, part: Array) -> Array:
    """How marks run: around the form where it turns away from the eye, by each thing's own way elsewhere."""
    turn = np.hypot(normal[..., 0], normal[..., 1])
    around = np.arctan2(normal[..., 0], normal[..., 1])
    weight = ramp(turn, 0.15, 0.8) * (part > 0) * 0.9
    double = (1 - weight) * np.exp(2j * run) + weight * np.exp(2j * around)
    smooth = blur(double.real, part.shape[1] / 160) + 1j * blur(double.imag, part.shape[1] / 160)
    return np.angle(smooth) / 2
