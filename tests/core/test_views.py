"""Painted views of a 3D viewport: what is seen again keeps its strokes, and nothing else does."""

import math
from pathlib import Path

import numpy as np
import pytest

from core.instant.views import NOTHING, View, ViewPainter, seen_again, tint
from core.progress import finish
from core.settings import Settings
from core.style.styles import Style

ROOT = Path(__file__).parents[2]
HEIGHT, WIDTH = 72, 96
NEAR, FAR = 0.1, 100.0


def camera(degrees=0.0, perspective=True, distance=6.0):
    """World to clip space, looking at the origin from so many degrees around it."""
    angle = math.radians(degrees)
    turned = np.eye(4)
    turned[:3, :3] = [
        (math.cos(angle), math.sin(angle), 0),
        (0, 0, 1),
        (math.sin(angle), -math.cos(angle), 0),
    ]
    turned[2, 3] = -distance
    shape = HEIGHT / WIDTH
    projection = np.zeros((4, 4))
    if perspective:
        projection[0, 0], projection[1, 1] = 1.5, 1.5 / shape
        projection[2, 2], projection[2, 3] = (FAR + NEAR) / (NEAR - FAR), 2 * FAR * NEAR / (NEAR - FAR)
        projection[3, 2] = -1
    else:
        projection[0, 0], projection[1, 1] = 0.25, 0.25 / shape
        projection[2, 2], projection[2, 3] = -2 / (FAR - NEAR), -(FAR + NEAR) / (FAR - NEAR)
        projection[3, 3] = 1
    return projection @ turned


def view_of(matrix, ball=1.0):
    """A ball of this radius at the origin before a wall behind it, each point coloured by where it is."""
    back = np.linalg.inv(matrix)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    x, y = (columns + 0.5) * 2 / WIDTH - 1, 1 - (rows + 0.5) * 2 / HEIGHT

    def point(z):
        moved = np.stack((x, y, np.full_like(x, z), np.ones_like(x)), 2) @ back.T
        return moved[..., :3] / moved[..., 3:]

    start, along = point(-1.0), point(1.0) - point(-1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        wall = (2.0 - start[..., 1]) / along[..., 1]
        a = (along**2).sum(2)
        b, c = (start * along).sum(2), (start**2).sum(2) - ball**2
        hit = (-b - np.sqrt(b * b - a * c)) / a
    share = np.where(np.isfinite(hit), hit, wall)
    points = start + share[..., None] * along
    seen = np.dstack((points, np.ones_like(x))) @ matrix.T
    depth = (seen[..., 2] / seen[..., 3] + 1) / 2
    colours = 0.5 + 0.4 * np.sin(points * (2.0, 1.0, 3.0))
    return View(colours.astype(np.float32), depth.astype(np.float32), matrix)


def paint_on(view):
    """A painting whose colours say where on the surface they are."""
    return (1 - view.colours).astype(np.float32)


@pytest.mark.parametrize("perspective", (True, False))
def test_a_surface_keeps_its_paint_when_the_camera_moves(perspective):
    before, now = (view_of(camera(angle, perspective)) for angle in (0, 6))
    moved, share = seen_again(now, before, paint_on(before))
    held = share > 0.5
    assert held.mean() > 0.75
    assert np.abs(moved - paint_on(now))[held].mean() < 0.01


def test_what_was_hidden_is_painted_anew():
    matrix, turned = camera(), camera(12)
    before, now = view_of(matrix), view_of(turned)
    _, share = seen_again(now, before, paint_on(before))
    # Beside the ball is wall that the ball has hidden: its colours would be the ball's.
    moved, _ = seen_again(View(now.colours, now.depth, turned), before, paint_on(before))
    wrong = np.abs(moved - paint_on(now)).max(2) > 0.3
    assert wrong.any() and share[wrong].max() < 0.2


def test_a_thing_that_moved_or_changed_its_colour_is_painted_anew():
    matrix = camera()
    before, larger = view_of(matrix), view_of(matrix, ball=1.4)
    changed = np.abs(larger.depth - before.depth) > 1e-4
    _, share = seen_again(larger, before, paint_on(before))
    assert changed.any() and share[changed].max() < 0.2
    lit = View(before.colours + np.float32(0.2), before.depth, matrix)
    assert seen_again(lit, before, paint_on(before))[1].max() < 1e-3


def test_a_background_without_perspective_stays():
    matrix, turned = camera(0, perspective=False), camera(30, perspective=False)
    nothing = np.ones((HEIGHT, WIDTH), np.float32)
    grey = np.full((HEIGHT, WIDTH, 3), 0.5, np.float32)
    assert nothing.min() > NOTHING
    painting = np.random.default_rng(1).random((HEIGHT, WIDTH, 3), np.float32)
    moved, share = seen_again(View(grey, nothing, turned), View(grey, nothing, matrix), painting)
    np.testing.assert_allclose(moved, painting, atol=1e-6)
    assert share.min() > 0.99


def test_views_are_steadier_than_each_alone_and_as_rich():
    network = ROOT / "presets/starry_night/instant.safetensors"
    styles = ((Style("The Starry Night", np.zeros((8, 8, 3), np.float32), network=network), 1.0),)
    views = [view_of(camera(angle)) for angle in range(0, 16, 2)]

    def painted(steady):
        painter, pictures = ViewPainter(styles, Settings(method="instant"), "cpu"), []
        for view in views:
            if not steady:
                painter.last = None
            pictures.append(finish(painter.paint(view)))
        return pictures

    def error(pictures):
        errors = []
        for number in range(1, len(views)):
            moved, share = seen_again(views[number], views[number - 1], pictures[number - 1])
            errors.append(((moved - pictures[number]) ** 2)[share > 0.9].mean())
        return np.mean(errors)

    def contrast(pictures):
        return np.mean([np.abs(np.diff(picture.mean(2))).mean() for picture in pictures])

    alone, steady = painted(False), painted(True)
    assert error(steady) < error(alone) / 4
    assert contrast(steady) > 0.75 * contrast(alone)


def test_an_unpainted_part_is_shown_in_the_colours_of_the_painting():
    colours = np.random.default_rng(2).random((20, 30, 3))
    gain, offset = tint(colours, 0.4 * colours + (0.1, 0.2, 0.3))
    assert gain == pytest.approx(0.4, abs=1e-3)
    np.testing.assert_allclose(offset, (0.1, 0.2, 0.3), atol=2e-3)
    dark = 0.9 * colours * (0.1, 0.3, 0.8)  # a painting without red
    gain, offset = tint(colours, dark)
    assert offset.min() > -1e-9
    np.testing.assert_allclose((gain * colours + offset).mean((0, 1)), dark.mean((0, 1)))
