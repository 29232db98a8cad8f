"""What is printed or cut: woodcut, linocut, etching, screens, two inks of a risograph, and cut paper."""

import numpy as np

from .fields import Array, blur, borders, grid, mixed, moved, noise, ramp, resized, sample, streaks, warped
from .lines import along, hatch, lines, outlines, swells
from .marks import paper
from .solids import Scene
from .study import closest, enlarged, means, patches, shifted, sticks, toned, without_crumbs

FINE = 1.5  # the block's pixels to the print's


def _gouged(
    scene: Scene, white: Array, spacing: float, width: float, reach: float, rng, *, turn: float = 0.0
) -> Array:
    """What a gouge takes away (H, W), 1 where it has been: cuts along the form, the wider the whiter."""
    path, count = hatch(
        scene, scene.angle + turn, spacing, reach, rng, where=ramp(white, 0.05, 0.3), bend=0.8
    )
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
    chatter = lines(
        shape,
        *ridges,
        np.full(len(ridges[0]), 2.0 * u),
        swells(ridges[1], ridges[0].shape[1], rng, 0.1),
        rng,
        u,
    )
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


def _register(layer: Array, unit: float, rng: np.random.Generator, by: float) -> Array:
    """A layer (H, W) as a press puts it down: `by` px off, and turned a little."""
    x, y = grid(layer.shape)
    dx, dy = rng.normal(0, by * unit, 2)
    a = rng.normal(0, 0.0012)
    return sample(layer, x + dx + a * (y - layer.shape[0] / 2), y + dy - a * (x - layer.shape[1] / 2))


def _rolled(shape: tuple[int, ...], unit: float, rng: np.random.Generator, rough: float = 1.0) -> Array:
    """How well ink from a roller covers (H, W): salt where it did not, mottled where it is thin."""
    salt = ramp(noise(shape, 2.6 * unit, rng, 2) + 0.35 * (noise(shape, 50 * unit, rng, 2) - 0.5), 0.86, 1.02)
    return np.clip(1 - 0.1 * rough * noise(shape, 6 * unit, rng, 3) - 0.75 * rough * salt, 0, 1)


LINO = np.array([[0.955, 0.925, 0.85], [0.95, 0.74, 0.36], [0.82, 0.36, 0.24], [0.13, 0.2, 0.29]])


