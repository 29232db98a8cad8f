"""Installing the engine with pip, into a folder of the user's. No bpy here."""

import contextlib
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import PochadeError
from ...core.files.atomic import alone
from ...core.files.made import refuse_link
from ...core.progress import Progress
from ...core.words import size_in_words
from .runtime import place_of, torch_version
from .storage import size_of

# Of OpenCV only 4.11 takes numpy 1.26 and 2, whichever Blender has.
PACKAGES = {
    "torch": "torch>=2.6,<3",
    "torchvision": "torchvision",
    "safetensors": "safetensors",
    "OpenEXR": "OpenEXR>=3.3",
    "cv2": "opencv-python-headless>=4.11,<4.12",
}
DOWNLOADS = "-downloads"  # the end of the name of the folder that keeps them, beside the engine
# A program for a fresh Python, which tries the new folder before it is trusted.
_PROOF = (
    f"import sys; sys.path.append(sys.argv[1]); import numpy, {', '.join(PACKAGES)}; "
    "torch.from_numpy(numpy.zeros(1))"
)
# pip's words for a file that is of no use to another try.
_SPOILT = ("DO NOT MATCH THE HASHES", "is invalid", "BadZipFile")


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
        index = ["--extra-index-url", INDEX.format(self.index)] if self.index else []
        return [*index, *self.options]


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


def install_engine(target: Path, build: Build) -> Generator[Progress, None, Path]:
    """Install what Blender's own Python lacks of the engine into the folder `target`, and return it.

    It grows in a folder beside `target` and replaces it once it has loaded in a fresh Python. Closing the
    generator cancels. Raises PochadeError; cancelled or failed, the old engine stays as it was. Files that
    have been downloaded stay in another folder beside `target` until an install succeeds: the next one need
    not download them again.
    """
    side, downloads = target.with_name(target.name + "-new"), target.with_name(target.name + DOWNLOADS)
    for path in (target, side, downloads, _old(target), _log(side)):
        refuse_link(path)
    if target.is_dir() and any(target.iterdir()) and not _is_engine(target):
        raise PochadeError(f"{target} is no engine that Pochade installed: move it to another place first")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with alone(side, "Another Blender is installing the engine: wait for it, then try again"):
            yield from _install(target, build, side, downloads)
    except OSError as error:
        raise PochadeError(f"The engine could not be installed in {target}: {error}") from error
    importlib.invalidate_caches()
    return target


def _install(target: Path, build: Build, side: Path, downloads: Path) -> Generator[Progress, None, None]:
    packages = side / "packages"
    try:
        shutil.rmtree(side, ignore_errors=True)  # of an install that Blender's end cut short
        packages.mkdir(parents=True)
        # Pip keeps a file that it unpacks, and the cache another.
        room = (2 * build.download + build.disk) * 1e6 - size_of(downloads)
        if shutil.disk_usage(side).free < room:
            raise PochadeError(f"The engine needs {size_in_words(room)} of free room in {target.parent}")
        command = [*_pip(), "install", "--target", packages, "--cache-dir", downloads]
        command += [*_wanted(side, target), *build.pip_options()]
        yield from _run(command, "Starting pip", side, downloads, build)
        _check_build(packages, build)
        for folder in packages.glob("numpy*"):  # pip follows the dependencies, but numpy is Blender's affair
            shutil.rmtree(folder)
        yield from _run(
            [sys.executable, "-I", "-c", _PROOF, packages], "Trying the new engine", side, downloads, build
        )
        _replace(target, packages)
        shutil.rmtree(downloads, ignore_errors=True)
    finally:
        shutil.rmtree(side, ignore_errors=True)


def _old(target: Path) -> Path:
    """Where the engine is that is being replaced."""
    return target.with_name(target.name + "-old")


def _log(side: Path) -> Path:
    return side.with_suffix(".log")


def _is_engine(folder: Path) -> bool:
    """Whether pip has put packages into a folder."""
    return any((folder / name).exists() for name in PACKAGES) or any(folder.glob("*.dist-info"))


def _check_build(packages: Path, build: Build) -> None:
    """Raise PochadeError where pip took PyPI's own PyTorch: the index may be down or lag behind."""
    if not build.index or not (packages / "torch/version.py").is_file():
        return
    version, _, index = torch_version(packages).partition("+")
    if index != build.index:
        raise PochadeError(
            f"{INDEX.format(build.index)} did not give PyTorch {version} for {build.label}: "
            "try again later, or choose another build"
        )


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


def _wanted(side: Path, target: Path) -> list[str | Path]:
    """pip's arguments for the packages that Blender's Python lacks, with the versions of its own held."""
    own = [entry for entry in sys.path if Path(entry) != target]
    places = {name: place_of(name, own) for name in PACKAGES}
    wanted = [requirement for name, requirement in PACKAGES.items() if places[name] is None]
    if not wanted:
        raise PochadeError(
            f"Blender's own Python has an engine already, in {places['torch']}: repair that one"
        )
    import numpy  # only here: registration need not wait for it

    held = [f"numpy=={numpy.__version__}"]
    if places["torch"]:
        held.append(f"torch=={torch_version(places['torch']).partition('+')[0]}")
    constraints = side / "constraints.txt"
    constraints.write_text("\n".join(held))
    options = "--only-binary=:all: --no-compile --no-input --progress-bar=off --disable-pip-version-check"
    return [*wanted, "--constraint", constraints, *options.split(), "--no-warn-script-location"]


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
                share = (size_of(side) + size_of(downloads)) / 1e6 / (2 * build.download + build.disk)
                yield Progress(_last_line(log) or doing, fraction=min(share, 0.99))
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
