"""What a long job keeps beside its result, so that it goes on where it ended, however it ended. Needs no
PyTorch.
"""

import io
import json
import shutil
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import PochadeError
from ..progress import Progress
from ..words import size_in_words
from .atomic import cannot_write, lock, sweep, whole

STATE = "pochade-job"  # the sub-folder
VERSION = 1
WAIT = 1.0  # s between two looks whether another worker is done
Opened = TypeVar("Opened", "JobFolder", "JobFolder | None")


class JobBusy(PochadeError):
    """Another process is at work there: it will be done, or end."""


class JobRecord:
    """What a job has written down in `state`, a sub-folder of its `folder`, for others to read while it goes
    on.
    """

    def __init__(self, folder: str | Path, state: str = STATE):
        self.folder = Path(folder)
        self._state = self.folder / state

    def read(self) -> dict[str, Any]:
        """What job.json says; a damaged one is no job, and its files are in the way."""
        try:
            there = json.loads((self._state / "job.json").read_text(encoding="utf-8"))
            return there if there.keys() >= {"finished", "done", "identity", "painted", "files"} else {}
        except (FileNotFoundError, ValueError, AttributeError):
            return {}

    def all_there(self, files: Sequence[str]) -> bool:
        """Whether the job has made these files, all that it was to make, and nobody has removed one."""
        there = self.read()
        return (
            bool(there.get("finished"))
            and there["files"] == list(files)
            and all((self.folder / name).exists() for name in files)
        )

    def load(self, kind: str | int, number: int) -> np.ndarray:
        """The array that `save` kept. Raises PochadeError when somebody has removed or damaged it."""
        try:
            return np.load(self._path(kind, number), allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise PochadeError(
                f"The job in {self.folder} cannot go on ({error}); empty the folder or choose another one"
            ) from error

    def _path(self, kind: str | int, number: int) -> Path:
        return self._state / f"{kind}_{number:04}.npy"


def identity_with(identity: Mapping[str, Any], files: Sequence[str]) -> dict[str, Any]:
    """An identity as job.json has it."""
    return json.loads(json.dumps({"Pochade": VERSION, **identity, "frames": list(files)}))


def changed_parts(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    """The parts in which two identities differ, by name."""
    return [part for part in {**now, **before} if before.get(part) != now.get(part)]


class JobFolder(JobRecord):
    """A folder in which one job makes `files`, step by step in an order that is always the same.

    `identity` says what the job makes its files from, in parts: readable values that JSON knows, by the
    artist's name of the part ("source", "style", "settings", "encoder"). Opened with the identity of the job
    that is there, the folder goes on with that: `done` steps are behind it, `painted` names the files that
    they made, and with `finished` nothing is left to do. With any other identity that job's files are removed
    and `restarted` is a sentence that says which part has changed. Files that no job made are never touched:
    where one stands in the way, the job is refused.

    A step ends with `advance`: first comes what it makes, by `save` and in `files`, then `advance`, then
    `keep_only`. Killed anywhere, the next run takes that step again from its beginning and finds all that the
    first had, as long as no step saves over an array that it loads.

        with JobFolder(folder, identity, names) as job:
            for number, name in enumerate(names[job.done:], job.done):
                before = job.load("float", number - 1) if number else None
                ...
                job.save("float", number, array)
                write_picture(folder / name, array)
                job.advance(name)
                job.keep_only([("float", number)])
            job.finish()

    `state` names the sub-folder of its records. Several jobs with other files may share a folder; those whose
    `state` is below another one's are parts of that: their records go when it is finished or begins anew. A
    job that `keeps` has its arrays still when it is finished.

    Opening makes the folder and locks it until `close`, or until the process ends. Raises PochadeError, here
    and in every method, when the folder cannot be written, and here when another job is at work in it or a
    file is in the way.
    """

    def __init__(
        self,
        folder: str | Path,
        identity: Mapping[str, Any],
        files: Sequence[str],
        state: str = STATE,
        keeps: bool = False,
    ):
        super().__init__(folder, state)
        self.files, self.keeps = list(files), keeps
        self.done, self.finished, self.restarted = 0, False, ""
        self.painted: list[str] = []
        self._identity = identity_with(identity, files)
        with self._writing():
            self._state.mkdir(parents=True, exist_ok=True)
            locked = lock(self._state / "lock")
        if not locked:
            raise JobBusy(f"Another job is at work in {self.folder}; wait for it or choose another folder")
        self._lock = locked
        try:
            with self._writing():
                self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        there = self.read()
        theirs = [
            name for name in there.get("files", []) if Path(name).name == name
        ]  # the file may come from anybody
        sweep(self.folder, {*theirs, *self.files})
        for part in self._state.glob(".*.part"):
            part.unlink()
        for name in self.files:
            if name not in theirs and (self.folder / name).exists():
                raise PochadeError(
                    f"{name} in {self.folder} was not made by this job and would be lost; choose an "
                    "empty folder"
                )
        self.restarted = self._why_anew(there)
        if there.get("done") and not self.restarted:
            self.done, self.painted, self.finished = there["done"], there["painted"], there["finished"]
            if self.finished:
                self._tidy()
            return
        self._refuse_while_parts_are_at_work()
        self._write(
            sorted({*theirs, *self.files})
        )  # so that nothing is forgotten, and nothing counts, while the files go
        for name in theirs:
            (self.folder / name).unlink(missing_ok=True)
        self._tidy()
        self._write(self.files)

    def _parts(self) -> list[Path]:
        """The records of jobs that are parts of this one."""
        return [path.parent for path in self._state.glob("*/lock")]

    def _refuse_while_parts_are_at_work(self) -> None:
        for part in self._parts():
            held = lock(part / "lock")
            if not held:
                raise JobBusy(
                    f"Another job is at work in {self.folder}; wait for it or choose another folder"
                )
            held.close()

    def _tidy(self) -> None:
        """Remove what was kept and the records of parts."""
        if not self.keeps or not self.finished:
            self.keep_only(())
        for part in self._parts():
            shutil.rmtree(part)

    def _why_anew(self, there: dict[str, Any]) -> str:
        """The sentence for `restarted`."""
        if not there.get("done"):
            return ""
        before, now = there["identity"], self._identity
        changed = changed_parts(before, now)
        if changed:
            return f"Painting all frames anew, because this has changed: {', '.join(changed)}"
        gone = [name for name in there["painted"] if not (self.folder / name).exists()]
        return f"Painting all frames anew, because {gone[0]} is no longer in the folder" if gone else ""

    def _write(self, files: Sequence[str]) -> None:
        record = {
            "finished": self.finished,
            "done": self.done,
            "identity": self._identity,
            "painted": self.painted,
            "files": files,
        }
        with whole(self._state / "job.json") as part:
            part.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise PochadeError(cannot_write(self.folder, error)) from error

    def check_room(self, size: int) -> None:
        """Raise PochadeError unless `size` more bytes have room on the folder's disk."""
        with self._writing():
            free = shutil.disk_usage(self.folder).free
        if free < size:
            raise PochadeError(
                f"The frames take about {size_in_words(size)} and {self.folder} has room for "
                f"{size_in_words(free)}; make room or choose another folder"
            )

    def save(self, kind: str | int, number: int, array: np.ndarray) -> None:
        """Keep an array, exactly, under a kind (the number of a pass, say) and a frame's number."""
        data = io.BytesIO()  # numpy writing to a file itself does not say why it could not
        np.save(data, array, allow_pickle=False)
        with whole(self._path(kind, number)) as part:
            part.write_bytes(data.getbuffer())

    def has(self, kind: str | int, number: int) -> bool:
        """Whether `save` has kept an array there."""
        return self._path(kind, number).exists()

    def keep_only(self, wanted: Iterable[tuple[str | int, int]]) -> None:
        """Remove every kept array but these, pairs of kind and number."""
        names = {self._path(*key) for key in wanted}
        with self._writing():
            for path in self._state.glob("*.npy"):
                if path not in names:
                    path.unlink(missing_ok=True)

    def advance(self, *painted: str) -> None:
        """A step is done; `painted` are the files that it made, of `files`."""
        self.done += 1
        self.painted += [name for name in painted if name and name not in self.painted]
        self._write(self.files)

    def finish(self) -> None:
        """The last step is done: what was kept goes, and job.json says that all is there."""
        self.finished = True
        self._write(self.files)
        with self._writing():
            self._tidy()

    def close(self) -> None:
        """Let others work in the folder."""
        self._lock.close()

    def __enter__(self) -> "JobFolder":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def when_free(open_job: Callable[[], Opened], waiting: Progress) -> Generator[Progress, None, Opened]:
    """What `open_job` gives, once no other worker is at work there: it has done the same, or has ended and
    left the rest.
    """
    while True:
        try:
            return open_job()
        except JobBusy:
            yield waiting
            time.sleep(WAIT)
