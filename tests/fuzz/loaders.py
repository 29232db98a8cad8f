"""The loaders, each with valid files, what is done to them, and what it gives, which is to be finite."""

import io
import shutil
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import OpenEXR
import torch
from PIL import Image

from core.encoders.files import read_entry
from core.encoders.network import EncoderArchitecture, load_encoder, save_encoder
from core.encoders.vgg import add_encoder
from core.errors import PochadeError
from core.files import recipes
from core.files.checkpoint import Checkpoint
from core.files.checkpoint_reader import STATE, CheckpointReader
from core.files.cryptomatte import read_cryptomattes
from core.files.exr import read_passes
from core.files.pictures import read_picture, write_picture
from core.instant.architecture import About, NetworkArchitecture
from core.instant.files import load_network, network_bytes
from core.instant.network import Network
from core.presets.archive import export_preset, import_preset
from core.presets.load import check_statistics, style_from_preset
from core.presets.preset import Preset, read_preset
from core.settings import Settings, settings_from
from core.style.losses import Statistics
from core.style.statistics import load_table, save_table
from tests.core.dpx_files import dpx
from tests.core.exr_files import write_exr

from .mutations import (
    Mutation,
    any_of,
    array_changed,
    bytes_changed,
    header_changed,
    json_changed,
    member_changed,
    numbers_changed,
)

TENSORS = any_of(bytes_changed, header_changed, header_changed, numbers_changed)
JSON = any_of(bytes_changed, json_changed, json_changed)
NAMES = [f"{number:04}.png" for number in range(3)]


class Loader(NamedTuple):
    """`seeds(folder)` are valid files' bytes, `load(path)` reads one at a path with this ending and gives
    arrays and tensors.
    """

    seeds: Callable[[Path], list[bytes]]
    mutation: Mutation
    ending: str
    load: Callable[[Path], Iterable[Any]]


def _network_bytes() -> bytes:
    architecture = NetworkArchitecture(unshuffle=2, down=(4, 4), blocks=1, up=(4,), edge=3)
    palette = [[0.5, 0.3, 0.2], np.diag([0.02, 0.01, 0.03]).tolist()]
    training = {"training": {"style_size": 256}, "settings": {"style_scale": 1.0}}
    return network_bytes(Network(About("Made", "Nobody", architecture, palette, training)))


def _statistics_bytes(folder: Path) -> bytes:
    table = {size: {"relu1_1": Statistics(torch.ones(4), torch.eye(4))} for size in (64, 128)}
    save_table(folder / "s.safetensors", table, "0" * 64)
    return (folder / "s.safetensors").read_bytes()


def _encoder_bytes(folder: Path) -> bytes:
    architecture = EncoderArchitecture(
        "tiny", "Tiny", ((2,), (3,)), (0.5,) * 3, (0.25,) * 3, {"relu1_1": 1.0}, {"relu2_1": 1.0}, "nobody"
    )
    weights, metrics = architecture.tensors()
    tensors = {name: torch.ones(shape) / 8 for name, shape in (weights | metrics).items()}
    save_encoder(folder / "e.safetensors", architecture, tensors)
    return (folder / "e.safetensors").read_bytes()


def _weights() -> dict[str, torch.Tensor]:
    shapes = {0: (2, 3), 2: (2, 2), 5: (3, 2), 7: (3, 3)}
    return {
        f"features.{at}.{part}": torch.ones((*shape, 3, 3) if part == "weight" else shape[:1]) / 7
        for at, shape in shapes.items()
        for part in ("weight", "bias")
    } | {"normalise.weight": torch.eye(3).view(3, 3, 1, 1), "normalise.bias": torch.zeros(3)}


def _saved(new_format: bool) -> bytes:
    data = io.BytesIO()
    torch.save(_weights(), data, _use_new_zipfile_serialization=new_format)
    return data.getvalue()


def _weights_as_safetensors() -> bytes:
    from safetensors.torch import save

    return save(_weights())


def _preset(folder: Path) -> Preset:
    return Preset("Mine", "A", "1900", "CC0", "what", {"strength": 0.5, "size": 256}, folder)


