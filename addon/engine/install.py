"""Installing the engine with pip, by lock files, into a folder of the user's. No bpy here."""

import contextlib
import importlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Container, Generator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from ...core.errors import PochadeError
from ...core.files.atomic import alone
from ...core.files.made import refuse_link
from ...core.progress import Progress
from ...core.words import Sentence, size_in_words
from .runtime import place_of
from .storage import size_of

# What the engine has to have, by the names that Python and pip have for it.
PACKAGES = {
    "torch": "torch",
    "torchvision": "torchvision",
    "safetensors": "safetensors",
    "OpenEXR": "openexr",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
}
_OPTIONS = (
    "--only-binary=:all: --no-compile --no-input --progress-bar=off --disable-pip-version-check "
    "--no-warn-script-location"
)
DOWNLOADS = "-downloads"  # the end of the name of the folder that keeps them, beside the engine
# A program that tries the new folder before it is trusted, in a process like the one that will paint with it:
# others have other libraries.
_PROOF = """
import os, sys
sys.path.append({folder!r})
try:
    import numpy, {names}
    torch.from_numpy(numpy.zeros(1))
except BaseException as error:
    print("ERROR:", (str(error) or type(error).__name__).partition("\\n")[0], flush=True)
    os._exit(1)
"""
# pip's words for a file that is of no use to another try.
_SPOILT = ("DO NOT MATCH THE HASHES", "is invalid", "BadZipFile")

# `build.py lock` makes them: for each system and Python a file with what every build needs, and one a build
# with its PyTorch and what belongs to that. They are requirements as pip reads them.
LOCKS = Path(__file__).parent / "locks"
_SYSTEMS = {"linux-x86_64": "linux-x64", "win-amd64": "windows-x64"}
_SIZES = re.compile(r"^# (\d+) MB to download, (\d+) MB on the disk", re.MULTILINE)
_REQUIREMENT = re.compile(r"^([\w.-]+)==", re.MULTILINE)
_HASH = "--hash=sha256:"


def system() -> str:
    """This system and its Python as the lock files are named, `windows-x64-cp311` say."""
    name = sysconfig.get_platform()
    if name.startswith("macosx"):
        name = f"macos-{os.uname().machine}"
    return f"{_SYSTEMS.get(name, name)}-cp{sys.version_info.major}{sys.version_info.minor}"


@dataclass(frozen=True)
class Build:
    """One kind of PyTorch. `locks` are the files that pip installs it from, one after the other."""

    label: str
    about: str
    locks: tuple[Path, ...]

    @cached_property
    def sizes(self) -> tuple[int, int]:
        """Megabytes to download, and on the disk: what the lock files say, added up."""
        found = [_SIZES.search(lock.read_text(encoding="utf-8")) for lock in self.locks]
        return tuple(sum(int(each[part]) for each in found if each) for part in (1, 2))

    @property
    def missing(self) -> str:
        """Why it cannot be installed here, and what else to do; "" where it can."""
        if all(lock.is_file() for lock in self.locks):
            return ""
        return Sentence(
            "Pochade knows no engine for {system}: make a folder with PyTorch by pip install --target, and "
            "name it as Engine Folder",
            system=system(),
        )

    @property
    def description(self) -> str:
        if self.missing:
            return self.missing
        download, disk = self.sizes
        return Sentence(
            "{about}: about {download} to download, {disk} on the disk",
            about=self.about,
            download=size_in_words(download * 1e6),
            disk=size_in_words(disk * 1e6),
        )


# CUDA 13 begins with Turing; 12.6, which PyTorch 2.14 was the last to have, is what older cards have left.
_LABELS = {
    "metal": ("Metal", Sentence("For every Apple computer")),
    "cpu": ("CPU", Sentence("For every computer")),
    "cuda": ("CUDA", Sentence("For NVIDIA cards since GTX 16 and RTX 20")),
    "cuda126": (
        "CUDA 12.6",
        Sentence("For NVIDIA's GTX 900 and GTX 10, and older drivers, with an older PyTorch"),
    ),
    "rocm": ("ROCm", Sentence("For AMD cards")),
    "xpu": ("XPU", Sentence("For Intel's Arc cards")),
}
_ALL_BUILDS = {
    key: Build(*texts, (LOCKS / f"{system()}-{key}.txt", LOCKS / f"{system()}.txt"))
    for key, texts in _LABELS.items()
}
# There is one at least, to say what to do.
BUILDS = {key: build for key, build in _ALL_BUILDS.items() if not build.missing} or {
    "cpu": _ALL_BUILDS["cpu"]
}


