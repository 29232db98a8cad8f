"""Objects of a render: one thing is painted in one colour and keeps its silhouette."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.files.cryptomatte import Cryptomatte, crypto_id
from core.files.pictures import read_picture, write_picture
from core.presets.preset import find_preset
from core.progress import FilesJob
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.shot import Frame, Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings
from core.still.files import paint_files
from core.still.stylize import stylize_image
from core.style.objects import CONTRAST, border_weights, even_out, objects_seen, read_objects, share_colours
from core.style.styles import style_from_picture
from tests.core.exr_files import write_exr

QUICK = Settings(resolution="draft", size=96, coarse_size=48, steps=12)
HEIGHT, WIDTH, CENTRE, RADIUS = 72, 96, (36, 44), 24  # of a ball, px
Y, X = np.mgrid[:HEIGHT, :WIDTH] - np.reshape(CENTRE, (2, 1, 1))
DISTANCE = np.hypot(X, Y)
BALL = np.where(DISTANCE < RADIUS, 1, 2)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    """A ball before a ground of the same hue: the side that is turned from the light has its very colour."""
    light = np.where(BALL == 1, 0.516 + 0.009 * X, 0.388 + 0.002 * X)
    return (light[..., None] * [0.8, 0.5, 0.35]).astype(np.float32)


@pytest.fixture(scope="module")
def scream() -> np.ndarray:
    return read_picture(find_preset("the_scream").plate)


def spread(picture: np.ndarray) -> float:
    """The mean standard deviation of colours within the ball and within the ground."""
    return np.mean([picture[part].std(0).mean() for part in (DISTANCE < 20, DISTANCE > 28)])


def weakest_edge(picture: np.ndarray) -> float:
    """The difference of colours across the silhouette, in the quarter of it where that is smallest."""
    sector = ((np.arctan2(Y, X) + np.pi) / (2 * np.pi) * 16).astype(int) % 16
    inner, outer = (DISTANCE > 18) & (DISTANCE < 23), (DISTANCE > 25) & (DISTANCE < 30)
    edges = [
        np.linalg.norm(picture[inner & (sector == n)].mean(0) - picture[outer & (sector == n)].mean(0))
        for n in range(16)
    ]
    return np.mean(sorted(edges)[:4])


def test_one_thing_has_one_colour_and_keeps_its_silhouette(scene, scream, finish):
    style = style_from_picture("scream", scream)
    without, held = (
        finish(stylize_image(scene, style, QUICK, "cpu", objects=objects))[0] for objects in (None, BALL)
    )
    assert spread(held) < 0.8 * spread(without)
    assert weakest_edge(held) > 2 * weakest_edge(without)


def test_strength_leads_from_the_untouched_source(scene, stripes, finish):
    style = style_from_picture("stripes", stripes)
    away = []
    for strength in (0.0, 0.05, 1.0):
        settings = replace(QUICK, steps=6, strength=strength)
        picture = finish(stylize_image(scene, style, settings, "cpu", objects=BALL))[0]
        away.append(np.abs(picture - scene).mean())
    assert away[0] < 1e-6 < away[1] < 0.25 * away[2]


def test_other_losses_know_of_no_objects(scene, stripes, finish):
    style, settings = (
        style_from_picture("stripes", stripes),
        Settings(resolution="draft", loss="covariance", size=96, steps=2),
    )
    one, other = (
        finish(stylize_image(scene, style, settings, "cpu", objects=objects))[0] for objects in (None, BALL)
    )
    assert (one == other).all()


def test_an_objects_colour_is_its_mean_and_leans_away_from_what_is_around():
    colours = torch.rand(3 * 4, 5, generator=torch.Generator().manual_seed(0))
    objects = torch.tensor([[0, 7, 7, 7], [0, 7, 7, 7], [0, 2, 2, 2]])
    shared = share_colours(colours, objects, 0.5)
    means = {number: colours[objects.flatten() == number].mean(0) for number in (0, 2, 7)}
    around = {7: (2 * means[0] + 3 * means[2]) / 5, 2: (means[0] + 3 * means[7]) / 4}
    for number, surrounding in around.items():
        own = objects.flatten() == number
        wanted = means[number] + CONTRAST * (means[number] - surrounding)
        torch.testing.assert_close(shared[own], (colours[own] + wanted) / 2)
    assert (shared[objects.flatten() == 0] == colours[objects.flatten() == 0]).all()
    alone = share_colours(colours, torch.full((3, 4), 3), 1.0)
    torch.testing.assert_close(alone, colours.mean(0).expand(12, 5))


def test_the_drawing_counts_more_at_borders(scene):
    weights = border_weights(torch.from_numpy(BALL), 18, 24)
    assert weights.mean() == pytest.approx(1)
    distance = torch.from_numpy(DISTANCE.reshape(18, 4, 24, 4).mean((1, 3)))
    assert weights[(distance - RADIUS).abs() < 1].min() > 2.5 * weights[(distance - RADIUS).abs() > 5].max()
    source = torch.from_numpy(scene).permute(2, 0, 1)[None]
    evened = even_out(source, torch.from_numpy(BALL))
    torch.testing.assert_close(evened.mean((2, 3)), source.mean((2, 3)), atol=0.01, rtol=0)
    assert even_out(source, torch.from_numpy(BALL)[::2, ::2]).shape == source.shape


def matte(ids: list[list[str]], *shares: float) -> Cryptomatte:
    """Ranks of names, the same for all pixels of a row of three, with their coverage."""
    pairs = [
        (np.array([[crypto_id(name) for name in rank]], np.uint32), np.full((1, 3), share, np.float32))
        for rank, share in zip(ids, shares, strict=True)
    ]
    return Cryptomatte(pairs, frozenset())


def test_the_object_that_covers_most_of_a_pixel_owns_it():
    one = objects_seen([matte([["a", "b", "a"], ["b", "a", "c"]], 0.6, 0.4)])
    assert one[0, 0] == one[0, 2] != one[0, 1] and one.min() > 0
    assert (objects_seen([matte([["a", "b", "a"]], 0.4)]) == 0).all(), "most of it is background"
    layers = [matte([["a", "a", "a"]], 0.2), matte([["b", "c", "b"]], 0.7)]
    two = objects_seen(layers)
    assert two[0, 0] == two[0, 2] != two[0, 1]


def test_colours_that_differ_clearly_part_an_object():
    ids = np.full((40, 60), crypto_id("flag"), np.uint32)
    whole = Cryptomatte([(ids, np.ones((40, 60), np.float32))], frozenset())
    albedo = np.full((40, 60, 3), 0.5, np.float32)
    albedo += 0.03 * np.random.default_rng(0).standard_normal(albedo.shape).astype(np.float32)  # its grain
    assert len(np.unique(objects_seen([whole], albedo))) == 1
    albedo[:, :20], albedo[:20, 40:] = (0.7, 0.1, 0.1), (0.1, 0.1, 0.6)
    parts = objects_seen([whole], albedo)
    assert len(np.unique(parts)) == 3
    for part in (parts[:, :20], parts[:20, 40:], parts[:, 20:40]):
        assert len(np.unique(part)) == 1
    assert parts[30, 50] == parts[0, 30]


def test_a_large_map_is_taken_at_a_part_of_its_size(monkeypatch):
    monkeypatch.setattr("core.style.objects.MAP_SIDE", 2)
    assert objects_seen([matte([["a", "b", "a"]], 1.0)]).tolist() == [[1, 1]]


@pytest.mark.parametrize("name", ["DiffCol", "Diffuse Color"])
def test_a_file_gives_objects_and_their_albedo(tmp_path, name):
    ids = np.full((8, 12), crypto_id("cube"), np.uint32).view(np.float32)
    ones, zeros = np.ones((8, 12), np.float32), np.zeros((8, 12), np.float32)
    channels = {
        f"L.CryptoObject00.{key}": value for key, value in zip("rgba", (ids, ones, zeros, zeros), strict=True)
    }
    assert len(np.unique(read_objects(write_exr(tmp_path / "a.exr", channels)))) == 1
    red = np.where(np.arange(12) < 6, np.float32(0.9), np.float32(0.1)) * ones
    albedo = {f"L.{name}.{key}": red for key in "RGB"}
    parts = read_objects(write_exr(tmp_path / "b.exr", channels | albedo))
    assert len(np.unique(parts[:, :6])) == len(np.unique(parts[:, 6:])) == 1 and parts[0, 0] != parts[0, 6]
    assert read_objects(write_exr(tmp_path / "c.exr", albedo)) is None


@pytest.mark.parametrize(("changed", "held"), [({}, True), ({"loss": "covariance"}, False)])
def test_files_hold_their_objects(tmp_path, scene, stripes, finish, changed, held):
    ids = np.where(BALL == 1, np.uint32(crypto_id("ball")), np.uint32(0)).view(np.float32)
    ranks = zip("rgba", (ids, np.float32(BALL == 1), *np.zeros((2, *BALL.shape), np.float32)), strict=True)
    channels = {f"L.CryptoObject00.{key}": value for key, value in ranks}
    channels |= {f"L.Combined.{key}": scene[..., number] for number, key in enumerate("RGB")}
    file = write_exr(tmp_path / "a.exr", channels)
    style, settings = style_from_picture("stripes", stripes), replace(QUICK, steps=4, **changed)
    with_objects = finish(
        stylize_image(read_picture(file), style, settings, "cpu", objects=read_objects(file))
    )[0]
    painted = []
    for holds in (True, False):
        job, target = FilesJob(holds_objects=holds), tmp_path / f"{holds}.exr"
        finish(paint_files([file], lambda _, target=target: target, style, settings, "cpu", job=job))
        painted.append(read_picture(target))
    assert np.abs(painted[0] - with_objects).max() < 1e-4
    assert (np.abs(painted[0] - painted[1]).mean() > 0.005) == held


def test_each_frame_of_a_sequence_has_its_own_objects(scene, stripes, finish, tmp_path):
    frames = []
    for number in (1, 2):
        write_picture(tmp_path / f"{number}.png", scene)
        frames.append(Frame(number, tmp_path / f"{number}.png"))
    settings = Settings(resolution="draft", size=96, coarse_size=96, steps=4)
    looks = [Look(((style_from_picture("stripes", stripes), 1.0),), settings)] * 2
    asked, painted = [], []

    def objects(frame: Frame) -> np.ndarray:
        asked.append(frame.number)
        return BALL

    for folder, options in (("without", {}), ("with", {"objects": objects, "regions_identity": "objects"})):
        job = SequenceJob(
            Shot(tuple(frames), "made"),
            looks,
            AnimationSettings(motion="none"),
            tmp_path / folder,
            "cpu",
            **options,
        )
        painted.append([read_picture(file) for file in finish(stylize_animation(job))[0].files])
    assert set(asked) == {1, 2}
    assert all(np.abs(one - other).mean() > 0.005 for one, other in zip(*painted, strict=True))
