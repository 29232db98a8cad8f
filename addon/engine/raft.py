"""RAFT's weights, which estimate motion in footage: whether they are here, and the jobs that bring them."""

from collections.abc import Generator, Sequence
from pathlib import Path

from ...core.errors import PochadeError
from ...core.files.atomic import make_folder, whole
from ...core.files.published import RAFT
from ...core.progress import Progress
from ...core.words import Sentence
from . import runtime

_found: set[Path] = set()  # the one file, when it was there


def refresh(folder: Path) -> None:
    """Look for the weights. Drawing reads no files, so whoever adds them calls this."""
    _found.clear()
    _found.update(path for path in (weights_file(folder),) if path.is_file())


def is_here() -> bool:
    """Whether the weights were there when `refresh` looked."""
    return bool(_found)


def weights_file(folder: Path) -> Path:
    """Where the weights are in the user's `folder`, or would be."""
    return folder / RAFT.name


# In the job's thread.


def add_raft(path: Path, folder: Path, engine_folders: Sequence[Path]) -> Generator[Progress, None, Path]:
    """Copy torchvision's weights to `folder`; returns the copy. Raises PochadeError without any."""
    yield Progress(Sentence("Reading {name}", name=path.name))
    runtime.ensure_engine(engine_folders)
    from ...core.sequence.motion.optical_flow import load_raft

    if not path.is_file():
        raise PochadeError("There is no file {path}", path=path)
    load_raft(path)
    try:
        weights = path.read_bytes()
    except OSError as error:
        raise PochadeError("{path} cannot be read: {why}", path=path, why=error.strerror or error) from error
    target = weights_file(folder)
    make_folder(folder)
    with whole(target) as part:
        part.write_bytes(weights)
    return target
