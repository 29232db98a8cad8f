"""Reading the checkpoint of a job, see `checkpoint.py`. Needs no PyTorch."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PochadeError
from ..words import Sentence, joined, size_in_words
from . import arrays, json_text
from .atomic import cannot_write
from .made import refuse_link
from .record import Growth, MadeFrom, changed_parts, identity_with, is_begun, is_record, outdated

STATE = "pochade-job"  # the checkpoint folder's name


class CheckpointReader:
    """Read access, without the lock, to the checkpoint of a job that may be running elsewhere. `state` is the
    checkpoint folder, relative to the job's `folder`. Raises PochadeError where it is a link.
    """

    def __init__(self, folder: str | Path, state: str = STATE):
        self.folder = Path(folder)
        self._state = self.folder / state
        for below in Path(state).parents[-2::-1]:
            refuse_link(self.folder / below)
        refuse_link(self._state)

    def read(self) -> dict[str, Any]:
        """The contents of job.json; {} where there is none, or a damaged one."""
        try:
            record = json_text.read(self._state / "job.json")
            return record if is_record(record) else {}
        except (FileNotFoundError, ValueError):
            return {}
        except OSError as error:
            raise cannot_go_on(self.folder, error) from error

    def all_there(self, files: Sequence[str]) -> bool:
        """Whether the job is finished, was to make exactly these files, and all of them still exist."""
        record = self.read()
        return (
            bool(record.get("finished"))
            and record["files"] == list(files)
            and set(files) <= set(record["painted"])
            and all((self.folder / name).exists() for name in files)
        )

    def why_lost(
        self, identity: Mapping[str, Any], files: Sequence[str], growth: Growth | None = None
    ) -> str:
        """Why a job that makes these files cannot go on from what is there, which it would remove, as it
        follows a "because"; "" where it can, or where nothing is there.
        """
        record = self.read()
        if not is_begun(record):
            return ""
        theirs = record["files"]
        if growth and 0 < len(theirs) < len(files) and list(files[: len(theirs)]) == theirs:
            changed = changed_parts(record["identity"], identity_with(growth.identity(len(theirs)), theirs))
            kept = growth.arrays(len(theirs)) if record["finished"] else ()
            if not changed and not all(self._path(*key).exists() for key in kept):
                changed = ["frames"]
        else:
            changed = changed_parts(record["identity"], identity_with(identity, files))
        if changed:
            return Sentence("this has changed: {parts}", parts=joined(map(Sentence, changed), ", "))
        gone = [name for name in record["painted"] if not (self.folder / name).exists()]
        return Sentence("{name} is no longer in the folder", name=gone[0]) if gone else ""

    def what_is_lost(self, files: Sequence[str], made_from: MadeFrom) -> str:
        """Which of the painted files would be made from something else now, in a sentence; "" for none."""
        record = self.read()
        lost = outdated(record, dict(zip(files, made_from.digests, strict=True)))
        if not lost:
            return ""
        return Sentence(
            "Painted frames are removed, {count} of {total}, because this has changed: {parts}",
            count=len(lost),
            total=len(record["painted"]),
            parts=Sentence(made_from.part),
        )

    def has(self, kind: str | int, number: int) -> bool:
        """Whether there is such an array."""
        return self._path(kind, number).exists()

    def load(self, kind: str | int, number: int) -> np.ndarray:
        """An array that `Checkpoint.save` wrote. Raises PochadeError when it is missing or damaged."""
        try:
            return arrays.read(self._path(kind, number))
        except (OSError, ValueError) as error:
            raise cannot_go_on(self.folder, error) from error

    def check_room(self, size: int) -> None:
        """Raise PochadeError unless the folder's disk has room for `size` more bytes."""
        with writing_to(self.folder):
            free = shutil.disk_usage(self.folder).free
        if free < size:
            raise PochadeError(
                "The frames take about {size} and {folder} has room for {free}; make room or "
                "choose another folder",
                size=size_in_words(size),
                folder=self.folder,
                free=size_in_words(free),
            )

    def _path(self, kind: str | int, number: int) -> Path:
        return self._state / f"{kind}_{number:04}.npy"


def cannot_go_on(folder: Path, why: object) -> PochadeError:
    """The error for a checkpoint whose files are not as Pochade wrote them."""
    return PochadeError(
        "The job in {folder} cannot go on ({why}); empty the folder or choose another one",
        folder=folder,
        why=why,
    )


@contextmanager
def writing_to(folder: Path) -> Iterator[None]:
    """Turn the system's errors into PochadeError, and Python's own for a name with a zero in it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise PochadeError(cannot_write(folder, error)) from error
