"""The record of a job's steps in its checkpoint, see `checkpoint.py`. Needs no PyTorch."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import PochadeError
from . import arrays
from .atomic import sweep, whole
from .checkpoint_reader import STATE, CheckpointReader, cannot_go_on, writing_to
from .made import ARRAYS, CHECKPOINT, PARTS, is_link, made_in, remove_files, remove_folder
from .record import Growth, MadeFrom, identity_with


class StepRecord(CheckpointReader):
    """What the steps of a job leave, while its lock is held; `Checkpoint` says what the parts mean."""

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
        super().__init__(folder, state)
        self.files, self.keeps, self._growth = list(files), keeps, growth
        self._left = set(growth.arrays(len(self.files))) if growth else set()  # what a finished job leaves
        self.begun_with = len(self.files)
        self.done, self.finished, self.invalidated = 0, False, ""
        self.painted: list[str] = []
        self.kept: list[str] = []
        self._part = made_from.part if made_from else ""
        self._made_from = dict(zip(self.files, made_from.digests, strict=True)) if made_from else {}
        self._identity = identity_with(identity, files)

    def _tidy(self) -> None:
        """Remove the arrays, unless a finished job keeps them, and the checkpoints of parts."""
        if not self.keeps or not self.finished:
            self._keep(self._left if self.finished else set())
        for part in parts_of(self._state):
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
            "kept": self.kept,
            "made from": self._made_from,
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
        with writing_to(self.folder):
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
        with writing_to(self.folder):
            self._tidy()


def check_steps(checkpoint: StepRecord, painted: Sequence[Sequence[str]]) -> None:
    """Raise PochadeError unless what a checkpoint has as painted is what it has kept and what the steps done
    have made: `painted` has the files of each step.
    """
    made = {name for names in painted[: checkpoint.done] for name in names}
    if checkpoint.done > len(painted) or made | set(checkpoint.kept) != set(checkpoint.painted):
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


def parts_of(state: Path) -> list[Path]:
    """The checkpoint folders of the jobs that are part of the one with this checkpoint folder."""
    return [path for path in made_in(state, PARTS) if not is_link(path) and (path / "lock").exists()]
