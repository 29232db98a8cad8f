#!/usr/bin/env python3
"""Everything that a developer runs: `python3 build.py` lists it. Needs Python 3.11 and nothing else.

The packages that pyproject.toml pins go to `.venv`; `.venv-4.2` has the oldest Blender and borrows the first
one's PyTorch, `.venv-pip` the pip that makes bundles. What is built goes to `dist`, what is made to `out`.
"""

import argparse
import errno
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote
from urllib.request import Request, urlopen

PYTHON = (3, 11)  # the one that Blender 4.2 to 5.0 has
if sys.version_info < PYTHON:
    sys.exit(f"build.py needs Python 3.11 and this is {sys.version.split()[0]}: run python3.11 build.py")

import tomllib  # noqa: E402 - new in 3.11

ROOT = Path(__file__).resolve().parent
VENV, VENV_OLDEST, VENV_PIP = ROOT / ".venv", ROOT / ".venv-4.2", ROOT / ".venv-pip"
DIST, OUT = ROOT / "dist", ROOT / "out"
STAMP = "pochade-set-up"  # the file that says what an environment was made from, once it is complete
ROOM = 12  # gigabytes that the environments and their downloads take, with PyTorch for CUDA
CPU_INDEX = "https://download.pytorch.org/whl/cpu"

# What a bundle is for: the names that wheels have for a platform, and what a Python there says of itself (PEP
# 508).
PLATFORMS = {
    "windows-x64": (("win_amd64",), ("nt", "win32", "Windows", "AMD64")),
    "macos-arm64": (("macosx_14_0_arm64",), ("posix", "darwin", "Darwin", "arm64")),
    "linux-x64": (
        (*(f"manylinux_2_{n}_x86_64" for n in range(28, 4, -1)), "manylinux2014_x86_64"),
        ("posix", "linux", "Linux", "x86_64"),
    ),
}
# By their Python: the first Blender that has it, the first that has not, and how a file's name says that.
BLENDERS = {"3.11": ("4.2.0", "5.1.0", "4.2-to-5.0"), "3.13": ("5.1.0", None, "5.1-or-later")}

# Commands that are a module each.
MODULES = {
    "encoder": ("core.training.distill", "Train the compact encoder that ships with Pochade"),
    "instant": (
        "core.training.command",
        "Train an instant style: a network that paints like a picture or a preset in one pass",
    ),
    "presets": ("presets.rebuild", "Rebuild the factory presets' files"),
    "sheets": (
        "presets.sheets",
        "Paint the demo's render in every factory style with every Keep Colours and Strength: out/sheets",
    ),
    "bench": ("tests.bench.bench", "Measure speed and memory, and race the paper's recipe: out/bench"),
}


class Failure(Exception):
    """What stopped a command, in one sentence that says how to go on."""


# --- commands -----------------------------------------------------------------------------------------------


def demo(args):
    """Render a scene and paint it with the installed extension; leaves render, painting and scene in
    out/demo.
    """
    started = time.monotonic()
    set_up(args.torch_index)
    ready = time.monotonic()
    say("Building the extension")
    extension = build_zip()
    seconds = {"set-up": ready - started, "zip": time.monotonic() - ready}
    folder = OUT / "demo"
    user, record = folder / "blender", folder / "seconds.json"
    shutil.rmtree(user, ignore_errors=True)
    user.mkdir(parents=True)
    record.unlink(missing_ok=True)
    status = run_patiently(
        [python_of(VENV), ROOT / "tests/demo/run.py", extension, folder],
        {"BLENDER_USER_RESOURCES": str(user)},
    )
    if status or not record.exists():
        raise Failure(f"The demo broke off in Blender with status {status}: what it says above is why")
    for stage, duration in (seconds | json.loads(record.read_text())).items():
        say(f"{stage:<8}{duration:8.1f} s")


def test(args):
    """Run the tests: core, and the add-on in Blender 4.2 and 5.0; or, with --window, those of a real
    window.
    """
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
    """Build the extension's zip into dist: one for every platform and every Blender, or with --bundle one
    that has PyTorch in it.
    """
    if args.bundle:
        wheels = find_wheels(args.bundle, args.python, pins("engine"), args.torch_index)
        say(f"{sum(wheels.values()) / 1e6:9.1f} MB  in {len(wheels)} wheels")
        if sum(wheels.values()) > 1e9:
            say(
                "This bundle takes gigabytes, with PyTorch for NVIDIA's CUDA in it; --torch-index "
                f"{CPU_INDEX} has the CPU's"
            )
        if args.dry_run:
            return
    set_up(args.torch_index)
    extension = build_bundle(args.bundle, args.python, list(wheels)) if args.bundle else build_zip()
    say(f"{extension.relative_to(ROOT)}: {extension.stat().st_size / 1e6:.1f} MB, valid")


