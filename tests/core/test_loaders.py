"""Files that claim more than they hold, or hold what is no number, are refused before anything is made."""

import io
import json
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save

from core.encoders.files import COMPACT, HEADER
from core.encoders.network import load_encoder
from core.encoders.vgg import add_encoder
from core.errors import PochadeError
from core.files.pickled import read_weights
from core.files.tensors import read_header, read_tensors, tensors_to_bytes
from core.instant.architecture import ARCHITECTURES, About, NetworkArchitecture
from core.instant.files import HEADER as INSTANT
from core.instant.files import load_network, network_bytes, shapes_of
from core.instant.network import Network
from core.presets.load import check_statistics
from core.presets.preset import find_preset
from tests.core.networks import made_network


def changed(data: bytes, name: str = "", tensor=None, about=None, header: str = "") -> bytes:
    """A safetensors file's bytes with another tensor, or other values in the JSON of its metadata."""
    read = read_header(data)
    tensors, metadata = read_tensors(data, 1e30), dict(read.metadata)
    tensors |= {name: tensor} if name else {}
    if about:
        metadata[header] = json.dumps({**json.loads(metadata[header]), **about})
    return tensors_to_bytes({key: value for key, value in tensors.items() if value is not None}, metadata)


def write(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"blocks": [[9000, 9000]]}, "channels"),
        ({"blocks": [[4096] * 9] * 5}, "should be floats"),
        ({"blocks": [[1] * 10]}, "convolutions"),
        ({"blocks": []}, "blocks"),
        ({"blocks": "64"}, "channels"),
        ({"style_layers": {"relu9_9": 1.0}}, "layers"),
        ({"style_layers": {"relu1_1": "1"}}, "layers"),
        ({"content_layers": {}}, "layers"),
        ({"std": [0, 1, 1]}, "deviation"),
        ({"mean": [0.5]}, "mean"),
        ({"title": 5}, "title"),
    ],
)
def test_an_encoder_whose_header_is_not_its_tensors_is_refused(tmp_path, values, words):
    data = changed(COMPACT.read_bytes(), about=values, header=HEADER)
    with pytest.raises(PochadeError, match=words):
        load_encoder(write(tmp_path / "bad.safetensors", data))


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, 1e6])
def test_networks_with_broken_numbers_are_refused(tmp_path, bad):
    compact, network = COMPACT.read_bytes(), network_bytes(made_network())
    with pytest.raises(PochadeError, match="broken numbers"):
        load_encoder(
            write(tmp_path / "e.safetensors", changed(compact, "conv1_1.bias", torch.full((16,), bad)))
        )
    with pytest.raises(PochadeError, match="broken numbers"):
        load_network(changed(network, "down.0.0.bias", torch.full((16,), bad)))


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("conv1_1.bias", None, "lacks conv1_1.bias"),
        ("conv1_1.bias", torch.zeros(17), "should be"),
        ("conv1_1.bias", torch.zeros(16, dtype=torch.int32), "should be floats"),
        ("metric.relu1_1", torch.zeros(16), "should be"),
        ("metric.relu7_1", torch.zeros(16, 16), "belong"),
    ],
)
def test_an_encoders_tensors_are_all_its_own(tmp_path, name, tensor, words):
    data = changed(COMPACT.read_bytes(), name, tensor)
    if tensor is not None and not tensor.is_floating_point():
        data = save(read_tensors(data) | {name: tensor}, read_header(data).metadata)
    with pytest.raises(PochadeError, match=words):
        load_encoder(write(tmp_path / "bad.safetensors", data))


