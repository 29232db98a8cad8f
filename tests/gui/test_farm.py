"""A job as a farm runs it: openjd-cli runs the tasks, two at once, each in a Blender of its own from the
command line.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import build
from core.files.pictures import read_picture

OPENJD = build.python_of(build.VENV).with_name("openjd")
FOLDER = build.OUT / "window" / "farm"
LIMIT = 400  # seconds for one step


@pytest.fixture(scope="module")
def blender(request, window_zip):
    """A command that starts Blender in the project's folder, as an executable; Pochade is installed in it
    meanwhile.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    launcher = FOLDER / "blender.sh"
    launcher.write_text(
        f'#!/bin/sh\ncd "{build.ROOT}" && exec {request.config.getoption("--blender")} "$@"\n'
    )
    launcher.chmod(0o755)
    run(
        launcher,
        "--command",
        "extension",
        "install-file",
        "--repo",
        "user_default",
        "--enable",
        os.path.relpath(window_zip, build.ROOT),
    )
    yield launcher
    run(launcher, "--command", "extension", "remove", "pochade")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def run_step(template, name, *sessions):
    """Run one step's tasks, given by their first frames, in as many sessions at once as there are lists; what
    they said.
    """
    named = [
        ["--tasks", json.dumps([{"First": str(first)} for first in tasks])] if tasks else []
        for tasks in sessions
    ]
    commands = [[OPENJD, "run", template, "--step", name, "--no-run-dependencies", *tasks] for tasks in named]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands
    ]
    said = [process.communicate(timeout=LIMIT)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running), "\n".join(said)
    return "\n".join(said)


def pictures(folder):
    return {file.name: read_picture(file) for file in sorted(folder.glob("*.png"))}


def test_the_command_line(blender):
    assert "usage: blender --command pochade" in run(blender, "--command", "pochade", "--help")
    assert "starry_night" in run(blender, "--command", "pochade", "presets", "list")
    wrong = subprocess.run(
        [blender, "--command", "pochade", "paint"], capture_output=True, text=True, timeout=LIMIT
    )
    assert wrong.returncode == 2 and "the following arguments are required" in wrong.stderr


def test_a_job_of_24_frames_in_4_chunks(blender):
    script = os.path.relpath(Path(__file__).with_name("farm_shot.py"), build.ROOT)
    run(
        blender,
        "--background",
        "--python-exit-code",
        "3",
        "--python",
        script,
        "--",
        os.path.relpath(FOLDER, build.ROOT),
        blender,
    )
    job, by_hand = FOLDER / "shot on the farm", FOLDER / "by hand"
    template = job / "template.json"
    run(OPENJD, "check", template)
    said = run_step(template, "render", [17, 1], [9])
    said += run_step(template, "anchors", [])
    said += run_step(template, "chunk", [7, 19], [1, 13])
    said += run_step(template, "collect", [])
    assert "openjd_progress: 100" in said and "openjd_status: Chunk 4 is painted" in said
    names = [f"{number:04}.png" for number in range(1, 25)]
    for folder in ("painted/source", "painted"):
        ours, theirs = pictures(job / folder), pictures(by_hand / folder)
        assert list(ours) == list(theirs) == names
        assert [name for name in names if not np.array_equal(ours[name], theirs[name])] == []
