"""Motifs in a room: a still life, flowers in a vase, a head."""

import numpy as np

from .fields import Array, ramp
from .shapes import box, capsule, cut, ellipsoid, ground, joined, lathe, turned
from .solids import View, unit
from .stage import Stage, blend, plain


def _pear(stage: Stage, at: tuple, size: float, colour: tuple, blush: tuple, lean: float) -> None:
    x, y, z = at
    outline = [(0.0, 0.0), (0.3, 0.03), (0.44, 0.3), (0.38, 0.58), (0.21, 0.85), (0.13, 1.02), (0.0, 1.1)]
    body = lathe((0, 0, 0), [(r * size, h * size) for r, h in outline])
    place = np.array(at)
    paint = blend(
        colour,
        blush,
        lambda p, n: 0.9 * ramp(n[:, 0] * 0.8 + 0.5 * n[:, 2] + 0.25 * np.sin(9 * p[:, 1]), -0.1, 1.1),
    )
    stage.put(
        f"pear {x}",
        lambda p: body(turned(p - place, 0, lean)),
        (x, y + 0.5 * size, z),
        0.75 * size,
        paint,
        gloss=0.3,
    )
    tip = (x - np.sin(lean) * 1.08 * size, y + np.cos(lean) * 1.08 * size, z)
    end = (tip[0] + 0.1 * size, tip[1] + 0.24 * size, z)
    stage.put("stalk", capsule(tip, end, 0.026 * size, 0.035 * size), tip, 0.4 * size, plain(0.3, 0.2, 0.12))


def still_life() -> tuple:
    """Pears, a jug, a lemon and a bowl on a cloth before a wall."""
    stage = Stage()
    wall = blend((0.42, 0.5, 0.52), (0.66, 0.64, 0.56), lambda p, n: 0.5 + 0.24 * p[:, 0] + 0.12 * p[:, 1])
    stage.put("wall", lambda p: p[:, 2] + 2.2, (0, 0, -3), 99, wall, run=1.1)
    stage.put("table", lambda p: p[:, 1] + 0.02, (0, -1, 0), 99, plain(0.55, 0.35, 0.22), run=0.05)

    def folds(x: Array, z: Array) -> Array:
        drape = 0.03 * np.sin(3.1 * x + 1.7 * z) + 0.05 * np.exp(-(((x - 0.9 * z - 1.0) / 0.16) ** 2))
        drape += 0.06 * np.exp(-(((x + 0.5 * z + 0.98) / 0.13) ** 2))
        return 0.0 + drape - 0.5 * ramp(np.maximum(np.abs(x + 0.05) - 1.7, z - 0.95 + 0.16 * x), 0.0, 0.4)

    def stripes(p: Array, n: Array) -> Array:
        line = ramp(np.cos(7.0 * (p[:, 0] * 0.8 + p[:, 2] * 0.5)), 0.90, 0.96)
        return np.array([0.93, 0.9, 0.82]) + line[:, None] * (
            np.array([0.32, 0.42, 0.62]) - [0.93, 0.9, 0.82]
        )

    stage.put("cloth", ground(folds, 0.55), (0, 0, 0), 99, stripes, run=0.25)
    jug = [
        (0, 0.02),
        (0.3, 0.03),
        (0.5, 0.36),
        (0.5, 0.72),
        (0.26, 1.12),
        (0.24, 1.3),
        (0.34, 1.5),
        (0.27, 1.46),
        (0.18, 1.25),
        (0, 1.2),
    ]
    glaze = blend(
        (0.16, 0.33, 0.5),
        (0.85, 0.83, 0.75),
        lambda p, n: ramp(p[:, 1] + 0.04 * np.sin(11 * p[:, 0]), 0.86, 0.96),
    )
    jug_at = (-0.62, 0.03, -0.55)
    stage.put("jug", lathe(jug_at, jug), (-0.62, 0.8, -0.55), 1.0, glaze, gloss=0.5)
    ear = [(-0.98, 1.35), (-1.28, 1.3), (-1.38, 1.0), (-1.2, 0.7), (-1.06, 0.62)]
    handle = joined(
        [capsule((*a, -0.55), (*b, -0.55), 0.055) for a, b in zip(ear[:-1], ear[1:], strict=True)], 0.04
    )
    stage.put("handle", handle, (-1.2, 1.0, -0.55), 0.6, plain(0.2, 0.36, 0.52), gloss=0.3)
    _pear(stage, (0.12, 0.03, -0.1), 0.82, (0.78, 0.72, 0.24), (0.82, 0.4, 0.2), 0.12)
    _pear(stage, (0.78, 0.03, -0.55), 0.9, (0.62, 0.68, 0.28), (0.72, 0.6, 0.26), -0.16)
    lemon = joined(
        [
            ellipsoid((-0.42, 0.27, 0.38), (0.3, 0.23, 0.24), 0.5),
            ellipsoid((-0.68, 0.28, 0.52), (0.09, 0.06, 0.06), 0.5),
        ],
        0.08,
    )
    stage.put("lemon", lemon, (-0.42, 0.3, 0.38), 0.5, plain(0.93, 0.78, 0.2), gloss=0.25)
    bowl = [
        (0, 0.04),
        (0.2, 0.03),
        (0.3, 0.08),
        (0.5, 0.26),
        (0.62, 0.46),
        (0.57, 0.46),
        (0.44, 0.27),
        (0, 0.14),
    ]
    stage.put(
        "bowl", lathe((1.42, 0.03, 0.12), bowl), (1.42, 0.3, 0.12), 0.75, plain(0.74, 0.36, 0.26), gloss=0.3
    )
    for index, (x, y, z, r) in enumerate(
        [(1.25, 0.5, 0.1, 0.2), (1.62, 0.48, 0.0, 0.19), (1.45, 0.5, 0.38, 0.18), (0.52, 0.19, 0.52, 0.17)]
    ):
        plum = blend((0.4, 0.12, 0.22), (0.62, 0.3, 0.34), lambda p, n: 0.6 * n[:, 1] + 0.2)
        stage.put(f"plum {index}", ellipsoid((x, y, z), (r, r, r)), (x, y, z), r + 0.1, plum, gloss=0.3)
    view = View((0.25, 1.75, 4.3), (0.15, 0.5, -0.2), 0.86, (-0.75, 0.85, 0.5))
    return stage, view, lambda ray: np.broadcast_to(np.array([0.5, 0.52, 0.5]), ray.shape)


