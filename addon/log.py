"""Pochade's log, a file in the user's folder: what the console says, and how each job ended."""

import logging
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path

from ..core.errors import PochadeError
from ..core.files.made import LOG, check_regular
from .preferences import PACKAGE, user_folder

SIZE = 500_000  # bytes; then the file is renamed, and a new one begun
_handler: RotatingFileHandler | None = None


def path() -> Path:
    """Where the log is; nothing may have been written yet."""
    return user_folder(LOG)


def register():
    global _handler
    with suppress(OSError, PochadeError):  # no folder, no log
        check_regular(path())
        path().parent.mkdir(parents=True, exist_ok=True)
        _handler = RotatingFileHandler(path(), maxBytes=SIZE, backupCount=1, encoding="utf-8", delay=True)
        _handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logging.getLogger(PACKAGE).addHandler(_handler)
        logging.getLogger(PACKAGE).setLevel(logging.INFO)


def unregister():
    if _handler:
        logging.getLogger(PACKAGE).removeHandler(_handler)
        _handler.close()
