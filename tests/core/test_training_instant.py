"""Training of instant styles, on made pictures small enough for a slow machine."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.compute.tensors import resize, to_array, to_tensor
from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.files.photos import find_photos
from core.files.pictures import write_picture
from core.files.tensors import read_header, read_tensors, write_tensors
from core.settings import InstantSettings, Settings
from core.style.areas import Area
from core.style.styles import style_from_picture
from core.training import checkpoint as training_checkpoint
from core.training.instant import TrainingJob, train_network
from core.training.perceptual_loss import NetworkObjective, PerceptualLoss, content_factor

PLAIN = Settings(compared_sizes=1)
QUICK = InstantSettings(crop=64, batch=2, iterations=6, style_size=128)


@pytest.fixture
def start(tmp_path, content, stripes):
    """start(training, **more) -> a training on two made photos."""
    torch.set_num_threads(1)
    (tmp_path / "photos").mkdir()
    for number, photo in enumerate((content, content[::-1, :, ::-1])):
        write_picture(tmp_path / "photos" / f"{number}.png", photo)
    style = style_from_picture("stripes", stripes)

    def begin(training=QUICK, settings=PLAIN, **more):
        photos = find_photos(tmp_path / "photos")
        return train_network(TrainingJob(style, photos, settings, training, **more), "cpu")

    return begin


def test_training_paints_ever_better(start, finish, content):
    network, seen = finish(start(InstantSettings(crop=64, batch=2, iterations=40, style_size=128)))
    losses = [progress.loss for progress in seen]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:3])
    assert [p.step for p in seen] == list(range(1, 41)) and seen[-1].fraction == 1
    assert network.about.name == "stripes" and network.about.training["photos"] == 2
    assert seen[-1].preview().shape == content.shape


@pytest.mark.parametrize("killed", [False, True])
def test_a_resumed_training_equals_an_uninterrupted_one_bit_for_bit(
    start, finish, tmp_path, monkeypatch, killed
):
    whole, seen = finish(start())
    checkpoint = tmp_path / "half.training"
    if killed:
        monkeypatch.setattr(training_checkpoint, "SECONDS", 0.0)
    first = start(checkpoint=checkpoint)
    for _ in range(3):
        next(first)
    kept = checkpoint.read_bytes() if killed else b""
    first.close()  # cancelled: all is kept
    if killed:
        checkpoint.write_bytes(kept)
    resumed, rest = finish(start(checkpoint=checkpoint))
    assert [p.step for p in rest] == [4, 5, 6] and [p.loss for p in rest] == [p.loss for p in seen[3:]]
    for (name, one), two in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(one, two), name


def test_another_training_begins_anew_and_a_damaged_one_is_told(start, tmp_path):
    checkpoint = tmp_path / "half.training"
    first = start(checkpoint=checkpoint)
    next(first), first.close()
    other = start(checkpoint=checkpoint, settings=Settings(compared_sizes=1, content_weight=1.0))
    assert next(other).step == 1
    checkpoint.write_bytes(b"nothing")
    with pytest.raises(PochadeError, match="remove that file"):
        next(start(checkpoint=checkpoint))


def test_photos_that_cannot_be_read_cost_themselves(start, finish, tmp_path):
    for number in range(-3, 0):
        (tmp_path / "photos" / f"{number}.png").write_bytes(b"no picture")
    notes = {}
    _, seen = finish(start(notes=notes))
    assert len(seen) == 6 and all(np.isfinite(progress.loss) for progress in seen)
    assert set(notes) <= {"-1.png", "-2.png", "-3.png"} and "-1.png is no picture" in notes["-1.png"]


def test_other_photos_than_the_checkpoints_are_said_and_nothing_is_lost(start, finish, content, tmp_path):
    checkpoint, notes = tmp_path / "half.training", {}
    first = start(checkpoint=checkpoint)
    next(first), next(first), first.close()
    write_picture(tmp_path / "photos" / "new.png", content)
    again = start(checkpoint=checkpoint, notes=notes)
    assert next(again).step == 3 and notes == {"": "Goes on from iteration 2, with other photos than before"}
    again.close()
    other = start(checkpoint=checkpoint, settings=Settings(compared_sizes=1, content_weight=1.0), notes=notes)
    assert "Begun anew" in next(other).message and "Begun anew" in notes[""]


@pytest.mark.parametrize("flat", [(0, 1), (0.5,)])
def test_flat_photos_leave_the_losses_finite(finish, stripes, tmp_path, flat):
    torch.set_num_threads(1)
    for number, grey in enumerate(flat):
        write_picture(tmp_path / f"{number}.png", np.full((80, 90, 3), grey, np.float32))
    training = InstantSettings(crop=64, batch=2, iterations=30, style_size=64)
    job = TrainingJob(style_from_picture("stripes", stripes), find_photos(tmp_path), PLAIN, training)
    network, seen = finish(train_network(job, "cpu"))
    assert all(np.isfinite(progress.loss) for progress in seen)
    assert all(tensor.isfinite().all() for tensor in network.state_dict().values())


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("optimizer.1.mean", torch.full((16,), torch.nan), "broken numbers"),
        ("network.down.0.0.bias", torch.full((16,), torch.inf), "broken numbers"),
        ("optimizer.1.square", torch.zeros(17), "should be"),
        ("optimizer.1.count", None, "lacks"),
        ("optimizer.x.mean", torch.zeros(16), "belong"),
    ],
)
def test_a_training_whose_numbers_are_not_its_own_is_told(start, tmp_path, name, tensor, words):
    checkpoint = tmp_path / "half.training"
    first = start(checkpoint=checkpoint)
    next(first), first.close()
    data = checkpoint.read_bytes()
    tensors = read_tensors(data) | {name: tensor}
    write_tensors(
        checkpoint,
        {key: value for key, value in tensors.items() if value is not None},
        read_header(data).metadata,
    )
    with pytest.raises(PochadeError, match=f"{words}.*remove that file"):
        next(start(checkpoint=checkpoint))


@pytest.mark.slow  # trains two networks
def test_steadiness_makes_a_moved_picture_look_alike(stripes, tmp_path, finish):
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(0)
    clouds = [
        sum(resize(torch.rand(1, 3, 128 // n, 128 // n, generator=generator), 128, 128) for n in (8, 32)) / 2
        for _ in range(4)
    ]
    for number, photo in enumerate(clouds):
        write_picture(tmp_path / f"{number}.png", to_array(photo))

    def unrest(steadiness):
        training = replace(QUICK, iterations=40, steadiness=steadiness, begin_with="random")
        style, photos = style_from_picture("stripes", stripes), find_photos(tmp_path)[1:]
        network, _ = finish(train_network(TrainingJob(style, photos, PLAIN, training), "cpu"))
        noisy = clouds[0] + training.noise * torch.randn(
            clouds[0].shape, generator=torch.Generator().manual_seed(1)
        )
        return (network(noisy)[..., 3:, 3:] - network(clouds[0][..., 3:, 3:])).square().mean().item()

    assert unrest(1000.0) < 0.5 * unrest(0.0)


def test_the_loss_of_a_crop_is_the_optimisers(stripes, monkeypatch):
    """But for the source's colours, by which a network's neighbours are found, and the terms' weights."""
    monkeypatch.setattr("core.still.neighbours.SOURCE_COLOUR", 0.0)
    generator = torch.Generator().manual_seed(0)
    source, painted = torch.rand(2, 1, 3, 96, 96, generator=generator)
    style, settings, encoder = style_from_picture("stripes", stripes), Settings(), compact_encoder()
    optimised = NetworkObjective(source, [Area(None, ((style, 1.0),))], 96, settings, encoder)
    for _ in optimised.match(painted):
        pass
    terms = optimised.terms(painted.requires_grad_())
    loss = terms.smoothness + terms.style + content_factor(settings) * terms.content
    learnt, rng = PerceptualLoss(style, 96, settings, encoder), np.random.default_rng(0)

    def gradient(of):
        return torch.autograd.grad(of, painted)[0]

    own, wanted = learnt(painted, source, rng), gradient(loss)
    assert own.item() == pytest.approx(loss.item(), rel=1e-5)
    assert (gradient(own) - wanted).norm() <= 1e-4 * wanted.norm()
    both = PerceptualLoss(style, 96, settings, encoder)(
        *(pictures.repeat(2, 1, 1, 1) for pictures in (painted, source)), rng
    )
    assert both.item() == pytest.approx(loss.item(), rel=0.01), "a batch has the mean of its crops' losses"
    assert (gradient(both) - wanted).norm() <= 0.2 * wanted.norm()