def install_engine(target: Path, build: Build, blender: str = "") -> Generator[Progress, None, Path]:
    """Install what Blender's own Python lacks of the engine into the folder `target`, and return it.

    It grows in a folder beside `target` and replaces it once it has loaded in a fresh process of `blender`,
    the program that runs this; of Python where it is no program but a module. Closing the generator cancels.
    Raises PochadeError; cancelled or failed, the old engine stays as it was. Files that have been downloaded
    stay in another folder beside `target` until an install succeeds: the next one need not download them
    again.
    """
    if build.missing:
        raise PochadeError(build.missing)
    side, downloads = target.with_name(target.name + "-new"), target.with_name(target.name + DOWNLOADS)
    for path in (target, side, downloads, _old(target), _log(side)):
        refuse_link(path)
    if target.is_dir() and any(target.iterdir()) and not _is_engine(target):
        raise PochadeError(
            "{folder} is no engine that Pochade installed: move it to another place first", folder=target
        )
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with alone(side, "Another Blender is installing the engine: wait for it, then try again"):
            yield from _never_back(_install(target, build, blender, side))
    except OSError as error:
        raise PochadeError(
            "The engine could not be installed in {folder}: {error}", folder=target, error=error
        ) from error
    importlib.invalidate_caches()
    return target


def _install(target: Path, build: Build, blender: str, side: Path) -> Generator[Progress, None, None]:
    packages, downloads = side / "packages", target.with_name(target.name + DOWNLOADS)
    have = _there_already(target)
    try:
        shutil.rmtree(side, ignore_errors=True)  # of an install that Blender's end cut short
        packages.mkdir(parents=True)
        # Pip keeps a file that it unpacks, and the cache another.
        room = _room(build) - size_of(downloads)
        if shutil.disk_usage(side).free < room:
            raise PochadeError(
                "The engine needs {room} of free room in {folder}",
                room=size_in_words(room),
                folder=target.parent,
            )
        pip = [*_pip(), "install", "--target", packages, "--cache-dir", downloads, *_OPTIONS.split()]
        for wanted in _requirements(build, set(have), side):
            yield from _run([*pip, *wanted], "Starting pip", side, downloads, build)
        for folder in packages.glob("numpy*"):  # pip may follow dependencies, but numpy is Blender's affair
            shutil.rmtree(folder)
        proof = side / "proof.py"
        names = ", ".join(name for name in PACKAGES if not _belongs_to_own_torch(name, have))
        proof.write_text(_PROOF.format(folder=str(packages), names=names), encoding="utf-8")
        yield from _run([*_python(blender), proof], Sentence("Trying the new engine"), side, downloads, build)
        _replace(target, packages)
        shutil.rmtree(downloads, ignore_errors=True)
    finally:
        shutil.rmtree(side, ignore_errors=True)


def _never_back(steps: Generator[Progress, None, None]) -> Generator[Progress, None, None]:
    """The steps, with a bar that stays where it was while pip removes what it no longer needs."""
    most = 0.0
    with contextlib.closing(steps):
        for step in steps:
            most = max(most, step.fraction)
            yield replace(step, fraction=most)


def _python(blender: str) -> list[str]:
    """A command that runs a Python file in a fresh process of what runs this."""
    if not blender:
        return [sys.executable, "-I"]
    return [blender, "--background", "--factory-startup", "--python-exit-code", "1", "--python"]


def _room(build: Build) -> float:
    """The most bytes that installing it takes."""
    download, disk = build.sizes
    return (2 * download + disk) * 1e6


def _old(target: Path) -> Path:
    """Where the engine is that is being replaced."""
    return target.with_name(target.name + "-old")


