"""Nearest neighbours: what is found, what it asks of the painting, and that strokes come whole."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.compute.sizes import fit
from core.compute.tensors import resize, to_tensor
from core.encoders.network import compact_encoder
from core.files.pictures import read_picture
from core.presets.preset import find_preset
from core.settings import Settings
from core.still.layers import _Sums
from core.still.neighbours import CosineDistance
from core.still.objective import Objective
from core.still.stylize import stylize_image
from core.still.terms import SquaredDistance
from core.style.areas import Area, divide
from core.style.neighbours import Field, GridFeatures, length_and_dual, propose, search, share_out
from core.style.regions import Region
from core.style.styles import style_from_picture

CPU = torch.device("cpu")
ONLY_NEIGHBOURS = Settings(
    loss="neighbours", content_weight=0.0, colour_smoothness=0.0, compared_sizes=1, start_colours="source"
)


def random(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(len(shape)))


@pytest.fixture(scope="module")
def waves() -> np.ndarray:
    """A picture (96, 128, 3) no two parts of which are alike."""
    y, x = np.mgrid[0:96, 0:128] / 16
    planes = [np.sin(x * (1 + y / 9)), np.cos(y * (1 + x / 7) + 1), np.sin(x + y + np.sin(2 * x))]
    return (0.5 + 0.4 * np.stack(planes, 2)).astype(np.float32)


def matched(objective: Objective, picture: torch.Tensor, coarser: Field | None = None) -> Field:
    for _ in objective.match(picture, coarser):
        pass
    return objective.field


def test_the_nearest_is_found_and_no_key_serves_everywhere():
    picture = GridFeatures({"relu1_1": random(8, 8, 5)}, (8, 8), {"relu1_1": torch.tensor(1.0)})
    keys = F.normalize(random(40, 5) - 0.5, dim=1)
    centre, positions = torch.full((5,), 0.5), torch.arange(64)
    similar = picture.directions(positions, centre) @ keys.T
    found, values = search(picture, positions, keys, centre)
    # The occurrence penalty may take another one, but no worse than the penalty itself.
    taken = similar.gather(1, found[:, None])[:, 0]
    uses = torch.bincount(similar.argmax(1), minlength=40)[similar.argmax(1)]
    assert (taken >= similar.amax(1) - 0.03 * 40 / 64 * uses - 1e-6).all()
    assert (values <= taken + 1e-6).all()
    proposals = torch.stack([found, (found + 7) % 40], 1)
    assert set(
        zip(search(picture, positions, keys, centre, proposals)[0].tolist(), range(64), strict=True)
    ) <= {(key, number) for number, pair in enumerate(proposals.tolist()) for key in pair}
    flat = GridFeatures({"relu1_1": torch.full((8, 8, 5), 0.7)}, (8, 8), {"relu1_1": torch.tensor(1.0)})
    close = F.normalize(torch.full((40, 5), 0.2) + 0.01 * random(40, 5), dim=1)
    assert len(set(search(flat, positions, close, centre)[0].tolist())) == 1
    assert (search(flat, positions, close, centre)[1] < 1).all()


def test_a_coarser_size_proposes_the_same_place_of_the_style():
    places = torch.arange(6 * 9).view(1, 6, 9)
    field = Field(places, torch.zeros(6, 9, dtype=torch.long), [(6, 9)])
    for shape in ((6, 9), (12, 18), (13, 17)):
        proposed = propose(field, 0, shape, shape)
        here = torch.arange(shape[0] * shape[1])
        assert (proposed == here[:, None]).any(1).all()
        assert proposed.min() >= 0 and proposed.max() < len(here)


def summed(distance, rows: torch.Tensor) -> torch.Tensor:
    """The distance (1,) of rows (1, 30, 5), as the features of a tile."""
    features = rows.view(1, 5, 6, 5).permute(0, 3, 1, 2)
    (found,) = _Sums.apply(features, (slice(0, 5), slice(0, 6)), [], [distance])
    return found


@pytest.mark.parametrize("metric", [None, random(5, 5) @ random(5, 5).T + torch.eye(5)])
def test_the_gradient_of_the_distances_is_the_numeric_one(metric):
    rows, others, centre = (random(*shape).double() for shape in ((1, 30, 5), (30, 5), (5,)))
    metric = metric if metric is None else metric.double()
    numbers = torch.arange(30).flip(0)[None]
    lengths, dual = length_and_dual(others - centre, metric)
    for distance in (
        CosineDistance(centre, metric, dual / lengths, numbers),
        SquaredDistance(others[None], metric),
    ):
        step = 1e-6 * torch.randn(rows.shape, dtype=rows.dtype, generator=torch.Generator().manual_seed(7))
        (gradient,) = torch.autograd.grad(3 * summed(distance, leaf := rows.clone().requires_grad_()), leaf)
        numeric = 3 * (summed(distance, rows + step) - summed(distance, rows - step)) / 2
        assert (gradient * step).sum().item() == pytest.approx(numeric.item(), rel=1e-6)


@pytest.mark.parametrize("transform", [None, random(5, 5) + torch.eye(5)])
def test_distances_are_those_of_transformed_features(transform, monkeypatch):
    monkeypatch.setattr("core.compute.tensors.CACHED", 1)  # one line at a time
    metric = None if transform is None else transform.T @ transform
    rows, others, centre = random(1, 30, 5), random(30, 5), random(5)
    lengths, dual = length_and_dual(others - centre, metric)
    found = summed(CosineDistance(centre, metric, dual / lengths, torch.arange(30)[None]), rows)
    a, b = ((x - centre) @ (torch.eye(5) if transform is None else transform.T) for x in (rows[0], others))
    assert found.item() == pytest.approx((1 - F.cosine_similarity(a, b)).sum().item(), rel=1e-4)
    squared = summed(SquaredDistance(others[None], metric), rows)
    assert squared.item() == pytest.approx((a - b).square().sum().item(), rel=1e-4)


def test_several_styles_share_the_positions_by_their_weights():
    similarities = random(3000, 3)
    similarities[:, 1] += 0.4  # one style fits better everywhere
    taken = torch.bincount(share_out(similarities, [3.0, 1.0, 1.0]), minlength=3) / 3000
    assert taken.tolist() == pytest.approx([0.6, 0.2, 0.2], abs=0.03)
    assert not share_out(similarities[:, :1], [2.0]).any()


def test_a_picture_in_its_own_style_is_its_own_neighbour(waves):
    picture = to_tensor(waves, CPU)
    areas = [Area(None, ((style_from_picture("waves", waves), 1.0),))]
    objective = Objective(picture, areas, 128, ONLY_NEIGHBOURS, compact_encoder())
    field = matched(objective, picture)
    own = (field.places[0].flatten() == torch.arange(24 * 32)).float().mean()
    assert own > 0.9
    assert objective.terms(picture).style < 0.1 * matched_loss(objective, to_tensor(waves[::-1].copy(), CPU))


def matched_loss(objective: Objective, picture: torch.Tensor) -> float:
    """The style term of a picture with the neighbours that were found before."""
    return objective.terms(picture).style.item()


def test_each_region_finds_its_neighbours_in_its_own_style(waves):
    mask = np.zeros(waves.shape[:2], np.float32)
    mask[:, :64] = 1
    styles = [style_from_picture(name, picture) for name, picture in (("a", waves), ("b", 1 - waves))]
    areas, _ = divide(((styles[0], 1.0),), [Region("left", mask, ((styles[1], 1.0),))], CPU)
    objective = Objective(to_tensor(waves, CPU), areas, 128, ONLY_NEIGHBOURS, compact_encoder())
    chosen = matched(objective, to_tensor(waves, CPU)).chosen
    assert (chosen[:, :16] == chosen[0, 0]).all() and (chosen[:, 16:] == chosen[0, -1]).all()
    assert chosen[0, 0] != chosen[0, -1]


def test_regions_of_one_style_search_as_one(waves):
    masks = [np.zeros(waves.shape[:2], np.float32) for _ in range(2)]
    masks[0][:, :32], masks[1][:, 96:] = 1, 1
    styles = [style_from_picture(name, picture) for name, picture in (("a", waves), ("b", 1 - waves))]
    regions = [Region(name, mask, ((styles[1], 1.0),)) for name, mask in zip("xy", masks, strict=True)]
    areas, _ = divide(((styles[0], 1.0),), regions, CPU)
    objective = Objective(to_tensor(waves, CPU), areas, 128, ONLY_NEIGHBOURS, compact_encoder())
    chosen = matched(objective, to_tensor(waves, CPU)).chosen
    assert (chosen[:, :8] == chosen[0, 0]).all() and (chosen[:, 24:] == chosen[0, 0]).all()
    assert (chosen[:, 8:24] == chosen[0, 16]).all() and chosen[0, 16] != chosen[0, 0]


def test_a_later_size_finds_what_the_coarser_one_proposes(waves, monkeypatch):
    """Above the limit only proposals are compared; the picture itself is among them at every size."""
    monkeypatch.setattr("core.still.neighbours.EXHAUSTIVE", 0)
    style = style_from_picture("waves", waves)
    coarse, fine = (
        Objective(picture, [Area(None, ((style, 1.0),))], side, ONLY_NEIGHBOURS, compact_encoder())
        for picture, side in ((F.avg_pool2d(to_tensor(waves, CPU), 2), 64), (to_tensor(waves, CPU), 128))
    )
    field = matched(coarse, F.avg_pool2d(to_tensor(waves, CPU), 2))
    places = matched(fine, to_tensor(waves, CPU), field).places[0]
    distance = torch.stack([places // 32, places % 32]) - torch.stack(
        torch.meshgrid(torch.arange(24), torch.arange(32), indexing="ij")
    )
    assert (distance.abs().amax(0) <= 1).float().mean() > 0.8


def test_a_large_picture_without_a_coarser_one_is_matched_at_half_its_size_first(waves, monkeypatch):
    compared = []
    monkeypatch.setattr("core.still.neighbours.EXHAUSTIVE", 20 * 32 * 20 * 32)
    monkeypatch.setattr(
        "core.still.neighbours.search",
        lambda *arguments: compared.append(arguments[-1] is None) or search(*arguments),
    )
    picture = to_tensor(waves, CPU)
    areas = [Area(None, ((style_from_picture("waves", waves), 1.0),))]
    objective = Objective(picture, areas, 128, ONLY_NEIGHBOURS, compact_encoder())
    field = matched(objective, picture)
    assert compared == [True, False]
    assert (field.places[0].flatten() == torch.arange(24 * 32)).float().mean() > 0.5


@pytest.fixture(scope="module")
def paint(content, stripes, finish):
    def painted(**changes) -> np.ndarray:
        settings = replace(Settings(resolution="draft", size=96, coarse_size=48, steps=12), **changes)
        return finish(stylize_image(content, style_from_picture("stripes", stripes), settings, "cpu"))[0]

    return painted


def distance_to_patches(picture: np.ndarray, style: np.ndarray) -> float:
    """The mean cosine distance from the picture's 3 x 3 patches of features to the nearest of the style."""
    patches = []
    for one in (style, picture):
        sized = resize(to_tensor(one, CPU), *fit(*one.shape[:2], 128))
        features = compact_encoder()(sized, {"relu2_2"})["relu2_2"].float()
        patches.append(F.unfold(F.avg_pool2d(features, 2), 3)[0].T)
    style_patches, own = (F.normalize(p - patches[0].mean(0), dim=1) for p in patches)
    return (1 - (own @ style_patches.T).amax(1)).mean().item()


def test_strokes_come_whole(finish):
    """Statistics alone make averages of strokes, whose patches the style does not have."""
    source, style = (read_picture(find_preset(slug).plate) for slug in ("great_wave", "composition_vii"))
    settings = Settings(resolution="draft", size=128, coarse_size=64, steps=15)
    whole, average = (
        distance_to_patches(
            finish(
                stylize_image(source, style_from_picture("s", style), replace(settings, loss=loss), "cpu")
            )[0],
            style,
        )
        for loss in ("neighbours", "covariance")
    )
    assert whole < 0.9 * average


def test_strength_leads_from_the_source_to_the_style(paint):
    full, half, little, none = (paint(strength=strength) for strength in (1.0, 0.5, 0.1, 0.0))
    away = [np.abs(picture - none).mean() for picture in (little, half, full)]
    assert 0 < away[0] < 0.4 * away[2] and away[0] < away[1] < away[2]


def test_the_palette_step_can_be_switched_off(paint, stripes, content):
    def far(picture):
        return np.abs(picture.mean((0, 1)) - stripes.mean((0, 1))).sum()

    assert far(paint(steps=1)) < 0.5 * far(paint(steps=1, start_colours="source"))
