"""A painting retouched by a script's hand, as an artist would a key: for the guide's pictures."""

import numpy as np
import torch
from PIL import Image, ImageDraw

from core.files.cryptomatte import Cryptomatte
from core.sequence.motion.flow import blur
from core.style.colour import luminance

INK, VERMILION, CREAM, GOLD = (0.07, 0.08, 0.22), (0.89, 0.27, 0.13), (0.98, 0.91, 0.74), (1.0, 0.82, 0.30)
MOON, RADIUS = (0.80, 0.13), 0.038  # across and down, of the picture; of its width
LARGER = 4  # times, what is drawn with lines, for smooth edges


def retouched(painting: np.ndarray, render: np.ndarray, matte: Cryptomatte) -> np.ndarray:
    """A painting (H, W, 3) of a render of the benchmark's flight: a moon over the hills, balloons in
    vermilion and cream, and contours in ink.
    """
    picture = _with_moon(painting, matte)
    for name in ("Balloon 0", "Balloon 1"):
        picture = _in_gouache(picture, painting, render, matte.mask([name])[..., None])
    return _mixed(picture, INK, _contours(matte))


def _mixed(picture: np.ndarray, colour, share: np.ndarray) -> np.ndarray:
    return picture + share * (np.float32(colour) - picture)


def _with_moon(painting: np.ndarray, matte: Cryptomatte) -> np.ndarray:
    """A moon and its light, in rings of short strokes, behind all things."""
    height, width = painting.shape[:2]
    sky = 1 - sum(coverage for _, coverage in matte.pairs)[..., None]
    dice, centre = np.random.default_rng(5), np.array(MOON) * (width, height)
    picture = painting
    for ring in np.arange(5.6, 1.3, -0.55):
        strength = 0.85 - 0.11 * ring
        strokes = Image.new("L", (width * LARGER, height * LARGER))
        draw = ImageDraw.Draw(strokes)
        for angle in np.arange(dice.uniform(0, 20), 360, 34 / ring):
            radius = (ring + dice.uniform(-0.2, 0.2)) * RADIUS * width
            box = [*((centre - radius) * LARGER), *((centre + radius) * LARGER)]
            start = angle + dice.uniform(-3, 3)
            end = start + dice.uniform(22, 36) / ring
            draw.arc(box, start, end, 255, round(LARGER * dice.uniform(1.2, 2.6)))
        picture = _mixed(
            picture, np.array(GOLD) * 0.9 + 0.1, strength * sky * _shrunk(strokes, width, height)
        )
    disc = Image.new("L", (width * LARGER, height * LARGER))
    radius = RADIUS * width
    ImageDraw.Draw(disc).ellipse([*((centre - radius) * LARGER), *((centre + radius) * LARGER)], 255)
    grain = 0.85 + 0.3 * luminance(painting)[..., None]
    return _mixed(picture, np.array(GOLD) * grain, sky * _shrunk(disc, width, height))


def _in_gouache(picture, painting, render, mask):
    """A balloon's own stripes in two opaque colours, over the strokes that are there."""
    # Where it is darker than around, a stripe: its texture, and not its light.
    light = luminance(render)
    stripes = (light < _blurred(light * mask[..., 0]) / _blurred(mask[..., 0]).clip(0.05))[..., None]
    flat = np.where(stripes, np.float32(VERMILION), np.float32(CREAM))
    shade = 0.62 + 0.6 * _blurred(light, 8)[..., None]
    strokes = luminance(painting)[..., None] - _blurred(luminance(painting))[..., None]
    return _mixed(picture, np.clip(flat * shade + 1.1 * strokes, 0, 1), 0.92 * mask)


def _contours(matte: Cryptomatte) -> np.ndarray:
    """Lines where one thing ends, (H, W, 1), 0 to 1, thicker and thinner as a brush makes them."""
    ids = matte.pairs[0][0]
    edges = np.zeros(ids.shape, bool)
    edges[:, 1:] |= ids[:, 1:] != ids[:, :-1]
    edges[1:] |= ids[1:] != ids[:-1]
    noise = _blurred(np.random.default_rng(3).standard_normal(ids.shape).astype(np.float32), 9)
    pressure = np.clip(0.75 + 0.5 * noise / noise.std(), 0.1, 1.5)
    line = _blurred(edges.astype(np.float32), 0.75) * 1.7
    return np.clip(line * pressure, 0, 0.92)[..., None]


def _blurred(plane: np.ndarray, radius: float = 4) -> np.ndarray:
    return blur(torch.from_numpy(plane)[None, None], radius)[0, 0].numpy()


def _shrunk(image: Image.Image, width: int, height: int) -> np.ndarray:
    return np.asarray(image.resize((width, height), Image.Resampling.LANCZOS), np.float32)[..., None] / 255