def flowers() -> tuple:
    """A bunch of flowers in a vase on a table; upright."""
    stage = Stage()
    wall = blend((0.3, 0.36, 0.4), (0.58, 0.6, 0.54), lambda p, n: 0.55 - 0.3 * p[:, 0] + 0.08 * p[:, 1])
    stage.put("wall", lambda p: p[:, 2] + 1.6, (0, 0, -3), 99, wall, run=1.2)
    stage.put("table", box((0, -0.2, 0), (3, 0.2, 1.25)), (0, 0, 0), 99, plain(0.6, 0.42, 0.3), run=0.03)
    vase = [
        (0, 0),
        (0.26, 0.0),
        (0.4, 0.3),
        (0.42, 0.55),
        (0.24, 0.95),
        (0.22, 1.05),
        (0.3, 1.2),
        (0.24, 1.18),
        (0, 1.0),
    ]
    stripes = blend(
        (0.88, 0.85, 0.78),
        (0.22, 0.36, 0.56),
        lambda p, n: ramp(np.cos(p[:, 1] * 13), 0.5, 0.7) * (p[:, 1] < 0.9),
    )
    stage.put("vase", lathe((0, 0, 0), vase), (0, 0.6, 0), 0.85, stripes, gloss=0.4)
    rng = np.random.default_rng(5)
    blooms = [
        (0.0, 1.95, 0.34, 0.4),
        (-0.56, 1.78, 0.18, 0.33),
        (0.56, 1.72, 0.26, 0.34),
        (-0.28, 2.42, 0.05, 0.33),
        (0.38, 2.32, 0.05, 0.35),
        (-0.84, 2.24, -0.1, 0.28),
        (0.92, 2.18, -0.06, 0.28),
        (0.06, 2.82, -0.1, 0.28),
        (-0.3, 1.45, 0.36, 0.25),
        (0.36, 1.4, 0.34, 0.22),
    ]
    tints = [
        (0.93, 0.55, 0.42),
        (0.95, 0.82, 0.36),
        (0.86, 0.3, 0.32),
        (0.95, 0.9, 0.84),
        (0.72, 0.44, 0.66),
        (0.9, 0.66, 0.3),
        (0.94, 0.84, 0.8),
        (0.84, 0.36, 0.4),
        (0.58, 0.54, 0.78),
        (0.96, 0.76, 0.4),
    ]
    for index, ((x, y, z, r), tint) in enumerate(zip(blooms, tints, strict=True)):
        facing = unit(np.array([x * 0.9, (y - 1.7) * 0.5, 1.0]))
        _bloom(stage, f"bloom {index}", np.array([x, y, z]), r, tint, facing)
        stage.put(
            "stems",
            capsule((x * 0.85, y - 0.1, z - 0.12), (x * 0.15, 1.05, 0), 0.024),
            (x / 2, (y + 1) / 2, 0),
            1.2,
            plain(0.3, 0.45, 0.22),
        )
    for index in range(16):
        turn = index * 2.4
        x, y = (
            0.75 * np.cos(turn) * (0.7 + 0.5 * rng.random()),
            1.35 + 0.95 * rng.random() + 0.15 * np.sin(turn),
        )
        leaf = ellipsoid(
            (x, y, 0.02 + 0.2 * rng.random()),
            (0.34, 0.025, 0.1),
            rng.uniform(-0.6, 0.6),
            np.arctan2(y - 1.1, x) + rng.uniform(-0.4, 0.4),
        )
        stage.put(
            f"leaf {index}",
            lambda p, leaf=leaf: leaf(p) * 0.7,
            (x, y, 0.1),
            0.45,
            blend((0.2, 0.38, 0.2), (0.5, 0.62, 0.3), lambda p, n: 0.5 + 0.5 * n[:, 1]),
        )
    for index, (x, z) in enumerate([(-0.8, 0.55), (0.72, 0.7)]):
        stage.put(
            f"fruit {index}",
            ellipsoid((x, 0.17, z), (0.19, 0.18, 0.19)),
            (x, 0.17, z),
            0.3,
            plain(0.86, 0.5, 0.18),
            gloss=0.3,
        )
    view = View((0.2, 1.95, 5.6), (0.0, 1.42, 0), 0.5, (-0.65, 0.8, 0.75), aspect=4 / 3)
    return stage, view, lambda ray: np.broadcast_to(np.array([0.4, 0.42, 0.42]), ray.shape)


