"""Folders for files that live for a moment only, in the system's place for such."""

import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from ..errors import PochadeError
from .atomic import lock
from .made import TEMPORARY, TEMPORARY_FILES, is_link, made_in, remove_folder

_LOCK = "lock"


class TemporaryFolder(tempfile.TemporaryDirectory):
    """As Python's own; and a lock in it goes with this process, so that what killed ones left is known.

    That goes with the first folder of a process. Raises OSError.
    """

    def __init__(self) -> None:
        _sweep(tempfile.gettempdir())
        self._held = None
        while not (self._held and Path(self.name, _LOCK).exists()):  # another swept it before it was locked
            super().__init__(prefix="pochade_", ignore_cleanup_errors=True)
            self._held = lock(Path(self.name, _LOCK))

    def cleanup(self) -> None:
        if self._held:
            self._held.close()  # Windows removes no open file
        super().cleanup()


@cache
def _sweep(system: str) -> None:
    """Remove the folders of killed processes, with the files that Pochade makes there and nothing else."""
    for folder in made_in(Path(system), TEMPORARY):
        with suppress(OSError, PochadeError):
            if _is_left(folder):
                remove_folder(folder, TEMPORARY_FILES)


def _is_left(folder: Path) -> bool:
    """Whether this user's Pochade made a folder, in a process that is no more."""
    claim = folder / _LOCK
    if is_link(folder) or not folder.is_dir() or not claim.is_file():
        return False
    if hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        return False
    held = lock(claim, strict=True)
    if held:
        held.close()
    return held is not None
