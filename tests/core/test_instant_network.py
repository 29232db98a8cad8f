"""Instant styles: networks, their files, and pictures painted with them."""

import json
from contextlib import nullcontext

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from core.encoders.files import COMPACT
from core.errors import PochadeError
from core.instant import network
from core.instant.apply import apply_network, stylize_instantly
from core.instant.architecture import ARCHITECTURES
from core.instant.files import HEADER, load_network, read_about, save_network
from core.instant.network import Doubling
from core.progress import finish as run
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.colour import ColourStatistics, match_colours
from core.style.regions import Region
from core.style.styles import Style
from tests.core.networks import made_network, made_style

SIZES = tuple(ARCHITECTURES)


@pytest.fixture
def float32(monkeypatch):
    """No rounding to half precision, which differs where the order of a sum does."""
    monkeypatch.setattr(network, "half_precision", lambda device: nullcontext())


def test_the_published_network_has_the_published_size_and_the_slim_one_ships(tmp_path):
    published, slim = (made_network(size) for size in ("published", "slim"))
    assert sum(p.numel() for p in published.parameters()) == 1_679_235
    save_network(tmp_path / "slim.safetensors", slim)
    assert (tmp_path / "slim.safetensors").stat().st_size < 600_000


@pytest.mark.parametrize("enlargement, mode", [("nearest", "nearest"), ("linear", "bilinear")])
def test_doubling_is_enlargement_and_a_convolution(enlargement, mode):
    torch.manual_seed(0)
    doubling, x = Doubling(5, 3, enlargement), torch.randn(2, 5, 9, 7)
    enlarged = F.interpolate(F.pad(x, (1,) * 4, mode="replicate"), scale_factor=2, mode=mode)
    plain = F.conv2d(enlarged[..., 1:-1, 1:-1], doubling.weight, doubling.bias)
    torch.testing.assert_close(doubling(x), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", SIZES)
def test_a_flat_place_gets_no_checkerboard(size, float32):
    picture = torch.full((1, 3, 64, 192), 0.4)
    picture[..., :64] = torch.rand(1, 3, 64, 64)  # all flat, rounding would be all that there is to normalise
    flat = made_network(size)(picture)[..., 128:]
    assert flat.diff(dim=2).abs().max() < 1e-4 and flat.diff(dim=3).abs().max() < 1e-4


def test_a_flat_picture_stays_flat():
    """Normalising it brings out all rounding: that of the four kernels of a doubling would be a lattice."""
    for colour in (0.1, 0.5, 0.77):
        assert made_network()(torch.full((1, 3, 64, 64), colour)).std(dim=(2, 3)).max() < 0.002


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("shape", [(64, 64), (97, 131), (66, 201)])
def test_any_size_is_painted(size, shape, finish):
    picture = np.random.default_rng(0).random((*shape, 3)).astype(np.float32)
    painted, seen = finish(
        stylize_instantly(picture, made_style(made_network(size)), Settings(size=max(shape)), "cpu")
    )
    assert painted.shape == picture.shape and painted.dtype == np.float32
    assert painted.min() >= 0 and painted.max() <= 1 and np.abs(painted - picture).mean() > 0.01
    assert seen[-1].fraction == 1
    np.testing.assert_array_equal(seen[-1].preview(), painted)
    draft = Settings(resolution="draft", size=80)
    smaller, _ = finish(stylize_instantly(picture, made_style(made_network(size)), draft, "cpu"))
    assert smaller.shape[:2] == tuple(round(n * 80 / max(shape)) for n in shape)


@pytest.mark.parametrize("size", SIZES)
def test_tiles_equal_the_whole(size, float32):
    # The parts have moments of their own.
    y, x = torch.meshgrid(torch.linspace(0, 1, 150), torch.linspace(0, 1, 149), indexing="ij")
    picture = torch.stack([x, y, (40 * x * y).sin().abs()])[None] * (0.5 + 0.5 * torch.rand(1, 3, 150, 149))
    made = made_network(size)
    whole, tiled = run(apply_network(picture, made)), run(apply_network(picture, made, 80))
    assert (whole - picture).abs().mean() > 0.01
    torch.testing.assert_close(tiled, whole, rtol=0, atol=2e-4)
    assert torch.is_grad_enabled()


def test_strength_is_a_slider_from_the_untouched_picture(content, finish):
    style = made_style(made_network())
    painted = [
        finish(stylize_instantly(content, style, Settings(size=128, strength=s), "cpu"))[0]
        for s in (0.0, 0.001, 0.5, 1.0)
    ]
    np.testing.assert_array_equal(painted[0], content)
    np.testing.assert_allclose(painted[2], (content + painted[3]) / 2, atol=1e-6)
    assert 0 < np.abs(painted[1] - content).max() < 0.01


def test_alpha_is_carried_through(content, finish):
    alpha = np.linspace(0, 1, 128, dtype=np.float32)[None, :, None].repeat(96, 0)
    painted, seen = finish(
        stylize_instantly(np.dstack([content, alpha]), made_style(made_network()), Settings(size=128), "cpu")
    )
    np.testing.assert_array_equal(painted[..., 3:], alpha)
    assert seen[0].preview().shape == (96, 128, 4)


def test_colours_are_kept_as_asked(content, finish):
    def painted(mode):
        return finish(
            stylize_instantly(
                content, made_style(made_network()), Settings(size=128, keep_colours=mode), "cpu"
            )
        )[0]

    matched, grey, reverse, plain = (painted(mode) for mode in ("match", "luminance", "reverse", "off"))
    np.testing.assert_allclose(matched.mean((0, 1)), content.mean((0, 1)), atol=0.02)
    change = (grey[..., 0] - grey[..., 2]) - (content[..., 0] - content[..., 2])
    # What has no room in the gamut is drawn towards grey.
    assert np.median(np.abs(change)) < 0.001 and np.abs(change).mean() < 0.03
    assert np.abs(plain.mean((0, 1)) - content.mean((0, 1))).max() > 0.05
    palette = ColourStatistics(*map(np.array, made_network().about.palette))
    seen = match_colours(content, palette, Settings().colour_match)
    from_seen, _ = finish(stylize_instantly(seen, made_style(made_network()), Settings(size=128), "cpu"))
    np.testing.assert_allclose(reverse, from_seen, atol=1e-6)


def test_a_network_that_learnt_from_the_palette_gets_it(content, finish):
    made, learnt = (made_network(loss=loss) for loss in ("covariance", "neighbours"))

    def painted(network, **changes):
        changed = Settings(size=128, **changes)
        return finish(stylize_instantly(content, made_style(network), changed, "cpu"))[0]

    np.testing.assert_array_equal(painted(learnt), painted(made, keep_colours="reverse"))
    np.testing.assert_array_equal(painted(learnt, start_colours="source"), painted(made))
    assert np.abs(painted(learnt) - painted(made)).mean() > 0.01
    matched = painted(learnt, keep_colours="match")
    np.testing.assert_allclose(matched.mean((0, 1)), content.mean((0, 1)), atol=0.02)


def test_a_file_keeps_the_network_and_what_it_is_about(tmp_path, float32):
    made, picture = made_network(), torch.rand(1, 3, 64, 64)
    path = tmp_path / "made.safetensors"
    save_network(path, made)
    back = load_network(path)
    assert back.about == made.about and read_about(path) == back.about
    torch.testing.assert_close(back(picture), made(picture), rtol=0, atol=0.01)
    assert load_network(path) is back


def test_anything_else_is_refused_with_one_sentence(tmp_path):
    path = tmp_path / "made.safetensors"
    save_network(path, made_network())
    data, weights = path.read_bytes(), {"x": torch.zeros(1)}
    other = {name: tensor.contiguous() for name, tensor in made_network("published").state_dict().items()}
    made_of = json.loads(
        json.dumps(
            {
                "format": 1,
                **{k: v for k, v in vars(made_network().about).items() if k != "architecture"},
                "architecture": vars(ARCHITECTURES["slim"]),
            }
        )
    )

    def refused(words, write):
        file = tmp_path / "bad.safetensors"
        write(file)
        with pytest.raises(PochadeError, match=words):
            load_network(file)
        file.unlink(missing_ok=True)

    refused("is missing", lambda file: None)
    refused("is no network", lambda file: file.write_bytes(b""))
    refused("is no network", lambda file: file.write_bytes(b"\x80\x04}q\x00." * 9))
    refused("is no network", lambda file: file.write_bytes(COMPACT.read_bytes()))
    refused("is no network", lambda file: save_file(weights, file, {HEADER: "[]"}))
    refused("newer Pochade", lambda file: save_file(weights, file, {HEADER: json.dumps({"format": 99})}))
    refused("damaged", lambda file: file.write_bytes(data[:-999]))
    refused("damaged", lambda file: save_file(other, file, {HEADER: json.dumps(made_of)}))
    wrong = {**made_of, "architecture": {**made_of["architecture"], "down": [32, 64, 128, 256]}}
    refused("cannot be made so", lambda file: save_file(weights, file, {HEADER: json.dumps(wrong)}))


def test_the_method_instant_paints_in_one_pass_and_says_what_it_lacks(content, finish):
    settings = Settings(size=128, method="instant")
    painted, seen = finish(stylize_image(content, made_style(made_network())[0][0], settings, "cpu"))
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions) and fractions[-1] == 1 and np.abs(painted - content).mean() > 0.01
    np.testing.assert_array_equal(
        painted, finish(stylize_instantly(content, made_style(made_network()), settings, "cpu"))[0]
    )
    plain = Style("Plain", content)
    with pytest.raises(PochadeError, match="No network has learnt Plain"):
        run(stylize_image(content, plain, settings, "cpu"))
    with pytest.raises(PochadeError, match="one style at a time"):
        run(stylize_image(content, [(plain, 1.0), *made_style(made_network())], settings, "cpu"))


def test_each_region_is_painted_by_its_own_network(content, finish):
    left, middle = np.zeros((2, *content.shape[:2]), np.float32)
    left[:, :40], middle[:, 40:60] = 1, 1
    other, settings = made_style(made_network(seed=1)), Settings(size=128, method="instant")
    both = finish(
        stylize_instantly(
            content,
            made_style(made_network()),
            settings,
            "cpu",
            regions=[Region("Left", left, other), Region("Middle", middle)],
        )
    )[0]
    np.testing.assert_allclose(
        both[:, :40], finish(stylize_instantly(content, other, settings, "cpu"))[0][:, :40], atol=1e-6
    )
    np.testing.assert_array_equal(both[:, 40:60], content[:, 40:60])
    alone = finish(stylize_instantly(content, made_style(made_network()), settings, "cpu"))[0]
    np.testing.assert_allclose(both[:, 60:], alone[:, 60:], atol=1e-6)
