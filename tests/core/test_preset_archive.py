"""Presets as files: they come back as they were, and a file from anywhere does no harm."""

import json
import struct
import warnings
import zipfile
from dataclasses import replace

import pytest

from core.errors import PochadeError
from core.files.pictures import read_picture, write_picture
from core.instant.files import network_bytes
from core.presets.archive import (
    PNG,
    add_preset,
    change_preset,
    export_preset,
    files_of,
    import_preset,
    list_presets,
    remove_preset,
)
from core.presets.load import style_from_preset
from core.presets.preset import Preset, find_preset, read_preset
from tests.core.networks import made_network

ABOUT = {
    "format": 1,
    "name": "Mine",
    "artist": "",
    "year": "",
    "licence": "",
    "description": "",
    "settings": {"strength": 0.5},
}


@pytest.fixture
def plate(tmp_path, stripes):
    write_picture(tmp_path / "stripes.png", stripes)
    return (tmp_path / "stripes.png").read_bytes()


@pytest.fixture
def mine(tmp_path, plate):
    """A preset of the user's, with a picture and a network of its own."""
    preset = Preset.from_values(ABOUT, tmp_path)
    files = {"plate.png": plate, "thumbnail.png": plate, "instant.safetensors": network_bytes(made_network())}
    return add_preset(tmp_path / "library", preset, files)


def test_a_file_brings_everything_to_another_library(mine, tmp_path, stripes):
    export_preset(tmp_path / "mine.pochade", mine, files_of(mine))
    there = import_preset(tmp_path / "mine.pochade", tmp_path / "other")
    assert (there.name, there.settings, there.folder) == (
        "Mine",
        {"strength": 0.5},
        tmp_path / "other" / "mine",
    )
    assert files_of(there) == files_of(mine)
    style = style_from_preset(there)
    assert (style.picture == read_picture(mine.plate)).all() and style.network_bytes()


def test_a_factory_style_is_painted_from_its_statistics_wherever_it_goes(tmp_path):
    starry = find_preset("starry_night")
    export_preset(
        tmp_path / "night.pochade",
        replace(starry, style=starry.factory, settings={"steps": 9}),
        files_of(starry),
    )
    there = import_preset(tmp_path / "night.pochade", tmp_path / "library")
    assert (there.factory, there.statistics, there.attribution) == (
        "starry_night",
        starry.statistics,
        starry.attribution,
    )
    assert style_from_preset(there).table is not None


def test_presets_of_one_name_live_side_by_side(mine, tmp_path):
    second = add_preset(tmp_path / "library", mine, files_of(mine))
    assert [path.name for path in list_presets(tmp_path / "library")] == ["mine", "mine_2"]
    changed = change_preset(second, name="Other", settings={})
    assert read_preset(second.folder) == changed
    remove_preset(mine)
    assert list_presets(tmp_path / "library") == [second.folder]
    assert [path.name for path in (tmp_path / "library").iterdir()] == ["mine_2"]


def test_names_that_are_no_file_names_are_kept(mine, tmp_path):
    odd = add_preset(
        tmp_path / "library",
        change_preset(mine, name="../../etc: \u2019s \N{ARTIST PALETTE}"),
        files_of(mine),
    )
    assert odd.folder.parent == tmp_path / "library" and odd.name == "../../etc: \u2019s \N{ARTIST PALETTE}"