@pytest.mark.parametrize(
    "architecture",
    [
        {"down": [256, 256, 256], "blocks": 256, "up": [256, 256], "unshuffle": 1, "edge": 255},
        {"down": [1] * 300, "up": [1] * 299},
        {"unshuffle": 256, "down": [1], "up": [1] * 8},
        {"blocks": True},
    ],
)
def test_a_network_is_not_built_before_its_tensors_are_compared(architecture, monkeypatch):
    data = network_bytes(made_network())
    made_of = json.loads(read_header(data).metadata[INSTANT])["architecture"] | architecture
    data = changed(data, about={"architecture": made_of}, header=INSTANT)
    monkeypatch.setattr(Network, "__init__", lambda *_: pytest.fail("it was built"))
    with pytest.raises(PochadeError):
        load_network(data)


@pytest.mark.parametrize(
    "architecture",
    [
        *ARCHITECTURES.values(),
        NetworkArchitecture(unshuffle=4, down=(5, 6, 7), blocks=2, up=(8, 9, 10), edge=5),
        NetworkArchitecture(unshuffle=1, down=(3,), blocks=1, up=(), edge=3),
        NetworkArchitecture(unshuffle=2, down=(3,), blocks=1, up=(), edge=3),
    ],
)
def test_a_networks_shapes_are_known_before_it_is_made(architecture):
    made = Network(About("", "", architecture, [])).state_dict()
    assert shapes_of(architecture) == {name: tuple(tensor.shape) for name, tensor in made.items()}


@pytest.mark.parametrize(
    "about",
    [
        {"palette": [[float(0), 0, 0], [[0, 0, 0], [0, 0, 0]]]},
        {"palette": 5},
        {"palette": [["0", 0, 0], [[0] * 3] * 3]},
        {"name": 5},
        {"training": []},
        {"training": {"training": {"style_size": "x"}}},
        {"training": {"settings": {"style_scale": -1}}},
    ],
)
def test_what_a_network_says_of_itself_is_checked(about):
    with pytest.raises(PochadeError, match="is no network"):
        load_network(changed(network_bytes(made_network()), about=about, header=INSTANT))


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("128.relu1_1.mean", torch.zeros(20_000), "mean"),
        ("128.relu1_1.mean", torch.zeros(17), "should be"),
        ("128.relu1_1.covariance", torch.zeros(137), "should be"),
        ("128.relu1_1.covariance", torch.full((136,), torch.nan), "broken numbers"),
        ("128.relu1_1.scale", torch.zeros(1), "above 0"),
        ("128.relu1_1.mean", None, "belong"),
        ("97.relu1_1.mean", torch.zeros(16), "lacks"),
        ("x", torch.zeros(1), "belong"),
    ],
)
def test_statistics_are_compared_before_matrices_are_made(tmp_path, name, tensor, words):
    data = changed(find_preset("udnie").statistics.read_bytes(), name, tensor)
    with pytest.raises(PochadeError, match=words):
        check_statistics(write(tmp_path / "statistics.safetensors", data))


def test_statistics_of_layers_that_the_encoder_has_not_are_refused(tmp_path):
    data = find_preset("udnie").statistics.read_bytes()
    tensors = {name.replace("relu5_1", "relu4_4"): t for name, t in read_tensors(data, 1e12).items()}
    data = tensors_to_bytes(tensors, read_header(data).metadata)
    with pytest.raises(PochadeError, match="encoder"):
        check_statistics(write(tmp_path / "statistics.safetensors", data))


def test_a_file_whose_tensors_do_not_fill_it_is_refused():
    header = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}

    def data(header, behind=8):
        text = json.dumps(header).encode()
        return len(text).to_bytes(8, "little") + text + bytes(behind)

    assert read_header(data(header)).tensors == {"a": ("F32", (2,))}
    for changes, behind in (
        ({"shape": [1 << 40]}, 8),
        ({"shape": [3]}, 8),
        ({"shape": [2.0]}, 8),
        ({"shape": [-2]}, 8),
        ({"shape": "2"}, 8),
        ({"dtype": "F31"}, 8),
        ({"dtype": []}, 8),
        ({"data_offsets": [8, 16]}, 16),
        ({"data_offsets": [0]}, 8),
        ({}, 7),
        ({}, 9),
    ):
        with pytest.raises(ValueError, match="."):
            read_header(data({"a": header["a"] | changes}, behind))
    with pytest.raises(ValueError, match="upon each other"):
        read_header(data({**header, "b": header["a"]}))


