"""Frames from files in all formats that Blender reads: OpenEXR and image sequences, and movies."""

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import whole
from ...core.files.exr import read_beauty
from ...core.files.made import is_regular
from ...core.files.photos import find_sequence
from ...core.sequence.shot import Frame, frame_name
from ...core.words import Sentence
from ..blender import images
from ..blender.fingerprint import fingerprint_of
from ..blender.results import LAST
from ..job import InBlender
from .movies import Movie
from .source import FOLDER, Collecting, Part, Source

if TYPE_CHECKING:
    import numpy as np

_BYTES = 6  # for a pixel of a frame's picture, about


def sequence_of(path: Path) -> dict[int, Path]:
    """The files of the sequence of `path` by frame numbers. Raises PochadeError for a single picture."""
    files = find_sequence(path)
    if not files:
        raise PochadeError(
            "{name} has no number in its name: choose a frame of an image sequence, or a movie",
            name=path.name,
        )
    if max(files) <= LAST:
        return files
    # Of larger numbers, times say, the last digits.
    begin = min(files) - min(files) % 10**6
    if max(files) - begin > LAST:
        raise PochadeError(
            "The numbers of the sequence of {name} are larger than Blender's frames can "
            "be: rename its files with numbers of at most {last}",
            name=path.name,
            last=LAST,
        )
    return {number - begin: file for number, file in files.items()}


class Files(Source):
    """The frames' numbers are the files', and those of a movie begin with 1."""

    _movie: Movie | None = None
    _linear = False  # whether the files are OpenEXR: scene-linear, with or without further passes

    def __init__(self, scene: bpy.types.Scene):
        path = Path(bpy.path.abspath(scene.pochade.animation.path))
        if not scene.pochade.animation.path:
            raise PochadeError("Choose the footage: a frame of an image sequence, or a movie")
        if not is_regular(path):
            raise PochadeError("There is no file {path}", path=path)
        if images.is_tile(path):
            raise PochadeError(
                "{name} is a UDIM tile, no frame of an animation: paint its tiles as single images",
                name=path.name,
            )
        self.name = path.stem.rstrip("0123456789._- ") or path.stem
        if _is_movie(path):
            self._movie = Movie(path)
            self.size = self._movie.size
            files = dict.fromkeys(range(1, self._movie.count + 1), path)
        else:
            files = sequence_of(path)
        self._take(scene, files)

    def _take(self, scene: bpy.types.Scene, files: dict[int, Path]) -> None:
        """Take the files for the frames with these numbers."""
        super().__init__(scene, sorted(files))
        self._files = files
        self.rendered = self._linear = files[self.numbers[0]].suffix.lower() == ".exr"
        stamps = [(self._files[number].name, *_stamp(self._files[number])) for number in self.numbers]
        seen = fingerprint_of(scene.view_settings, scene.display_settings) if self._linear else ""
        self.identity = [str(self.folder), stamps, seen]

    def identity_of_first(self, count: int) -> list:
        folder, stamps, *others = self.identity
        return [folder, stamps[:count], *others]

    @property
    def folder(self) -> Path:
        """Where the files are."""
        return self._files[self.numbers[0]].parent

    def collect(self, folder: Path, room: int, part: Part | None = None) -> Collecting:
        numbers = part.numbers if part else self.numbers
        names = [frame_name(number, ".png") for number in numbers]
        with (yield from self._open(folder, names, part)) as kept:
            for done in range(kept.done, len(names)):
                number = numbers[done]
                yield self.progress(done, Sentence("Reading"), numbers)
                target = kept.folder / names[done]
                size = self._decode(number, target)
                if not size:
                    combined = read_beauty(self._files[number]) if self._linear else None
                    size = yield InBlender(partial(self._save, number, target, combined))
                self._check_size(number, size)
                if not done:
                    kept.check_room((_BYTES * size[0] * size[1] + room) * len(names))
                kept.advance(names[done])
            kept.finish()
        yield InBlender(self.give_back)
        return [self._frame_at(number, folder) for number in numbers]

    def _frame_at(self, number: int, folder: Path) -> Frame:
        return Frame(
            number,
            folder / FOLDER / frame_name(number, ".png"),
            self._files[number] if self.rendered else None,
        )

    def _decode(self, number: int, path: Path) -> tuple[int, int] | None:
        """Write a picture that is displayed as it is in its file, and returns its size; None for others, and
        for formats that only Blender reads.
        """
        from ...core.files.pictures import UnknownFormatError, read_picture, write_picture

        if self._movie or self._linear:
            return None
        try:
            picture = read_picture(self._files[number])
        except UnknownFormatError:
            return None
        write_picture(path, picture, bits=16)
        return picture.shape[1], picture.shape[0]

    # In Blender's thread.

    def _save(self, number: int, path: Path, combined: "np.ndarray | None") -> tuple[int, int]:
        """Write a frame as it is displayed; returns its size."""
        with whole(path) as part:
            if self._movie:
                return self._movie.save(number, part)
            image = linear_image(combined) if self._linear else _load(self._files[number])
            try:
                images.save_displayed(self.scene.find(), image, part, compression=15)
                return tuple(image.size)
            finally:
                bpy.data.images.remove(image)

    def give_back(self) -> None:
        if self._movie:
            self._movie.close()


def _is_movie(path: Path) -> bool:
    ending = path.suffix.lower()
    return ending in bpy.path.extensions_movie and ending not in bpy.path.extensions_image


def _load(path: Path) -> bpy.types.Image:
    image = None
    with suppress(RuntimeError):
        image = bpy.data.images.load(str(path), check_existing=False)
    if image and all(image.size):
        return image
    if image:
        bpy.data.images.remove(image)
    raise PochadeError(
        "{name} is damaged or is no picture: replace it, or change the frame range", name=path.name
    )


def linear_image(combined: "np.ndarray") -> bpy.types.Image:
    """A scene-linear picture, (H, W, 1, 3 or 4), as an image that is displayed as a render is."""
    import numpy as np

    height, width = combined.shape[:2]
    image = bpy.data.images.new("Pochade frame", width, height, alpha=True, float_buffer=True)
    pixels = np.ones((height, width, 4), np.float32)
    pixels[..., : max(combined.shape[2], 3)] = combined[::-1]  # grey is three times the same
    image.pixels.foreach_set(pixels.ravel())
    image.use_view_as_render = True
    return image


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns
