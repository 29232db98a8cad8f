"""The engine, everything binary that Pochade needs: where it is, what is wrong with it, and installing it
with pip.

It is found in Blender's own Python or in a folder, which goes to the end of `sys.path`: nothing of Blender's
own (numpy above all) is ever shadowed by it. No bpy here; callers name the folders.
"""

import contextlib
import importlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.words import size_in_words

PYTHON = sys.implementation.cache_tag  # "cpython-311"
OLDEST_TORCH = (2, 6)
PACKAGES = {
    "torch": "torch>=2.6,<3",
    "torchvision": "torchvision",
    "safetensors": "safetensors",
    "OpenEXR": "OpenEXR>=3.3",
    "cv2": "opencv-python-headless>=4.11,<4.12",
}  # of OpenCV only 4.11 takes numpy 1.26 and 2, whichever Blender has
PAINTING = ("torch", "safetensors")  # what painting cannot do without

MISSING = "Painting needs PyTorch: in Pochade's preferences, install the engine or name a folder that has it"


@dataclass(frozen=True)
class Build:
    """One kind of PyTorch. Download and room on the disk in megabytes; `index` is PyTorch's own one that has
    it, "" for PyPI, `platforms` where it is published, and `options` tell pip where else to look.
    """

    label: str
    about: str
    download: int
    disk: int
    index: str = ""
    platforms: tuple[str, ...] = ("linux", "win32")
    options: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        return (
            f"{self.about}: about {size_in_words(self.download * 1e6)} to download, "
            f"{size_in_words(self.disk * 1e6)} on the disk"
        )

    def pip_options(self) -> list[str]:
        """Where pip finds it. PyPI stays an index beside PyTorch's own, which lacks the other packages."""
        return [*(("--extra-index-url", INDEX.format(self.index)) if self.index else ()), *self.options]


# PyPI's own build is the right one for a Mac; elsewhere PyTorch keeps an index for each kind of hardware.
# These are the ones that PyTorch 2.14 is published in: CUDA 13 begins with Turing, and 12.6, which 2.15 will
# lack, is what older cards have left. ROCm is there for Linux alone. All sizes are rounded up, those of ROCm,
# XPU and CUDA 12.6 estimates.
INDEX = "https://download.pytorch.org/whl/{}"
_ALL_BUILDS = {
    "metal": Build("Metal", "For every Apple computer", 200, 750, platforms=("darwin",)),
    "cpu": Build("CPU", "For every computer", 300, 1150, "cpu"),
    "cuda": Build("CUDA", "For NVIDIA cards since GTX 16 and RTX 20", 2750, 6150, "cu130"),
    "cuda126": Build("CUDA 12.6", "For NVIDIA's GTX 900 and GTX 10, and older drivers", 2900, 6300, "cu126"),
    "rocm": Build("ROCm", "For AMD cards", 5500, 17000, "rocm7.2", platforms=("linux",)),
    "xpu": Build("XPU", "For Intel's Arc cards", 2000, 6000, "xpu"),
}
BUILDS = {key: build for key, build in _ALL_BUILDS.items() if sys.platform in build.platforms}


@dataclass(frozen=True)
class EngineStatus:
    """Whether painting can start; `sentence` says what is there, or what to do. `folder` is to be added to
    `sys.path`.
    """

    ready: bool
    sentence: str
    folder: Path | None = None


# What was found but did not load, by its place: Python gives binary modules no second chance in one session.
_broken: dict[Path, str] = {}


def engine_status(folders: Sequence[Path], installed: Path | None = None) -> EngineStatus:
    """The first engine that can paint: in Python's own path, or there and in one of `folders`. Imports
    nothing, but reads several files. `installed` is where an engine for this Python would be installed:
    others stand beside it.
    """
    problems = []
    for folder in (None, *folders):
        path = sys.path if folder is None else [*sys.path, str(folder)]
        places = {name: _place(name, path) for name in PAINTING}
        place = places["torch"]
        if place is None:
            problem = (
                folder
                and f"There is no PyTorch in {folder}: name another engine folder, or install the engine"
            )
        else:
            missing = [name for name, found in places.items() if found is None]
            problem = (
                _broken.get(place)
                or _mismatch(place)
                or (
                    missing
                    and f"PyTorch is in {place}, but {', '.join(missing)} is missing: install the engine"
                )
            )
            if not problem:
                return EngineStatus(
                    True, f"PyTorch {_torch_version(place)} in {place}{_unused_numpy(place, folder)}", folder
                )
        problems += [problem] if problem else []
    return EngineStatus(False, problems[0] if problems else _upgraded(installed) or MISSING)


def _unused_numpy(place: Path, folder: Path | None) -> str:
    """What there is to say of a numpy in the engine's folder. PyTorch since 2.3 works with numpy 1.26 and 2,
    whichever it finds.
    """
    found = next(folder.glob("numpy-*.dist-info"), None) if place == folder else None
    return (
        (
            f"; numpy {found.name.split('-')[1].removesuffix('.dist')} there is not used, for Blender's "
            "own comes first"
        )
        if found
        else ""
    )


def _upgraded(installed: Path | None) -> str:
    """What to read when there are engines for other Pythons alone: Blender was upgraded."""
    others = (
        sorted(path.name for path in installed.parent.glob("cpython-*") if python_of(path.name))
        if installed
        else []
    )
    if not others:
        return ""
    return (
        f"The engine was installed for a Blender with Python {python_of(others[-1])}, and this one "
        f"has {python_of(PYTHON)}: "
        "in Pochade's preferences, install it again"
    )


def python_of(folder: str) -> str:
    """The version in the name of an installed engine's folder, "3.11" in "cpython-311"; "" when it is
    none's.
    """
    found = re.fullmatch(r"cpython-(\d)(\d+)", folder)
    return ".".join(found.groups()) if found else ""


def _place(name: str, path: Sequence[str]) -> Path | None:
    """The folder of `path` that holds this package."""
    spec = PathFinder.find_spec(name, path)
    return Path(spec.origin).parents[1] if spec and spec.origin else None


def _torch_version(place: Path) -> str:
    return re.search(r"__version__ = '(.+)'", (place / "torch/version.py").read_text()).group(1)


