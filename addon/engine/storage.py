"""The files in the user's folder: how much room they take, and which of them can be deleted."""

import os
import shutil
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import PochadeError
from ...core.files.download import VGG19
from ...core.progress import Progress
from .runtime import PYTHON, python_of

LOG = "pochade.log"
PACE = "pace.json"


@dataclass(frozen=True)
class Item:
    """Files and folders of one kind. `loss` says what deleting them costs; "" where they have to stay."""

    title: str
    paths: tuple[Path, ...]
    loss: str = ""
    size: int = 0  # bytes

    @property
    def folder(self) -> Path:
        """The folder to open in the system's own file manager."""
        return self.paths[0] if self.paths[0].is_dir() else self.paths[0].parent


_measured: list[Item] = []


def measured() -> list[Item]:
    """The items, as they were when last measured: drawing reads no files."""
    return _measured


def remember(items: list[Item]) -> None:
    """Keep the outcome of `measure` or `clean_up`."""
    _measured[:] = items


def find(title: str) -> Item | None:
    """The measured item of that title."""
    return next((item for item in _measured if item.title == title), None)


# In the job's thread.


def measure(root: Path, library: Path) -> Generator[Progress, None, list[Item]]:
    """Everything in the user's folder `root`, and the `library` of presets, with its size."""
    items = []
    for item in _items(root, library):
        yield Progress(f"Measuring {item.title}")
        items.append(Item(item.title, item.paths, item.loss, sum(map(size_of, item.paths))))
    return items


def clean_up(root: Path, library: Path, title: str) -> Generator[Progress, None, list[Item]]:
    """Delete the item of that title and measure what is left. Raises PochadeError where that fails."""
    item = next((item for item in _items(root, library) if item.title == title), None)
    if item is None:
        return (yield from measure(root, library))
    if not item.loss:
        raise PochadeError(f"{title} cannot be cleaned up: Pochade uses it")
    for path in item.paths:
        yield Progress(f"Deleting {path.name}")
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise PochadeError(
                f"{path} cannot be deleted: {error.strerror or error}; close what uses it, then try again"
            ) from error
    return (yield from measure(root, library))


def _items(root: Path, library: Path) -> Iterator[Item]:
    """The items that there are, without their sizes, the engine first."""
    unfinished, logs = [], []
    for path in _within(root / "engine"):
        if path.name == PYTHON:
            yield Item("Engine", (path,))
        elif version := python_of(path.name):
            yield Item(
                f"Engine for Python {version}",
                (path,),
                f"A Blender with Python {version} would have to install its engine again",
            )
        else:
            (logs if path.suffix == ".log" else unfinished).append(path)
    if unfinished:
        yield Item(
            "Unfinished Installations",
            tuple(unfinished),
            "The next installation would download everything again",
        )
    for title, folder in (
        ("Encoders", root / "encoders"),
        ("Motion Weights", root / "motion"),
        ("Presets", library),
    ):
        if folder.is_dir():
            yield Item(title, (folder,))
    downloads = [*_within(root / "encoders"), *_within(root / "motion")]
    if halves := [path for path in downloads if path.suffix == ".part" or path.name == VGG19.name]:
        yield Item("Half Downloads", tuple(halves), "The next download would begin anew")
    if trainings := _within(root / "training"):
        yield Item(
            "Broken-off Trainings", tuple(trainings), "These trainings would begin anew instead of going on"
        )
    if (root / PACE).exists():
        yield Item(
            "Learnt Times", (root / PACE,), "How long paintings take here would have to be learnt again"
        )
    if logs:
        yield Item("Installation Log", tuple(logs), "It tells how the last installation went")
    if (root / LOG).exists():
        yield Item("Log", (root / LOG,))
    if older := [path for path in _within(root) if path.name.startswith(f"{LOG}.")]:
        yield Item("Older Log", tuple(older), "It may be of use for a report of what went wrong a while ago")


def _within(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; what vanishes meanwhile does not count."""
    if not path.is_dir() or path.is_symlink():
        with suppress(OSError):
            return path.lstat().st_size
        return 0
    return sum(size_of(Path(parent, name)) for parent, _, names in os.walk(path) for name in names)
