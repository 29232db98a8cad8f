"""Arrays, sizes, devices and memory."""

import json

import numpy as np
import pytest
import torch

from core.compute.devices import (
    at_work,
    available_memory,
    choose_device,
    compute_on,
    describe_device,
    look_for_devices,
    memory_limit,
)
from core.compute.machine import Machine
from core.compute.precision import best_precision, precision
from core.compute.sizes import fit
from core.compute.tensors import resize, to_array, to_tensor
from core.compute.tiles import TILE
from core.encoders.network import compact_encoder
from core.errors import PochadeError
from core.settings import Settings
from core.still.memory import choose_tile, estimate_memory

CPU = torch.device("cpu")


def test_a_picture_survives_the_round_trip(content):
    tensor = to_tensor(content, CPU)
    assert tensor.shape == (1, 3, 96, 128)
    np.testing.assert_array_equal(to_array(tensor), content)


def test_a_longer_side_keeps_the_shape():
    assert (
        fit(540, 960, 512) == (288, 512) and fit(960, 540, 960) == (960, 540) and fit(1000, 10, 64) == (64, 1)
    )


def test_shrinking_averages_rather_than_skips():
    board = torch.zeros(1, 3, 64, 64)
    board[..., ::2] = 1
    small = resize(board, 16, 16)
    assert (small[..., 2:-2] - 0.5).abs().max() < 0.02
    assert resize(board, 64, 64) is board


def test_a_device_that_is_not_there_is_one_sentence():
    assert choose_device(Machine("cpu")).type == "cpu" and describe_device(CPU)
    assert choose_device(Machine()).type in ("cpu", "cuda", "xpu", "mps")
    if not torch.cuda.is_available():
        with pytest.raises(PochadeError, match="Automatic"):
            choose_device(Machine("cuda"))


def test_the_estimate_grows_with_size_and_history():
    def estimate(**values):
        return estimate_memory(540, 960, Settings(**values), compact_encoder(), CPU)

    assert 3.5 < estimate(size=1024) / estimate(size=512) < 4.5
    assert estimate(history=50) > 1.5 * estimate(history=5)
    assert estimate(optimizer="adam") < estimate()
    assert 2**20 < available_memory(CPU) < 2**50


def test_the_machine_holds_for_the_job_alone():
    with compute_on(Machine("cpu", "float32", 1.5)):
        assert precision(CPU) == torch.float32 and memory_limit() == 1.5 * 2**30
        with compute_on(Machine("cpu", "bfloat16")):
            assert precision(CPU) == torch.bfloat16 and memory_limit() == float("inf")
        assert precision(CPU) == torch.float32
    assert precision(CPU) == best_precision(CPU)[0] and memory_limit() == float("inf")


def test_nobody_finds_a_shared_network_moved():
    shared, elsewhere = compact_encoder(), torch.device("meta")  # a device that every machine has
    with at_work(shared, elsewhere, 64) as moved:
        assert moved.mean.device == elsewhere and shared.mean.device == CPU
        assert moved.metrics and all(metric.device == elsewhere for metric in moved.metrics.values())
        assert all(metric.device == CPU for metric in shared.metrics.values())
    with at_work(shared, CPU, 64) as here:
        assert here is shared
    assert shared.mean.device == CPU


def test_a_memory_limit_makes_tiles_and_then_a_sentence_that_names_it():
    def tile(size, limit):
        with compute_on(Machine("cpu", memory=limit)):
            return choose_tile(size, size, Settings(size=size), compact_encoder(), CPU)

    whole = estimate_memory(1280, 1280, Settings(size=1280), compact_encoder(), CPU) / 2**30
    assert tile(1280, 0) is None and tile(1280, 0.95 * whole) == TILE
    with pytest.raises(
        PochadeError,
        match=r"Memory Limit in the preferences allows 0\.2 GB; raise it, or lower Size to \d+ px",
    ):
        tile(900, 0.2)
    with pytest.raises(PochadeError, match="raise it$"):
        tile(900, 0.001)


def test_the_findings_say_what_automatic_takes_and_why():
    found = look_for_devices()
    assert json.loads(json.dumps(found)) == found
    assert found["devices"][0]["title"] in found["device"] and found["devices"][-1]["name"] == "cpu"
    assert "because" in found["precision"] and found["torch"] == torch.__version__