def _bloom(stage: Stage, name: str, centre: Array, r: float, tint: tuple, facing: Array) -> None:
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
    stage.put(
        f"{name} heart",
        ellipsoid(tuple(heart), (0.26 * r, 0.26 * r, 0.22 * r)),
        tuple(heart),
        0.4 * r,
        plain(0.42, 0.28, 0.14),
    )


def bust() -> tuple:
    """A head and shoulders in three-quarter view under a light from the side; upright."""
    stage = Stage()
    stage.put(
        "wall",
        lambda p: p[:, 2] + 1.5,
        (0, 0, -3),
        99,
        blend((0.4, 0.4, 0.42), (0.7, 0.66, 0.6), lambda p, n: 0.45 + 0.3 * p[:, 0]),
        run=0.9,
    )
    skin, hair = (0.88, 0.68, 0.54), (0.3, 0.2, 0.15)
    yaw = -0.5

    def place(x: float, y: float, z: float) -> tuple:
        return (x * np.cos(yaw) - z * np.sin(yaw), y, x * np.sin(yaw) + z * np.cos(yaw))

    def lump(at: tuple, radii: tuple, tilt: float = 0.0):
        return ellipsoid(place(*at), radii, yaw, tilt)

    head = joined(
        [
            lump((0, 0.1, -0.06), (0.56, 0.62, 0.62)),
            lump((0, -0.24, 0.16), (0.42, 0.5, 0.4)),
            lump((0, -0.58, 0.3), (0.17, 0.14, 0.15)),
        ],
        0.16,
    )
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
        mouth = (np.abs(q[:, 1] + 0.418) < 0.044 - 1.4 * q[:, 0] ** 2) & (np.abs(q[:, 0]) < 0.17)
        colour[mouth & (q[:, 2] > 0.4)] = (0.78, 0.44, 0.4)
        # Eyes as a sculptor leaves them: painted ones look out of houses and trees later.
        return colour

    stage.put("face", whole, (0, -0.3, 0), 1.3, complexion, gloss=0.08)
    cap = cut(
        joined(
            [
                lump((0, 0.22, -0.14), (0.66, 0.64, 0.64)),
                lump((0.0, -0.1, -0.42), (0.6, 0.62, 0.4)),
                lump((0, 0.1, -0.78), (0.26, 0.26, 0.26)),
            ],
            0.1,
        ),
        joined([lump((0.06, -0.22, 0.56), (0.56, 0.68, 0.52)), lump((0, -0.9, 0.3), (0.7, 0.7, 0.6))], 0.05),
    )

    def strands(p: Array) -> Array:
        q = turned(p, yaw)
        return cap(p) * 0.8 + 0.006 * np.sin(30 * np.arctan2(q[:, 0], q[:, 1] + 0.6) + 4 * q[:, 2])

    stage.put(
        "hair",
        strands,
        (0, 0.1, -0.2),
        1.2,
        blend(hair, (0.5, 0.34, 0.22), lambda p, n: n[:, 1] * 0.6),
        gloss=0.12,
    )
    shoulders = joined(
        [ellipsoid((0, -1.66, -0.2), (1.12, 0.46, 0.5)), ellipsoid((0, -2.2, -0.1), (0.9, 0.9, 0.6))], 0.2
    )
    stage.put(
        "dress",
        shoulders,
        (0, -1.9, -0.2),
        1.6,
        blend((0.24, 0.4, 0.46), (0.3, 0.5, 0.54), lambda p, n: np.sin(20 * p[:, 0])),
        run=0.8,
    )
    stage.put(
        "collar",
        cut(ellipsoid((0, -1.26, -0.14), (0.5, 0.2, 0.46)), ellipsoid((0, -1.1, -0.1), (0.42, 0.3, 0.4))),
        (0, -1.26, -0.1),
        0.7,
        plain(0.93, 0.9, 0.84),
        run=0.2,
    )
    view = View((0.0, -0.2, 5.4), (0.02, -0.36, 0), 0.43, (-0.72, 0.62, 0.62), aspect=4 / 3, ambient=0.36)
    return stage, view, lambda ray: np.broadcast_to(np.array([0.5, 0.5, 0.5]), ray.shape)
