"""Starts the Blender that `--blender` names for each session of window checks, and reads what it reported."""

import json
import os
import shlex
import subprocess
from pathlib import Path

import pytest

import build

HERE = Path(__file__).parent
OUT = build.OUT / "window"
PATIENCE = 600  # seconds for a session; each takes one or two minutes


def pytest_addoption(parser):
    parser.addoption(
        "--blender", help="the command that starts a Blender with a window, for the tests in tests/gui"
    )


@pytest.fixture(scope="session")
def window_zip(request):
    if not request.config.getoption("--blender"):
        pytest.skip("name a Blender that can open a window: --blender COMMAND")
    return build.build_zip()


@pytest.fixture(scope="session")
def report_of(request, window_zip):
    """`report_of("painting")`: what the checks of that session said, from one run of Blender, and its exit
    status.
    """
    reports = {}

    def run(session):
        if session not in reports:
            report = OUT / f"{session}.json"
            report.unlink(missing_ok=True)
            reports[session] = _run(request.config.getoption("--blender"), session, window_zip, report)
        return reports[session]

    return run


def _run(blender, session, zip_path, report):
    # Relative, for a Blender in a root of its own sees the project elsewhere.
    here, zip_path, out, report_path = (
        os.path.relpath(path, build.ROOT) for path in (HERE, zip_path, OUT, report)
    )
    command = [
        *shlex.split(blender),
        "--factory-startup",
        "--python-exit-code",
        "3",
        "--python",
        f"{here}/sessions/{session}.py",
        "--",
        zip_path,
        out,
        report_path,
    ]
    OUT.mkdir(parents=True, exist_ok=True)
    with (OUT / f"{session}.log").open("w") as log:
        try:
            status = subprocess.run(
                command, cwd=build.ROOT, stdout=log, stderr=subprocess.STDOUT, timeout=PATIENCE
            ).returncode
        except subprocess.TimeoutExpired:
            status = f"a time-out after {PATIENCE} s"
    checks = json.loads(report.read_text()) if report.exists() else {}
    return checks, status
