"""Pictures as arrays (H, W) or (H, W, C): noise, blur, sampling, distances. In float64, so that what a
threshold decides is decided alike on every machine.
"""

import numpy as np

Array = np.ndarray
LUMA = np.array([0.299, 0.587, 0.114])


def noise(shape: tuple[int, ...], cell: float, rng: np.random.Generator, octaves: int = 4) -> Array:
    """Value noise (H, W) of mean 0.5, about 0 to 1: lattices of `cell` px and of halves of it, fading."""
    total, weights = np.zeros(shape), 0.0
    for octave in range(octaves):
        side, weight = max(cell / 2**octave, 1.0), 0.5**octave
        lattice = rng.random((int(shape[0] / side) + 3, int(shape[1] / side) + 3))
        rows = _smooth_rows(lattice, shape[0], side)
        total += weight * _smooth_rows(rows.T, shape[1], side).T
        weights += weight
    return 0.5 + (total / weights - 0.5) * 1.6


def _smooth_rows(lattice: Array, length: int, side: float) -> Array:
    place = np.arange(length) / side
    first = place.astype(int)
    t = (place - first)[:, None]
    t = t * t * t * (t * (6 * t - 15) + 10)
    return lattice[first] * (1 - t) + lattice[first + 1] * t


def blur(field: Array, sigma: float) -> Array:
    """A Gaussian of `sigma` px; beyond its border a picture goes on mirrored."""
    if sigma < 0.05:
        return field
    if field.ndim == 3:
        return np.dstack([blur(field[..., c], sigma) for c in range(field.shape[2])])
    height, width = field.shape
    pad = min(int(3 * sigma) + 1, height - 1, width - 1)
    padded = np.pad(field.astype(float), pad, mode="reflect")
    fy = np.fft.fftfreq(padded.shape[0])[:, None]
    fx = np.fft.rfftfreq(padded.shape[1])
    gain = np.exp(-2 * (np.pi * sigma) ** 2 * (fy * fy + fx * fx))
    return np.fft.irfft2(np.fft.rfft2(padded) * gain, padded.shape)[pad : pad + height, pad : pad + width]


def sample(field: Array, x: Array, y: Array) -> Array:
    """The field at places in px, bilinear; beyond its border the nearest value. Any shape of places."""
    height, width = field.shape[:2]
    x, y = np.clip(x, 0, width - 1.001), np.clip(y, 0, height - 1.001)
    left, top = x.astype(int), y.astype(int)
    fx, fy = x - left, y - top
    if field.ndim == 3:
        fx, fy = fx[..., None], fy[..., None]
    upper = field[top, left] * (1 - fx) + field[top, left + 1] * fx
    lower = field[top + 1, left] * (1 - fx) + field[top + 1, left + 1] * fx
    return upper * (1 - fy) + lower * fy


def moved(field: Array, dx: float, dy: float) -> Array:
    """The field moved to the right and down by some px."""
    x, y = grid(field.shape)
    return nearest(field, x - dx, y - dy)


def nearest(field: Array, x: Array, y: Array) -> Array:
    """The field's value at the pixel that a place falls on."""
    height, width = field.shape[:2]
    rows = np.clip(np.rint(y), 0, height - 1).astype(int)
    return field[rows, np.clip(np.rint(x), 0, width - 1).astype(int)]


def resized(field: Array, shape: tuple[int, ...]) -> Array:
    """The field at another size, bilinear; averaged first where it gets smaller."""
    scale = shape[0] / field.shape[0]
    if scale < 1:
        field = blur(field, 0.42 / scale)
    y = (np.arange(shape[0]) + 0.5) * field.shape[0] / shape[0] - 0.5
    x = (np.arange(shape[1]) + 0.5) * field.shape[1] / shape[1] - 0.5
    return sample(field, *np.meshgrid(x, y))


def grid(shape: tuple[int, ...]) -> tuple[Array, Array]:
    """The x and the y of every pixel."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    return x.astype(float), y.astype(float)


def warped(field: Array, amount: float, cell: float, rng: np.random.Generator) -> Array:
    """The field with its outlines trembling by `amount` px, as if drawn by hand."""
    x, y = grid(field.shape[:2])
    dx, dy = (amount * 2 * (noise(field.shape[:2], cell, rng, 3) - 0.5) for _ in range(2))
    take = nearest if field.dtype.kind in "iu" else sample
    return take(field, x + dx, y + dy)


def nearest_seed(labels: Array) -> tuple[Array, Array]:
    """For each pixel the label, above 0, of the nearest pixel that has one, and how far that is in px.

    Jump flooding: Rong and Tan, I3D 2006.
    """
    height, width = labels.shape
    x, y = grid(labels.shape)
    sx, sy = np.where(labels > 0, x, -1e6), np.where(labels > 0, y, -1e6)
    best = (sx - x) ** 2 + (sy - y) ** 2
    step = 1 << (max(height, width) - 1).bit_length() - 1
    steps = []
    while step:
        steps.append(step)
        step //= 2
    for step in [*steps, 1]:
        for dy in (-step, 0, step):
            for dx in (-step, 0, step):
                rows = np.clip(np.arange(height) + dy, 0, height - 1)[:, None]
                columns = np.clip(np.arange(width) + dx, 0, width - 1)
                cx, cy = sx[rows, columns], sy[rows, columns]
                far = (cx - x) ** 2 + (cy - y) ** 2
                nearer = far < best
                sx, sy = np.where(nearer, cx, sx), np.where(nearer, cy, sy)
                best = np.where(nearer, far, best)
    return nearest(labels, sx, sy), np.sqrt(best)


def borders(parts: Array) -> Array:
    """Where a pixel's part differs from its right or lower neighbour's."""
    found = np.zeros(parts.shape, bool)
    found[:, :-1] |= parts[:, :-1] != parts[:, 1:]
    found[:-1] |= parts[:-1] != parts[1:]
    return found


def streaks(field: Array, angle: Array, length: float) -> Array:
    """The field averaged along a direction, radians: line integral convolution (Cabral, SIGGRAPH 1993)."""
    total, count = field.copy(), 1
    for sign in (1, -1):
        x, y = grid(field.shape[:2])
        for _ in range(int(length / 2)):
            along = nearest(angle, x, y)
            x, y = x + sign * np.cos(along), y + sign * np.sin(along)
            total += sample(field, x, y)
            count += 1
    return total / count


def ramp(field: Array, low: Array | float, high: Array | float) -> Array:
    """0 below `low`, 1 above `high`, smooth between."""
    t = np.clip((field - low) / (high - low), 0, 1)
    return t * t * (3 - 2 * t)


def spread(field: Array) -> Array:
    """The field shifted and scaled so that 2 % are below 0 and 2 % above 1."""
    low, high = np.quantile(field, (0.02, 0.98))
    return (field - low) / (high - low)


def mixed(a: Array, b: Array, share: Array | float) -> Array:
    """Values or colours `a`, and `b` where the share is 1."""
    share = np.asarray(share, float)
    colours = share.ndim and np.broadcast_shapes(np.shape(a), np.shape(b)) != share.shape
    return a + (b - a) * (share[..., None] if colours else share)
