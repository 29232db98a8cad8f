#!/usr/bin/env python3
"""Everything that a developer runs: `python3 build.py` lists it. Needs Python 3.11 and nothing else.

The packages that pyproject.toml pins go to `.venv`; `.venv-4.2` has the oldest Blender and borrows the first one's
PyTorch. What is built goes to `dist`, what is made to `out`.
"""

import argparse
import errno
import hashlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from contextlib import contextmanager
from pathlib import Path

PYTHON = (3, 11)  # the one that Blender 4.2 to 5.0 has
if sys.version_info < PYTHON:
    sys.exit(f"build.py needs Python 3.11 and this is {sys.version.split()[0]}: run python3.11 build.py")

import tomllib  # noqa: E402 - new in 3.11

ROOT = Path(__file__).resolve().parent
VENV, VENV_OLDEST = ROOT / ".venv", ROOT / ".venv-4.2"
DIST, OUT = ROOT / "dist", ROOT / "out"
STAMP = "pochade-set-up"  # the file that says what an environment was made from, once it is complete
ROOM = 12  # gigabytes that both environments and their downloads take, with PyTorch for CUDA


class Failure(Exception):
    """What stopped a command, in one sentence that says how to go on."""


# --- commands ---------------------------------------------------------------------------------------------------


def demo(args):
    """Render a scene and paint it with the installed extension; leaves render, painting and scene in out/demo."""
    seconds = {}
    with timed(seconds, "set-up"):
        set_up(args.torch_index)
    with timed(seconds, "zip"):
        say("Building the extension")
        extension = build_zip()
    folder = OUT / "demo"
    user, record = folder / "blender", folder / "seconds.json"
    shutil.rmtree(user, ignore_errors=True)
    user.mkdir(parents=True)
    record.unlink(missing_ok=True)
    status = run_patiently([python_of(VENV), ROOT / "tests/demo/run.py", extension, folder], {"BLENDER_USER_RESOURCES": str(user)})
    if status or not record.exists():
        raise Failure(f"The demo broke off in Blender with status {status}: what it says above is why")
    for stage, duration in (seconds | json.loads(record.read_text())).items():
        say(f"{stage:<8}{duration:8.1f} s")


def test(args):
    """Run the tests: core, and the add-on in Blender 4.2 and 5.0; or, with --window, those of a real window."""
    set_up(args.torch_index)
    if args.window:
        return pytest(VENV, "tests/gui", "--blender", args.window, *args.others)
    set_up_oldest()
    oldest = OUT / "tests" / "Blender 4.2.json"
    oldest.unlink(missing_ok=True)
    say("The add-on in Blender 4.2")
    status = pytest(VENV_OLDEST, "tests/addon", "--record", oldest, *args.others)
    if not oldest.exists() or status not in (0, 1, 2, 5):  # passed, failed, not even imported, none chosen
        raise Failure(f"The tests in Blender 4.2 broke off with status {status}")
    say("Core, and the add-on in Blender 5.0; the tests above count again below")
    return pytest(VENV, "tests/core", "tests/addon", "--count-in", oldest, *args.others)


def package(args):
    """Build the extension's zip, one for every platform and every Blender, into dist."""
    set_up(args.torch_index)
    extension = build_zip()
    say(f"{extension.relative_to(ROOT)}: {extension.stat().st_size / 1e6:.1f} MB, valid")


def paint(args):
    """Paint a picture without Blender."""
    if Path(sys.prefix).resolve() != VENV.resolve():
        set_up(args.torch_index)
        return run_python(__file__, *sys.argv[1:])

    from core.encoder_files import available, find_encoder, read_entry
    from core.errors import PochadeError
    from core.pictures import read_picture, write_picture
    from core.presets import find_preset
    from core.settings import parse_setting, settings_from
    from core.styles import style_from_picture, style_from_preset
    from core.stylize import stylize_image

    started = shown = time.perf_counter()
    try:
        preset = None if Path(args.style).is_file() else find_preset(args.style)
        advice = find_preset(args.preset) if args.preset else preset
        size = {"size": args.size} if args.size is not None else {}
        settings = settings_from({**(advice.settings if advice else {}), **size, **dict(map(parse_setting, args.set))})
        style = style_from_preset(preset) if preset else style_from_picture(Path(args.style).stem, read_picture(args.style))
        encoder = read_entry(Path(settings.encoder)) or find_encoder(settings.encoder, available())
        painting = stylize_image(read_picture(args.content), style, settings, encoder_file=encoder.path)
        while True:
            try:
                progress = next(painting)
            except StopIteration as end:
                write_picture(args.result, end.value)
                break
            if time.perf_counter() - shown > 2:
                shown = time.perf_counter()
                say(f"  {progress.fraction:4.0%}")
    except PochadeError as error:
        raise Failure(str(error)) from error
    say(f"painted {args.result} in {time.perf_counter() - started:.1f} s")
    return 0


