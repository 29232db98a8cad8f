"""The checkpoint of a long job, so that a killed run goes on where it ended. Needs no PyTorch.

A job makes files step by step, in an order that is always the same. The checkpoint folder is a sub-folder of
the one that the files go to; it holds `job.json` (identity, steps done, files made), a lock, and NumPy arrays
that later steps read, each with its SHA-256 behind it.
"""

import json
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import PochadeError
from ..progress import Progress
from ..words import Sentence, joined, size_in_words
from . import arrays, json_text
from .atomic import cannot_write, lock, sweep, whole
from .made import (
    ARRAYS,
    CHECKPOINT,
    FRAMES,
    PARTS,
    is_link,
    made_in,
    refuse_link,
    remove_files,
    remove_folder,
)

STATE = "pochade-job"  # the checkpoint folder's name
VERSION = 2  # of the format; part of every identity
POLL_SECONDS = 1.0  # between two attempts to get a lock
Opened = TypeVar("Opened", "Checkpoint", "Checkpoint | None")


class CheckpointLocked(PochadeError):
    """Another process holds the lock; it will finish, or end."""


@dataclass(frozen=True)
class Growth:
    """What a job needs to go on after a finished one that was to make only the first of its files.

    `identity` is what the job's would be with the first so many files alone, and `arrays` are those that a
    job with so many files leaves for the steps that may follow.
    """

    identity: Callable[[int], Mapping[str, Any]]
    arrays: Callable[[int], Iterable[tuple[str | int, int]]] = lambda count: ()


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
            return record if _is_record(record) else {}
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
        if not record.get("done"):
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

    def load(self, kind: str | int, number: int) -> np.ndarray:
        """An array that `Checkpoint.save` wrote. Raises PochadeError when it is missing or damaged."""
        try:
            return arrays.read(self._path(kind, number))
        except (OSError, ValueError) as error:
            raise cannot_go_on(self.folder, error) from error

    def check_room(self, size: int) -> None:
        """Raise PochadeError unless the folder's disk has room for `size` more bytes."""
        with _writing_to(self.folder):
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


def identity_with(identity: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """An identity in the form that job.json has it in."""
    return json.loads(json.dumps({"Pochade": VERSION, **identity, "frames": list(files)}))


def changed_parts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The names of the parts in which two identities differ."""
    return [part for part in {**now, **before} if before.get(part) != now.get(part)]


class Checkpoint(CheckpointReader, AbstractContextManager):
    """The checkpoint of one job that makes `files` in `folder`; opening it takes its lock.

    `identity` is what the files are made from: JSON values by the artist's name of the part ("source",
    "settings"). With the identity of the run before, the job goes on: `done` steps are behind it, `painted`
    names the files they made, `finished` says that all is done. With another one the earlier run's files are
    removed, and `invalidated` is a sentence that names the changed parts. Other files are not overwritten.

    A step first writes its results (`save`, and its files), then calls `advance`, then `keep_only`. If the
    process is killed anywhere, the next run repeats that step from the same state, as long as no step saves
    over an array that it loads.

        with Checkpoint(folder, identity, names) as checkpoint:
            for number in range(checkpoint.done, len(names)):
                ...  # loads what earlier steps saved
                checkpoint.save("float", number, array)
                write_picture(folder / names[number], array)
                checkpoint.advance(names[number])
                checkpoint.keep_only([("float", number)])
            checkpoint.finish()

    Jobs with different files may share a folder, each with its own `state`. One whose state lies below
    another one's is part of that: its checkpoint goes when the whole is finished or begins anew. With `keeps`
    the arrays outlive `finish`. With `growth` the job also goes on from one that made the first of its files;
    `begun_with` is how many files there were to make at the very beginning.

    Every method raises PochadeError when the folder cannot be written; opening also when a file is in the
    way, and CheckpointLocked while another process holds the lock.
    """

    def __init__(
        self,
        folder: str | Path,
        identity: Mapping[str, Any],
        files: Sequence[str],
        state: str = STATE,
        keeps: bool = False,
        growth: Growth | None = None,
    ):
        super().__init__(folder, state)
        self.files, self.keeps, self._growth = list(files), keeps, growth
        self._left = set(growth.arrays(len(self.files))) if growth else set()  # what a finished job leaves
        self.begun_with = len(self.files)
        self.done, self.finished, self.invalidated = 0, False, ""
        self.painted: list[str] = []
        self._identity = identity_with(identity, files)
        with _writing_to(self.folder):
            self._state.mkdir(parents=True, exist_ok=True)
            held = lock(self._state / "lock")
        if not held:
            raise _locked(self.folder)
        self._lock = held
        try:
            with _writing_to(self.folder):
                self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        record = self.read()
        # Frames only: job.json may come from anybody, and these files may be removed.
        theirs = [name for name in record.get("files", []) if FRAMES.fullmatch(name)]
        sweep(self.folder, {*theirs, *self.files})
        sweep(self._state)
        for name in self.files:
            if name not in theirs and os.path.lexists(self.folder / name):
                raise PochadeError(
                    "{name} in {folder} was not made by this job and would be lost; choose an empty folder",
                    name=name,
                    folder=self.folder,
                )
        why = self.why_lost(self._identity, self.files, self._growth)
        self.invalidated = Sentence("Painting all frames anew, because {why}", why=why) if why else ""
        if record.get("done") and not self.invalidated:
            self.done, self.painted = record["done"], record["painted"]
            self.begun_with = record.get("begun with", len(theirs))
            self.finished = record["finished"] and set(self.files) <= set(self.painted)
            if self.finished:
                self._tidy()
            elif theirs != self.files:
                self._write(self.files)
            return
        _refuse_while_parts_run(self.folder, self._state)
        if any(os.path.lexists(self.folder / name) for name in theirs):
            refuse_link(self.folder)
        # While files are removed, job.json lists the files of both runs and no step as done: the next run,
        # if this one is killed here, takes none of them as painted and still knows which to remove.
        self._write(sorted({*theirs, *self.files}))
        for name in theirs:
            (self.folder / name).unlink(missing_ok=True)
        self._tidy()
        self._write(self.files)

    def _tidy(self) -> None:
        """Remove the arrays, unless a finished job keeps them, and the checkpoints of parts."""
        if not self.keeps or not self.finished:
            self._keep(self._left if self.finished else set())
        for part in _parts(self._state):
            sweep(part)
            remove_folder(part, CHECKPOINT)

    def _write(self, files: Sequence[str]) -> None:
        record = {
            "finished": self.finished,
            "done": self.done,
            "identity": self._identity,
            "painted": self.painted,
            "files": files,
            "begun with": self.begun_with,
        }
        with whole(self._state / "job.json") as part:
            part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def save(self, kind: str | int, number: int, array: np.ndarray) -> None:
        """Keep an array, bit for bit, under a kind (the index of a pass, say) and a frame's number."""
        with whole(self._path(kind, number)) as part:
            part.write_bytes(arrays.to_bytes(array))

    def keep_only(self, wanted: Iterable[tuple[str | int, int]]) -> None:
        """Remove every array but these, pairs of kind and number, and what growth needs."""
        self._keep({*wanted, *self._left})

    def _keep(self, wanted: set[tuple[str | int, int]]) -> None:
        with _writing_to(self.folder):
            remove_files(self._state, ARRAYS, keep={self._path(*key) for key in wanted})

    def advance(self, *painted: str) -> None:
        """Record one more step as done; `painted` are those of `files` that it made."""
        self.done += 1
        self.painted += [name for name in painted if name and name not in self.painted]
        self._write(self.files)

    def finish(self) -> None:
        """Record that all steps are done, and remove what is not needed any more.

        Raises PochadeError where a file that was made is not there any more.
        """
        _check_there(self.folder, self.files)
        self.finished = True
        self._write(self.files)
        with _writing_to(self.folder):
            self._tidy()

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def check_steps(checkpoint: Checkpoint, painted: Sequence[Sequence[str]]) -> None:
    """Raise PochadeError unless what a checkpoint has as painted is what the steps done have made: `painted`
    has the files of each step.
    """
    made = {name for names in painted[: checkpoint.done] for name in names}
    if checkpoint.done > len(painted) or made != set(checkpoint.painted):
        raise cannot_go_on(checkpoint.folder, "its job.json does not say what its steps do")


