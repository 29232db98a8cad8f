"""The start that instant styles learn from, and how it is learnt, on small pictures."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.files.photos import find_photos
from core.files.pictures import write_picture
from core.instant.files import START, load_network
from core.settings import InstantSettings, Settings
from core.style.colour import colour_statistics
from core.style.styles import style_from_picture
from core.training import reptile
from core.training.instant import TrainingJob, train_network
from core.training.reptile import ReptileJob, learn_start, vary

QUICK = InstantSettings(crop=64, batch=1, style_size=96)


@pytest.fixture
def photos(tmp_path, content):
    torch.set_num_threads(1)
    (tmp_path / "photos").mkdir()
    for number, photo in enumerate((content, content[::-1, :, ::-1])):
        write_picture(tmp_path / "photos" / f"{number}.png", photo)
    return find_photos(tmp_path / "photos")


@pytest.fixture
def job(photos, stripes, content, tmp_path, monkeypatch):
    monkeypatch.setattr(reptile, "INNER_TRAINING", QUICK)
    monkeypatch.setattr(reptile, "INNER", 2)
    styles = [style_from_picture("stripes", stripes), style_from_picture("content", content)]
    return ReptileJob(styles, photos, 4, tmp_path / "start.training")


def test_each_round_moves_the_start_and_an_interrupted_one_goes_on(job, finish, tmp_path, monkeypatch):
    whole, seen = finish(learn_start(job, "cpu"))
    assert [progress.step for progress in seen] == [1, 2, 3, 4]
    drawn = reptile.Network(whole.about, job.seed)
    assert all(not torch.equal(a, b) for a, b in zip(whole.parameters(), drawn.parameters(), strict=True))
    monkeypatch.setattr(reptile, "SECONDS", 0.0)
    job = replace(job, checkpoint=tmp_path / "other.training")
    steps = learn_start(job, "cpu")
    for _ in range(2):
        next(steps)
    steps.close()
    resumed, rest = finish(learn_start(job, "cpu"))
    assert [progress.step for progress in rest] == [3, 4]
    for name, tensor in whole.state_dict().items():
        assert torch.equal(tensor, resumed.state_dict()[name]), name


def test_styles_are_varied_in_shape_and_colour(job):
    styles = [vary(job.styles, np.random.default_rng(number)) for number in range(40)]
    assert len({style.picture.shape for style in styles}) > 20
    assert all(style.picture.min() >= 0 and style.picture.max() <= 1 for style in styles)
    means = np.array([colour_statistics(style.picture).mean for style in styles])
    palettes = np.array([colour_statistics(style.picture).mean for style in job.styles])
    nearest = np.linalg.norm(means[:, None] - palettes, axis=2).min(1)
    assert np.median(nearest) < 0.05, "the colours are one of the styles' own"


def test_a_style_is_learnt_sooner_from_the_shipped_start(photos, stripes, finish):
    """In as many iterations, what begins from it is far ahead of what begins from random weights."""
    style = style_from_picture("stripes", stripes)

    def last(begin_with):
        training = replace(QUICK, iterations=15, begin_with=begin_with)
        network, seen = finish(train_network(TrainingJob(style, photos, Settings(), training), "cpu"))
        began = network.about.training.get("began_with")
        return np.mean([progress.loss for progress in seen[-5:]]), began

    (learnt, named), (random, none) = last("start"), last("random")
    assert learnt < 0.9 * random
    assert (named, none) == ("start", None)


def test_the_shipped_start_says_what_it_was_learnt_from():
    about = load_network(START).about
    assert len(about.training["styles"]) >= 20 and about.training["reptile"]["rounds"] >= 1000
