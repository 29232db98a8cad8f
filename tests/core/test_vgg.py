"""Other people's weight files as encoders: every naming, the trained range, and nothing that runs."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision.models.vgg import cfgs, make_layers
from torchvision.transforms.functional import normalize

from core.encoders.files import COMPACT, available
from core.encoders.network import compact_encoder, load_encoder
from core.encoders.vgg import BGR_MEAN, IMAGENET, KNOWN, add_encoder
from core.errors import PochadeError
from core.progress import finish
from core.settings import Settings
from core.still.stylize import stylize_image
from core.style.styles import style_from_picture

WEIGHTS = Path(__file__).parents[3] / "shared" / "data" / "weights"
TAPS = ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu4_2", "relu5_1")


def _network(kind: str = "E", thinner: int = 8) -> torch.nn.Sequential:
    """torchvision's layers, VGG-19's ("E") or another's, with fewer channels and random weights."""
    torch.manual_seed(0)
    layers = make_layers([width if width == "M" else width // thinner for width in cfgs[kind]])
    for layer in layers:
        if isinstance(layer, torch.nn.Conv2d):
            torch.nn.init.normal_(layer.bias, std=0.1)
            for parameter in layer.parameters():
                parameter.data = parameter.data.half().float()
    return layers


def _state(layers: torch.nn.Sequential) -> dict[str, torch.Tensor]:
    """A state dict as torchvision publishes it, with a classifier behind."""
    return {f"features.{k}": v for k, v in layers.state_dict().items()} | {
        "classifier.0.weight": torch.zeros(8, 8)
    }


def _caffe(layers: torch.nn.Sequential) -> dict[str, torch.Tensor]:
    """The same weights under Caffe's names."""
    named, block, number = {}, 1, 0
    for layer in layers:
        if isinstance(layer, torch.nn.Conv2d):
            number += 1
            named |= {f"conv{block}_{number}.{k}": v for k, v in layer.state_dict().items()}
        elif isinstance(layer, torch.nn.MaxPool2d):
            block, number = block + 1, 0
    return named


def _told(layers: torch.nn.Sequential, known: str) -> torch.nn.Sequential:
    """The network with the first numbers of a published one."""
    with torch.no_grad():
        layers[0].weight.flatten()[:3] = torch.tensor(next(k.first for k in KNOWN if k.name == known))
    return layers


@torch.no_grad()
def _rectified(layers: torch.nn.Sequential, x: torch.Tensor) -> dict[str, torch.Tensor]:
    """What torchvision's layers give after each ReLU, by VGG's names."""
    found, block, number = {}, 1, 0
    for layer in layers:
        x = layer(x.clone())
        if isinstance(layer, torch.nn.ReLU):
            number += 1
            found[f"relu{block}_{number}"] = x
        elif isinstance(layer, torch.nn.MaxPool2d):
            block, number = block + 1, 0
    return found


def _bgr(picture: torch.Tensor) -> torch.Tensor:
    return picture[:, [2, 1, 0]] * 255 - torch.tensor(BGR_MEAN).view(1, 3, 1, 1)


def _assert_same(path: Path, expected: dict[str, torch.Tensor], picture: torch.Tensor, taps=TAPS) -> None:
    found = load_encoder(path).trunk(picture, set(taps))
    for layer in taps:
        scale = expected[layer].abs().max().item()
        torch.testing.assert_close(
            found[layer], expected[layer], rtol=0, atol=2e-3 * scale, msg=lambda m, name=layer: f"{name}: {m}"
        )


@pytest.mark.parametrize("kind", ["E", "D"])
@pytest.mark.parametrize("new_format", [True, False])
def test_torchvisions_file_computes_what_torchvision_computes_at_every_layer(tmp_path, kind, new_format):
    layers, picture = _network(kind), torch.rand(1, 3, 64, 80)
    torch.save(_state(layers), tmp_path / "made.pth", _use_new_zipfile_serialization=new_format)
    entry = add_encoder(tmp_path / "made.pth", tmp_path / "encoders")
    _assert_same(entry.path, _rectified(layers, normalize(picture, *IMAGENET)), picture)
    architecture = load_encoder(entry.path).architecture
    assert tuple(architecture.style_layers) == tuple(t for t in TAPS if t != "relu4_2")
    assert tuple(architecture.content_layers) == ("relu3_1", "relu4_2")
    assert [len(block) for block in architecture.blocks] == [
        2,
        2,
        4 if kind == "E" else 3,
        4 if kind == "E" else 3,
        1,
    ]


@pytest.mark.parametrize("file", ["oxford.pth", "caffe.safetensors", "normalised.safetensors"])
def test_oxfords_weights_see_bgr_from_0_to_255(tmp_path, file):
    layers, picture = _network(), torch.rand(1, 3, 64, 80)
    if file == "oxford.pth":
        torch.save(_state(_told(layers, "vgg19_oxford")), tmp_path / file)
    else:
        own = {
            "normalise.weight": 255 * torch.eye(3).flip(0)[..., None, None],
            "normalise.bias": -torch.tensor(BGR_MEAN),
        }
        save_file(_caffe(layers) | (own if "normalised" in file else {}), tmp_path / file)
    entry = add_encoder(tmp_path / file, tmp_path / "encoders")
    assert entry.title == ("VGG-19 (Oxford)" if file == "oxford.pth" else Path(file).stem)
    _assert_same(entry.path, _rectified(layers, _bgr(picture)), picture)


def test_torchvisions_vgg_19_is_told_from_oxfords_and_named(tmp_path):
    layers, picture = _told(_network(), "vgg19"), torch.rand(1, 3, 64, 64)
    torch.save({"state_dict": _state(layers)}, tmp_path / "renamed.pth")
    entry = add_encoder(tmp_path / "renamed.pth", tmp_path)
    assert (entry.name, entry.title) == ("vgg19", "VGG-19") and "torchvision" in entry.attribution
    _assert_same(entry.path, _rectified(layers, normalize(picture, *IMAGENET)), picture)


@pytest.mark.skipif(not WEIGHTS.exists(), reason="the true VGG-19's first layers are not here")
def test_the_true_vgg_19_is_recognised_and_computes_its_features(tmp_path):
    file = WEIGHTS / "vgg19_conv1_1-conv3_4.safetensors"
    entry = add_encoder(file, tmp_path)
    assert entry.title == "VGG-19 (Oxford)"
    layers = make_layers(cfgs["E"][:11])
    true = (v.float() for _, v in sorted(load_file(file).items()))  # conv1_1.bias, conv1_1.weight, ...
    for layer in layers:
        if isinstance(layer, torch.nn.Conv2d):
            layer.bias.data, layer.weight.data = next(true), next(true)
    picture = torch.rand(1, 3, 32, 48)
    _assert_same(entry.path, _rectified(layers, _bgr(picture)), picture, ("relu1_1", "relu2_1", "relu3_1"))


def test_an_encoders_file_is_added_as_it_is(tmp_path):
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(COMPACT.read_bytes())
    assert add_encoder(mine, tmp_path / "encoders").path.read_bytes() == COMPACT.read_bytes()
    with pytest.raises(PochadeError, match="Pochade's own"):
        add_encoder(COMPACT, tmp_path / "encoders")
    mine.write_bytes(COMPACT.read_bytes()[:-999])
    with pytest.raises(PochadeError, match="no encoder that Pochade can read"):
        add_encoder(mine, tmp_path / "encoders")
    assert [entry.name for entry in available([tmp_path / "encoders"])] == ["compact", "mine"]


class _Hostile:
    def __init__(self, trace: Path):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


@pytest.mark.parametrize("new_format", [True, False])
def test_a_file_that_would_run_something_is_refused_and_nothing_runs(tmp_path, new_format):
    torch.save(
        _state(_network(thinner=64)) | {"features.0.weight": _Hostile(tmp_path / "trace")},
        tmp_path / "hostile.pth",
        _use_new_zipfile_serialization=new_format,
    )
    with pytest.raises(PochadeError, match="hostile.pth is damaged or holds more than weights.*runs nothing"):
        add_encoder(tmp_path / "hostile.pth", tmp_path / "encoders")
    assert not (tmp_path / "trace").exists() and not (tmp_path / "encoders").exists()


def _broken(kind: str, state: dict[str, torch.Tensor], path: Path) -> None:
    if kind == "half":
        torch.save(state, path)
        path.write_bytes(path.read_bytes()[:4000])
    elif kind == "letter":
        path.write_text("Dear Theo")
    elif kind == "tensor":
        torch.save(torch.zeros(3), path)
    elif kind == "batch norm":
        torch.save(
            {f"features.{k}": v for k, v in make_layers([8, "M", 8], batch_norm=True).state_dict().items()},
            path,
        )
    elif kind == "5x5":
        torch.save(state | {"features.5.weight": torch.zeros(2, 1, 5, 5)}, path)
    elif kind == "no bias":
        torch.save({k: v for k, v in state.items() if k != "features.5.bias"}, path)
    elif kind == "not finite":
        torch.save(state | {"features.0.bias": torch.full((1,), torch.nan)}, path)
    elif kind == "block missing":
        torch.save({k: v for k, v in _caffe(_network(thinner=64)).items() if not k.startswith("conv2")}, path)
    elif kind == "nothing in it":
        save_file({"classifier.0.weight": torch.zeros(3)}, path.with_suffix(".safetensors"))


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("half", "damaged"),
        ("letter", "damaged"),
        ("tensor", "damaged"),
        ("batch norm", "VGG's shape"),
        ("5x5", "VGG's shape"),
        ("no bias", "VGG's shape"),
        ("not finite", "broken weights"),
        ("block missing", "VGG's shape"),
        ("nothing in it", "VGG's shape"),
        ("missing", "There is no file"),
    ],
)
def test_what_is_no_vgg_is_one_sentence_and_leaves_the_folder_alone(tmp_path, kind, words):
    _broken(kind, _state(_network(thinner=64)), tmp_path / "file.pth")
    with pytest.raises(PochadeError, match=words) as error:
        add_encoder(next(tmp_path.glob("file.*"), tmp_path / "file.pth"), tmp_path / "encoders")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "encoders").exists()


