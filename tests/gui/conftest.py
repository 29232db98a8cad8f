"""Starts the Blender that `--blender` names for each session of window checks, and reads what it reported.

All sessions that tests ask for begin with the first test, two side by side, and a test waits for its own.
What a Blender leaves is in out/window/VERSION, and each has a home of its own there.
"""

import json
import os
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import build

HERE = Path(__file__).parent
AT_ONCE = 2  # sessions; tests that need none go on beside them
PATIENCE = 900  # seconds for a session, so that one that hangs fails alone; each takes one to three minutes


def pytest_addoption(parser):
    parser.addoption(
        "--blender", help="the command that starts a Blender with a window, for the tests in tests/gui"
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "by_version: what Pochade does differently in other versions of Blender"
    )


class Blender:
    """The Blender of `--blender`, and the folder of what it leaves."""

    def __init__(self, command: str):
        self.command = command
        said = subprocess.run(
            [*shlex.split(command), "--version"], cwd=build.ROOT, capture_output=True, text=True
        )
        assert said.stdout.startswith("Blender "), said.stdout + said.stderr
        self.out = build.OUT / "window" / ".".join(said.stdout.split()[1].split(".")[:2])
        self.out.mkdir(parents=True, exist_ok=True)

    def home(self, name: str) -> Path:
        """An empty home of that name."""
        home = self.out / "home" / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        return home

    def environment(self, name: str) -> dict[str, str]:
        """What a Blender is started with: an empty home, and one thread for PyTorch."""
        return os.environ | {"BLENDER_USER_RESOURCES": str(self.home(name)), "OMP_NUM_THREADS": "1"}

    def start(self, home: Path, *arguments, extensions: Path | None = None) -> None:
        """Run it in a home that stays, with the settings there; `extensions` is a studio's folder. Fails with
        what it said.
        """
        environment = os.environ | {"BLENDER_USER_RESOURCES": str(home), "OMP_NUM_THREADS": "1"}
        if extensions:
            environment["BLENDER_SYSTEM_EXTENSIONS"] = str(extensions)
        done = subprocess.run(
            [*shlex.split(self.command), *map(str, arguments)],
            cwd=build.ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr

    def run(self, name: str, *arguments, **options) -> subprocess.CompletedProcess:
        """Run it with the factory's settings in the home of that name. Paths are handed on as relative ones,
        for a Blender in a root of its own sees the project elsewhere.
        """
        command = [*shlex.split(self.command), "--factory-startup", "--python-exit-code", "3"]
        command += [
            os.path.relpath(argument, build.ROOT) if isinstance(argument, Path) else argument
            for argument in arguments
        ]
        return subprocess.run(command, cwd=build.ROOT, env=self.environment(name), **options)


@pytest.fixture(scope="session")
def blender(request):
    if not request.config.getoption("--blender"):
        pytest.skip("name a Blender that can open a window: --blender COMMAND")
    return Blender(request.config.getoption("--blender"))


@pytest.fixture(scope="session")
def window_zip(blender):
    build.build_platform_zip()  # beside it, for the session that asks for it
    return build.build_zip()


@pytest.fixture(scope="session", autouse=True)
def report_of(request, blender, window_zip):
    """`report_of("painting")`: from one run of Blender, the checks' words, its exit status and its log."""
    asking = [item for item in request.session.items if item.path == HERE / "test_window.py"]
    sessions = dict.fromkeys(item.callspec.params["session"] for item in asking)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {session: pool.submit(_run, blender, session, window_zip) for session in sessions}
        yield lambda session: runs[session].result()
        pool.shutdown(cancel_futures=True)


def _run(blender, session, zip_path):
    report, log = blender.out / f"{session}.json", blender.out / f"{session}.log"
    report.unlink(missing_ok=True)
    script = HERE / "sessions" / f"{session}.py"
    with log.open("w") as file:
        try:
            status = blender.run(
                session,
                "--python",
                script,
                "--",
                zip_path,
                blender.out,
                report,
                stdout=file,
                stderr=subprocess.STDOUT,
                timeout=PATIENCE,
            ).returncode
        except subprocess.TimeoutExpired:
            status = f"a time-out after {PATIENCE} s"
    checks = json.loads(report.read_text()) if report.exists() else {}
    return checks, status, log
