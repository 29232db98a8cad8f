"""Networks that others have published, brought from the network. For the job's thread."""

from collections.abc import Generator, Sequence
from pathlib import Path

from ...core.encoders.files import EncoderFile
from ...core.files.download import download
from ...core.files.published import RAFT, VGG19
from ...core.progress import Progress
from .encoders import add_encoder
from .raft import weights_file


def download_vgg19(folder: Path, engine_folders: Sequence[Path]) -> Generator[Progress, None, EncoderFile]:
    """Download VGG-19 and keep its convolutions in `folder`; returns the encoder. Raises PochadeError."""
    weights = yield from download(VGG19, folder / VGG19.name)
    entry = yield from add_encoder(weights, folder, engine_folders)
    weights.unlink(missing_ok=True)
    return entry


def download_raft(folder: Path) -> Generator[Progress, None, Path]:
    """Download torchvision's weights to `folder`; returns their file. Raises PochadeError."""
    return (yield from download(RAFT, weights_file(folder)))
