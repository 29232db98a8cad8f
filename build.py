#!/usr/bin/env python3
"""Everything that a developer runs: `python3 build.py` lists it. Needs Python 3.11 and nothing else; sets up the rest.

Packages are pinned in pyproject.toml and live in `.venv`; `.venv-4.2` has the oldest Blender and borrows the
first one's PyTorch. What is built goes to `dist`, what is made to `out`.
"""

import argparse
import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

PYTHON = (3, 11)  # the one that bpy 5.0 and 4.2 are made for
if sys.version_info < PYTHON:
    sys.exit(f"Python 3.11 is needed, this is {sys.version.split()[0]}: run python3.11 build.py")

import tomllib  # noqa: E402 - does not exist before 3.11

ROOT = Path(__file__).resolve().parent
VENV, VENV_OLDEST = ROOT / ".venv", ROOT / ".venv-4.2"
DIST, OUT = ROOT / "dist", ROOT / "out"
ROOM = 14  # gigabytes that downloads and both environments take on the way, with PyTorch for CUDA


class Failure(Exception):
    """What stopped a command, in one sentence that says how to go on."""


# --- set-up -----------------------------------------------------------------------------------------------------


def requirements(*groups: str) -> list[str]:
    """The pins of these dependency groups in pyproject.toml."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [pin for group in groups for pin in declared[group]]


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(venv: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(venv), "py_version_short": "{}.{}".format(*PYTHON)}))


def set_up(torch_index: str | None = None):
    """Make `.venv` what pyproject.toml says; done in a moment when it is already."""
    _set_up(VENV, requirements("engine", "blender", "checks"), "import bpy, numpy, torch, torchvision, OpenEXR", torch_index)


def set_up_oldest():
    """Make `.venv-4.2`: the oldest Blender we support, with everything else from `.venv`."""
    # A .pth file's folders come after the environment's own, so its own bpy wins.
    borrowed = {"pochade.pth": f"{site_packages(VENV)}\n"}
    check = "import bpy, torch; assert bpy.app.version < (5,), bpy.app.version"
    _set_up(VENV_OLDEST, requirements("oldest-blender"), check, files=borrowed)


def _set_up(venv: Path, pins: list[str], check: str, torch_index: str | None = None, files: dict[str, str] | None = None):
    """Install `pins` and `files` into `venv`, unless its stamp says that this was finished before.

    Interrupted set-ups have no stamp and are taken up again: what pip left half copied is removed first.
    """
    stamp, log = venv / "pochade-set-up", venv / "pochade-set-up.log"
    wanted = hashlib.sha256(repr((pins, check, files)).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted and python_of(venv).exists():
        return
    say(f"Setting up {venv.name}: {', '.join(pins)}")
    if not site_packages(venv).is_dir() and shutil.disk_usage(ROOT).free < ROOM * 10**9:
        raise Failure(f"The disk is too full: setting up takes up to {ROOM} GB in {ROOT}")
    stamp.unlink(missing_ok=True)
    _make_venv(venv)
    for metadata in site_packages(venv).glob("*.dist-info"):
        if not (metadata / "INSTALLER").exists():  # the last file but one that pip writes
            shutil.rmtree(metadata)
    options = ["--extra-index-url", torch_index] if torch_index else []
    _pip(venv, [*options, *pins], log)
    for name, text in (files or {}).items():
        (site_packages(venv) / name).write_text(text)
    say("Checking that everything loads")
    loaded = subprocess.run([python_of(venv), "-c", check], capture_output=True, text=True)
    if loaded.returncode:
        reason = (loaded.stderr.strip() or f"it ended with {loaded.returncode}").splitlines()[-1]
        raise Failure(f"Set up, but {venv.name} does not load ({reason}); a library of the system may be missing, see {log}"
                      if "cannot open shared object" in reason else f"Set up, but {venv.name} does not load: {reason}")
    stamp.write_text(wanted)


def _make_venv(venv: Path):
    """Make the folder a virtual environment of the right Python, or repair it."""
    python = sys.executable if sys.version_info[:2] == PYTHON else shutil.which("python3.11")
    if not python:
        raise Failure(f"Blender's module needs Python 3.11, this is {sys.version.split()[0]}: install Python 3.11 beside it")
    if _works(venv):
        return
    made = subprocess.run([python, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if made.returncode:
        raise Failure(_why(made.stdout + made.stderr, "Python cannot make a virtual environment: install its venv module (python3.11-venv)"))


def _works(venv: Path) -> bool:
    if not python_of(venv).exists():
        return False
    asked = subprocess.run([python_of(venv), "-c", "import pip, sys; print(sys.version_info[:2])"], capture_output=True, text=True)
    return asked.stdout.strip() == str(PYTHON)


def _pip(venv: Path, arguments: list[str], log: Path):
    """Run pip install; pip shows what it downloads, and we that it is still alive."""
    started = time.monotonic()
    with log.open("w") as errors:
        command = [python_of(venv), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *arguments]
        pip = subprocess.Popen(command, stderr=errors)
        while True:
            try:
                code = pip.wait(timeout=20)
                break
            except subprocess.TimeoutExpired:
                say(f"  ... still installing, {time.monotonic() - started:.0f} s")
    if code:
        raise Failure(_why(log.read_text(errors="replace"), f"pip could not install the packages: see {log}"))


def _why(output: str, otherwise: str) -> str:
    """The sentence for what a tool wrote before it failed."""
    if "No space left" in output or "Disk quota exceeded" in output:
        return f"The disk is full: setting up takes up to {ROOM} GB in {ROOT}"
    if any(sign in output for sign in ("NewConnectionError", "connection broken", "timed out", "ProxyError", "SSLError")):
        return "The package index cannot be reached: check the network, then run the same command again"
    return otherwise


# --- the extension ----------------------------------------------------------------------------------------------


def build_zip(folder: Path = DIST) -> Path:
    """Build the extension's zip into `folder` with Blender's own builder, and have Blender's validator pass it."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    path = folder / f"{manifest['id']}-{manifest['version']}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    _blender_ext("build", "--source-dir", ROOT, "--output-filepath", path)
    _blender_ext("validate", path)
    return path


def _blender_ext(*arguments):
    tool = next(site_packages(VENV).glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    done = subprocess.run([sys.executable, tool, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"Blender's extension tool refuses to {arguments[0]}: {(done.stdout + done.stderr).strip()}")


# --- commands ---------------------------------------------------------------------------------------------------


def say(text: str):
    print(text, flush=True)
