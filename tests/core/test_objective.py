"""The gradient in tiles is the whole picture's, whatever is switched on."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.compute import precision
from core.compute.tiles import spans
from core.encoders.network import compact_encoder
from core.settings import Settings
from core.still.objective import Objective
from core.style.areas import Area, divide, position_weights
from core.style.regions import Region
from core.style.styles import style_from_picture

CPU = torch.device("cpu")


@pytest.fixture
def float32(monkeypatch):
    """Comparing sums in another order needs the digits that bfloat16 has not."""
    monkeypatch.setattr(precision, "precision", lambda device: torch.float32)


def _evaluate(objective: Objective, picture: torch.Tensor) -> tuple[float, torch.Tensor, int]:
    for _ in objective.match(picture):
        pass
    evaluation, stops = objective.evaluate(picture), 0
    while True:
        try:
            next(evaluation)
            stops += 1
        except StopIteration as end:
            return end.value[0].item(), end.value[1], stops


def _pair(stripes, settings, height=200, width=309, regions=(), tile=96, objects=None):
    generator = torch.Generator().manual_seed(0)
    content, picture = torch.rand(2, 1, 3, height, width, generator=generator)
    areas, _ = divide(((style_from_picture("stripes", stripes), 1.0),), regions, CPU)
    pair = []
    for t in (None, tile):
        objective = Objective(content, areas, width, settings, compact_encoder(), t)
        if objects is not None:
            objective.set_objects(objects)
        pair.append(_evaluate(objective, picture))
    return pair


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"loss": "wasserstein"},
        {"loss": "gram", "pooling": "average"},
        {"loss": "published", "compared_sizes": 1},
        {"loss": "neighbours"},
        {"loss": "neighbours", "seamless": "both", "strength": 0.5, "style_2": 0.0},
        {"pooling": "l2"},
        {"seamless": "both"},
        {"seamless": "horizontal", "detail": 1.0},
        {"style_3": 0.0, "smoothness": 1.0},
    ],
    ids=str,
)
def test_tiles_give_the_gradient_of_the_whole_picture(float32, stripes, changes):
    (loss, gradient, stops), (tiled_loss, tiled, tiled_stops) = _pair(stripes, Settings(**changes))
    assert tiled_loss == pytest.approx(loss, rel=1e-5)
    assert (tiled - gradient).norm() <= 1e-5 * gradient.norm()
    assert tiled_stops >= stops + 2 * 12 - 1, "a job could not stop between tiles"


@pytest.mark.parametrize(
    "changes, tolerance",
    [
        ({"loss": "covariance"}, 1e-5),
        ({"loss": "gram", "smoothness": 1.0}, 1e-5),
        # A deep layer has fewer positions here than channels: small eigenvalues, whose digits are few.
        ({"loss": "wasserstein", "detail": 1.0}, 1e-3),
    ],
    ids=str,
)
def test_a_batch_has_the_mean_loss_of_its_pictures(float32, stripes, changes, tolerance):
    generator = torch.Generator().manual_seed(0)
    contents, pictures = torch.rand(2, 3, 3, 64, 96, generator=generator)
    areas = [Area(None, ((style_from_picture("stripes", stripes), 1.0),))]

    def objective(content):
        return Objective(content, areas, 96, Settings(**changes), compact_encoder())

    each = [
        _evaluate(objective(content[None]), picture[None])
        for content, picture in zip(contents, pictures, strict=True)
    ]
    batch = objective(contents.flip(0))
    batch.set_content(contents)
    terms = batch.terms(pictures.requires_grad_())
    (gradient,) = torch.autograd.grad(sum(terms), pictures)
    assert sum(terms).item() == pytest.approx(np.mean([loss for loss, _, _ in each]), rel=1e-5)
    single = torch.cat([gradient for _, gradient, _ in each]) / 3
    assert (gradient - single).norm() <= tolerance * single.norm()


@pytest.mark.parametrize("loss", ["covariance", "neighbours"])
def test_tiles_give_it_with_regions_too(float32, stripes, loss):
    mask = np.zeros((200, 309), np.float32)
    mask[40:150, 30:170] = 1
    region = Region("a box", mask, ((style_from_picture("others", stripes[:, ::-1, ::-1].copy()), 1.0),))
    (loss, gradient, _), (tiled_loss, tiled, _) = _pair(stripes, Settings(loss=loss), regions=[region])
    assert tiled_loss == pytest.approx(loss, rel=1e-5)
    assert (tiled - gradient).norm() <= 1e-5 * gradient.norm()


def test_tiles_give_it_with_objects_too(float32, stripes):
    objects = torch.ones(100, 155, dtype=torch.long)
    objects[30:70, 40:90] = 2
    (loss, gradient, _), (tiled_loss, tiled, _) = _pair(stripes, Settings(loss="neighbours"), objects=objects)
    assert tiled_loss == pytest.approx(loss, rel=1e-5)
    assert (tiled - gradient).norm() <= 1e-5 * gradient.norm()


@pytest.mark.parametrize(
    "length, margin, tile", [(200, 16, 96), (309, 16, 96), (97, 0, 96), (64, 64, 4000), (1000, 96, 16)]
)
def test_spans_cover_a_picture_once(length, margin, tile):
    parts = spans(length, margin, tile, halo=72)
    assert parts[0].start == margin and parts[-1].end == length + margin
    assert all(a.end == b.start for a, b in zip(parts, parts[1:], strict=False))
    assert all(0 <= p.outer_start <= p.start < p.end <= p.outer_end <= length + 2 * margin for p in parts)


def test_the_receptive_field_covers_what_a_deep_feature_sees():
    picture = torch.rand(1, 3, 352, 352, requires_grad=True)
    compact_encoder().trunk(picture, {"relu5_1"})["relu5_1"][..., 11, 11].sum().backward()
    seen = picture.grad.abs().sum((0, 1, 2)).nonzero()[:, 0]
    radius = compact_encoder().architecture.receptive_field_radius()
    assert seen[0] >= 11 * 16 - radius and seen[-1] < 12 * 16 + radius


def test_a_layer_of_weight_zero_does_not_count(float32, stripes):
    picture = torch.rand(1, 3, 96, 128, generator=torch.Generator().manual_seed(0))
    only = {f"style_{block}": 0.0 for block in (2, 3, 4, 5)}
    settings = Settings(**only, content_weight=0.0, colour_smoothness=0.0, compared_sizes=1)
    areas = [Area(None, ((style_from_picture("stripes", stripes), 1.0),))]
    objective = Objective(picture, areas, 128, settings, compact_encoder())
    assert set(objective.levels[0].style.layers) == {"relu1_1"}
    loss = _evaluate(objective, picture)[0]
    assert _evaluate(
        Objective(picture, areas, 128, replace(settings, style_1=5.0), compact_encoder()), picture
    )[0] == pytest.approx(loss)


@pytest.mark.parametrize("tile", [None, 96])
@pytest.mark.parametrize("content_weight", [0.0, 1.0])
def test_all_that_can_be_switched_off_may_be(stripes, tile, content_weight):
    settings = Settings(
        **{f"style_{block}": 0.0 for block in range(1, 6)},
        content_weight=content_weight,
        colour_smoothness=0.0,
    )
    content, picture = torch.rand(2, 1, 3, 200, 309)
    areas = [Area(None, ((style_from_picture("stripes", stripes), 1.0),))]
    loss, gradient, _ = _evaluate(Objective(content, areas, 309, settings, compact_encoder(), tile), picture)
    assert (loss > 0) == (gradient.abs().sum() > 0) == (content_weight > 0)


def test_positions_that_see_across_a_border_do_not_count():
    mask = torch.zeros(1, 1, 64, 128)
    mask[..., :64] = 1
    weights = position_weights(mask, "relu3_2", 16)
    assert weights.shape == (16, 32)
    assert (weights[:, :12] == 1).all() and (weights[:, 12:] == 0).all()
    narrow = torch.zeros(1, 1, 64, 128)
    narrow[..., 60:68] = 1
    assert position_weights(narrow, "relu3_2", 16).sum() > 0
