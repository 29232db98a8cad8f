"""JSON from files and .blends that may come from anybody: what cannot be used is a ValueError, all of it."""

import json
import math
from pathlib import Path
from typing import Any

from .made import read_whole

LONGEST = 64_000_000  # bytes of a file; the longest of Pochade's names a shot's frames


def parse(text: str | bytes) -> Any:
    """The value. Raises ValueError also for a depth that Python cannot follow, numbers that are none, or
    infinite, and texts that are none.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, dict):
            todo += [*each, *each.values()]
        elif isinstance(each, list):
            todo += each
        elif isinstance(each, str):
            each.encode()  # half of a character has no code of its own
        elif isinstance(each, float) and not math.isfinite(each):
            raise ValueError("it has a number that is none")
    return value


def read(path: Path) -> Any:
    """The value in a file. Raises ValueError, and OSError for one that cannot be read."""
    return parse(read_whole(path, LONGEST).decode("utf-8"))
