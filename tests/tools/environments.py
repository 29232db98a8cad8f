"""The virtual environments that build.py sets up, by what pyproject.toml pins. Needs Python 3.11 alone."""

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = (3, 11)  # the one that Blender 4.2 to 5.0 has
VENV, VENV_OLDEST, VENV_PIP = ROOT / ".venv", ROOT / ".venv-4.2", ROOT / ".venv-pip"
STAMP = "pochade-set-up"  # the file that says what an environment was made from, once it is complete
ROOM = 12  # gigabytes that the environments and their downloads take, with PyTorch for CUDA
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class Failure(Exception):
    """What stopped a command, in one sentence that says how to go on."""


def set_up(torch_index: str | None = None):
    """Make `.venv` what pyproject.toml says; done in a moment when it is that already."""
    make_environment(
        VENV,
        pins("engine", "blender", "checks"),
        "import bpy, cv2, numpy, OpenEXR, torch, torchvision",
        torch_index,
    )


def set_up_oldest():
    """Make `.venv-4.2`: the oldest Blender that Pochade supports, and everything else from `.venv`."""
    # Folders named in a .pth file come after the environment's own: its own bpy wins.
    borrow = {"pochade.pth": f"{site_packages(VENV)}\n"}
    make_environment(
        VENV_OLDEST,
        pins("oldest-blender"),
        "import bpy, torch; assert bpy.app.version < (5,), bpy.app.version",
        files=borrow,
    )


def pins(*groups: str) -> list[str]:
    """The requirements in these dependency groups of pyproject.toml."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [pin for group in groups for pin in declared[group]]


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(venv: Path) -> Path:
    return Path(
        sysconfig.get_path(
            "purelib", "venv", {"base": str(venv), "py_version_short": "{}.{}".format(*PYTHON)}
        )
    )


def make_environment(
    venv: Path,
    wanted: list[str],
    check: str,
    torch_index: str | None = None,
    files: dict[str, str] | None = None,
):
    """Install the pins `wanted` and write `files` into `venv`, unless its stamp says they are there."""
    stamp, log = venv / STAMP, venv / "pochade-set-up.log"
    goal = hashlib.sha256(repr((wanted, check, files)).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == goal and python_of(venv).exists():
        return
    say(f"Setting up {venv.name} with {', '.join(wanted)}; this takes some minutes")
    if not venv.exists() and shutil.disk_usage(ROOT).free < ROOM * 1e9:
        raise Failure(DISK_FULL)
    stamp.unlink(missing_ok=True)
    make_venv(venv)
    for metadata in site_packages(venv).glob("*.dist-info"):
        # Pip writes it last: what an interrupted set-up left is no package yet.
        if not (metadata / "INSTALLER").exists():
            shutil.rmtree(metadata)
    run_pip([python_of(venv), "-m", "pip"], log, torch_index, "install", *wanted)
    for name, text in (files or {}).items():
        (site_packages(venv) / name).write_text(text)
    say(f"Checking that {venv.name} works")
    checked = subprocess.run([python_of(venv), "-c", check], capture_output=True, text=True)
    if checked.returncode:
        reason = (checked.stderr.strip().splitlines() or [f"status {checked.returncode}"])[-1]
        raise Failure(
            f"{venv.name} is complete but does not load, perhaps for want of a library of the "
            f"system: {reason}"
        )
    stamp.write_text(goal)


def run_pip(pip: list, log: Path, torch_index: str | None, *arguments):
    """Run pip, with its warnings and errors in a log; raises Failure with its last error."""
    index = ["--extra-index-url", torch_index] if torch_index else []
    with log.open("w") as errors:
        status = run_patiently(
            [*pip, *arguments, *index, "--no-input", "--disable-pip-version-check"], stderr=errors
        )
    if status:
        output = log.read_text(errors="replace")
        last = next(
            (line for line in reversed(output.splitlines()) if line.startswith("ERROR")), f"status {status}"
        )
        raise Failure(
            explain(output, f"pip could not {arguments[0]} the packages ({last}): all it said is in {log}")
        )


def make_venv(venv: Path):
    """Make the folder a virtual environment with pip and the right Python, unless it is."""
    python = sys.executable if sys.version_info[:2] == PYTHON else shutil.which("python3.11")
    if not python:
        raise Failure(
            f"Blender's module runs in Python 3.11 and this is {sys.version.split()[0]}: install "
            "Python 3.11 as well"
        )
    if python_of(venv).exists():
        version = subprocess.run(
            [python_of(venv), "-c", "import pip, sys; print(sys.version_info[:2])"],
            capture_output=True,
            text=True,
        )
        if version.stdout.strip() == str(PYTHON):
            return
    made = subprocess.run([python, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if made.returncode:
        raise Failure(
            explain(
                made.stdout + made.stderr,
                "Python cannot make virtual environments: install its venv module "
                "(on Debian and Ubuntu the package python3.11-venv)",
            )
        )


DISK_FULL = f"The disk is full: Pochade's packages take up to {ROOM} GB in {ROOT}"
OFFLINE = "The package index cannot be reached: check the network, then run the same command again"
SIGNS = {
    "No space left": DISK_FULL,
    "Disk quota exceeded": DISK_FULL,
    "connection broken": OFFLINE,
    "ConnectionError": OFFLINE,
    "ConnectTimeout": OFFLINE,
    "Read timed out": OFFLINE,
    "ProxyError": OFFLINE,
    "SSLError": OFFLINE,
}


def explain(output: str, otherwise: str) -> str:
    """The sentence for what a tool wrote before it failed."""
    return next((sentence for sign, sentence in SIGNS.items() if sign in output), otherwise)


def run_patiently(command: list, extra_environment: dict[str, str] | None = None, stderr=None) -> int:
    """Run a command that may be silent for long, and say now and then that it goes on; its exit status."""
    started = time.monotonic()
    with subprocess.Popen(command, env=os.environ | (extra_environment or {}), stderr=stderr) as process:
        while True:
            try:
                return process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                say(f"  ... {time.monotonic() - started:.0f} s")


def say(text: str):
    print(text, flush=True)
