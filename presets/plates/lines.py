"""Lines as a hand draws them with a point: with pressure, along the form, at even distances, along outlines.

Paths are (N, K, 2) in px, of which the first `count` (N) points hold; the others repeat the last.
"""

import numpy as np

from .fields import Array, blur, nearest, sample
from .marks import paths, scattered
from .solids import Scene


def lines(
    shape: tuple[int, ...], path: Array, count: Array, width: Array, pressure: Array, rng, soft: float = 0.5
) -> Array:
    """How much of a point's ink or lead each pixel takes (H, W): about 1 in the middle of a line.

    Paths (N, K, 2) of `count` (N) points, widths (N) in px, pressures (N, K) from 0 to 1: a line under less
    pressure is thinner and fainter. `soft` px of tremor from line to line.
    """
    total = np.zeros(shape[0] * shape[1])
    steps = path.shape[1]
    wobble = rng.normal(0, soft * 0.5, (len(path), steps, 2))
    wobble = (wobble + np.roll(wobble, 1, 1) + np.roll(wobble, -1, 1)) / 2
    path = path + wobble
    for k in range(steps - 1):
        alive = count > k + 1
        if not alive.any():
            continue
        a, b = path[alive, k], path[alive, k + 1]
        size = np.hypot(*(b - a).T)
        n = max(int(np.ceil(size.max() / 0.45)), 1)
        t = (np.arange(n) + 0.5) / n
        p = a[:, None] + (b - a)[:, None] * t[:, None]
        force = pressure[alive, k, None] * (1 - t) + pressure[alive, k + 1, None] * t
        thick = width[alive, None] * (0.35 + 0.65 * force)
        normal = np.stack([-(b - a)[:, 1], (b - a)[:, 0]], 1) / np.maximum(size, 1e-6)[:, None]
        rows = max(int(np.ceil(thick.max() / 0.6)), 1)
        for r in (np.arange(rows) + 0.5) / rows - 0.5:
            q = p + normal[:, None] * (thick * r)[..., None]
            ink = force * thick / rows * (size / n)[:, None]
            _splat(total, shape, q.reshape(-1, 2), ink.ravel())
    return total.reshape(shape)


def _splat(total: Array, shape: tuple[int, ...], places: Array, amount: Array) -> None:
    """Add amounts (N) to a flat picture at places (N, 2), shared among the four pixels around."""
    height, width = shape
    x, y = places.T
    inside = (x >= 0) & (y >= 0) & (x < width - 1) & (y < height - 1)
    x, y, amount = x[inside], y[inside], amount[inside]
    left, top = x.astype(int), y.astype(int)
    fx, fy = x - left, y - top
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            total += np.bincount((top + dy) * width + left + dx, amount * wy * wx, minlength=height * width)