def linocut(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """A reduction print in three inks from one lino, cut further before each, with the gouge's marks left."""
    large = enlarged(scene, FINE)
    u = unit * FINE
    shape = large.shape
    tone = toned(large, 0.0, 1.0, 0.62, 0).tone
    tone = 0.7 * blur(tone, 2.5 * u) + 0.3 * tone
    warm = large.colour[..., 0] - large.colour[..., 2]
    sheet = LINO[0] * (1 - 0.03 * (1 - paper(shape, u, rng, 1.0)))[..., None]
    limits = (0.86, 0.62, 0.34)
    inks = [
        np.where((warm > 0.02)[..., None], LINO[1], np.array([0.6, 0.77, 0.72])),
        np.where((warm > 0.02)[..., None], LINO[2], np.array([0.22, 0.47, 0.52])),
        LINO[3],
    ]
    for limit, ink in zip(limits, inks, strict=True):
        edge = tone + 0.05 * (noise(shape, 30 * u, rng, 3) - 0.5)
        left = ramp(blur(ramp(edge, limit + 0.01, limit - 0.01), 1.2 * u), 0.42, 0.58)
        near_light = ramp(tone, limit - 0.2, limit - 0.02) * left
        cuts = _gouged(large, near_light, 8.5 * u, 6.6 * u, 46 * u, rng, turn=0.06)
        left = left * (1 - ramp(cuts, 0.3, 0.5))
        if limit == limits[-1]:
            key = ramp(outlines(large, rng, 4.0 * u, 70 * u), 0.35, 0.6)
            left = np.maximum(left, key * ramp(tone, 0.95, 0.8))
        chips = hatch(
            large, large.angle + 0.1, 15 * u, 22 * u, rng, where=(1 - left) * ramp(tone, 0.9, 0.98) * 0.5
        )
        chatter = lines(
            shape,
            *chips,
            np.full(len(chips[0]), 2.6 * u),
            swells(chips[1], chips[0].shape[1], rng, 0.1),
            rng,
            u,
        )
        left = np.maximum(
            left,
            ramp(chatter, 0.4, 0.7) * ramp(noise(shape, 70 * u, rng, 2), 0.6, 0.7) * (limit == limits[0]),
        )
        cover = _register(ramp(blur(left, 0.6 * u), 0.4, 0.6), u, rng, 0.9) * _rolled(shape, u, rng)
        lip = 1 - 0.16 * np.clip(cover - blur(cover, 2.2 * u), 0, 1)
        sheet = mixed(sheet, (ink * np.ones(3)) * lip[..., None], cover * 0.97)
    return resized(sheet, scene.shape)


def etching(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Needle lines bitten into copper, crossed in the shadows, aquatint's grain and a film of plate tone."""
    large = enlarged(scene, FINE)
    u = unit * FINE
    shape = large.shape
    tone = toned(large, 0.0, 1.0, 0.66, 0).tone
    tone = 0.6 * blur(tone, 2 * u) + 0.4 * tone
    double = np.exp(2j * large.angle)
    steady = np.angle(blur(double.real, 6 * u) + 1j * blur(double.imag, 6 * u) + 0.3 * np.exp(2j * 0.7)) / 2
    bitten = np.zeros(shape)
    for turn, below, spacing, width in (
        (0.0, 0.93, 4.2, 1.0),
        (0.95, 0.7, 3.8, 1.05),
        (-0.6, 0.5, 3.4, 1.1),
        (0.4, 0.3, 2.8, 1.3),
    ):
        need = ramp(tone + 0.05 * (noise(shape, 30 * u, rng, 2) - 0.5), below, below - 0.2)
        path, count = hatch(large, steady + turn, spacing * u, 64 * u, rng, where=need, bend=0.7)
        depth = np.clip(1.1 * (below - along(tone, path)) / max(below, 0.4) + 0.35, 0, 1) * (
            along(need, path) > 0.12
        )
        bitten += lines(
            shape, path, count, width * u * rng.uniform(0.8, 1.25, len(path)), depth, rng, 0.9 * u
        )
    contours = outlines(large, rng, 1.5 * u, 34 * u) + 0.6 * outlines(large, rng, 1.0 * u, 60 * u)
    rosin = noise(shape, 2.4 * u, rng, 1)
    aquatint = sum(0.3 * ramp(tone, limit, limit - 0.05) * ramp(rosin, 0.3, 0.55) for limit in (0.42, 0.24))
    specks = ramp(noise(shape, 3 * u, rng, 1), 1.08, 1.2) * ramp(noise(shape, 60 * u, rng, 2), 0.55, 0.7)
    wiped = streaks(noise(shape, 7 * u, rng, 3), np.full(shape, -0.5), 80 * u)
    film = 0.1 + 0.14 * ramp(tone, 0.9, 0.2) + 0.18 * (wiped - 0.5)
    ink = 1 - np.exp(-1.6 * (bitten + 1.1 * contours) - aquatint - 0.5 * specks - np.clip(film, 0, 1))
    tooth = paper(shape, u, rng, 0.9)
    sheet = np.array([0.955, 0.93, 0.865]) * (1 - 0.03 * (1 - tooth))[..., None]
    return resized(mixed(sheet, np.array([0.13, 0.095, 0.075]), np.clip(ink, 0, 0.97)), scene.shape)


def _halftone(amount: Array, cell: float, angle: float, rng: np.random.Generator) -> Array:
    """A screen's dots (H, W) of an amount of ink (H, W): they grow, then meet, then leave round holes."""
    x, y = grid(amount.shape)
    u = (x * np.cos(angle) + y * np.sin(angle)) / cell
    v = (y * np.cos(angle) - x * np.sin(angle)) / cell
    spot = 0.5 + 0.25 * (np.cos(2 * np.pi * u) + np.cos(2 * np.pi * v))
    return ramp(amount - (1 - spot), -0.09, 0.09) * ramp(amount, 0.03, 0.08)


def screen_print(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Flat inks pulled through screens, a shadow of halftone dots, a key of black; not quite in register."""
    large = enlarged(scene, FINE)
    u = unit * FINE
    shape = large.shape
    parts = warped(patches(large, 3, 500 * u**2), 1.5 * u, 30 * u, rng)
    flat = means(large.albedo, parts)
    inks = np.clip(shifted(sticks(large.albedo, 13, rng, 2), 0, 2.2, 0.08), 0.02, 0.98)
    chosen = closest(flat, inks)[parts]
    sheet = np.array([0.965, 0.945, 0.89]) * (1 - 0.02 * (1 - paper(shape, u, rng, 0.8)))[..., None]
    for k in np.argsort(-inks.sum(1)):
        area = ramp(blur((chosen == k).astype(float), 1.4 * u), 0.4, 0.6)
        sheet = mixed(
            sheet,
            inks[k] * np.ones_like(sheet),
            _register(area, u, rng, 1.5) * (1 - 0.07 * noise(shape, 9 * u, rng, 3)),
        )
    shade = np.clip(1.05 - toned(large, 0, 1, 0.55, 0).tone * 1.25, 0, 1) * 0.9
    dots = _register(_halftone(blur(shade, 2 * u), 8.6 * u, 0.78, rng), u, rng, 1.2)
    deep = np.clip(shifted(sheet, 0, 1.1) * np.array([0.36, 0.3, 0.5]), 0, 1)
    sheet = mixed(sheet, deep, dots * 0.92)
    key = ramp(outlines(large, rng, 3.2 * u, 90 * u), 0.35, 0.65)
    black = np.maximum(key, ramp(blur(toned(large, 0, 1, 1, 0).tone, 2 * u), 0.11, 0.08))
    sheet = mixed(
        sheet, np.array([0.1, 0.09, 0.12]), _register(black, u, rng, 1.0) * _rolled(shape, u, rng, 0.5)
    )
    return resized(sheet, scene.shape)


def risograph(
    scene: Scene, rng: np.random.Generator, unit: float, inks: tuple = ((1.0, 0.36, 0.37), (0.12, 0.39, 0.55))
) -> Array:
    """Two drums, coral and blue: grainy screens at two angles, overprinted, a little apart."""
    large = enlarged(scene, FINE)
    u = unit * FINE
    shape = large.shape
    lit = toned(large, 0.04, 1.0, 0.62, 1.25).colour
    first = np.clip(1.25 * (1 - 0.7 * lit[..., 1] - 0.3 * lit[..., 2]) - 0.12, 0, 1)
    second = np.clip(1.3 * (1 - lit[..., 0]) - 0.08, 0, 1)
    sheet = np.array([0.97, 0.955, 0.915]) * (1 - 0.03 * (1 - paper(shape, u, rng, 1.2)))[..., None]
    absorbed = np.zeros((*shape, 3))
    for amount, ink, angle, cell in ((first, inks[0], 1.31, 6.4), (second, inks[1], 0.26, 6.4)):
        edges = ramp(outlines(large, rng, 2.4 * u, 60 * u), 0.4, 0.7) if ink is inks[1] else 0.0
        dots = _halftone(np.clip(amount, 0, 1), cell * u, angle, rng)
        solid = ramp(amount, 0.8, 0.9)
        layer = np.clip(np.maximum(np.maximum(dots, solid), 0.85 * edges), 0, 1)
        grit = 1 - 0.55 * ramp(noise(shape, 2.2 * u, rng, 2), 0.66, 0.9) - 0.18 * noise(shape, 90 * u, rng, 3)
        absorbed += (_register(layer, u, rng, 2.6) * grit)[..., None] * -np.log(np.array(ink) * 0.97)
    return resized(np.clip(sheet * np.exp(-absorbed), 0, 1), scene.shape)


def paper_cut(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Sheets of coloured paper cut with scissors and laid one on another, each throwing its shadow."""
    shape = scene.shape
    parts = without_crumbs(patches(scene, 2, 700 * unit**2), 700 * unit**2)
    light = (blur(scene.shade, 4 * unit) > 0.5).astype(int)
    cut = without_crumbs(parts * 2 + light, 900 * unit**2)
    cut = np.rint(nearest_majority(cut, 3.2 * unit)).astype(int)
    lit = toned(scene, 0.2, 0.97, 0.6, 0.95)
    colour = np.clip(means(lit.colour, cut) * (1 + 0.04 * rng.normal(0, 1, (cut.max() + 1, 1))), 0, 1)
    depth = means(scene.depth, cut) + 0.02 * means(scene.shade, cut) + 0.0015 * rng.random(cut.max() + 1)
    used = np.unique(cut)
    order = used[np.argsort(-depth[used])]
    rank = np.zeros(cut.max() + 1)
    rank[order] = np.arange(len(order))
    height = rank[cut]
    sheet = np.zeros((*shape, 3))
    for level, group in enumerate(np.array_split(order, min(len(order), 14))):
        mask = np.isin(cut, group).astype(float)
        smooth = ramp(blur(mask, 0.8 * unit), 0.35, 0.65)
        above = (height >= height[mask > 0].min()).astype(float) if level else mask
        if level:
            fallen = moved(blur(above, 5.5 * unit), 5 * unit, 7 * unit)
            close = moved(blur(above, 1.8 * unit), 2 * unit, 2.5 * unit)
            sheet = sheet * (1 - 0.34 * fallen - 0.3 * close)[..., None]
        pulp = (
            noise(shape, 2.2 * unit, rng, 2)
            - 0.5
            + 0.7
            * (streaks(noise(shape, 2 * unit, rng, 1), np.full(shape, rng.uniform(0, 3)), 14 * unit) - 0.5)
        )
        dy, dx = np.gradient(blur(mask, 1.3 * unit))
        rim = np.clip((dx + dy) * 1.6 * unit, -0.3, 1)
        tint = colour[cut] * (1 + 0.075 * pulp)[..., None] + 0.22 * np.clip(rim, 0, 1)[..., None]
        sheet = mixed(sheet, np.clip(tint, 0, 1), smooth)
    return np.clip(sheet, 0, 1)


def nearest_majority(labels: Array, sigma: float) -> Array:
    """Labels (H, W) with outlines as smooth as scissors cut them: each place's is the one most around it."""
    best, found = np.full(labels.shape, -1.0), labels.copy()
    for label in np.unique(labels):
        share = blur((labels == label).astype(float), sigma)
        better = share > best
        best, found = np.where(better, share, best), np.where(better, label, found)
    return found
