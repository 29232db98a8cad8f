"""A job as a farm runs it: openjd-cli runs the tasks, two at once, each in a Blender of its own."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

import build
from core.files.pictures import read_picture

pytestmark = pytest.mark.by_version  # frames are rendered by compositing nodes, which differ
OPENJD = build.python_of(build.VENV).with_name("openjd")
LIMIT = 1200  # seconds for one step


@pytest.fixture(scope="module")
def launcher(blender, window_zip):
    """A command that starts Blender in the project's folder, as an executable; Pochade is installed in it."""
    folder = blender.out / "farm"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    launcher = folder / "blender.sh"
    exports = "".join(
        f'export {name}="{value}"\n'
        for name, value in blender.environment("test_farm").items() - os.environ.items()
    )
    launcher.write_text(f'#!/bin/sh\n{exports}cd "{build.ROOT}" && exec {blender.command} "$@"\n')
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
    """Run a step's tasks, by their first frames, in a session for each list at once; their output."""
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


def test_the_command_line(launcher):
    assert "usage: blender --command pochade" in run(launcher, "--command", "pochade", "--help")
    assert "starry_night" in run(launcher, "--command", "pochade", "presets", "list")
    wrong = subprocess.run(
        [launcher, "--command", "pochade", "paint"], capture_output=True, text=True, timeout=LIMIT
    )
    assert wrong.returncode == 2 and "the following arguments are required" in wrong.stderr


def test_a_job_of_24_frames_in_4_chunks(launcher):
    folder, script = launcher.parent, os.path.relpath(Path(__file__).with_name("farm_shot.py"), build.ROOT)
    run(
        launcher,
        "--background",
        "--python-exit-code",
        "3",
        "--python",
        script,
        "--",
        os.path.relpath(folder, build.ROOT),
        launcher,
    )
    job, by_hand = folder / "shot on the farm", folder / "by hand"
    template = job / "template.json"
    run(OPENJD, "check", template)
    said = run_step(template, "render", [17, 1], [9])
    said += run_step(template, "anchors", [])
    said += run_step(template, "chunk", [7, 19], [1, 13])
    said += run_step(template, "collect", [])
    assert "openjd_progress: 100" in said and "openjd_status: Chunk 4 is painted" in said
    names = [f"{number:04}.png" for number in range(1, 25)]
    for part in ("painted/source", "painted"):
        ours, theirs = pictures(job / part), pictures(by_hand / part)
        assert list(ours) == list(theirs) == names
        assert [name for name in names if not np.array_equal(ours[name], theirs[name])] == []
