"""Arrays, sizes, devices and memory."""

import numpy as np
import pytest
import torch

from core.encoders import compact_encoder
from core.errors import PochadeError
from core.settings import Settings
from core.tensors import available_memory, choose_device, describe_device, estimate_memory, fit, resize, to_array, to_tensor

CPU = torch.device("cpu")


def test_a_picture_survives_the_way_there_and_back(content):
    tensor = to_tensor(content, CPU)
    assert tensor.shape == (1, 3, 96, 128)
    np.testing.assert_array_equal(to_array(tensor), content)


def test_a_longer_side_keeps_the_shape():
    assert fit(540, 960, 512) == (288, 512) and fit(960, 540, 960) == (960, 540) and fit(1000, 10, 64) == (64, 1)


def test_shrinking_averages_rather_than_skips():
    board = torch.zeros(1, 3, 64, 64)
    board[..., ::2] = 1
    small = resize(board, 16, 16)
    assert (small[..., 2:-2] - 0.5).abs().max() < 0.02
    assert resize(board, 64, 64) is board


def test_a_device_that_is_not_there_is_one_sentence():
    assert choose_device("cpu").type == "cpu" and describe_device(CPU)
    assert choose_device("auto").type in ("cpu", "cuda", "mps")
    if not torch.cuda.is_available():
        with pytest.raises(PochadeError, match="Automatic"):
            choose_device("cuda")


def test_the_estimate_grows_with_size_and_history():
    def estimate(**values):
        return estimate_memory(540, 960, Settings(**values), compact_encoder(), CPU)
    assert 3.5 < estimate(size=1024) / estimate(size=512) < 4.5
    assert estimate(history=50) > 1.5 * estimate(history=5)
    assert estimate(optimizer="adam") < estimate()
    assert 2**20 < available_memory(CPU) < 2**50
