"""Files that are whole or absent, whenever the power goes."""

import errno
import os
import secrets
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from ..errors import PochadeError


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """A name beside `path` to write to: when the block has ended that is `path`, whole and on the disk.

    A block that fails leaves `path` as it was. Raises PochadeError, which names `path`, for an OSError.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        raise PochadeError(cannot_write(path, error)) from error
    finally:
        with suppress(OSError):
            part.unlink()


def cannot_write(path: Path, error: OSError) -> str:
    """The sentence for an error that the system gave when `path` was to be written or removed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"Cannot write {path}: the disk is full; make room, then start again"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"Cannot write {path}: this is not allowed there; choose another folder"
    return f"Cannot write {path} ({error})"


def make_folder(folder: Path) -> None:
    """Make a folder and those that it is in, where they are not there. Raises PochadeError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PochadeError(cannot_write(folder, error)) from error


def sweep(folder: Path, names: Collection[str]) -> None:
    """Remove what a killed `whole` left in a folder of files with these names."""
    for part in folder.glob(".*.part"):
        if part.name[1:].rsplit(".", 2)[0] in names:
            part.unlink(missing_ok=True)


def lock(path: Path) -> IO[bytes] | None:
    """A file that is locked while open, or None where another holds the lock; it goes with its process.

    Where a network's file system knows no locks there is nothing to hold, and all are let in.
    """
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
        pass
    return file