def _check_there(folder: Path, files: Sequence[str]) -> None:
    """Raise PochadeError where one of the files that were made is not there any more."""
    gone = next((name for name in files if not (folder / name).exists()), None)
    if gone:
        raise PochadeError(
            "{gone} was removed from {folder} while the other frames were painted: start "
            "again, and all are painted anew",
            gone=gone,
            folder=folder,
        )


def cannot_go_on(folder: Path, why: object) -> PochadeError:
    """The error for a checkpoint whose files are not as Pochade wrote them."""
    return PochadeError(
        "The job in {folder} cannot go on ({why}); empty the folder or choose another one",
        folder=folder,
        why=why,
    )


def wait_for_lock(
    open_checkpoint: Callable[[], Opened], waiting: Progress
) -> Generator[Progress, None, Opened]:
    """The result of `open_checkpoint`; while another process holds the lock, `waiting` is yielded."""
    while True:
        try:
            return open_checkpoint()
        except CheckpointLocked:
            yield waiting
            time.sleep(POLL_SECONDS)


def _is_record(record: Any) -> bool:
    """Whether this can be what job.json holds."""
    return (
        isinstance(record, dict)
        and isinstance(record.get("finished"), bool)
        and type(record.get("done")) is int
        and record["done"] >= 0
        and type(record.get("begun with", 1)) is int
        and record.get("begun with", 1) > 0
        and isinstance(record.get("identity"), dict)
        and all(
            isinstance(names := record.get(key), list)
            and all(isinstance(name, str) for name in names)
            and len(set(names)) == len(names)
            for key in ("painted", "files")
        )
        and set(record["painted"]) <= set(record["files"])
    )


def _parts(state: Path) -> list[Path]:
    """The checkpoint folders of the jobs that are part of the one with this checkpoint folder."""
    return [path for path in made_in(state, PARTS) if not is_link(path) and (path / "lock").exists()]


def _refuse_while_parts_run(folder: Path, state: Path) -> None:
    for part in _parts(state):
        held = lock(part / "lock")
        if not held:
            raise _locked(folder)
        held.close()


def _locked(folder: Path) -> CheckpointLocked:
    return CheckpointLocked(
        "Another job is at work in {folder}; wait for it or choose another folder", folder=folder
    )


@contextmanager
def _writing_to(folder: Path) -> Iterator[None]:
    """Turn the system's errors into PochadeError, and Python's own for a name with a zero in it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise PochadeError(cannot_write(folder, error)) from error
