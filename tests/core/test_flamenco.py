"""Flamenco's job type, run in Node with a stand-in for what Flamenco gives it."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from core.compute.machine import DEVICES
from core.sequence.shot import chunk_count
from core.settings import FarmSettings

JOB_TYPE = Path(__file__).parents[2] / "addon" / "farm" / "pochade_animation.js"
STAND_IN = Path(__file__).with_name("flamenco_stand_in.js")
pytestmark = pytest.mark.skipif(
    not shutil.which("node"), reason="Flamenco's job type is JavaScript: install Node to test it"
)


def compile_jobs(*settings):
    jobs = json.dumps(
        [{"blendfile": "/shared/shot.blend", "folder": "/shared/painted", **each} for each in settings]
    )
    told = json.loads(
        subprocess.run(["node", STAND_IN, JOB_TYPE, jobs], capture_output=True, text=True, check=True).stdout
    )
    return told["type"], told["compiled"]


@pytest.mark.parametrize(
    ("first", "last", "chunk", "render_chunk"),
    [(1, 24, 6, 8), (1, 250, 24, 8), (101, 125, 8, 5), (7, 8, 24, 8)],
)
def test_tasks_and_their_order(first, last, chunk, render_chunk):
    _, (tasks,) = compile_jobs({"frames": f"{first}-{last}", "chunk": chunk, "render_chunk": render_chunk})
    names = {task["name"]: task["dependencies"] for task in tasks}
    renders = [f"render-{frame}" for frame in range(first, last + 1, render_chunk)]
    chunks = [name for name in names if name.startswith("chunk-")]
    assert len(chunks) == chunk_count(last - first + 1, chunk)
    assert chunks == [f"chunk-{first + number * chunk}" for number in range(len(chunks))]
    assert names == {
        **{name: [] for name in renders},
        "anchors": renders,
        **{name: ["anchors"] for name in chunks},
        "collect": chunks,
    }
    assert len(tasks) == len(names) and {task["type"] for task in tasks} == {"blender"}


def test_commands_are_blenders():
    _, (tasks,) = compile_jobs({"frames": "1..24", "chunk": 6, "scene": "Shot 1", "device": "cuda"})
    (command,) = next(task["commands"] for task in tasks if task["name"] == "chunk-7")
    assert command == {
        "name": "blender-render",
        "parameters": {
            "exe": "{blender}",
            "exeArgs": "{blenderArgs}",
            "argsBefore": [],
            "blendfile": "/shared/shot.blend",
            "args": [
                "--command",
                "pochade",
                "animate",
                "--stage",
                "chunk",
                "--frames",
                "1..24",
                "--folder",
                "/shared/painted",
                "--chunk",
                "6",
                "--render-chunk",
                "8",
                "--device",
                "cuda",
                "--scene",
                "Shot 1",
                "--from",
                "7",
            ],
        },
    }
    collect = next(task["commands"][0]["parameters"]["args"] for task in tasks if task["name"] == "collect")
    assert "--from" not in collect


def test_what_is_no_shot_is_refused():
    _, told = compile_jobs(*({"frames": text} for text in ("1,5,9", "7", "9-3", "all")))
    assert all("a range of frames without gaps" in each for each in told)


def test_its_settings_are_pochades():
    job_type, _ = compile_jobs()
    settings = {setting["key"]: setting for setting in job_type["settings"]}
    for name, field in FarmSettings.__dataclass_fields__.items():
        assert settings[name]["default"] == field.default
        assert settings[name]["propargs"] == {"min": field.metadata["low"], "max": field.metadata["high"]}
        assert field.metadata["description"].startswith(settings[name]["description"])
    assert settings["device"]["choices"] == ["preferences", *DEVICES]
    assert settings["blender"]["default"] == "{blender}"
