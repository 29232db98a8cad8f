"""What is drawn dry: charcoal, pastel, pencils, crayon and chalk."""

from dataclasses import dataclass, replace

import numpy as np

from .fields import Array, blur, mixed, noise, ramp, sample, streaks
from .lines import along, hatch, lines, outlines, steady, swells
from .marks import Brush, Layer, Sheet, paper, paths, scattered, stroke
from .solids import Scene
from .study import closest, shifted, sticks, toned

WHITE_SHEET = np.array([0.975, 0.965, 0.94])


def _caught(force: Array, tooth: Array, soft: float = 0.3) -> Array:
    """How much of a dry stick a paper's tooth takes off (H, W): little force reaches its tops alone."""
    return ramp(force - (1 - tooth), 0.0, soft)


@dataclass(frozen=True)
class Rub:
    """How a stick or a pencil goes over the paper: strokes of a width and a reach, so far apart, in px, at a
    turn from the form, and with at least so much of the pressure at their ends.
    """

    width: float
    reach: float
    spacing: float
    turn: float = 0.0
    low: float = 0.3


def _rubbed(scene: Scene, weight: Array, rub: Rub, rng: np.random.Generator) -> Array:
    """The force (H, W) of strokes of a stick's side, where `weight` (H, W) asks for them."""
    places = scattered(scene.shape, rub.spacing, rng)
    places = places[sample(weight, *places.T) > rng.random(len(places)) ** 1.3 * 0.9]
    length = rub.reach * rng.uniform(0.5, 1.2, len(places))
    path, count = paths(places, scene.angle + rub.turn, scene.part, length, 4.0, 0.35)
    keep = count > 2
    path, count = path[keep], count[keep]
    pressure = swells(count, path.shape[1], rng, rub.low) * np.clip(along(weight, path) + 0.12, 0, 1)
    width = rub.width * rng.uniform(0.6, 1.3, len(path))
    return lines(scene.shape, path, count, width, pressure, rng, 1.0)


