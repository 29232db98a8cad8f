"""Settings change pictures as their descriptions promise; more in test_stylize and test_colour."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.compute.tensors import resize, to_array, to_tensor
from core.encoders.network import compact_encoder
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.statistics import picture_statistics
from core.style.styles import style_from_picture

CPU = torch.device("cpu")
# With the source's own colours, so that what changes is what the setting changes.
QUICK = Settings(size=128, coarse_size=64, steps=12, start_colours="source")


@pytest.fixture
def paint(content, stripes, finish):
    """`paint(steps=3)`: the picture, and the last loss."""

    def run(**values):
        painted, progress = finish(
            stylize_image(content, style_from_picture("stripes", stripes), replace(QUICK, **values), "cpu")
        )
        return painted, progress[-1].loss

    return run


def _fine(picture: np.ndarray) -> np.ndarray:
    """What is smaller than some 8 px."""
    height, width = picture.shape[:2]
    small = resize(to_tensor(picture, CPU), height // 8, width // 8)
    return (picture - to_array(resize(small, height, width))).mean(2).ravel()


def test_more_steps_come_nearer(paint):
    assert paint(steps=40)[1] < paint(steps=12)[1] < paint(steps=4)[1]


@pytest.mark.slow  # paints two pictures with many steps
def test_a_longer_memory_comes_nearer(paint):
    # A loss that stays the same function: nearest neighbours are found anew on the way.
    long, short = (paint(steps=30, history=history, loss="covariance")[1] for history in (10, 1))
    assert long < short


def test_a_higher_learning_rate_goes_farther(paint, content):
    slow, fast = (
        np.abs(paint(optimizer="adam", steps=3, learning_rate=rate)[0] - content).mean()
        for rate in (0.002, 0.02)
    )
    assert slow < 0.5 * fast


def test_detail_keeps_fine_lines(paint, content):
    def kept(detail):
        painted, _ = paint(detail=detail, content_weight=2.0, steps=30)
        return np.corrcoef(_fine(painted), _fine(content))[0, 1]

    assert kept(1.0) > kept(0.0)


@pytest.mark.parametrize("block", range(1, 6))
def test_a_style_layer_counts_with_its_weight(paint, stripes, block):
    # No neighbours are found by the fifth.
    others = {f"style_{other}": 1.0 for other in range(1, 6)} | {
        "loss": "covariance" if block == 5 else "neighbours"
    }

    def distance(weight):
        painted, _ = paint(
            **{**others, f"style_{block}": weight}, compared_sizes=1, content_weight=0.0, steps=20
        )
        own, wanted = (picture_statistics(p, 128, compact_encoder(), CPU) for p in (painted, stripes))
        layer = next(layer for layer in wanted if layer[4] == str(block))
        return (
            (own[layer].covariance - wanted[layer].covariance).norm() / wanted[layer].covariance.norm()
        ).item()

    assert distance(10.0) < distance(0.0)


def test_a_coarser_start_makes_larger_shapes(paint):
    def frequency(coarse_size):
        painted, _ = paint(size=256, coarse_size=coarse_size, start="noise", content_weight=0.0, steps=15)
        spectrum = np.abs(np.fft.rfft(painted.mean(2) - painted.mean(), axis=1)).mean(0)
        return (spectrum * np.arange(len(spectrum))).sum() / spectrum.sum()

    assert frequency(64) < 0.9 * frequency(256)