def _preset_bytes(folder: Path) -> bytes:
    png = _pictures("PNG")(folder)[0]
    files = {
        "plate.png": png,
        "thumbnail.png": png,
        "statistics.safetensors": _statistics_bytes(folder),
        "instant.safetensors": _network_bytes(),
    }
    export_preset(folder / "mine.pochade", _preset(folder), files)
    return (folder / "mine.pochade").read_bytes()


def _load_preset(path: Path) -> list:
    library = path.parent / "library"
    try:
        style = style_from_preset(import_preset(path, library))
        tables = [
            [s.mean, s.covariance] for of_size in (style.table or {}).values() for s in of_size.values()
        ]
        network = load_network(style.network_bytes()) if style.network else None
        return [style.picture, *sum(tables, []), *(network.state_dict().values() if network else ())]
    finally:
        shutil.rmtree(library, ignore_errors=True)


def _load_preset_folder(path: Path) -> tuple:
    preset = read_preset(path.rename(path.with_name("preset.json")).parent)
    preset.to_json()
    return ()


def _load_statistics(path: Path) -> list:
    check_statistics(path)
    table, _ = load_table(path)
    return [tensor for layers in table.values() for s in layers.values() for tensor in (s.mean, s.covariance)]


def _load_encoder(path: Path) -> Iterable:
    read_entry(path)
    encoder = load_encoder(path)
    return [*encoder.state_dict().values(), *encoder.metrics.values()]


def _add_encoder(path: Path) -> Iterable:
    folder = path.parent / "encoders"
    try:
        return load_encoder(add_encoder(path, folder).path).state_dict().values()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pictures(*formats: str) -> Callable[[Path], list[bytes]]:
    def seeds(folder: Path) -> list[bytes]:
        rng, found = np.random.default_rng(0), []
        for name in formats:
            for mode in ("RGB", "RGBA", "L", "P"):
                if (name, mode) in (("JPEG", "RGBA"), ("JPEG", "P")):
                    continue
                data = io.BytesIO()
                picture = Image.fromarray((rng.random((20, 24, 4)) * 255).astype(np.uint8))
                picture.convert("RGB").convert(mode).save(data, name)
                found.append(data.getvalue())
        return found

    return seeds


def _deep_pngs(folder: Path) -> list[bytes]:
    for channels in (3, 4):
        picture = np.random.default_rng(0).random((20, 24, channels))
        write_picture(folder / f"{channels}.png", picture, 16)
    return [(folder / f"{channels}.png").read_bytes() for channels in (3, 4)]


def _other_pictures(folder: Path) -> list[bytes]:
    values = np.random.default_rng(0).random((20, 24)).astype(np.float32)
    kinds = ((8, 0, 0, ">"), (10, 1, 3, ">"), (10, 0, 2, "<"), (12, 1, 6, "<"), (16, 0, 0, ">"))
    colours = np.repeat(values[..., None], 3, axis=2)
    grey = b"P5 24 20 65535\n" + (values * 65535).astype(">u2").tobytes()
    return [
        *(dpx(values, *kind) for kind in kinds),
        *(cv2.imencode(ending, colours)[1].tobytes() for ending in (".hdr", ".tiff")),
        grey,
    ]


def _exr_bytes(folder: Path) -> list[bytes]:
    rng = np.random.default_rng(0)
    names = [
        f"V.{name}"
        for name in ("Depth.Z", *(f"Vector.{c}" for c in "XYZW"), *(f"Combined.{c}" for c in "RGBA"))
    ]
    names += [f"V.CryptoObject00.{c}" for c in "rgba"]
    header = {"cryptomatte/1/manifest": '{"Cube":"11223344","The "one"":"aabbccdd"}'}
    several = {name: rng.random((20, 24), np.float32) for name in names}
    found = []
    for channels, in_parts in (
        (several, False),
        (several, True),
        (dict.fromkeys("RGBA", several["V.Depth.Z"]), False),
    ):
        write_exr(folder / "a.exr", channels, dict(header), in_parts)
        found.append((folder / "a.exr").read_bytes())
    OpenEXR.File(
        {"type": OpenEXR.tiledimage, "tiles": OpenEXR.TileDescription()},
        {"RGB": rng.random((20, 24, 3), np.float32)},
    ).write(str(folder / "a.exr"))
    return [*found, (folder / "a.exr").read_bytes()]