def test_a_failed_write_leaves_the_encoder_that_was_there(tmp_path, monkeypatch):
    torch.save(_state(_network(thinner=64)), tmp_path / "made.pth")
    before = add_encoder(tmp_path / "made.pth", tmp_path / "encoders").path.read_bytes()

    def no_room(target, *_):
        target.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("core.encoders.vgg.save_encoder", no_room)
    with pytest.raises(PochadeError, match="made.safetensors: the disk is full; make room"):
        add_encoder(tmp_path / "made.pth", tmp_path / "encoders")
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "encoders").iterdir()] == [
        ("made.safetensors", before)
    ]


def test_a_picture_is_painted_with_the_encoder_that_is_named(tmp_path, content, stripes):
    torch.save(_state(_network(thinner=16)), tmp_path / "made.pth")
    entry = add_encoder(tmp_path / "made.pth", tmp_path)
    style, settings = style_from_picture("stripes", stripes), Settings(size=64, steps=2, coarse_size=64)
    own, other = (
        finish(stylize_image(content, style, settings, "cpu", encoder_file=file))
        for file in (COMPACT, entry.path)
    )
    assert np.isfinite(other).all() and np.abs(own - other).max() > 0.01


def test_an_encoder_is_read_once_until_its_file_changes(tmp_path):
    path = tmp_path / "mine.safetensors"
    path.write_bytes(COMPACT.read_bytes())
    first = load_encoder(path)
    assert load_encoder(path) is first and compact_encoder() is compact_encoder()
    os.utime(path, (1, 1))
    assert load_encoder(path) is not first
