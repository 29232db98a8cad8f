"""The benchmark of graphics cards, small and on the processor. Its speed makes no test fail."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.encoders.network import load_encoder
from tests.bench import gpu

ROOT = Path(__file__).parents[2]
# What the benchmark must do without.
ABSENT = "bpy", "cv2", "OpenEXR", "torchvision"


@pytest.fixture(scope="module")
def figures(tmp_path_factory) -> dict:
    """What a Python tells that lacks these packages, in a process of its own."""
    record = tmp_path_factory.mktemp("bench") / "gpu.json"
    program = f"""
import sys
from pathlib import Path
sys.modules.update(dict.fromkeys({ABSENT!r}))
import torch
from tests.bench import gpu
torch.set_num_threads(1)
gpu.measure([*gpu.PARTS], True, torch.device("cpu"), Path(sys.argv[1]))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, record],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(record.read_text())


def test_every_part_is_measured(figures):
    assert "failed" not in figures
    assert {name: len(rows) for name, rows in figures["parts"].items()} == {
        "stills": 3,
        "speed": 1,
        "instant": 4,
        "together": 1,
        "sequence": 1,
        "training": 2,
    }
    for rows in figures["parts"].values():
        for row in rows:
            assert all(value > 0 for key, value in row.items() if key.endswith(("seconds", "_s", "fps")))
    assert {row["precision"] for row in figures["parts"]["stills"]} == {"bfloat16", "float32"}
    assert [row["part"] for row in figures["memory"]] == [*gpu.PARTS]


def test_pictures_are_those_of_a_job_alone_and_unbroken(figures):
    (beside,), (sequence,) = figures["parts"]["together"], figures["parts"]["sequence"]
    assert max(beside["live_difference_255"], beside["job_difference_255"]) <= 1
    assert sequence["resume_difference_255"] <= 1


def test_the_table_shows_all_and_says_what_broke_off(figures):
    text = gpu.table(figures)
    assert "A quick run" in text and "never" not in text
    for name in (*gpu.PARTS, "memory"):
        assert f"## {name.capitalize()}\n\n| " in text
    assert "Speed broke off: no memory" in gpu.table(figures | {"failed": {"speed": "no memory"}})


def test_the_encoder_has_the_shape_of_vgg19(tmp_path):
    encoder = load_encoder(gpu.Bench(torch.device("cpu"), gpu.QUICK, tmp_path).vgg19())
    counts = [weights.numel() for weights in encoder.parameters()]
    assert sum(counts) == 20_024_384 - 3 * (512 * 512 * 9 + 512)  # VGG-19's convolutions, up to conv5_1
