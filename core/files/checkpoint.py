"""The checkpoint of a long job, so that a killed run goes on where it ended. Needs no PyTorch.

A job makes files step by step, in an order that is always the same. The checkpoint folder is a sub-folder of
the one that the files go to; it holds `job.json` (identity, steps done, files made), a lock, and NumPy arrays
that later steps read, each with its SHA-256 behind it.

    with Checkpoint(folder, identity, names) as checkpoint:
        for number in range(checkpoint.done, len(names)):
            ...  # loads what earlier steps saved
            checkpoint.save("float", number, array)
            write_picture(folder / names[number], array)
            checkpoint.advance(names[number])
            checkpoint.keep_only([("float", number)])
        checkpoint.finish()
"""

import os
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

from ..errors import PochadeError
from ..progress import Progress
from ..words import Sentence
from .atomic import lock, sweep
from .checkpoint_reader import STATE, writing_to
from .checkpoint_steps import StepRecord, parts_of
from .made import ARRAYS, FRAMES, refuse_link, remove_files
from .record import Growth, MadeFrom, is_begun, outdated

POLL_SECONDS = 1.0  # between two attempts to get a lock
Opened = TypeVar("Opened", "Checkpoint", "Checkpoint | None")


class CheckpointLocked(PochadeError):
    """Another process holds the lock; it will finish, or end."""


class Checkpoint(StepRecord, AbstractContextManager):
    """The checkpoint of one job that makes `files` in `folder`; opening it takes its lock.

    `identity` is what the files are made from: JSON values by the artist's name of the part ("source",
    "settings"). With the identity of the run before, the job goes on: `done` steps are behind it, `painted`
    names the files they made, `finished` says that all is done. With another one the earlier run's files are
    removed, and `invalidated` is a sentence that names the changed parts. Other files are not overwritten.

    A step first writes its results (`save`, and its files), then calls `advance`, then `keep_only`. If the
    process is killed anywhere, the next run repeats that step from the same state, as long as no step saves
    over an array that it loads.

    Jobs with different files may share a folder, each with its own `state`. One whose state lies below
    another one's is part of that: its checkpoint goes when the whole is finished or begins anew. With `keeps`
    the arrays outlive `finish`. With `growth` the job also goes on from one that made the first of its files;
    `begun_with` is how many files there were to make at the very beginning. With `made_from` each file may
    change by itself: those that would be made from something else now are removed, with their arrays, and the
    steps begin again; `kept` names the others, which no step writes any more.

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
        made_from: MadeFrom | None = None,
    ):
        super().__init__(folder, identity, files, state, keeps, growth, made_from)
        with writing_to(self.folder):
            self._state.mkdir(parents=True, exist_ok=True)
            held = lock(self._state / "lock")
        if not held:
            raise _locked(self.folder)
        self._lock = held
        try:
            with writing_to(self.folder):
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
        if is_begun(record) and not self.invalidated:
            self.done, self.painted, self.kept = record["done"], record["painted"], record.get("kept", [])
            self.begun_with = record.get("begun with", len(theirs))
            if record.get("made from", {}) != self._made_from:
                self._begin_again(record)
                return
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

    def _begin_again(self, record: Mapping[str, Any]) -> None:
        """Remove what would be made from something else now."""
        before, now = record.get("made from", {}), self._made_from
        lost = [name for name in outdated(record, now) if name in self.files]
        alike = [number for number, name in enumerate(self.files) if before.get(name) == now.get(name)]
        self.invalidated = _why_again(self._part, len(lost), len(self.files)) if lost else ""
        self.done, self.kept = 0, [name for name in self.painted if name in self.files and name not in lost]
        self.painted = [*self.kept]
        # What is removed is made from nothing known, so that a run which is killed here does it once more.
        self._made_from = {name: now[name] for name in self.kept}
        self._write(self.files)
        with writing_to(self.folder):
            if lost:
                refuse_link(self.folder)
            there = (path for number in alike for path in self._state.glob(f"*_{number:04}.npy"))
            remove_files(self._state, ARRAYS, keep={*there})
            for name in lost:
                (self.folder / name).unlink(missing_ok=True)
        self._made_from = now
        self._write(self.files)

    def close(self) -> None:
        """Give the lock back."""
        self._lock.close()

    def __exit__(self, *_: object) -> None:
        self.close()


def _why_again(part: str, lost: int, files: int) -> str:
    """What is said where so many of the files are made anew, because what the artist calls `part` is not what
    it was.
    """
    why = Sentence("this has changed: {parts}", parts=Sentence(part))
    if lost == files:
        return Sentence("Painting all frames anew, because {why}", why=why)
    return Sentence(
        "Painting frames anew, {count} of {total}, because {why}", count=lost, total=files, why=why
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


def _refuse_while_parts_run(folder: Path, state: Path) -> None:
    for part in parts_of(state):
        held = lock(part / "lock")
        if not held:
            raise _locked(folder)
        held.close()


def _locked(folder: Path) -> CheckpointLocked:
    return CheckpointLocked(
        "Another job is at work in {folder}; wait for it or choose another folder", folder=folder
    )
