"""Instant styles: networks, their files, and pictures painted with them."""

import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from core.encoders import COMPACT
from core.errors import PochadeError
from core.instant.apply import paint, stylize_instantly
from core.instant.architecture import ARCHITECTURES, About
from core.instant.files import HEADER, load_network, read_about, save_network
from core.instant.network import Doubling, Network
from core.progress import finish as run
from core.settings import Settings

SIZES = tuple(ARCHITECTURES)


def _network(size: str = "slim", seed: int = 0) -> Network:
    """One that changes its picture, as a trained one does."""
    palette = [[0.5, 0.3, 0.2], np.diag([0.02, 0.01, 0.03]).tolist()]
    network = Network(About("Made", "Nobody; CC0", ARCHITECTURES[size], palette, {"photos": 3}), seed).requires_grad_(False)
    generator = torch.Generator().manual_seed(seed)
    network.last.weight.normal_(0, 0.01, generator=generator)
    for module in network.modules():
        if hasattr(module, "bias"):
            module.bias.normal_(0, 0.1, generator=generator)
    return network


def test_the_published_network_has_the_published_size_and_the_slim_one_ships(tmp_path):
    published, slim = (_network(size) for size in ("published", "slim"))
    assert sum(p.numel() for p in published.parameters()) == 1_679_235
    save_network(tmp_path / "slim.safetensors", slim)
    assert (tmp_path / "slim.safetensors").stat().st_size < 600_000


def test_doubling_is_nearest_enlargement_and_a_convolution():
    torch.manual_seed(0)
    doubling, x = Doubling(5, 3), torch.randn(2, 5, 9, 7)
    plain = F.conv2d(F.pad(F.interpolate(x, scale_factor=2), (1,) * 4, mode="reflect"), doubling.weight, doubling.bias)
    torch.testing.assert_close(doubling(x), plain, rtol=1e-4, atol=1e-5)


def test_an_untrained_slim_network_leaves_the_picture_as_it_is():
    picture = torch.rand(1, 3, 65, 70)
    assert torch.equal(Network(_network().about)(picture), picture)


@pytest.mark.parametrize("size", SIZES)
def test_a_flat_place_gets_no_checkerboard(size):
    picture = torch.full((1, 3, 64, 192), 0.4)
    picture[..., :64] = torch.rand(1, 3, 64, 64)  # all flat, rounding would be all that there is to normalise
    flat = _network(size)(picture)[..., 128:]
    assert flat.diff(dim=2).abs().max() < 1e-4 and flat.diff(dim=3).abs().max() < 1e-4


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(64, 64), (97, 131), (66, 201)])
def test_any_size_is_painted(size, shape, finish):
    picture = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    painted, seen = finish(stylize_instantly(picture, _network(size), Settings(size=max(shape)), "cpu"))
    assert painted.shape == picture.shape and painted.dtype == np.float32
    assert painted.min() >= 0 and painted.max() <= 1 and np.abs(painted - picture).mean() > 0.01
    assert seen[-1].fraction == 1
    np.testing.assert_array_equal(seen[-1].preview(), painted)
    assert finish(stylize_instantly(picture, _network(size), Settings(size=80), "cpu"))[0].shape[:2] == tuple(
        round(n * 80 / max(shape)) for n in shape)


@pytest.mark.parametrize("size", SIZES)
def test_tiles_equal_the_whole(size):
    y, x = torch.meshgrid(torch.linspace(0, 1, 150), torch.linspace(0, 1, 149), indexing="ij")  # the parts have moments of their own
    picture = torch.stack([x, y, (40 * x * y).sin().abs()])[None] * (0.5 + 0.5 * torch.rand(1, 3, 150, 149))
    network = _network(size)
    whole, tiled = run(paint(picture, network)), run(paint(picture, network, 80))
    assert (whole - picture).abs().mean() > 0.01
    torch.testing.assert_close(tiled, whole, rtol=0, atol=2e-4)
    assert torch.is_grad_enabled()


def test_strength_is_a_slider_from_the_untouched_picture(content, finish):
    painted = [finish(stylize_instantly(content, _network(), Settings(size=128, strength=s), "cpu"))[0] for s in (0.0, 0.001, 0.5, 1.0)]
    np.testing.assert_array_equal(painted[0], content)
    np.testing.assert_allclose(painted[2], (content + painted[3]) / 2, atol=1e-6)
    assert 0 < np.abs(painted[1] - content).max() < 0.01


def test_alpha_is_carried_through(content, finish):
    alpha = np.linspace(0, 1, 128, dtype=np.float32)[None, :, None].repeat(96, 0)
    painted, seen = finish(stylize_instantly(np.dstack([content, alpha]), _network(), Settings(size=128), "cpu"))
    np.testing.assert_array_equal(painted[..., 3:], alpha)
    assert seen[0].preview().shape == (96, 128, 4)


def test_colours_are_kept_as_asked(content, finish):
    def painted(mode):
        return finish(stylize_instantly(content, _network(), Settings(size=128, keep_colours=mode), "cpu"))[0]
    matched, grey, reverse, plain = (painted(mode) for mode in ("match", "luminance", "reverse", "off"))
    np.testing.assert_allclose(matched.mean((0, 1)), content.mean((0, 1)), atol=0.02)
    np.testing.assert_allclose(grey[..., 0] - grey[..., 2], content[..., 0] - content[..., 2], atol=0.06)
    assert np.abs(plain.mean((0, 1)) - content.mean((0, 1))).max() > 0.05
    np.testing.assert_allclose(reverse.mean((0, 1)) - plain.mean((0, 1)), np.float32([.5, .3, .2]) - content.mean((0, 1)), atol=0.15)


def test_a_file_keeps_the_network_and_what_it_is_about(tmp_path):
    network, picture = _network(), torch.rand(1, 3, 64, 64)
    path = tmp_path / "made.safetensors"
    save_network(path, network)
    back = load_network(path)
    assert back.about == network.about and read_about(path) == back.about
    torch.testing.assert_close(back(picture), network(picture), rtol=0, atol=0.01)
    assert load_network(path) is back


def test_anything_else_is_refused_with_one_sentence(tmp_path):
    path = tmp_path / "made.safetensors"
    save_network(path, _network())
    data, weights = path.read_bytes(), {"x": torch.zeros(1)}
    other = {name: tensor.contiguous() for name, tensor in _network("published").state_dict().items()}
    made_of = json.loads(json.dumps({"format": 1, **{k: v for k, v in vars(_network().about).items() if k != "architecture"},
                                     "architecture": vars(ARCHITECTURES["slim"])}))

    def refused(words, write):
        file = tmp_path / "bad.safetensors"
        write(file)
        with pytest.raises(PochadeError, match=words):
            load_network(file)
        file.unlink(missing_ok=True)
    refused("is missing", lambda file: None)
    refused("is no instant style", lambda file: file.write_bytes(b""))
    refused("is no instant style", lambda file: file.write_bytes(b"\x80\x04}q\x00." * 9))
    refused("is no instant style", lambda file: file.write_bytes(COMPACT.read_bytes()))
    refused("is no instant style", lambda file: save_file(weights, file, {HEADER: "[]"}))
    refused("newer Pochade", lambda file: save_file(weights, file, {HEADER: json.dumps({"format": 99})}))
    refused("damaged", lambda file: file.write_bytes(data[:-999]))
    refused("damaged", lambda file: save_file(other, file, {HEADER: json.dumps(made_of)}))
    wrong = {**made_of, "architecture": {**made_of["architecture"], "down": [32, 64]}}
    refused("cannot be made so", lambda file: save_file(weights, file, {HEADER: json.dumps(wrong)}))