def hand_on(args, module):
    """Run one of the project's modules with all arguments that came after the command."""
    set_up(args.torch_index)
    return run_python("-m", module, *args.others)


def encoder(args):
    """Train the compact encoder that ships with Pochade; --help says how."""
    return hand_on(args, "core.encoders.distill")


def instant(args):
    """Train an instant style: a network that paints like a picture or a preset in one pass; --help says how."""
    return hand_on(args, "core.instant.train")


def presets(args):
    """Rebuild the factory presets' files; --help says how."""
    return hand_on(args, "presets.rebuild")


def sheets(args):
    """Paint the demo's render in every factory style with every Keep Colours and Strength: out/sheets; --help says how."""
    return hand_on(args, "presets.sheets")


def bench(args):
    """Measure speed and memory, and race the paper's recipe: out/bench; --help says how."""
    return hand_on(args, "tests.bench.bench")


# --- set-up -----------------------------------------------------------------------------------------------------


def set_up(torch_index: str | None = None):
    """Make `.venv` what pyproject.toml says; done in a moment when it is that already."""
    make_environment(VENV, pins("engine", "blender", "checks"), "import bpy, cv2, numpy, OpenEXR, torch, torchvision", torch_index)


def set_up_oldest():
    """Make `.venv-4.2`: the oldest Blender that Pochade supports, and everything else from `.venv`."""
    # Folders named in a .pth file come after the environment's own: its own bpy wins.
    borrow = {"pochade.pth": f"{site_packages(VENV)}\n"}
    make_environment(VENV_OLDEST, pins("oldest-blender"), "import bpy, torch; assert bpy.app.version < (5,), bpy.app.version", files=borrow)


def pins(*groups: str) -> list[str]:
    """The requirements in these dependency groups of pyproject.toml."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]
    return [pin for group in groups for pin in declared[group]]


def python_of(venv: Path) -> Path:
    return venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def site_packages(venv: Path) -> Path:
    return Path(sysconfig.get_path("purelib", "venv", {"base": str(venv), "py_version_short": "{}.{}".format(*PYTHON)}))


def make_environment(venv: Path, wanted: list[str], check: str, torch_index: str | None = None, files: dict[str, str] | None = None):
    """Install the pins `wanted` and write `files` into `venv`, unless its stamp says that all this was finished before."""
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
        if not (metadata / "INSTALLER").exists():  # pip writes it last: what an interrupted set-up left is no package yet
            shutil.rmtree(metadata)
    index = ["--extra-index-url", torch_index] if torch_index else []
    pip = [python_of(venv), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", *index, *wanted]
    with log.open("w") as errors:
        status = run_patiently(pip, stderr=errors)
    if status:
        output = log.read_text(errors="replace")
        last = next((line for line in reversed(output.splitlines()) if line.startswith("ERROR")), f"status {status}")
        raise Failure(explain(output, f"pip could not install the packages ({last}): all it said is in {log}"))
    for name, text in (files or {}).items():
        (site_packages(venv) / name).write_text(text)
    say(f"Checking that {venv.name} works")
    checked = subprocess.run([python_of(venv), "-c", check], capture_output=True, text=True)
    if checked.returncode:
        reason = (checked.stderr.strip().splitlines() or [f"status {checked.returncode}"])[-1]
        raise Failure(f"{venv.name} is complete but does not load, perhaps for want of a library of the system: {reason}")
    stamp.write_text(goal)


def make_venv(venv: Path):
    """Make the folder a virtual environment with pip and the right Python, unless it is."""
    python = sys.executable if sys.version_info[:2] == PYTHON else shutil.which("python3.11")
    if not python:
        raise Failure(f"Blender's module runs in Python 3.11 and this is {sys.version.split()[0]}: install Python 3.11 as well")
    if python_of(venv).exists():
        version = subprocess.run([python_of(venv), "-c", "import pip, sys; print(sys.version_info[:2])"], capture_output=True, text=True)
        if version.stdout.strip() == str(PYTHON):
            return
    made = subprocess.run([python, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if made.returncode:
        raise Failure(explain(made.stdout + made.stderr, "Python cannot make virtual environments: install its venv module "
                                                         "(on Debian and Ubuntu the package python3.11-venv)"))


DISK_FULL = f"The disk is full: Pochade's packages take up to {ROOM} GB in {ROOT}"
OFFLINE = "The package index cannot be reached: check the network, then run the same command again"
SIGNS = {"No space left": DISK_FULL, "Disk quota exceeded": DISK_FULL, "connection broken": OFFLINE, "ConnectionError": OFFLINE,
         "ConnectTimeout": OFFLINE, "Read timed out": OFFLINE, "ProxyError": OFFLINE, "SSLError": OFFLINE}


def explain(output: str, otherwise: str) -> str:
    """The sentence for what a tool wrote before it failed."""
    return next((sentence for sign, sentence in SIGNS.items() if sign in output), otherwise)


# --- tools ------------------------------------------------------------------------------------------------------


def build_zip(folder: Path = DIST) -> Path:
    """Build the extension's zip with Blender's own builder, and have Blender's validator pass it."""
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension = folder / f"{manifest['id']}-{manifest['version']}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    blender_ext("build", "--source-dir", ROOT, "--output-filepath", extension)
    blender_ext("validate", extension)
    return extension


