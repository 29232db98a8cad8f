"""The engine, everything binary that Pochade needs: where it is, what is wrong with it, and loading it.

It is found in Blender's own Python or in a folder, which goes to the end of `sys.path`: nothing of Blender's
own (numpy above all) is ever shadowed by it. No bpy here; callers name the folders.
"""

import importlib
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import EXTENSION_SUFFIXES, PathFinder
from pathlib import Path

from ...core.errors import PochadeError
from ...core.words import Sentence
from ..edition import REMEDY
from . import msvcp

PYTHON = sys.implementation.cache_tag  # "cpython-311"
OLDEST_TORCH = (2, 6)
PAINTING = ("torch", "safetensors")  # what painting cannot do without

MISSING = Sentence("This needs PyTorch: {remedy}", remedy=REMEDY)


@dataclass(frozen=True)
class EngineStatus:
    """Whether painting can start; `sentence` says what is there, or what to do; `folder` joins `sys.path`."""

    ready: bool
    sentence: str
    folder: Path | None = None

    @property
    def absent(self) -> bool:
        """Whether there is none at all, and so nothing wrong with one."""
        return self.sentence == MISSING

    @property
    def elsewhere(self) -> str:
        """The sentence where the buttons that it asks for are not beside it."""
        return Sentence("{sentence}. See Pochade's preferences", sentence=self.sentence)


# Sentences on engines that were found and did not load, by their place: Python gives binary modules no second
# chance in one session.
_broken: dict[Path, str] = {}


def engine_status(folders: Sequence[Path], installed: Path | None = None) -> EngineStatus:
    """The first engine that can paint: in Python's own path, or there and in one of `folders`. Imports
    nothing, but reads several files. `installed` is where an engine for this Python would be installed:
    others stand beside it.
    """
    problems = []
    for folder in (None, *folders):
        path = sys.path if folder is None else [*sys.path, str(folder)]
        places = {name: place_of(name, path) for name in PAINTING}
        place = places["torch"]
        if place is None:
            if folder:
                problems.append(
                    Sentence(
                        "There is no PyTorch in {folder}: name another engine folder, or install the engine",
                        folder=folder,
                    )
                )
            continue
        problem = _broken.get(place) or _mismatch(place)
        missing = [name for name, found in places.items() if found is None]
        if missing and not problem:
            problem = Sentence(
                "PyTorch is in {place}, but {names} is missing: {remedy}",
                place=place,
                names=", ".join(missing),
                remedy=REMEDY,
            )
        if not problem:
            sentence = Sentence(
                "PyTorch {version} in {place}{remark}",
                version=torch_version(place),
                place=place,
                remark=_unused_numpy(place, folder),
            )
            return EngineStatus(True, sentence, folder)
        problems.append(problem)
    return EngineStatus(False, problems[0] if problems else _upgraded(installed) or MISSING)


def _unused_numpy(place: Path, folder: Path | None) -> str:
    """A remark on a numpy in the engine's folder; "" where there is none. PyTorch takes Blender's own."""
    found = next(folder.glob("numpy-*.dist-info"), None) if place == folder else None
    if not found:
        return ""
    version = found.name.split("-")[1].removesuffix(".dist")
    return Sentence("; numpy {version} there is not used, for Blender's own comes first", version=version)


def _upgraded(installed: Path | None) -> str:
    """The sentence for engines that are there for other Pythons alone: Blender was upgraded."""
    folders = installed.parent.glob("cpython-*") if installed else ()
    others = sorted(path.name for path in folders if python_of(path.name))
    if not others:
        return ""
    return Sentence(
        "The engine was installed for a Blender with Python {theirs}, and this one has "
        "{python}: install it again",
        theirs=python_of(others[-1]),
        python=python_of(PYTHON),
    )


def python_of(folder: str) -> str:
    """The version in the name of an installed engine's folder, "3.11" in "cpython-311"; "" of others."""
    found = re.fullmatch(r"cpython-(\d)(\d+)", folder)
    return ".".join(found.groups()) if found else ""


def place_of(name: str, path: Sequence[str]) -> Path | None:
    """The folder of `path` that holds this package."""
    spec = PathFinder.find_spec(name, path)
    return Path(spec.origin).parents[1] if spec and spec.origin else None


def torch_version(place: Path) -> str:
    """The version of the PyTorch in this folder."""
    return re.search(r"__version__ = '(.+)'", (place / "torch/version.py").read_text()).group(1)


def _mismatch(place: Path) -> str | None:
    """Why the PyTorch in this folder cannot serve this Python; None when it looks as if it can."""
    torch = place / "torch"
    if not any((torch / f"_C{suffix}").exists() for suffix in EXTENSION_SUFFIXES):
        built_for = " and ".join(file.suffixes[0].strip(".") for file in torch.glob("_C.*")) or "nothing"
        return Sentence(
            "PyTorch in {place} is built for {built_for}, and this Blender needs {needed}",
            place=place,
            built_for=built_for,
            needed=EXTENSION_SUFFIXES[0].split(".")[1],
        )
    if not (torch / "version.py").is_file():
        return Sentence("PyTorch in {place} is incomplete: install it again", place=place)
    version = torch_version(place)
    numbers = tuple(map(int, version.split(".")[:2]))
    if numbers < OLDEST_TORCH:
        return Sentence(
            "PyTorch {version} in {place} is too old: Pochade needs {oldest} or later",
            version=version,
            place=place,
            oldest=".".join(map(str, OLDEST_TORCH)),
        )
    runtime = msvcp.loaded_runtime()
    if runtime and msvcp.unfit_beside(numbers, runtime):
        return Sentence(
            "PyTorch {version} in {place} cannot load in this Blender, whose msvcp140.dll "
            "is version {runtime}: install the engine, which brings one that can",
            version=version,
            place=place,
            runtime="{}.{}".format(*runtime),
        )
    return None


def broken_engines() -> frozenset[Path]:
    """Where engines are that were found in this session and did not load."""
    return frozenset(_broken)


def find_engine(folders: Sequence[Path]) -> None:
    """Have Python find the engine. Raises PochadeError with the sentence of `engine_status`."""
    status = engine_status(folders)
    if not status.ready:
        raise PochadeError(status.elsewhere)
    if status.folder:  # only the full edition names folders
        from .joining import join

        join(status.folder)


def ensure_engine(folders: Sequence[Path]) -> None:
    """Load the engine, which takes seconds the first time: not for Blender's own thread with a window.

    Raises PochadeError as `find_engine` does, or with the reason why PyTorch does not load.
    """
    find_engine(folders)
    try:
        for name in PAINTING:
            importlib.import_module(name)
    except Exception as error:  # a broken build raises whatever it likes
        place = place_of("torch", sys.path)
        reason = str(error).partition("\n")[0] or type(error).__name__
        _broken[place] = Sentence(
            "PyTorch in {place} does not load ({reason}): install it again, then restart Blender",
            place=place,
            reason=reason,
        )
        raise PochadeError(_broken[place]) from error


def load_engine(folders: Sequence[Path], method: str = "optimised") -> None:
    """`ensure_engine` for a Method: Instant takes an engine where there is one, and does without."""
    try:
        ensure_engine(folders)
    except PochadeError:
        if method != "instant":
            raise