def _with_recipe(folder: Path) -> list[bytes]:
    made = recipes.recipe("photo", "Udnie", [["udnie", "Udnie", 1.0]], Settings())
    names = ("a.png", "a.exr", "a.jpg")
    for name in names:
        write_picture(folder / name, np.ones((4, 4, 3)), recipe=made)
    return [(folder / name).read_bytes() for name in names]


def _load_recipe(path: Path) -> list:
    found = recipes.read(path)
    assert all(isinstance(found[key], str) for key in ("source", "style"))
    settings_from(found["settings"])
    return []


def _load_exr(path: Path) -> tuple:
    """By each of the doors, for one may refuse what another takes."""
    with suppress(PochadeError):
        for matte in read_cryptomattes(path)["OBJECT"]:
            matte.mask(matte.names_seen())
    with suppress(PochadeError):
        read_passes(path)
    with suppress(PochadeError):
        read_picture(path)
    return ()


def _load_picture(path: Path) -> list:
    picture = read_picture(path)
    assert picture.ndim == 3 and picture.shape[2] in (3, 4) and picture.min() >= 0 and picture.max() <= 1
    return [picture]


def _job(folder: Path) -> Path:
    with Checkpoint(folder, {"source": "a", "settings": {"strength": 1.0}}, NAMES) as job:
        for number in range(2):
            job.save(0, number, np.ones((4, 8, 8), np.float32))
            (folder / NAMES[number]).touch()
            job.advance(NAMES[number])
    return folder / STATE


def _record_bytes(folder: Path) -> list[bytes]:
    return [(_job(folder / "job") / "job.json").read_bytes()]


def _array_bytes(folder: Path) -> list[bytes]:
    return [(_job(folder / "job") / "0_0001.npy").read_bytes()]


def _open_job(path: Path) -> list:
    """The record is among what its job has made; what is not of that stays."""
    folder = path.parent / "job"
    try:
        shutil.copytree(path.parents[1] / "seeds" / "job", folder)
        path.replace(folder / STATE / "job.json")
        (folder / "mine.txt").touch()
        CheckpointReader(folder).all_there(NAMES)
        with Checkpoint(folder, {"source": "a", "settings": {"strength": 1.0}}, NAMES) as job:
            return [job.load(0, number) for number in range(min(job.done, 2))]
    finally:
        assert (folder / "mine.txt").exists()
        shutil.rmtree(folder)


def _load_array(path: Path) -> list:
    return [CheckpointReader(path.parent, ".").load(path.stem.split("_")[0], 1)]


LOADERS = {
    "preset": Loader(
        lambda folder: [_preset_bytes(folder)],
        any_of(bytes_changed, member_changed({"json": JSON, "safetensors": TENSORS})),
        ".pochade",
        _load_preset,
    ),
    "preset.json": Loader(
        lambda folder: [_preset(folder).to_json().encode()], JSON, ".json", _load_preset_folder
    ),
    "statistics": Loader(
        lambda folder: [_statistics_bytes(folder)], TENSORS, ".safetensors", _load_statistics
    ),
    "network": Loader(
        lambda folder: [_network_bytes()],
        TENSORS,
        ".safetensors",
        lambda path: load_network(path).state_dict().values(),
    ),
    "encoder": Loader(lambda folder: [_encoder_bytes(folder)], TENSORS, ".safetensors", _load_encoder),
    "weights": Loader(
        lambda folder: [_saved(True), _saved(False)], any_of(bytes_changed), ".pth", _add_encoder
    ),
    "weights, safetensors": Loader(
        lambda folder: [_weights_as_safetensors()], TENSORS, ".safetensors", _add_encoder
    ),
    "picture": Loader(
        _pictures("PNG", "JPEG", "TIFF", "WEBP", "BMP", "GIF", "TGA"), bytes_changed, ".png", _load_picture
    ),
    "picture, 16 bit": Loader(_deep_pngs, bytes_changed, ".png", _load_picture),
    "picture, others": Loader(_other_pictures, bytes_changed, ".dpx", _load_picture),
    "OpenEXR": Loader(_exr_bytes, bytes_changed, ".exr", _load_exr),
    "recipe": Loader(_with_recipe, bytes_changed, ".png", _load_recipe),
    "job.json": Loader(_record_bytes, JSON, ".json", _open_job),
    "array": Loader(_array_bytes, any_of(bytes_changed, array_changed), "_0001.npy", _load_array),
}