def blender_ext(*arguments):
    """Run Blender's own tool for extensions, which comes with its module."""
    tool = next(site_packages(VENV).glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    done = subprocess.run([python_of(VENV), tool, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"Blender's tool does not {arguments[0]} the extension: {' '.join((done.stdout + done.stderr).split())}")


def pytest(venv: Path, *arguments) -> int:
    return subprocess.run([python_of(venv), "-m", "pytest", *arguments], cwd=ROOT).returncode


def run_python(*arguments) -> int:
    """Run the Python of `.venv`, with Pochade's own packages and in the caller's folder."""
    return subprocess.run([python_of(VENV), *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}).returncode


def run_patiently(command: list, extra_environment: dict[str, str] | None = None, stderr=None) -> int:
    """Run a command that may be silent for long, and say now and then that it goes on; its exit status."""
    started = time.monotonic()
    with subprocess.Popen(command, env=os.environ | (extra_environment or {}), stderr=stderr) as process:
        while True:
            try:
                return process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                say(f"  ... {time.monotonic() - started:.0f} s")


@contextmanager
def timed(seconds: dict[str, float], stage: str):
    """Note how long a stage takes."""
    started = time.monotonic()
    yield
    seconds[stage] = time.monotonic() - started


def say(text: str):
    print(text, flush=True)


# --- command line -----------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="build.py", description="Every command first sets up what it needs, once.")
    commands = top.add_subparsers(metavar="COMMAND")

    def command(run, passes_on=False, **options) -> argparse.ArgumentParser:
        sub = commands.add_parser(run.__name__, help=run.__doc__, description=run.__doc__, allow_abbrev=False, **options)
        sub.add_argument("--torch-index", metavar="URL", help="one more place for set-up to find PyTorch: its CPU builds, for one, "
                                                              "are at https://download.pytorch.org/whl/cpu")
        sub.set_defaults(run=run, passes_on=passes_on)
        return sub

    command(demo)
    testing = command(test, passes_on=True, epilog="All other arguments go to pytest, such as -k NAME.")
    testing.add_argument("--window", metavar="BLENDER", help="the command of any Blender that can open a window")
    command(package)
    painting = command(paint)
    painting.add_argument("content", metavar="CONTENT", help="the picture to paint")
    painting.add_argument("style", metavar="STYLE", help="a picture, or a factory preset's name")
    painting.add_argument("result", metavar="RESULT", help="where the painting goes")
    painting.add_argument("--size", type=int, metavar="PIXELS", help="the painting's longer side")
    painting.add_argument("--preset", metavar="NAME", help="the factory preset whose recommended settings to take")
    painting.add_argument("--set", metavar="NAME=VALUE", action="append", default=[],
                          help="one setting, such as encoder=FILE; may come again")
    command(encoder, passes_on=True, add_help=False)
    command(instant, passes_on=True, add_help=False)
    command(presets, passes_on=True, add_help=False)
    command(sheets, passes_on=True, add_help=False)
    command(bench, passes_on=True, add_help=False)
    return top


def main(arguments: list[str]) -> int:
    top = parser()
    args, others = top.parse_known_args(arguments)
    if not hasattr(args, "run"):
        top.print_help()
        return 0
    if others and not args.passes_on:
        top.error(f"unrecognized arguments: {' '.join(others)}")
    args.others = others
    try:
        return args.run(args) or 0
    except Failure as failure:
        trouble = str(failure)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        trouble = DISK_FULL
    except KeyboardInterrupt:
        return 130
    print(f"build.py: {trouble}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
