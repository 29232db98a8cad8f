"""What Pochade makes on the disk, by name, and its removal: nothing else goes, and nothing behind a link.

A link's own name may go; where it leads to is never touched. A folder that is a link is not looked into.
"""

import os
import re
import shutil
import stat
from collections.abc import Container
from pathlib import Path

from ..errors import PochadeError

# Files of a sequence, painted or rendered.
FRAMES = re.compile(r"-?\d{3,}\.(?:png|exr)")
# A checkpoint's folder, the folders of its parts within it, and the files in all of them.
PARTS = re.compile(r"anchors|chunk-\d{4,}")
ARRAYS = re.compile(r"\w+_-?\d{3,}\.npy")
CHECKPOINT = re.compile(rf"job\.json|lock|{ARRAYS.pattern}")
# What `atomic.whole` leaves when it is killed: of the file or folder `name`.
UNFINISHED = re.compile(r"(?P<claim>\.(?P<name>.+)\.[0-9a-f]{8})\.(?:part(?:-\d+\.png)?|lock)")
# In the system's place for temporary files: Pochade's folders, and what is in them.
TEMPORARY = re.compile(r"pochade_[a-z0-9_]{8}")
TEMPORARY_FILES = re.compile(r"lock|(?:seen|mask|picture|passes|painting)\.(?:png|exr)", re.IGNORECASE)
# A preset's files, and what is left of presets that were being made or removed.
PRESET_FILES = (
    "preset.json",
    "thumbnail.png",
    "plate.png",
    "plate.jpg",
    "statistics.safetensors",
    "instant.safetensors",
)
PRESET = re.compile("|".join(map(re.escape, PRESET_FILES)))
HALF_PRESETS = re.compile(r"(?P<claim>\.\w+\.[0-9a-f]{8})(?:\.part)?")
# In the user's own folder: engines, what installing one leaves, downloads, trainings, logs.
ENGINES = re.compile(r"cpython-\d\d+")
INSTALLING = re.compile(r"cpython-\d\d+-(?:new|old|downloads|new\.lock)")
INSTALL_LOGS = re.compile(r"cpython-\d\d+-new\.log")
DOWNLOADS = re.compile(rf"[\w-]+\.pth\.part(?:\.lock)?|{UNFINISHED.pattern}")
TRAININGS = re.compile(rf"[0-9a-f]{{16}}\.training|{UNFINISHED.pattern}")
LOG, PACE = "pochade.log", "pace.json"
OLD_LOGS = re.compile(rf"{re.escape(LOG)}\.\d+")

_SURROGATE = 0x20000000  # the bit of a reparse tag that says: this stands for another place


def is_link(path: Path) -> bool:
    """Whether a path is a symbolic link or, on Windows, a junction; not whether a folder above it is."""
    try:
        status = path.lstat()
    except (OSError, ValueError):
        return False
    return stat.S_ISLNK(status.st_mode) or bool(getattr(status, "st_reparse_tag", 0) & _SURROGATE)


def refuse_link(path: Path) -> None:
    """Raise PochadeError where Pochade would write or delete through a link that it did not make."""
    if is_link(path):
        raise PochadeError(
            "{path} is a link, and Pochade deletes nothing through links: remove the link, "
            "or name the folder {target} itself",
            path=path,
            target=os.path.realpath(path),
        )


def made_in(folder: Path, names: re.Pattern[str]) -> list[Path]:
    """What a folder has of these names, sorted; nothing of a link, or of what is no folder."""
    if is_link(folder) or not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if names.fullmatch(path.name))


def remove_files(folder: Path, names: re.Pattern[str], keep: Container[Path] = ()) -> None:
    """Remove the files of these names from a folder, but those to keep. Raises OSError."""
    for path in made_in(folder, names):
        if path not in keep and (is_link(path) or not path.is_dir()):
            path.unlink(missing_ok=True)


def remove_folder(folder: Path, names: re.Pattern[str]) -> None:
    """Remove the files of these names from a folder, and the folder if nothing else is in it; a link alone.

    Raises OSError.
    """
    if is_link(folder):
        folder.unlink()
        return
    remove_files(folder, names)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def remove_whole(path: Path) -> None:
    """Remove a file, a link alone, or a folder with all that is in it: for what pip and downloads have made
    in folders of Pochade's names. Raises OSError.
    """
    if is_link(path) or not path.is_dir():
        path.unlink(missing_ok=True)
    else:
        shutil.rmtree(path)  # which follows no links either


def is_regular(path: Path) -> bool:
    """Whether a path is a file, or a link to one: opening a pipe would wait for ever."""
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def check_regular(path: Path) -> None:
    """Raise PochadeError where something else than a file is in a file's place; what is not there passes."""
    if os.path.lexists(path) and path.exists() and not is_regular(path):
        raise PochadeError("{path} is no file, but a folder, a pipe or a device: choose a file", path=path)


def read_whole(path: Path, largest: int) -> bytes:
    """A file's bytes. Raises ValueError for what is no file, or larger, and OSError."""
    if path.exists() and not is_regular(path):
        raise ValueError(f"{path.name} is no file")
    size = path.stat().st_size
    if size > largest:
        raise ValueError(f"{path.name} is larger than {largest // 1_000_000} MB")
    with path.open("rb") as file:
        return file.read(size)  # as many are allocated before one is read