def paint(args):
    """Paint a picture without Blender."""
    if Path(sys.prefix).resolve() != VENV.resolve():
        set_up(args.torch_index)
        return run_python(__file__, *sys.argv[1:])

    from core.encoders.files import available, find_encoder, read_entry
    from core.errors import PochadeError
    from core.files.pictures import read_picture, write_picture
    from core.presets.load import style_from_preset
    from core.presets.preset import find_preset
    from core.settings import parse_setting, settings_from
    from core.still.stylize import stylize_image
    from core.style.styles import style_from_picture

    started = shown = time.perf_counter()
    try:
        preset = None if Path(args.style).is_file() else find_preset(args.style)
        advice = find_preset(args.preset) if args.preset else preset
        size = {"size": args.size} if args.size is not None else {}
        settings = settings_from(
            {**(advice.settings if advice else {}), **size, **dict(map(parse_setting, args.set))}
        )
        style = (
            style_from_preset(preset)
            if preset
            else style_from_picture(Path(args.style).stem, read_picture(args.style))
        )
        encoder = read_entry(Path(settings.encoder)) or find_encoder(settings.encoder, available())
        painting = stylize_image(read_picture(args.content), style, settings, encoder_file=encoder.path)

        def paint_and_write():
            write_picture(args.result, (yield from painting))

        for progress in paint_and_write():
            if time.perf_counter() - shown > 2:
                shown = time.perf_counter()
                say(f"  {progress.fraction:4.0%}")
    except PochadeError as error:
        raise Failure(str(error)) from error
    say(f"painted {args.result} in {time.perf_counter() - started:.1f} s")
    return 0


def hand_on(args):
    """Run the command's module with all arguments that came after the command."""
    set_up(args.torch_index)
    return run_python("-m", MODULES[args.command][0], *args.others)


# --- set-up -------------------------------------------------------------------------------------------------


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
    """Install the pins `wanted` and write `files` into `venv`, unless its stamp says that all this was
    finished before.
    """
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
        if not (
            metadata / "INSTALLER"
        ).exists():  # pip writes it last: what an interrupted set-up left is no package yet
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


# --- tools --------------------------------------------------------------------------------------------------


def build_zip(folder: Path = DIST, source: Path = ROOT, label: str = "") -> Path:
    """Build the extension's zip with Blender's own builder, and have Blender's validator pass it; its name
    ends with the label.
    """
    manifest = tomllib.loads((source / "blender_manifest.toml").read_text(encoding="utf-8"))
    extension = folder / f"{manifest['id']}-{manifest['version']}{label}.zip"
    folder.mkdir(parents=True, exist_ok=True)
    blender_ext("build", "--source-dir", source, "--output-filepath", extension)
    blender_ext("validate", extension)
    return extension


def build_bundle(platform: str, python: str, links: list[str], folder: Path = DIST) -> Path:
    """Build a zip for one platform and the Blenders that have this Python: what is in the small one, and the
    wheels as they are.
    """
    oldest, end, label = BLENDERS[python]
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as scratch:
        source = Path(scratch, "extension")
        shutil.unpack_archive(build_zip(Path(scratch)), source)
        pip_elsewhere(platform, python, None, "download", "--no-deps", "--dest", source / "wheels", *links)
        manifest = source / "blender_manifest.toml"
        wheels = sorted(f"./wheels/{wheel.name}" for wheel in (source / "wheels").iterdir())
        facts = [
            f'blender_version_min = "{oldest}"',
            *([f'blender_version_max = "{end}"'] if end else []),
            f'platforms = ["{platform}"]',
            f"wheels = {json.dumps(wheels, indent=4)}",
        ]
        text = manifest.read_text(encoding="utf-8")
        manifest.write_text(
            re.sub("^blender_version_min = .*$", "\n".join(facts), text, flags=re.MULTILINE), encoding="utf-8"
        )
        return build_zip(folder, source, f"-{platform}-blender{label}")


