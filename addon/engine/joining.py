"""An engine in a folder of its own, found by Python."""

import sys
from pathlib import Path


def join(folder: Path) -> None:
    """Have Python look there, last of all places."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
