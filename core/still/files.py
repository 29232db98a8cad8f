"""Picture files painted into files."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..compute.machine import Machine
from ..encoders.files import COMPACT
from ..errors import PochadeError
from ..files import recipes
from ..files.atomic import check_name, make_folder
from ..files.pictures import check_ending, is_exr, read_picture, write_picture
from ..progress import FilesJob, Progress, part_of_work
from ..settings import Settings
from ..style.styles import Style, Styles
from ..words import Sentence
from .stylize import stylize_image

if TYPE_CHECKING:
    import numpy as np


def paint_files(
    paths: Sequence[Path],
    target_of: Callable[[Path], Path],
    styles: "Style | Styles",
    settings: Settings,
    device: Machine | str = "auto",
    *,
    encoder_file: Path = COMPACT,
    job: FilesJob | None = None,
) -> Generator[Progress, None, FilesJob]:
    """Paint the pictures at these paths, one after the other; returns the `job`, which is kept up to date.

    `target_of(path)` is the file for the painting, whose ending chooses its format; it gets the recipe, too,
    where it is PNG, JPEG or OpenEXR. It is asked before a picture is painted, to see that it can be written,
    and again after that: a name that was free may be taken by then. Raises PochadeError.
    """
    job = job or FilesJob()
    mixed = [(styles, 1.0)] if isinstance(styles, Style) else styles
    name = " + ".join(style.name for style, _ in mixed)
    choices = [["", style.name, weight] for style, weight in mixed]
    for number, path in enumerate(paths):
        target = target_of(path)
        check_ending(target)
        make_folder(target.parent)
        try:
            check_name(target)
            painting = stylize_image(
                read_picture(path),
                styles,
                settings,
                device,
                objects=_objects(path, settings) if job.holds_objects else None,
                encoder_file=encoder_file,
            )
            painted = yield from part_of_work(painting, number, len(paths), path.name)
        except PochadeError as error:
            if not job.leaves_out:
                raise
            job.failed.append(Sentence("{name}: {error}", name=path.name, error=error))
            continue
        target = target_of(path)
        write_picture(target, painted, recipe=recipes.recipe(path.name, name, choices, settings))
        job.written.append(target)
    return job


def _objects(path: Path, settings: Settings) -> "np.ndarray | None":
    """The map of objects in a file, where it has one and the painting would know of it."""
    if (settings.method, settings.loss) != ("optimised", "neighbours") or not is_exr(path):
        return None
    from ..style.objects import read_objects  # which needs PyTorch

    return read_objects(path)
