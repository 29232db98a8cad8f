#!/usr/bin/env python3
"""Everything that a developer runs: `python3 build.py` lists it. Needs Python 3.11 and nothing else.

The packages that pyproject.toml pins go to `.venv`; `.venv-4.2` has the oldest Blender and borrows the first
one's PyTorch, `.venv-pip` the pip that makes bundles. What is built goes to `dist`, what is made to `out`.
"""

import argparse
import errno
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

if sys.version_info < (3, 11):  # noqa: UP036 - said in a sentence before older Pythons fail
    sys.exit(f"build.py needs Python 3.11 and this is {sys.version.split()[0]}: run python3.11 build.py")

# A package called tests among the system's would hide this folder's.
sys.path.insert(0, str(Path(__file__).resolve().parent / "tests"))
from tools.editions import build_platform_zip  # noqa: E402
from tools.environments import (  # noqa: E402
    CPU_INDEX,
    DISK_FULL,
    ROOT,
    VENV,
    VENV_OLDEST,
    Failure,
    python_of,
    run_patiently,
    say,
    set_up,
    set_up_oldest,
)
from tools.extension import BLENDERS, build_bundle, build_zip, bundle_locks, write_sums  # noqa: E402
from tools.locking import make_locks  # noqa: E402
from tools.locks import BUILDS, read_lock, sizes_of  # noqa: E402

OUT = ROOT / "out"

# Commands that are a module each.
MODULES = {
    "encoder": ("core.training.distill", "Train the compact encoder that ships with Pochade"),
    "instant": (
        "core.training.command",
        "Train an instant style: a network that paints like a picture or a preset in one pass",
    ),
    "reptile": ("core.training.reptile", "Learn the start that instant styles are trained from"),
    "presets": ("presets.rebuild", "Rebuild the factory presets' files"),
    "plates": ("presets.plates.command", "Paint the plates of Pochade's own styles anew"),
    "sheets": (
        "docs.sheets",
        "Paint the demo's render in every factory style with every Keep Colours and Strength: out/sheets",
    ),
    "messages": (
        "tests.tools.messages",
        "Bring the catalogues of other languages up to date: addon/languages",
    ),
    "docs": ("tests.tools.site", "Make the artist's guide a site that needs no network: dist/site"),
    "pictures": ("docs.pictures", "Make the README's and the guide's pictures anew: docs"),
    "listing": ("docs.listing", "Make the five pictures that show Pochade in a listing: docs/listing"),
    "icon": ("docs.icon", "Paint the icon anew: docs/icon.png"),
    "release": ("tests.tools.release", "Make everything of this version, and check it: dist/VERSION"),
    "repository": (
        "tests.tools.repository",
        "Make a static extension repository that Blender installs and upgrades from: dist/repository",
    ),
    "fuzz": (
        "tests.fuzz",
        "Feed every loader with mutated files until time is up, and print the seed of what does not hold",
    ),
    "bench": ("tests.bench.bench", "Measure speed and memory, and race the paper's recipe: out/bench"),
}


# --- commands -----------------------------------------------------------------------------------------------


