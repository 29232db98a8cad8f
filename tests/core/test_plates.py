"""Plates that programs paint: the same each time, and, small, the one that ships."""

import numpy as np
import pytest
from PIL import Image

from core.presets.preset import factory_presets
from presets.plates import command, fields, lines, styles

SIDE = 96


@pytest.fixture
def folder(tmp_path):
    """Paint plates into a folder, and read them."""

    def paint(into, *names, palette="natural"):
        arguments = [*names, "--side", str(SIDE), "--into", str(tmp_path / into), "--palette", palette]
        assert command.main(arguments) == 0
        return [(tmp_path / into / f"{name}.jpg").read_bytes() for name in names]

    return paint


def test_every_style_of_pochades_own_has_its_program():
    assert {p.slug for p in factory_presets() if p.artist == "Pochade"} == set(styles.PLATES)


def test_a_plate_is_painted_alike_to_the_byte(folder):
    names = ["ink_wash", "stained_glass"]
    first = folder("first", *names)
    styles._whole.cache_clear()
    assert folder("second", *names) == first


@pytest.mark.parametrize("name", ["charcoal", "watercolour"])
def test_a_small_plate_looks_like_the_one_that_ships(name):
    """In large: the shades of its parts. Strokes are others, for the sheet is smaller."""
    small = fields.blur(styles.painted(name, SIDE), 3)
    with Image.open(command.PRESETS / name / "plate.jpg") as shipped:
        kept = fields.blur(
            np.asarray(shipped.resize(small.shape[1::-1], Image.Resampling.BOX), float) / 255, 3
        )
    assert np.corrcoef(small.ravel(), kept.ravel())[0, 1] > 0.85


def test_a_palette_of_one_colour_has_one(folder, tmp_path):
    def colourful(palette):
        folder(palette, "mosaic", palette=palette)
        with Image.open(tmp_path / palette / "mosaic.jpg") as picture:
            return np.asarray(picture, float)

    natural, one, warm, cool = map(colourful, ("natural", "one colour", "warm", "cool"))
    red = [((picture[..., 0] - picture[..., 2]) > 60).mean() for picture in (natural, one)]
    assert red[0] > 0.03 and red[1] < 0.003
    assert np.mean(warm[..., 0] - warm[..., 2]) > np.mean(cool[..., 0] - cool[..., 2]) + 20


def test_lines_keep_their_distance_and_run_along_the_form():
    scene = styles.scene_of(styles.PLATES["charcoal"], SIDE)
    path, count = lines.hatch(scene, scene.angle, 6.0, 40, np.random.default_rng(0))
    points = [path[n, : count[n]] for n in range(len(path))]
    for n, line in enumerate(points):
        others = np.concatenate(points[:n] + points[n + 1 :])
        nearest = np.sqrt(((line[:, None] - others[None]) ** 2).sum(-1)).min(1)
        assert nearest.min() > 2.5
    assert len(points) > 20