def test_the_sources_colours_say_what_a_painting_is_matched_with():
    """What the network paints between two colours becomes that which the source has there."""
    rng = np.random.default_rng(0)
    blue, yellow = np.float32((0.1, 0.2, 0.7)), np.float32((0.9, 0.8, 0.2))

    def flat(colour, width=64):
        return (colour + rng.normal(0, 0.02, (64, width, 3))).astype(np.float32).clip(0, 1)

    style = style_from_picture("halves", np.concatenate([flat(blue), flat(yellow)], 1))
    learnt = PerceptualLoss(style, 128, PLAIN, compact_encoder())
    painted = to_tensor(flat((blue + yellow) / 2), torch.device("cpu"))
    for colour, left in ((blue, True), (yellow, False)):
        learnt(painted, to_tensor(flat(colour), torch.device("cpu")), rng)
        field = learnt._objectives[64].field
        assert ((field.places[0] % field.shapes[0][1] < 16) == left).float().mean() > 0.9


@pytest.mark.parametrize("loss, near", [("neighbours", True), ("covariance", False)])
def test_it_learns_from_sources_in_the_styles_palette(start, stripes, monkeypatch, loss, near):
    seen = []

    def step(network, optimizer, perceptual_loss, photos, training, side, number):
        seen.append(photos.random_batch(32, 64, np.random.default_rng(number)))
        return torch.zeros(())

    monkeypatch.setattr("core.training.instant.train_step", step)
    next(start(settings=replace(PLAIN, loss=loss)))
    mean = seen[0].mean((0, 2, 3)).numpy()
    assert (np.abs(mean - stripes.mean((0, 1))).max() < 0.05) == near


def test_training_without_a_content_term(start):
    steps = start(settings=Settings(compared_sizes=1, content_weight=0.0))
    assert 0 < next(steps).loss < next(start()).loss, "the content counts"
    steps.close()


def test_without_photos_there_is_a_sentence(start, tmp_path):
    with pytest.raises(PochadeError, match="no pictures in"):
        find_photos(tmp_path / "none")
