"""Files that are whole or absent, whenever the power goes."""

import errno
import os
import re
import secrets
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, cast

from ..errors import PochadeError
from ..words import Sentence
from .made import UNFINISHED, check_regular, is_link, made_in, refuse_link, remove_folder


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to: when the block has ended that is `path`, whole and on the disk.

    A block that fails leaves `path` as it was; what one left that was killed goes with the next. Raises
    PochadeError, which names `path`, for an OSError.
    """
    try:
        sweep(path.parent, {path.name})
        with claimed(path) as part:
            try:
                yield part
                with part.open("rb+") as file:
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                with suppress(OSError):
                    part.unlink()
    except OSError as error:
        raise PochadeError(cannot_write(path, error)) from error


@contextmanager
def claimed(path: Path) -> Iterator[Path]:
    """A free, hidden name beside `path` to make it under, which `sweep` leaves alone meanwhile: a lock
    beside it goes with this process. Raises OSError.
    """
    held = None
    while not held:
        part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        claim = part.with_suffix(".lock")
        held = lock(claim)
        if held and not claim.exists():  # another process swept it away before it was locked
            held.close()
            held = None
    try:
        yield part
    finally:
        held.close()
        with suppress(OSError):
            claim.unlink()


def cannot_write(path: Path, error: OSError | ValueError) -> str:
    """The sentence for an error that the system gave when `path` was to be written or removed."""
    code = getattr(error, "errno", None)
    if code in (errno.ENOSPC, errno.EDQUOT):
        return Sentence("Cannot write {path}: the disk is full; make room, then start again", path=path)
    if code in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Sentence("Cannot write {path}: this is not allowed there; choose another folder", path=path)
    if code == errno.ENAMETOOLONG:
        return Sentence(
            "Cannot write into {parent}: the name {name} is too long there; make it shorter",
            parent=path.parent,
            name=path.name,
        )
    return Sentence("Cannot write {path} ({error})", path=path, error=error)


def check_name(path: Path) -> None:
    """Raise PochadeError where `whole` could not write to `path`, for the length of its name say."""
    try:
        with claimed(path):
            pass
    except OSError as error:
        raise PochadeError(cannot_write(path, error)) from error


def make_folder(folder: Path) -> None:
    """Make a folder and those that it is in, where they are not there. Raises PochadeError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PochadeError(cannot_write(folder, error)) from error


def sweep(folder: Path, names: Collection[str] | None = None) -> None:
    """Remove what killed processes left of files with these names, or with any, in a folder. What a living
    one is at stays.
    """
    with suppress(OSError):
        for part in made_in(folder, UNFINISHED):
            found = cast(re.Match[str], UNFINISHED.fullmatch(part.name))
            if names is None or found["name"] in names:
                sweep_one(part, folder / found["claim"], UNFINISHED)


def sweep_one(part: Path, claim: Path, names: re.Pattern[str]) -> None:
    """Remove what a killed process left at `part`, a file, or a folder of files with these names, unless the
    lock of `claim` is held, or cannot be. Raises OSError.
    """
    claim = claim.with_name(f"{claim.name}.lock")
    try:
        held = lock(claim, strict=True)
    except PochadeError:  # that is no file
        return
    if held:
        try:
            if part.is_dir() or is_link(part):
                remove_folder(part, names)
            elif part != claim:
                part.unlink(missing_ok=True)
        finally:
            held.close()
            claim.unlink(missing_ok=True)


def lock(path: Path, strict: bool = False) -> IO[bytes] | None:
    """A file that is locked while open, or None where another holds the lock; it goes with its process.

    Where a network's file system knows no locks there is nothing to hold, and all are let in; none where it
    is `strict`. Raises OSError, and PochadeError where something else is in the file's place.
    """
    refuse_link(path)
    check_regular(path)
    file = path.open("ab")
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        file.close()
        return None
    except OSError:
        if strict:
            file.close()
            return None
    return file


@contextmanager
def alone(path: Path, otherwise: str) -> Iterator[None]:
    """Hold a lock beside `path`. Raises PochadeError, `otherwise`, where another process does."""
    claim = path.with_name(f"{path.name}.lock")
    held = lock(claim)
    if not held:
        raise PochadeError(otherwise)
    try:
        yield
    finally:
        held.close()
        claim.unlink(missing_ok=True)