def charcoal(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Vine charcoal rubbed on with its side and smudged, compressed charcoal in the darks, lights lifted."""
    shape = scene.shape
    tooth = paper(shape, unit, rng, 0.8)
    laid = np.clip(0.75 * (noise(shape, 2.2 * unit, rng, 2) - 0.5) + 0.5 * (tooth - 0.5) + 0.5, 0, 1)
    tone = toned(scene, 0.02, 1.0, 0.7, 0).tone
    dark = np.clip(1 - tone, 0, 1)
    edges = outlines(scene, rng, 4.6 * unit, 60 * unit)
    smudge = streaks(
        blur(dark, 5 * unit) * (0.75 + 0.5 * noise(shape, 9 * unit, rng, 3)), scene.angle, 16 * unit
    )
    side, tip = Rub(13 * unit, 58 * unit, 9 * unit), Rub(8 * unit, 70 * unit, 8.5 * unit, 0.5)
    sides = _rubbed(scene, ramp(blur(dark, 4 * unit), 0.22, 0.85), side, rng)
    slants = _rubbed(scene, ramp(blur(dark, 3 * unit), 0.38, 0.95), tip, rng)
    deep = _rubbed(scene, ramp(dark, 0.68, 0.95), Rub(5 * unit, 30 * unit, 5 * unit, -0.25, 0.5), rng)
    cover = 0.34 * ramp(smudge, 0.12, 0.9)
    cover = 1 - (1 - cover) * (1 - 0.5 * _caught(0.17 * sides + 0.5 * dark - 0.06, laid, 0.6))
    cover = 1 - (1 - cover) * (1 - 0.6 * _caught(0.3 * slants + 0.3 * dark - 0.05, laid, 0.5))
    cover = 1 - (1 - cover) * (1 - 0.85 * _caught(0.55 * deep, laid, 0.5))
    drawn = 0.62 * edges * (0.35 + 0.8 * noise(shape, 80 * unit, rng, 2)) + 0.2 * dark
    cover = 1 - (1 - cover) * (1 - 0.9 * _caught(drawn, laid, 0.6))
    lifted = _rubbed(scene, ramp(tone, 0.8, 0.98), Rub(5 * unit, 30 * unit, 8 * unit), rng)
    cover *= 1 - 0.8 * np.clip(lifted, 0, 1) * ramp(tone, 0.72, 0.95)
    sheet = np.array([0.93, 0.905, 0.85]) * (1 - 0.05 * (1 - tooth))[..., None]
    return mixed(sheet, np.array([0.11, 0.105, 0.105]), np.clip(cover, 0, 0.96))


def _strokes(
    sheet: Sheet,
    scene: Scene,
    box: Array,
    layer: Layer,
    rng: np.random.Generator,
    clip: Array,
    hold: Array | None = None,
) -> None:
    """A layer of separate strokes, each with the stick of a `box` (N, 3) that is nearest to its place's
    colour, more or less. `clip` is what the paper takes, `hold` how likely a place is drawn on; (H, W) both.
    """
    places = scattered(scene.shape, layer.spacing, rng)
    if hold is not None:
        places = places[sample(hold, *places.T) > rng.random(len(places))]
    wanted = sample(blur(scene.colour, layer.brush.width / 8), *places.T)
    chosen = closest(wanted + rng.normal(0, layer.jitter, (len(places), 3)), box)
    order = np.argsort(0.35 * box[chosen].sum(1) + rng.random(len(places)))
    length = layer.reach * rng.uniform(0.5, 1.15, len(places))
    path, count = paths(places, scene.angle + layer.turn, scene.part, length, 4.0, 0.5)
    for n in order[count[order] > 2]:
        stroke(sheet, path[n, : count[n]], box[chosen[n]], layer.brush, rng, clip)


def _pencilled(
    sheet: Array, scene: Scene, box: Array, grain: Array, rub: Rub, force: Array, rng: np.random.Generator
) -> Array:
    """The sheet (H, W, 3) with a layer of even lines, sharpened pencils of a `box` by the places' colours,
    pressed by `force` (H, W); each lets what is below shine through.
    """
    wanted = np.clip(force * 1.5, 0, 1)
    path, count = hatch(scene, scene.angle + rub.turn, rub.spacing, rub.reach, rng, wanted, 0.5)
    middle = path[np.arange(len(path)), count // 2]
    chosen = closest(sample(scene.colour, *middle.T) + rng.normal(0, 0.05, (len(path), 3)), box)
    pressure = swells(count, path.shape[1], rng, rub.low) * np.clip(along(force, path), 0, 1)
    for k in np.unique(chosen):
        of = chosen == k
        width = np.full(int(of.sum()), rub.width)
        marks = lines(scene.shape, path[of], count[of], width, pressure[of], rng, 0.5)
        cover = np.clip(1.25 * marks, 0, 1) * (0.35 + 0.65 * ramp(grain + 0.75 * marks - 0.5, 0, 0.55))
        glazed = mixed(box[k] * np.ones_like(sheet), sheet * box[k], 0.55)
        sheet = mixed(sheet, glazed, 0.92 * np.clip(cover, 0, 1))
    return sheet


def pastel(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Soft pastel on a tinted paper: broad open strokes, colours side by side, the lights last."""
    scene = toned(scene, 0.09, 0.98, 0.62, 1.4)
    shape = scene.shape
    tooth = paper(shape, unit, rng, 0.9)
    grain = np.clip(0.55 * (noise(shape, 2.4 * unit, rng, 2) - 0.5) + 0.75 * (tooth - 0.5) + 0.5, 0, 1)
    ground = np.array([0.43, 0.36, 0.36]) * (1 + 0.1 * (tooth - 0.5))[..., None]
    sheet = Sheet.of(shape, (0, 0, 0))
    sheet.colour = mixed(ground, blur(scene.colour, 9 * unit), 0.4 * ramp(grain, 0.15, 0.7))
    box = np.clip(sticks(scene.colour, 22, rng), 0.04, 0.98)
    for width, spacing, reach, turn, low in (
        (22, 15, 80, 0.25, 0.5),
        (14, 11, 60, -0.15, 0.42),
        (8.5, 7.5, 44, 0.08, 0.36),
    ):
        brush = Brush(width * unit, 0.42, 0.0, 0.5, 0.06, 0.94, 0.03)
        takes = 0.22 + 0.78 * ramp(grain, low - 0.24, low + 0.1)
        _strokes(sheet, scene, box, Layer(brush, spacing * unit, reach * unit, turn, 0.055), rng, takes)
    bright = replace(scene, colour=np.clip(scene.colour * 0.5 + 0.5, 0, 1))
    brush = Brush(6.5 * unit, 0.3, 0.0, 0.6, 0.1, 1.0, 0.02)
    layer, pale = Layer(brush, 9 * unit, 30 * unit, 0.0, 0.03), np.clip(box * 0.5 + 0.5, 0, 1)
    _strokes(sheet, bright, pale, layer, rng, ramp(grain, 0.12, 0.4), 0.7 * ramp(scene.tone, 0.68, 0.92))
    line = outlines(scene, rng, 3.4 * unit, 40 * unit) * noise(shape, 60 * unit, rng, 2)
    return np.clip(mixed(sheet.colour, np.array([0.19, 0.13, 0.17]), 0.75 * _caught(0.7 * line, grain)), 0, 1)


def coloured_pencil(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Layers of sharp coloured pencils, one across another, on white cartridge paper that shows through."""
    scene = toned(scene, 0.16, 1.0, 0.6, 1.45)
    tooth = paper(scene.shape, unit, rng, 0.55)
    grain = np.clip(0.5 * (noise(scene.shape, 1.9 * unit, rng, 2) - 0.5) + 0.5 * (tooth - 0.5) + 0.5, 0, 1)
    sheet = WHITE_SHEET * (1 - 0.02 * (1 - tooth))[..., None]
    box = np.clip(shifted(sticks(scene.colour, 20, rng), 0, 1.35), 0.06, 0.99)
    dark = 1 - blur(scene.tone, 1.5 * unit)
    vivid = blur(np.ptp(scene.colour, axis=2), 1.5 * unit)
    need = np.clip(1.25 * dark + 0.85 * vivid, 0, 1)
    calm = replace(scene, angle=steady(scene, 0.0, unit))
    for turn, low, spacing, width in (
        (-0.3, 0.04, 3.8, 2.9),
        (0.28, 0.16, 3.8, 2.7),
        (-0.9, 0.4, 4.0, 2.5),
        (0.0, 0.6, 3.6, 2.6),
    ):
        force = ramp(need, low, low + 0.6)
        rub = Rub(width * unit, 80 * unit, spacing * unit, turn, 0.45)
        sheet = _pencilled(sheet, calm, box, grain, rub, force, rng)
    line = outlines(scene, rng, 2.2 * unit, 36 * unit)
    return mixed(sheet, sheet * np.array([0.4, 0.34, 0.42]), 0.8 * _caught(0.8 * line, grain, 0.5))


def graphite(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Soft and hard pencils: slanting tones of many light lines, stumped a little, sharp in the dark."""
    shape = scene.shape
    tooth = paper(shape, unit, rng, 0.6)
    grain = np.clip(0.5 * (noise(shape, 1.8 * unit, rng, 2) - 0.5) + 0.5 * (tooth - 0.5) + 0.5, 0, 1)
    tone = toned(scene, 0.0, 1.0, 0.66, 0).tone
    dark = np.clip(1 - tone, 0, 1)
    cover = 0.66 * ramp(blur(dark, 2.5 * unit), 0.06, 1.0) * (0.5 + 0.9 * grain)
    for turn, low, spacing, width, strength in (
        (-0.15, 0.08, 3.6, 2.8, 0.3),
        (0.25, 0.28, 3.4, 2.8, 0.36),
        (-0.55, 0.48, 3.6, 3.0, 0.42),
        (0.05, 0.68, 3.2, 3.2, 0.55),
    ):
        force = ramp(blur(dark, 1.5 * unit), low, low + 0.5)
        wanted = np.clip(force * 1.6, 0, 1)
        path, count = hatch(scene, steady(scene, turn, unit), spacing * unit, 84 * unit, rng, wanted, 0.5)
        pressure = swells(count, path.shape[1], rng, 0.4) * np.clip(along(force, path) + 0.1, 0, 1)
        marks = lines(shape, path, count, np.full(len(path), width * unit), pressure, rng, 0.5 * unit)
        cover = 1 - (1 - cover) * (
            1
            - strength * np.clip(1.3 * marks, 0, 1) * (0.12 + 0.88 * ramp(grain + 0.4 * marks - 0.5, 0, 0.5))
        )
    line = outlines(scene, rng, 2.0 * unit, 50 * unit) * (0.55 + 0.7 * noise(shape, 70 * unit, rng, 2))
    second = outlines(scene, rng, 1.3 * unit, 30 * unit)
    cover = 1 - (1 - cover) * (1 - 0.85 * _caught(0.9 * line + 0.3 * second, grain, 0.6))
    sheet = WHITE_SHEET * (1 - 0.025 * (1 - tooth))[..., None]
    return mixed(sheet, np.array([0.17, 0.17, 0.19]), np.clip(cover, 0, 0.93))


def chalk(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """White and coloured chalks on a slate board with the dust of what was wiped off; dark is the board."""
    shape = scene.shape
    tone = toned(scene, 0.0, 1.0, 0.66, 0).tone
    grain = np.clip(
        0.75 * (noise(shape, 2.6 * unit, rng, 2) - 0.5) + 0.35 * (noise(shape, 9 * unit, rng, 2) - 0.5) + 0.5,
        0,
        1,
    )
    board = np.array([0.13, 0.17, 0.155]) * (1 + 0.12 * (noise(shape, 200 * unit, rng, 3) - 0.5))[..., None]
    wiped = streaks(noise(shape, 12 * unit, rng, 3), 0.5 + 1.2 * noise(shape, 300 * unit, rng, 2), 120 * unit)
    dust = 0.2 * ramp(wiped, 0.45, 0.75) * noise(shape, 160 * unit, rng, 2)
    sheet = mixed(board, np.array([0.72, 0.74, 0.7]), dust)
    sheet = mixed(sheet, np.array([0.78, 0.79, 0.75]), 0.24 * blur(ramp(tone, 0.25, 0.95), 8 * unit))
    pale = mixed(np.array([0.93, 0.93, 0.9]), shifted(scene.albedo, 0, 2.2, 0.24), 0.72)
    for turn, low, width, reach, spacing in (
        (0.5, 0.16, 9.0, 60, 9.5),
        (-0.2, 0.36, 7.0, 50, 8.0),
        (0.15, 0.6, 6.0, 36, 7.0),
    ):
        rub = Rub(width * unit, reach * unit, spacing * unit, turn, 0.4)
        marks = _rubbed(scene, ramp(blur(tone, 2 * unit), low, low + 0.5), rub, rng)
        sheet = mixed(sheet, pale, 0.85 * _caught(np.minimum(0.55 * marks, 0.85), grain, 0.45))
    line = outlines(scene, rng, 4.2 * unit, 60 * unit) * (0.6 + 0.5 * noise(shape, 70 * unit, rng, 2))
    return np.clip(
        mixed(sheet, np.array([0.95, 0.95, 0.92]), 0.92 * _caught(0.72 * np.minimum(line, 1.3), grain, 0.4)),
        0,
        1,
    )


CRAYONS = np.array(
    [
        [0.12, 0.12, 0.14],
        [0.42, 0.24, 0.15],
        [0.8, 0.16, 0.16],
        [0.93, 0.45, 0.14],
        [0.98, 0.8, 0.18],
        [0.55, 0.72, 0.2],
        [0.16, 0.5, 0.26],
        [0.5, 0.74, 0.9],
        [0.14, 0.36, 0.7],
        [0.44, 0.26, 0.58],
        [0.92, 0.55, 0.6],
        [0.93, 0.76, 0.58],
        [0.56, 0.55, 0.54],
        [0.96, 0.94, 0.88],
    ]
)


def crayon(scene: Scene, rng: np.random.Generator, unit: float) -> Array:
    """Wax crayons from a box of fourteen: thick strokes that skip over the paper, pressed in the darks."""
    scene = toned(scene, 0.14, 0.99, 0.5, 1.35)
    shape = scene.shape
    tooth = paper(shape, unit, rng, 1.1)
    grain = np.clip(0.6 * (noise(shape, 3.0 * unit, rng, 2) - 0.5) + 0.6 * (tooth - 0.5) + 0.5, 0, 1)
    sheet = Sheet.of(shape, (0, 0, 0))
    sheet.colour = WHITE_SHEET * (1 - 0.03 * (1 - tooth))[..., None]
    loose = replace(scene, angle=steady(scene, 0.0, unit))
    need = np.clip(1.5 * (1 - scene.tone) + 1.2 * np.ptp(scene.colour, axis=2), 0, 1)
    for width, spacing, reach, turn, low in (
        (11, 12, 110, -0.2, 0.4),
        (9, 11, 90, 0.25, 0.44),
        (7.5, 10.5, 60, 0.0, 0.36),
    ):
        brush = Brush(width * unit, 0.3, 0.0, 0.0, 0.04, 0.9, 0.03)
        layer = Layer(brush, spacing * unit, reach * unit, turn, 0.07)
        _strokes(sheet, loose, CRAYONS, layer, rng, ramp(grain, low - 0.17, low + 0.05), need)
    dark = ramp(1 - scene.tone, 0.6, 0.85)
    pressed = Layer(Brush(8 * unit, 0.2, 0.0, 0.0, 0.05, 0.7), 11 * unit, 44 * unit, 0.35, 0.12)
    _strokes(sheet, loose, CRAYONS[[0, 8, 9]], pressed, rng, ramp(grain, 0.34, 0.5), dark)
    line = outlines(scene, rng, 5.4 * unit, 70 * unit)
    return mixed(
        sheet.colour, np.array([0.13, 0.12, 0.15]), 0.9 * _caught(0.66 * np.minimum(line, 1.3), grain, 0.25)
    )