def demo(args):
    """Render a scene and paint it with the installed extension; everything is left in out/demo."""
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
    """Run the tests: core and the add-on in Blender 5.0, and what depends on the version in Blender 4.2; or,
    with --window, those of a real window.
    """
    set_up(args.torch_index)
    if args.window:
        windows = ["-m", "pytest", "tests/gui", "--blender", args.window, *args.others]
        return subprocess.run([python_of(VENV), *windows], cwd=ROOT).returncode
    check(args)
    named = [each for each in args.others if each.startswith("tests/")]
    others = [each for each in args.others if each not in named]
    of_addon = [each for each in named or ["tests/addon"] if each.startswith("tests/addon")]
    runs = [("Core, and the add-on in Blender 5.0", VENV, named or ["tests/core", "tests/addon"])]
    if args.quick:
        runs[0][2].extend(["-m", "not slow"])
    elif of_addon:
        set_up_oldest()
        runs.append(("The add-on in Blender 4.2", VENV_OLDEST, [*of_addon, "-m", "oldest"]))
    counts, lines, worst = dict.fromkeys(("passed", "failed", "skipped"), 0), [], 0
    for name, venv, chosen in runs:
        say(name)
        report = OUT / "tests" / f"{venv.name}.xml"
        report.unlink(missing_ok=True)
        status = pytest(venv, *chosen, f"--junit-xml={report}", *others)
        # Passed, failed, not even imported, none chosen.
        if not report.exists() or status not in (0, 1, 2, 5):
            raise Failure(f"{name}: the tests broke off with status {status}")
        counted = count_tests(report)
        lines.append(f"{name}: {in_words(counted)}")
        counts = {kind: counts[kind] + counted[kind] for kind in counts}
        worst = max(worst, status if status != 5 else 0)
    ran = counts["passed"] + counts["failed"]
    say("\n".join([*lines, in_words(counts)]))
    return worst or (0 if ran else 5)


def count_tests(report: Path) -> dict[str, int]:
    """How many tests ended how, by a JUnit report."""
    suites = ElementTree.parse(report).iter("testsuite")
    facts = [
        {kind: int(suite.attrib[kind]) for kind in ("tests", "failures", "errors", "skipped")}
        for suite in suites
    ]
    total, failures, errors, skipped = (sum(fact[kind] for fact in facts) for kind in facts[0])
    return {"passed": total - failures - errors - skipped, "failed": failures + errors, "skipped": skipped}


def in_words(counts: dict[str, int]) -> str:
    """`12 passed, 0 failed, 1 skipped`."""
    return ", ".join(f"{number} {kind}" for kind, number in counts.items())


def check(args):
    """Check format, lint and core's types: seconds; --fix formats, and mends what ruff can."""
    set_up(args.torch_index)
    fix = getattr(args, "fix", False)
    tools = {"ruff check": ["--fix"] if fix else [], "ruff format": [] if fix else ["--check"], "mypy": []}
    failed = [
        tool
        for tool, options in tools.items()
        if subprocess.run([python_of(VENV), "-m", *tool.split(), *options], cwd=ROOT).returncode
    ]
    if failed:
        mend = "" if fix else "; `python3 build.py check --fix` formats, and mends what ruff can"
        raise Failure(f"{' and '.join(failed)} found what is written above{mend}")


def blender(args):
    """Start a Blender with this checkout as its extension, live: F8 in it takes changed files."""
    set_up(args.torch_index)
    script, user = ROOT / "tests/tools/checkout.py", OUT / "dev/blender"
    user.mkdir(parents=True, exist_ok=True)
    command = [*args.others, "--python-exit-code", "1", "--python"] if args.others else [python_of(VENV)]
    return subprocess.run(
        [*command, script], env=os.environ | {"BLENDER_USER_RESOURCES": str(user)}
    ).returncode


def package(args):
    """Build the extension's zip into dist: one for every platform and every Blender; with --edition platform
    the one for extensions.blender.org, and with --bundle one that has PyTorch in it.
    """
    if args.bundle:
        locks = bundle_locks(args.bundle, args.python, args.build)
        for wheel in (wheel for path in locks for wheel in read_lock(path)):
            say(f"  {wheel.file}")
        say(f"{sum(sizes_of(path)[0] for path in locks)} MB in all")
        if args.dry_run:
            return
    set_up(args.torch_index)
    if args.bundle:
        extension = build_bundle(args.bundle, args.python, locks)
    else:
        extension = build_platform_zip() if args.edition == "platform" else build_zip()
    write_sums()
    say(f"{extension.relative_to(ROOT)}: {extension.stat().st_size / 1e6:.1f} MB, valid")


def lock(args):
    """Lock the engines that users install: versions, files and SHA-256 of every wheel, and a CycloneDX list,
    into addon/engine/locks. An index that does not answer leaves what was locked of it.
    """
    make_locks()


