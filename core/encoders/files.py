"""Encoders on disk: safetensors files with the architecture in their header, listed without PyTorch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import PochadeError
from ..files import json_text
from ..files.tensors import read_metadata
from ..words import is_text

COMPACT = Path(__file__).with_name("compact.safetensors")
VGG19_NAME = "vgg19"  # of the encoder that torchvision's VGG-19 becomes
# The metadata entry that makes a safetensors file an encoder: its architecture as JSON.
HEADER = "pochade_encoder"


@dataclass(frozen=True)
class EncoderFile:
    """An encoder that can be chosen: `name` is the file's, as settings keep it, `title` what artists read."""

    name: str
    title: str
    attribution: str
    path: Path


def read_entry(path: Path) -> EncoderFile | None:
    """What a file's header says of its encoder; None for a file that is none."""
    try:
        about = json_text.parse(read_metadata(path)[HEADER])
        title, attribution = about["title"], about["attribution"]
        if not all(isinstance(text, str) and is_text(path.stem) for text in (title, attribution)):
            return None
        return EncoderFile(path.stem, title, attribution, path)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def available(folders: Iterable[Path] = ()) -> list[EncoderFile]:
    """The compact encoder, then those in `folders` by file name; of several with one name, the first."""
    paths = [COMPACT, *(path for folder in folders for path in sorted(Path(folder).glob("*.safetensors")))]
    entries: dict[str, EncoderFile] = {}
    for entry in filter(None, map(read_entry, paths)):
        entries.setdefault(entry.name, entry)
    return list(entries.values())


def find_encoder(name: str, entries: Iterable[EncoderFile]) -> EncoderFile:
    """The entry of that name. Raises PochadeError, naming those there are."""
    entries = list(entries)
    for entry in entries:
        if entry.name == name:
            return entry
    here = ", ".join(entry.name for entry in entries)
    raise PochadeError(
        "The encoder {name} is not here: choose another one ({here}), or add its file "
        "in Pochade's preferences",
        name=name,
        here=here,
    )
