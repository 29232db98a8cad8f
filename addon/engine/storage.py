"""The files in the user's folder: how much room they take, and which of them can be deleted.

What has none of Pochade's names is not deleted, nor is anything in a folder that is a link.
"""

import os
import re
from collections.abc import Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ...core.errors import PochadeError
from ...core.files import made
from ...core.files.published import VGG19
from ...core.progress import Progress
from ...core.words import Sentence
from .runtime import PYTHON, python_of

NAMED = 5  # paths that are named one by one


@dataclass(frozen=True)
class Item:
    """Files and folders of one kind. `loss` says what deleting them costs; "" where they have to stay."""

    title: str
    paths: tuple[Path, ...]
    loss: str = ""
    size: int = 0  # bytes

    @property
    def warning(self) -> str:
        """What is said before it is deleted: the loss, and a few of the paths."""
        few = ", ".join(str(path) for path in self.paths[:NAMED])
        more = len(self.paths) - NAMED
        if more > 0:
            few = Sentence("{few} and {more} more beside", few=few, more=more)
        return Sentence("{loss}. This is deleted: {few}", loss=self.loss, few=few)

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
        yield Progress(Sentence("Measuring {title}", title=item.title))
        items.append(Item(item.title, item.paths, item.loss, sum(map(size_of, item.paths))))
    return items


def clean_up(root: Path, library: Path, title: str) -> Generator[Progress, None, list[Item]]:
    """Delete the item of that title and measure what is left. Raises PochadeError where that fails."""
    item = next((item for item in _items(root, library) if item.title == title), None)
    if item is None:
        return (yield from measure(root, library))
    if not item.loss:
        raise PochadeError("{title} cannot be cleaned up: Pochade uses it", title=title)
    for path in item.paths:
        yield Progress(Sentence("Deleting {name}", name=path.name))
        try:
            made.refuse_link(path.parent)
            made.remove_whole(path)
        except OSError as error:
            raise PochadeError(
                "{path} cannot be deleted: {why}; close what uses it, then try again",
                path=path,
                why=error.strerror or error,
            ) from error
    return (yield from measure(root, library))


def _items(root: Path, library: Path) -> Iterator[Item]:
    """The items that there are, without their sizes, the engine first."""
    engine, downloads = root / "engine", [root / "encoders", root / "motion"]
    if made.is_link(engine):
        yield Item(Sentence("Engine"), (Path(os.path.realpath(engine)),))
    for path in made.made_in(engine, made.ENGINES):
        if path.name == PYTHON:
            yield Item(Sentence("Engine"), (path,))
        else:
            version = python_of(path.name)
            yield Item(
                Sentence("Engine for Python {version}", version=version),
                (path,),
                Sentence(
                    "A Blender with Python {version} would have to install its engine again", version=version
                ),
            )
    for title, paths, loss in (
        (
            Sentence("Unfinished Installations"),
            made.made_in(engine, made.INSTALLING),
            Sentence("The next installation would download everything again"),
        ),
        (Sentence("Encoders"), _folders(root / "encoders"), ""),
        (Sentence("Motion Weights"), _folders(root / "motion"), ""),
        (Sentence("Presets"), _folders(library), ""),
        (
            Sentence("Half Downloads"),
            [
                path
                for folder in downloads
                for path in (*made.made_in(folder, made.DOWNLOADS), *_files(folder, VGG19.name))
            ],
            Sentence("The next download would begin anew"),
        ),
        (
            Sentence("Broken-off Trainings"),
            made.made_in(root / "training", made.TRAININGS),
            Sentence("These trainings would begin anew instead of going on"),
        ),
        (
            Sentence("Learnt Times"),
            _files(root, made.PACE),
            Sentence("How long paintings take here would have to be learnt again"),
        ),
        (
            Sentence("Installation Log"),
            made.made_in(engine, made.INSTALL_LOGS),
            Sentence("It tells how the last installation went"),
        ),
        (Sentence("Log"), _files(root, made.LOG), ""),
        (
            Sentence("Older Log"),
            made.made_in(root, made.OLD_LOGS),
            Sentence("It may be of use for a report of what went wrong a while ago"),
        ),
    ):
        if paths:
            yield Item(title, tuple(paths), loss)


def _folders(folder: Path) -> list[Path]:
    return [folder] if folder.is_dir() else []


def _files(folder: Path, name: str) -> list[Path]:
    return made.made_in(folder, re.compile(re.escape(name)))


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder; what vanishes meanwhile does not count."""
    if not path.is_dir() or path.is_symlink():
        with suppress(OSError):
            return path.lstat().st_size
        return 0
    return sum(size_of(Path(parent, name)) for parent, _, names in os.walk(path) for name in names)