def paint(args):
    """Paint a picture without Blender."""
    if Path(sys.prefix).resolve() != VENV.resolve():
        set_up(args.torch_index)
        return run_python(__file__, *sys.argv[1:])

    from core.encoders.files import available, find_encoder, read_entry
    from core.errors import PochadeError
    from core.files.pictures import read_picture
    from core.presets.load import style_from_preset
    from core.presets.preset import find_preset
    from core.settings import parse_setting, settings_from
    from core.still.files import paint_files
    from core.style.styles import style_from_picture

    started = shown = time.perf_counter()
    try:
        preset = None if Path(args.style).is_file() else find_preset(args.style)
        advice = find_preset(args.preset) if args.preset else preset
        size = {"resolution": "draft", "size": args.size} if args.size is not None else {}
        settings = settings_from(
            {**(advice.settings if advice else {}), **size, **dict(map(parse_setting, args.set))}
        )
        style = (
            style_from_preset(preset)
            if preset
            else style_from_picture(Path(args.style).stem, read_picture(args.style))
        )
        encoder = read_entry(Path(settings.encoder)) or find_encoder(settings.encoder, available())
        content, result = Path(args.content), Path(args.result)
        for progress in paint_files([content], lambda _: result, style, settings, encoder_file=encoder.path):
            if time.perf_counter() - shown > 2:
                shown = time.perf_counter()
                say(f"  {progress.fraction:4.0%}")
    except PochadeError as error:
        raise Failure(str(error)) from error
    say(f"painted {args.result} in {time.perf_counter() - started:.1f} s")
    return 0


def hand_on(args):
    """Run the command's module with all arguments that came after the command."""
    if args.command == "bench" and "--gpu" in args.others:
        return bench_gpu(args)
    set_up(args.torch_index)
    return run_python("-m", MODULES[args.command][0], *args.others)


def bench_gpu(args):
    """Run the benchmark of graphics cards with the Python that runs this, if it has what that needs."""
    needed = ("torch", "numpy", "PIL", "safetensors")
    python = sys.executable if all(map(importlib.util.find_spec, needed)) else None
    if not python:
        set_up(args.torch_index)
    return run_python("-m", "tests.bench.gpu", *args.others, python=python)


# --- tools --------------------------------------------------------------------------------------------------


def pytest(venv: Path, *arguments) -> int:
    """Run pytest in two processes with a thread each: on small pictures a second thread mostly waits."""
    side_by_side = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
    return subprocess.run(
        [python_of(venv), "-m", "pytest", *side_by_side, *arguments],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
    ).returncode


def run_python(*arguments, python=None) -> int:
    """Run the Python of `.venv`, or another one, with Pochade's own packages and in the caller's folder."""
    return subprocess.run(
        [python or python_of(VENV), *arguments], env=os.environ | {"PYTHONPATH": str(ROOT)}
    ).returncode


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
    testing = command(
        test, passes_on=True, epilog="All other arguments go to pytest, such as -k NAME, or a file in tests."
    )
    testing.add_argument(
        "--quick", action="store_true", help="only Blender 5.0, without the tests that are slow"
    )
    testing.add_argument(
        "--window", metavar="BLENDER", help="the command of any Blender that can open a window"
    )
    checking = command(check)
    checking.add_argument("--fix", action="store_true", help="format, and mend what ruff can")
    command(
        blender,
        passes_on=True,
        epilog="All other arguments are a Blender's command; without one, .venv's loads it and ends.",
    )
    packaging = command(package)
    kinds = packaging.add_mutually_exclusive_group()
    kinds.add_argument(
        "--edition",
        choices=("full", "platform"),
        help="platform: without all that brings packages, as extensions.blender.org wants it",
    )
    kinds.add_argument(
        "--bundle", choices=BUILDS, help="a zip for one system, with PyTorch and all else that it needs"
    )
    packaging.add_argument(
        "--build", help="which PyTorch the bundle has; without, PyPI's own: cpu on Windows, cuda on Linux"
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
    command(lock)
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
