"""Encoders: the file that ships, what it refuses, and features without borders."""

import json

import pytest
import torch
from safetensors.torch import save_file

from core.encoders.files import COMPACT
from core.encoders.network import (
    MARGIN,
    Encoder,
    EncoderArchitecture,
    compact_encoder,
    load_encoder,
    save_encoder,
    stride,
)
from core.errors import PochadeError


def _tiny() -> tuple[EncoderArchitecture, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    architecture = EncoderArchitecture(
        "tiny", "Tiny", ((2,), (3,)), (0.5,) * 3, (0.25,) * 3, {"relu1_1": 1.0}, {"relu2_1": 1.0}, "nobody"
    )
    tensors = {}
    for place, before, after in architecture.convolutions():
        tensors[f"conv{place}.weight"] = torch.randn(after, before, 3, 3).half().float()
        tensors[f"conv{place}.bias"] = torch.randn(after).half().float()
    return architecture, tensors


def test_the_compact_encoder_is_small_and_tells_where_it_comes_from():
    assert COMPACT.stat().st_size <= 2_500_000
    architecture = compact_encoder().architecture
    assert "CC BY 4.0" in architecture.attribution and "MIT" in architecture.attribution
    assert architecture.training["photos"] > 0 and "seed" in architecture.training


def test_every_named_layer_has_its_size():
    encoder = compact_encoder()
    layers = {*encoder.architecture.style_layers, *encoder.architecture.content_layers}
    for layer, features in encoder(torch.rand(1, 3, 64, 96), layers).items():
        assert features.shape[2:] == (64 // stride(layer), 96 // stride(layer))
        assert features.min() >= 0 and features.std() > 0


def test_a_flat_picture_has_flat_features_up_to_its_border():
    layers = {"relu1_1", "relu2_2", "relu3_2"}
    for layer, features in compact_encoder()(torch.full((1, 3, 64, 64), 0.3), layers).items():
        middle = features[..., features.shape[2] // 2, features.shape[3] // 2][..., None, None]
        assert (features - middle).abs().max() < 1e-3 * features.max(), layer


def test_a_saved_encoder_computes_what_its_convolutions_say(tmp_path):
    architecture, tensors = _tiny()
    save_encoder(tmp_path / "tiny.safetensors", architecture, tensors)
    picture = torch.rand(1, 3, 32, 32)
    got = load_encoder(tmp_path / "tiny.safetensors").trunk(picture, {"relu1_1", "relu2_1"})
    x = torch.relu(
        torch.nn.functional.conv2d(
            (picture - 0.5) / 0.25, tensors["conv1_1.weight"], tensors["conv1_1.bias"], padding=1
        )
    )
    torch.testing.assert_close(got["relu1_1"], x, rtol=1e-4, atol=1e-4)  # the memory layouts differ
    x = torch.nn.functional.max_pool2d(x, 2)
    x = torch.relu(
        torch.nn.functional.conv2d(x, tensors["conv2_1.weight"], tensors["conv2_1.bias"], padding=1)
    )
    torch.testing.assert_close(got["relu2_1"], x, rtol=1e-4, atol=1e-3)


def test_gradients_reach_the_picture_but_no_weight():
    picture = torch.rand(1, 3, 32, 32, requires_grad=True)
    compact_encoder()(picture, {"relu3_2"})["relu3_2"].sum().backward()
    assert picture.grad.abs().min(dim=1).values.max() > 0
    assert all(p.grad is None for p in compact_encoder().parameters())


def test_the_smallest_picture_is_replicated_into_its_margin():
    features = compact_encoder()(torch.rand(1, 3, MARGIN, MARGIN), {"relu5_1"})["relu5_1"]
    assert features.shape[2:] == (1, 1)


def test_broken_missing_and_newer_files_are_refused_with_a_sentence(tmp_path):
    with pytest.raises(PochadeError, match="missing"):
        load_encoder(tmp_path / "none.safetensors")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(COMPACT.read_bytes()[:5000])
    with pytest.raises(PochadeError, match="broken.safetensors"):
        load_encoder(broken)
    save_file({"x": torch.zeros(1)}, tmp_path / "other.safetensors")
    with pytest.raises(PochadeError, match="no encoder"):
        load_encoder(tmp_path / "other.safetensors")
    newer = tmp_path / "newer.safetensors"
    save_file({"x": torch.zeros(1)}, newer, {"pochade_encoder": json.dumps({"format": 99})})
    with pytest.raises(PochadeError, match="newer"):
        load_encoder(newer)


def test_moving_an_encoder_takes_its_metrics_along():
    architecture, tensors = _tiny()
    encoder = Encoder(architecture, {**tensors, "metric.relu1_1": torch.eye(2)}, "").double()
    assert encoder.metrics["relu1_1"].dtype == torch.float64