def _mismatch(place: Path) -> str | None:
    """Why the PyTorch in this folder cannot serve this Python; None when it looks as if it can."""
    torch = place / "torch"
    if not any((torch / f"_C{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
        built_for = " and ".join(file.suffixes[0].strip(".") for file in torch.glob("_C.*")) or "nothing"
        return (
            f"PyTorch in {place} is built for {built_for}, and this Blender needs "
            f"{EXTENSION_SUFFIXES[0].split('.')[1]}"
        )
    if not (torch / "version.py").is_file():
        return f"PyTorch in {place} is incomplete: install it again"
    version = _torch_version(place)
    if tuple(map(int, version.split(".")[:2])) < OLDEST_TORCH:
        return (
            f"PyTorch {version} in {place} is too old: Pochade needs {'.'.join(map(str, OLDEST_TORCH))} "
            "or later"
        )
    return None


def broken_engines() -> frozenset[Path]:
    """Where engines are that were found in this session and did not load."""
    return frozenset(_broken)


def ensure_engine(folders: Sequence[Path]) -> None:
    """Load the engine, which takes seconds the first time: not for Blender's own thread while a window is
    open.

    Raises PochadeError with the sentence of `engine_status`, or the reason why PyTorch does not load.
    """
    status = engine_status(folders)
    if not status.ready:
        raise PochadeError(status.sentence)
    if status.folder and str(status.folder) not in sys.path:
        sys.path.append(str(status.folder))
    try:
        for name in PAINTING:
            importlib.import_module(name)
    except Exception as error:  # a broken build raises whatever it likes
        place = _place("torch", sys.path)
        reason = str(error).partition("\n")[0] or type(error).__name__
        _broken[place] = (
            f"PyTorch in {place} does not load ({reason}): install it again, then restart Blender"
        )
        raise PochadeError(_broken[place]) from error


def install_engine(target: Path, build: Build) -> Generator[Progress, None, Path]:
    """Install what Blender's own Python lacks of the engine into the folder `target`, with pip; returns
    `target`.

    It grows in a folder beside `target` and replaces it once it has loaded in a fresh Python. Closing the
    generator cancels. Raises PochadeError; cancelled or failed, the old engine stays as it was. Files that
    have been downloaded stay in another folder beside `target` until an install succeeds: the next one need
    not download them again.
    """
    side, downloads = target.with_name(target.name + "-new"), target.with_name(target.name + DOWNLOADS)
    packages = side / "packages"
    try:
        shutil.rmtree(side, ignore_errors=True)  # of an install that Blender's end cut short
        packages.mkdir(parents=True)
        room = (
            2 * build.download + build.disk - _megabytes(downloads)
        ) * 1e6  # pip keeps a file that it unpacks, and the cache another
        if shutil.disk_usage(side).free < room:
            raise PochadeError(f"The engine needs {size_in_words(room)} of free room in {target.parent}")
        yield from _run(
            [
                *_pip(),
                "install",
                "--target",
                packages,
                "--cache-dir",
                downloads,
                *_wanted(side, target),
                *build.pip_options(),
            ],
            "Starting pip",
            side,
            downloads,
            build,
        )
        _check_build(packages, build)
        for folder in packages.glob("numpy*"):  # pip follows the dependencies, but numpy is Blender's affair
            shutil.rmtree(folder)
        yield from _run(
            [sys.executable, "-I", "-c", _PROOF, packages], "Trying the new engine", side, downloads, build
        )
        _replace(target, packages)
        shutil.rmtree(downloads, ignore_errors=True)
    except OSError as error:
        raise PochadeError(f"The engine could not be installed in {target}: {error}") from error
    finally:
        shutil.rmtree(side, ignore_errors=True)
    importlib.invalidate_caches()
    return target


DOWNLOADS = "-downloads"  # what the name of the folder ends in that keeps them


def _check_build(packages: Path, build: Build) -> None:
    """Raise PochadeError where pip took PyPI's own PyTorch: it takes the newest, and an index may be out of
    reach or lag behind.
    """
    if (
        build.index
        and (packages / "torch/version.py").is_file()
        and not (version := _torch_version(packages)).endswith(f"+{build.index}")
    ):
        raise PochadeError(
            f"{INDEX.format(build.index)} did not give PyTorch {version.partition('+')[0]} for "
            f"{build.label}: "
            "try again later, or choose another build"
        )


# What a fresh Python does with the new folder before it is trusted.
_PROOF = (
    f"import sys; sys.path.append(sys.argv[1]); import numpy, {', '.join(PACKAGES)}; "
    "torch.from_numpy(numpy.zeros(1))"
)


def _pip() -> list[str | Path]:
    """A command that runs pip in Blender's Python, or the one that Python's standard library carries as an
    archive.
    """
    python = [sys.executable, "-I"]
    if _place("pip", sys.path):
        return [*python, "-m", "pip"]
    library = _place("ensurepip", sys.path)
    archives = sorted(library.glob("ensurepip/_bundled/pip-*.whl")) if library else []
    if not archives:
        raise PochadeError(
            "Blender's Python comes without pip: install your system's pip for it, or name an engine folder"
        )
    return [*python, archives[-1] / "pip"]


def _wanted(side: Path, target: Path) -> list[str | Path]:
    """pip's arguments for the packages that Blender's own Python lacks, held to the versions of those that it
    has.
    """
    own = [entry for entry in sys.path if Path(entry) != target]
    places = {name: _place(name, own) for name in PACKAGES}
    wanted = [requirement for name, requirement in PACKAGES.items() if places[name] is None]
    if not wanted:
        raise PochadeError(
            f"Blender's own Python has an engine already, in {places['torch']}: repair that one"
        )
    import numpy  # only here: registration need not wait for it

    held = [f"numpy=={numpy.__version__}"]
    if places["torch"]:
        held.append(f"torch=={_torch_version(places['torch']).partition('+')[0]}")
    constraints = side / "constraints.txt"
    constraints.write_text("\n".join(held))
    return [
        *wanted,
        "--constraint",
        constraints,
        "--only-binary=:all:",
        "--no-compile",
        "--no-input",
        "--progress-bar=off",
        "--disable-pip-version-check",
        "--no-warn-script-location",
    ]


def _run(
    command: Sequence[str | Path], doing: str, side: Path, downloads: Path, build: Build
) -> Generator[Progress, None, None]:
    """Run a command to its end, a step twice a second, its output in a log. Raises PochadeError with its last
    words.
    """
    log = side.with_suffix(".log")
    temporary = dict.fromkeys(
        ("TMPDIR", "TEMP", "TMP"), str(side)
    )  # on the same disk, so that pip need not copy
    with log.open("w") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=os.environ | temporary | {"PIP_USER": "0"},
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
        try:
            while process.poll() is None:
                share = min(
                    (_megabytes(side) + _megabytes(downloads)) / (2 * build.download + build.disk), 0.99
                )
                yield Progress(_last_line(log) or doing, fraction=share)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        if any(words in log.read_text(errors="replace") for words in _SPOILT):
            shutil.rmtree(downloads, ignore_errors=True)
        raise PochadeError(
            f"The engine was not installed: {_last_line(log).removeprefix('ERROR: ')} (see {log})"
        )


_SPOILT = (
    "DO NOT MATCH THE HASHES",
    "is invalid",
    "BadZipFile",
)  # pip's words for a file that is of no use to another try


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _megabytes(folder: Path) -> float:
    """What the folder holds by now; files that vanish meanwhile do not count."""
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                total += Path(parent, name).lstat().st_size
    return total / 1e6


def _replace(target: Path, new: Path) -> None:
    """Put the folder `new` in the place of `target`, or leave both as they were. Raises OSError."""
    old = target.with_name(target.name + "-old")
    shutil.rmtree(old, ignore_errors=True)
    had_old = target.exists()
    if had_old:
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if had_old:
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)  # Windows keeps files that are in use: gone the next time
