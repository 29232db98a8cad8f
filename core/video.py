"""A sequence painted so that it does not flicker, after Ruder et al. 2016."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .encoders import COMPACT
from .pictures import read_picture, write_picture
from .progress import Progress
from .regions import Region
from .settings import AnimationSettings, Settings
from .shot import Frame, Shot
from .styles import Style
from .stylize import stylize_image


@dataclass(frozen=True)
class Look:
    """What one frame is painted in: its styles with their weights, and its settings."""

    styles: tuple[tuple[Style, float], ...]
    settings: Settings


def stylize_animation(shot: Shot, looks: Sequence[Look], settings: AnimationSettings, folder: Path, device: str = "auto", *,
                      regions: Callable[[Frame], Sequence[Region]] = lambda frame: (), regions_identity: str = "",
                      encoder_file: Path = COMPACT) -> Generator[Progress, None, list[Path]]:
    """Paint a shot into `folder`, one Look a frame; returns the painted frames' files, named by frame number."""
    files = []
    for frame, look in zip(shot.frames, looks, strict=True):
        picture = yield from stylize_image(read_picture(frame.picture), look.styles, look.settings, device,
                                           regions=regions(frame), encoder_file=encoder_file)
        files.append(folder / f"{frame.number:04}.png")
        write_picture(files[-1], picture)
    return files