def find_wheels(
    platform: str, python: str, requirements: list[str], torch_index: str | None = None
) -> dict[str, int]:
    """The wheels that meet the requirements and theirs, but for numpy, which is Blender's affair: their
    links, and bytes.
    """
    make_environment(VENV_PIP, pins("bundles"), "import pip")
    say(f"Looking for the wheels for {platform} and Python {python}")
    with TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        pip_elsewhere(
            platform,
            python,
            torch_index,
            "install",
            "--dry-run",
            "--quiet",
            "--ignore-installed",
            "--target",
            scratch,
            "--report",
            report,
            *requirements,
        )
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    wheels = {}
    for source in (each["download_info"] for each in found if each["metadata"]["name"] != "numpy"):
        with urlopen(Request(source["url"], method="HEAD"), timeout=60) as answer:
            size = int(answer.headers["Content-Length"])
        say(f"{size / 1e6:9.1f} MB  {unquote(source['url'].rpartition('/')[2])}")
        wheels[f"{source['url']}#sha256={source['archive_info']['hashes']['sha256']}"] = size
    return wheels


# --platform has pip choose wheels for another platform, but not what they require there: that it asks its own
# Python (pypa/pip#10050). Its version is pinned, so this way in is known.
ELSEWHERE = """import json, runpy, sys
from pip._vendor.packaging import markers
there = markers.default_environment() | json.loads(sys.argv.pop(1))
markers.default_environment = lambda: there
runpy.run_module("pip", run_name="__main__", alter_sys=True)"""


def pip_elsewhere(platform: str, python: str, torch_index: str | None, *arguments):
    """Run pip as if in a Blender on that platform with that Python."""
    tags, names = PLATFORMS[platform]
    there = dict(zip(("os_name", "sys_platform", "platform_system", "platform_machine"), names, strict=True))
    pip = [
        python_of(VENV_PIP),
        "-c",
        ELSEWHERE,
        json.dumps(there | {"python_version": python, "python_full_version": f"{python}.0"}),
    ]
    run_pip(
        pip,
        VENV_PIP / f"{platform}-{python}.log",
        torch_index,
        *arguments,
        "--only-binary=:all:",
        "--implementation=cp",
        f"--python-version={python}",
        f"--abi=cp{python.replace('.', '')}",
        *(f"--platform={tag}" for tag in tags),
    )


def blender_ext(*arguments):
    """Run Blender's own tool for extensions, which comes with its module."""
    tool = next(site_packages(VENV).glob("bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    done = subprocess.run([python_of(VENV), tool, *arguments], capture_output=True, text=True)
    if done.returncode:
        raise Failure(
            f"Blender's tool does not {arguments[0]} the extension: "
            f"{' '.join((done.stdout + done.stderr).split())}"
        )


def pytest(venv: Path, *arguments) -> int:
    return subprocess.run([python_of(venv), "-m", "pytest", *arguments], cwd=ROOT).returncode


def run_python(*arguments) -> int:
    """Run the Python of `.venv`, with Pochade's own packages and in the caller's folder."""
    return subprocess.run(
        [python_of(VENV), *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}
    ).returncode


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


# --- command line -------------------------------------------------------------------------------------------


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="build.py", description="Every command first sets up what it needs, once."
    )
    commands = top.add_subparsers(metavar="COMMAND")

    def command(run, name="", about="", passes_on=False, **options) -> argparse.ArgumentParser:
        name, about = name or run.__name__, about or run.__doc__
        sub = commands.add_parser(name, help=about, description=about, allow_abbrev=False, **options)
        sub.add_argument(
            "--torch-index", metavar="URL", help=f"one more place to find PyTorch, such as {CPU_INDEX}"
        )
        sub.set_defaults(run=run, command=name, passes_on=passes_on)
        return sub

    command(demo)
    testing = command(test, passes_on=True, epilog="All other arguments go to pytest, such as -k NAME.")
    testing.add_argument(
        "--window", metavar="BLENDER", help="the command of any Blender that can open a window"
    )
    packaging = command(package)
    packaging.add_argument(
        "--bundle", choices=PLATFORMS, help="a zip for one platform, with PyTorch and all else that it needs"
    )
    packaging.add_argument(
        "--python",
        choices=BLENDERS,
        default="3.11",
        help="the bundle is for Blender 4.2 to 5.0 (3.11) or later (3.13)",
    )
    packaging.add_argument(
        "--dry-run", action="store_true", help="only say what would be in the bundle, and how large it is"
    )
    painting = command(paint)
    painting.add_argument("content", metavar="CONTENT", help="the picture to paint")
    painting.add_argument("style", metavar="STYLE", help="a picture, or a factory preset's name")
    painting.add_argument("result", metavar="RESULT", help="where the painting goes")
    painting.add_argument("--size", type=int, metavar="PIXELS", help="the painting's longer side")
    painting.add_argument(
        "--preset", metavar="NAME", help="the factory preset whose recommended settings to take"
    )
    painting.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="a setting, such as steps=80; may come again",
    )
    for name, (_, about) in MODULES.items():
        command(hand_on, name, f"{about}; --help says how.", passes_on=True, add_help=False)
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
