"""Encoders on disk: which there are, told from their headers alone."""

import json
import subprocess
import sys

import pytest
import torch
from safetensors.torch import save_file

from core.encoders.files import COMPACT, available, find_encoder
from core.errors import PochadeError


def _encoder(path, **about):
    path.parent.mkdir(exist_ok=True)
    save_file(
        {"x": torch.zeros(1)},
        path,
        {"pochade_encoder": json.dumps({"format": 1, "title": "A Face", "attribution": "me", **about})},
    )


def test_the_compact_encoder_comes_first_then_the_users(tmp_path):
    _encoder(tmp_path / "faces.safetensors")
    _encoder(tmp_path / "a" / "abstract.safetensors", title="Abstract")
    _encoder(tmp_path / "a" / "compact.safetensors", title="An impostor")
    entries = available([tmp_path, tmp_path / "a", tmp_path / "not there"])
    assert [(entry.name, entry.title) for entry in entries] == [
        ("compact", "Compact"),
        ("faces", "A Face"),
        ("abstract", "Abstract"),
    ]
    assert entries[0].path == COMPACT
    assert find_encoder("faces", entries).path == tmp_path / "faces.safetensors"


def test_what_is_no_encoder_is_passed_over(tmp_path):
    save_file({"x": torch.zeros(1)}, tmp_path / "weights.safetensors")
    _encoder(tmp_path / "untitled.safetensors", title="x")
    (tmp_path / "half.safetensors").write_bytes((tmp_path / "untitled.safetensors").read_bytes()[:60])
    for name, data in {
        "empty": b"",
        "letter": b"Dear Theo, ",
        "huge": b"\xff" * 99,
        "list": b"\x02" + bytes(7) + b"[]",
    }.items():
        (tmp_path / f"{name}.safetensors").write_bytes(data)
    (tmp_path / "folder.safetensors").mkdir()
    assert [entry.name for entry in available([tmp_path])] == ["compact", "untitled"]


def test_an_encoder_that_is_gone_is_named_and_so_are_those_there_are():
    with pytest.raises(PochadeError, match=r"The encoder vgg19 is not here: choose another one \(compact\)"):
        find_encoder("vgg19", available())


def test_listing_needs_no_torch():
    code = (
        "import sys; from core.encoders.files import available; assert available(); print('torch' in "
        "sys.modules)"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, cwd=COMPACT.parents[2]
        ).stdout
        == "False\n"
    )