def contour_paths(edges: Array, rng: np.random.Generator, reach: float = 26.0) -> tuple[Array, Array]:
    """Paths along outlines (H, W), as a hand draws them, in pieces: (N, K, 2), and the points of each."""
    smooth = blur(edges.astype(float), 1.6)
    gy, gx = np.gradient(blur(smooth, 1.2))
    j = [blur(v, 2.0) for v in (gx * gx, gx * gy, gy * gy)]
    angle = 0.5 * np.arctan2(2 * j[1], j[0] - j[2]) + np.pi / 2
    rows, columns = np.nonzero(edges)
    pick = rng.permutation(len(rows))[: max(len(rows) // 7, 1)]
    places = np.stack([columns[pick], rows[pick]], 1).astype(float)
    length = rng.uniform(0.5, 1.3, len(places)) * reach
    there = (smooth > 0.16).astype(int)
    points, heading = [places], None
    count, going = np.ones(len(places), int), np.ones(len(places), bool)
    for index in range(int(length.max() / 2)):
        here = points[-1]
        a = sample(np.exp(2j * angle), here[:, 0], here[:, 1])
        along = np.stack([np.cos(np.angle(a) / 2), np.sin(np.angle(a) / 2)], 1)
        if heading is not None:
            along *= np.sign((along * heading).sum(1, keepdims=True) + 1e-12)
        heading = along
        moved = here + 2 * along
        going &= (nearest(there, moved[:, 0], moved[:, 1]) > 0) & (length > 2 * index)
        points.append(np.where(going[:, None], moved, here))
        count += going
    return np.stack(points, 1), count


def swells(count: Array, steps: int, rng: np.random.Generator, low: float = 0.25) -> Array:
    """Pressures (N, K) along paths of `count` points: put on, pressed, lifted."""
    t = np.arange(steps) / np.maximum(count[:, None] - 1, 1)
    body = np.clip(np.minimum(t / 0.16 + low, (1 - t) / 0.34 + low), low, 1)
    return body * rng.uniform(0.72, 1.0, (len(count), 1))


def outlines(scene: Scene, rng: np.random.Generator, width: float, reach: float = 26.0) -> Array:
    """The scene's contours as pen lines of `width` px, with pressure (H, W)."""
    path, count = contour_paths(scene.edges(), rng, reach)
    keep = count > 4
    path, count = path[keep], count[keep]
    pressure = swells(count, path.shape[1], rng)
    return lines(scene.shape, path, count, width * rng.uniform(0.7, 1.2, len(path)), pressure, rng)


def even(
    path: Array, count: Array, spacing: Array, shape: tuple[int, ...], least: int = 5
) -> tuple[Array, Array]:
    """The paths, in their order, that keep a distance from those before, or their longest pieces that do.

    `spacing` (N) in px; paths left with fewer than `least` points are given up (after Jobard, 1997).
    """
    cell = 2.0
    taken = np.zeros((int(shape[0] / cell) + 2, int(shape[1] / cell) + 2), bool)
    cells = np.clip((path / cell).astype(int), 0, np.array(taken.shape)[::-1] - 1)
    chosen: list[int] = []
    kept, counts = [], []
    discs = {}
    for n in range(len(path)):
        x, y = cells[n, : count[n]].T
        first, size = _longest(~taken[y, x])
        if size < least:
            continue
        x, y = x[first : first + size], y[first : first + size]
        reach = round(float(spacing[n]) / cell, 1)
        if reach not in discs:
            r = int(np.ceil(reach))
            dy, dx = np.mgrid[-r : r + 1, -r : r + 1]
            discs[reach] = [v[dx * dx + dy * dy < reach * reach + 0.1] for v in (dx, dy)]
        dx, dy = discs[reach]
        rows = np.clip(y[:, None] + dy, 0, taken.shape[0] - 1)
        taken[rows, np.clip(x[:, None] + dx, 0, taken.shape[1] - 1)] = True
        kept.append(np.minimum(first + np.arange(path.shape[1]), first + size - 1))
        chosen.append(n)
        counts.append(size)
    return path[np.array(chosen)[:, None], np.array(kept)], np.array(counts, int)


def _longest(free: Array) -> tuple[int, ...]:
    """Where the longest run of True begins, and how long it is."""
    steps = np.flatnonzero(np.diff(np.r_[False, free, False].astype(int)))
    if not len(steps):
        return 0, 0
    runs = steps[1::2] - steps[::2]
    best = int(np.argmax(runs))
    return int(steps[2 * best]), int(runs[best])


def hatch(
    scene: Scene,
    angle: Array,
    spacing: Array | float,
    reach: float,
    rng: np.random.Generator,
    where: Array | None = None,
    bend: float = 1.0,
) -> tuple[Array, Array]:
    """Evenly spaced lines along `angle` within each thing, about `reach` px long, begun where `where` (H, W)
    is above a dice; `spacing` px, (H, W) or one.
    """
    room = np.broadcast_to(np.asarray(spacing, float), scene.shape)
    places = scattered(scene.shape, max(float(room.min()) * 0.6, 1.6), rng)
    if where is not None:
        places = places[sample(where, *places.T) > rng.random(len(places))]
    length = reach * rng.uniform(0.6, 1.25, len(places))
    ahead, n_ahead = paths(places, angle, scene.part, length / 2, 3.0, bend)
    back, n_back = paths(places, angle + np.pi, scene.part, length / 2, 3.0, bend)
    path, count = _joined(ahead, n_ahead, back, n_back)
    return even(path, count, nearest(room, *places.T), scene.shape)


def _joined(ahead: Array, n_ahead: Array, back: Array, n_back: Array) -> tuple[Array, Array]:
    """Paths that go on in both directions from where they were begun."""
    count = n_back - 1 + n_ahead
    index = np.arange(int(count.max()))[None, :]
    from_back = np.clip(n_back[:, None] - 1 - index, 0, back.shape[1] - 1)
    from_ahead = np.clip(np.minimum(index - n_back[:, None] + 1, n_ahead[:, None] - 1), 0, ahead.shape[1] - 1)
    rows = np.arange(len(ahead))[:, None]
    path = np.where((index < n_back[:, None] - 1)[..., None], back[rows, from_back], ahead[rows, from_ahead])
    return path, count


def along(field: Array, path: Array) -> Array:
    """A field's values (N, K) along paths."""
    return sample(field, path[..., 0], path[..., 1])


def steady(scene: Scene, turn: float, unit: float) -> Array:
    """The directions of a hand that hatches: along the form, steadier than it, and turned by `turn`."""
    double = np.exp(2j * scene.angle)
    calm = blur(double.real, 9 * unit) + 1j * blur(double.imag, 9 * unit) + 0.45 * np.exp(2j * -0.8)
    return np.angle(calm) / 2 + turn