def _saved(value, new_format=True) -> bytes:
    data = io.BytesIO()
    torch.save(value, data, _use_new_zipfile_serialization=new_format)
    return data.getvalue()


def _compressed(data: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.infolist():
            new.writestr(member.filename, old.read(member))
    return packed.getvalue()


def _told_longer(data: bytes) -> bytes:
    """A zip whose list says of its first member that it takes 2 GB."""
    at = data.index(b"PK\x01\x02") + 20
    return data[:at] + (2 << 30).to_bytes(4, "little") + data[at + 4 :]


HOLLOW = {
    "expanded": lambda: _saved({"features.0.weight": torch.zeros(1).expand(1 << 20, 3, 3, 3)}),
    "expanded, the first format": lambda: _saved(
        {"features.0.weight": torch.zeros(1).expand(1 << 20, 3, 3, 3)}, False
    ),
    "expanded by little": lambda: _saved({"features.0.weight": torch.zeros(1).expand(300, 300, 3, 3)}),
    "compressed": lambda: _compressed(_saved({"features.0.weight": torch.zeros(1 << 20, 3, 3, 3)})),
    "a part that is longer than the file": lambda: _told_longer(
        _saved({"features.0.weight": torch.zeros(9)})
    ),
    "a pickle of ten million steps": lambda: b"\x80\x02" + b"(" * 10_000_000,
    "a pickle that asks for bytes": lambda: pickle.dumps(bytearray, 2)[:-1] + b"\x8a\x05\0\0\0\0\x10\x85R.",
    "meta": lambda: _saved({"features.0.weight": torch.zeros(9, 3, 3, 3, device="meta")}),
}


@pytest.mark.parametrize("kind", HOLLOW)
def test_weights_larger_than_their_file_are_refused(tmp_path, kind):
    path = write(tmp_path / "hollow.pth", HOLLOW[kind]())
    with pytest.raises(PochadeError, match="damaged or holds more than weights"):
        add_encoder(path, tmp_path)
    if kind.startswith("a pickle"):
        with pytest.raises(ValueError, match="larger than its file"):
            read_weights(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"normalise.weight": torch.zeros(3, 3, 1, 1), "normalise.bias": torch.zeros(3)},
        {"normalise.weight": torch.eye(3).view(3, 3, 1, 1)},
        {"normalise.weight": torch.eye(2).view(2, 2, 1, 1), "normalise.bias": torch.zeros(3)},
        {"normalise.weight": torch.eye(3), "normalise.bias": torch.full((3,), torch.nan)},
        {"features.0.weight": torch.zeros(())},
        {"features.0.weight": torch.zeros(2, 3, 3, 3, dtype=torch.int32)},
        {"features.0.bias": torch.zeros(2, 1)},
        {"features.0.weight": torch.zeros(0, 3, 3, 3), "features.0.bias": torch.zeros(0)},
    ],
)
@pytest.mark.parametrize("ending", [".pth", ".safetensors"])
def test_a_strangers_network_is_compared_before_it_is_taken(tmp_path, changes, ending):
    state = {"features.0.weight": torch.ones(2, 3, 3, 3), "features.0.bias": torch.ones(2)}
    path = tmp_path / f"other{ending}"
    path.write_bytes(_saved(state) if ending == ".pth" else save(state))
    assert add_encoder(path, tmp_path / "added").name == "other"
    path.write_bytes(_saved(state | changes) if ending == ".pth" else save(state | changes))
    with pytest.raises(PochadeError, match="VGG's shape|broken weights|is damaged"):
        add_encoder(path, tmp_path / "added")