def made(path, **members):
    """A zip with these members; of a good preset, but for what is given."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            if data is not None:
                file.writestr(name, data)
    return path


BAD = {
    "outside": ({"../../outside.txt": b"x"}, "no preset has"),
    "absolute": ({"/tmp/plate.png": b"x"}, "no preset has"),
    "script": ({"setup.py": b"import os"}, "no preset has"),
    "wrong type": ({"plate.png": b"MZ not a picture"}, "not what a preset has"),
    "bomb": ({"thumbnail.png": PNG + bytes(5_000_000)}, "not what a preset has"),
    "no network": ({"instant.safetensors": b"pickle"}, "no network"),
    "no about": ({"preset.json": None}, "no preset of Pochade, or is damaged"),
    "no json": ({"preset.json": b"{"}, "no preset of Pochade, or is damaged"),
    "list": ({"preset.json": b"[]"}, "not what a preset has"),
    "newer": ({"preset.json": json.dumps({**ABOUT, "format": 99})}, "newer Pochade; update the extension"),
    "bad setting": ({"preset.json": json.dumps({**ABOUT, "settings": {"strength": 7}})}, "Strength must be"),
    "unknown setting": ({"preset.json": json.dumps({**ABOUT, "settings": {"rm": 1}})}, "no setting named rm"),
    "name is none": ({"preset.json": json.dumps({**ABOUT, "name": 3})}, "broken"),
    "style outside": ({"preset.json": json.dumps({**ABOUT, "style": "../x"})}, "broken"),
    "unknown style": (
        {"preset.json": json.dumps({**ABOUT, "style": "nighthawks"})},
        "needs the style nighthawks",
    ),
    "no picture": ({"plate.png": None}, "no picture of its style"),
}


@pytest.mark.parametrize("members, words", BAD.values(), ids=BAD)
def test_a_file_from_anywhere_is_refused_with_a_sentence(tmp_path, plate, members, words):
    library = tmp_path / "library"
    path = made(
        tmp_path / "found.pochade", **{"preset.json": json.dumps(ABOUT), "plate.png": plate, **members}
    )
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(PochadeError, match=words) as error:
        import_preset(path, library)
    assert "\n" not in str(error.value)
    assert [p for p in sorted(tmp_path.rglob("*")) if p not in before] in ([], [library])


def test_what_is_no_zip_is_refused(tmp_path, mine):
    export_preset(tmp_path / "mine.pochade", mine, files_of(mine))
    whole = (tmp_path / "mine.pochade").read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 3] ^= 255
    lying = whole.replace(struct.pack("<I", len(files_of(mine)["plate.png"])), struct.pack("<I", 1))
    for data in (b"", b"PK", whole[:-40], bytes(damaged), lying):
        (tmp_path / "bad.pochade").write_bytes(data)
        with pytest.raises(PochadeError, match="bad.pochade|mine|preset"):
            import_preset(tmp_path / "bad.pochade", tmp_path / "library")
    with pytest.raises(PochadeError, match="There is no file"):
        import_preset(tmp_path / "none.pochade", tmp_path / "library")


def members_of(path):
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def png(width, height):
    """The beginning of one, and nothing else."""
    return PNG + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 6, 0, 0, 0)


def several(path, members):
    with warnings.catch_warnings(), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        warnings.simplefilter("ignore")  # of names that come twice
        for name, data in members:
            file.writestr(name, data)
    return path


LARGE = {
    "the same file twice": (lambda good: [*good.items(), ("plate.png", good["plate.png"])], "several times"),
    "a thumbnail of 22000 px": (
        lambda good: [*{**good, "thumbnail.png": png(22000, 22000)}.items()],
        "is not",
    ),
    "a thumbnail of 0 px": (lambda good: [*{**good, "thumbnail.png": png(0, 10)}.items()], "is not"),
    "a thumbnail that is cut off": (lambda good: [*{**good, "thumbnail.png": PNG}.items()], "is not"),
    "ten thousand members": (lambda good: [*good.items(), *[("x", b"")] * 10_000], "no preset of Pochade"),
    "two large plates": (
        lambda good: [
            *{**good, "plate.png": PNG + bytes(200_000_000), "plate.jpg": bytes(200_000_000)}.items()
        ],
        "more than a preset has",
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_a_file_that_would_become_large_is_refused_before_it_is_read(tmp_path, mine, monkeypatch, kind):
    export_preset(tmp_path / "mine.pochade", mine, files_of(mine))
    change, words = LARGE[kind]
    path = several(tmp_path / "large.pochade", change(members_of(tmp_path / "mine.pochade")))
    read = []
    opened = zipfile.ZipFile.open
    monkeypatch.setattr(
        zipfile.ZipFile,
        "open",
        lambda self, info, *rest: read.append(info.file_size) or opened(self, info, *rest),
    )
    with pytest.raises(PochadeError, match=words):
        import_preset(path, tmp_path / "library")
    assert sum(read) < 10_000_000


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_file_that_is_packed_otherwise_is_refused(tmp_path, mine, method):
    export_preset(tmp_path / "mine.pochade", mine, files_of(mine))
    with zipfile.ZipFile(tmp_path / "other.pochade", "w", method) as file:
        for name, data in members_of(tmp_path / "mine.pochade").items():
            file.writestr(name, data)
    with pytest.raises(PochadeError, match="no preset of Pochade"):
        import_preset(tmp_path / "other.pochade", tmp_path / "library")


def test_a_larger_zips_list_is_not_read(tmp_path, mine):
    export_preset(tmp_path / "mine.pochade", mine, files_of(mine))
    data = (tmp_path / "mine.pochade").read_bytes()
    at = data.rindex(b"PK\x05\x06")
    path = tmp_path / "zip64.pochade"
    path.write_bytes(data[:at] + struct.pack("<4sIQI", b"PK\x06\x07", 0, 0, 1) + data[at:])
    with pytest.raises(PochadeError, match="no preset of Pochade"):
        import_preset(path, tmp_path / "library")