def _log(side: Path) -> Path:
    return side.with_suffix(".log")


def _is_engine(folder: Path) -> bool:
    """Whether pip has put packages into a folder."""
    return any((folder / name).exists() for name in PACKAGES) or any(folder.glob("*.dist-info"))


def _pip() -> list[str | Path]:
    """A command that runs pip in Blender's Python, or the one in its standard library's archive."""
    python = [sys.executable, "-I"]
    if place_of("pip", sys.path):
        return [*python, "-m", "pip"]
    library = place_of("ensurepip", sys.path)
    archives = sorted(library.glob("ensurepip/_bundled/pip-*.whl")) if library else []
    if not archives:
        raise PochadeError(
            "Blender's Python comes without pip: install your system's pip for it, or name an engine folder"
        )
    return [*python, archives[-1] / "pip"]


def _there_already(target: Path) -> set[str]:
    """What Blender's own Python has of PACKAGES, by pip's names. Raises PochadeError where that is all."""
    own = [entry for entry in sys.path if Path(entry) != target]
    have = {called for name, called in PACKAGES.items() if place_of(name, own)}
    if all(called in have or _belongs_to_own_torch(name, have) for name, called in PACKAGES.items()):
        place = place_of("torch", own)
        raise PochadeError(
            "Blender's own Python has an engine already, in {place}: repair that one", place=place
        )
    return have


def _belongs_to_own_torch(name: str, have: Container[str]) -> bool:
    """Whether a package is the affair of whoever put PyTorch into Blender's own Python: it fits one alone."""
    return name == "torchvision" and "torch" in have


def _requirements(build: Build, have: set[str], side: Path) -> Generator[list[str | Path], None, None]:
    """pip's options for each lock file, less what Blender's own Python has, and less what an earlier one has.

    A file with hashes is all that pip takes; one without, of an index that `build.py lock` never reached, is
    followed with its dependencies, by that one index. Where the two meet, what has hashes wins.
    """
    for lock in build.locks:
        text = lock.read_text(encoding="utf-8")
        named = {found.lower() for found in _REQUIREMENT.findall(text)}
        if "torch" in named & have:
            continue
        wanted = side / lock.name
        lines = (line for line in text.splitlines() if _name(line) not in have)
        wanted.write_text("\n".join(lines), encoding="utf-8")
        have |= named
        hashes = ["--require-hashes", "--no-deps", "--upgrade"] if _HASH in text else []
        yield ["--requirement", wanted, *hashes]


def _name(line: str) -> str:
    """The package that a line of a lock file names; "" of other lines."""
    found = _REQUIREMENT.match(line)
    return found.group(1).lower() if found else ""


def _run(
    command: Sequence[str | Path], doing: str, side: Path, downloads: Path, build: Build
) -> Generator[Progress, None, None]:
    """Run a command, a step twice a second, its output in a log. Raises PochadeError with its last words."""
    log = _log(side)
    # On the same disk, so that pip need not copy.
    temporary = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(side))
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
                share = (size_of(side) + size_of(downloads)) / max(_room(build), 1)
                yield Progress(_last_line(log).partition(" (from ")[0] or doing, fraction=min(share, 0.99))
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.5)
        finally:
            process.kill()
            process.wait()
    if process.returncode:
        if any(words in log.read_text(errors="replace") for words in _SPOILT):
            shutil.rmtree(downloads, ignore_errors=True)
        reason = _reason(log, process.returncode)
        raise PochadeError("The engine was not installed: {reason} (see {log})", reason=reason, log=log)


def _reason(log: Path, status: int) -> str:
    """Why a command failed, by what it wrote and its status."""
    if _SPOILT[0] in log.read_text(errors="replace"):
        return Sentence(
            "a file that came is not the one that Pochade knows: try again, perhaps on another network"
        )
    if not 0 <= status < 256:  # a signal, or an exception of Windows's
        return Sentence("it crashed, with status {status}: try another build", status=status)
    return _last_line(log).removeprefix("ERROR: ")


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n")
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _replace(target: Path, new: Path) -> None:
    """Put the folder `new` in the place of `target`, or leave both as they were. Raises OSError."""
    old = _old(target)
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
