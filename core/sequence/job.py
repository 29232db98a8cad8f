"""Everything that painting a sequence takes, as one value, and what its paintings depend on."""

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..compute.machine import Machine
from ..encoders.files import COMPACT
from ..encoders.network import load_encoder
from ..errors import PochadeError
from ..files.pictures import require_library
from ..settings import AnimationSettings
from ..style.regions import Region
from .keys.key import Key, check_keys, weights_at
from .motion.cameras import is_cut
from .shot import FORMATS, Frame, Shot, frame_name
from .steps import Look
from .timing import Timetable, timetable

RegionsOf = Callable[[Frame, np.ndarray], Sequence[Region]]
"""Gives the regions of a frame, whose decoded picture it gets too; always as many, in the same order."""


def no_regions(frame: Frame, picture: np.ndarray) -> Sequence[Region]:
    return ()


ObjectsOf = Callable[[Frame], np.ndarray | None]
"""Gives the map of a frame's objects, see core.style.objects."""


def no_objects(frame: Frame) -> None:
    return None


RecipeOf = Callable[[int], dict[str, Any]]
"""Gives how a frame, counted from 0, is painted, see core.files.recipes."""


@dataclass(frozen=True)
class PaintedShot:
    """The painted frames' files, and a note for the artist, on an invalidated painting say; "" for none."""

    files: list[Path]
    note: str


@dataclass(frozen=True)
class SequenceJob:
    """A shot to paint into `folder`, with one Look a frame.

    `machine` is what computes, or the name of a device. `regions_identity` says which regions `regions`
    gives, and whether `objects` gives any. `raft_file` has RAFT's weights, if there are any. `versions` says
    in words what paints; chunks of one shot must agree on it. Those of the `keys` count whose frames are in
    the shot. With `recipe_of` each frame's file says how it was painted.
    """

    shot: Shot
    looks: Sequence[Look]
    settings: AnimationSettings
    folder: Path
    machine: Machine | str = "auto"
    regions: RegionsOf = no_regions
    regions_identity: str = ""
    objects: ObjectsOf = no_objects
    encoder_file: Path = COMPACT
    raft_file: Path | None = None
    versions: str = ""
    keys: Sequence[Key] = ()
    recipe_of: RecipeOf | None = None

    def checked(self) -> "SequenceJob":
        """The job, with one pass where networks paint, for another pass would give the same. Raises
        PochadeError for what cannot be painted as one shot.
        """
        require_library(*FORMATS[self.settings.file_format])
        if not self.shot.frames:
            raise PochadeError("There is no frame to paint; choose a range of frames")
        alike = {
            (s.method, s.resolution, s.size, s.finish_size, s.keep_colours, s.seamless)
            for s in (look.settings for look in self.looks)
        }
        if len(alike) > 1:
            raise PochadeError(
                "Method, Resolution, Size, Finish Size, Keep Colors and Seamless must be the same in all "
                "frames; remove their keyframes"
            )
        check_keys(self.keys)
        if self.settings.motion_blur and self.settings.motion == "none":
            raise PochadeError(
                "Motion Blur follows how things move: choose another Motion than None, or switch it off"
            )
        if self.looks[0].settings.method == "instant":
            return replace(self, settings=replace(self.settings, passes=1))
        if self.keyed and self.settings.passes > 1:
            raise PochadeError(
                "A shot with keys has one pass, for each frame is painted from the keys on both sides: set "
                "Passes to 1"
            )
        return self

    @cached_property
    def keyed(self) -> dict[int, Key]:
        """The keys whose frames are in the shot, by the frames' numbers counted from 0."""
        places = {frame.number: at for at, frame in enumerate(self.shot.frames)}
        found = {places[key.number]: key for key in self.keys if key.number in places}
        return dict(sorted(found.items()))

    @property
    def opaque(self) -> dict[int, bool]:
        """Of each of these, whether the key shows all of its frame."""
        return {at: key.opaque for at, key in self.keyed.items()}

    def strokes(self, number: int) -> list[tuple[Key, float]]:
        """The keys whose strokes are the style of a frame, with weights."""
        by_number = {key.number: key for key in self.keys} if self.looks[number].keys else {}
        near = weights_at(self.shot.frames[number].number, by_number)
        return [(by_number[at], share) for at, share in near.items() if share]

    def keys_near(self, number: int) -> list[tuple[int, str]]:
        """The places and digests of the keys that a frame is painted from by itself: its own, the nearest one
        on either side, and those whose strokes are its style.
        """
        before = [at for at in self.keyed if at < number][-1:]
        after = [at for at in self.keyed if at > number][:1]
        own = [number] if number in self.keyed else []
        near = [(at, self.keyed[at].digest) for at in (*before, *own, *after)]
        return near + [(key.number, key.digest) for key, _ in self.strokes(number)]

    @property
    def names(self) -> list[str]:
        """The file names of the painted frames."""
        ending = FORMATS[self.settings.file_format].ending
        return [frame_name(frame.number, ending) for frame in self.shot.frames]

    @cached_property
    def timetable(self) -> Timetable:
        """When its frames are drawn: those with keys, and the first one of another camera, in any case."""
        pairs = pairwise(frame.camera for frame in self.shot.frames)
        cuts = {at for at, (before, after) in enumerate(pairs, 1) if is_cut(before, after)}
        return timetable(self.looks, {*self.keyed, *cuts})

    def files(self, names: Iterable[str]) -> list[Path]:
        return [Path(self.folder) / name for name in names]

    def first(self, count: int) -> "SequenceJob":
        """The same with the first frames alone."""
        return replace(self, shot=self.shot.first(count), looks=self.looks[:count])

    def recipe(self, number: int) -> dict[str, Any] | None:
        """What a frame's file says of its painting; a held one's is that of the drawing that it shows."""
        return self.recipe_of(self.timetable.shown[number][0]) if self.recipe_of else None

    def identity(self) -> dict[str, object]:
        """What the paintings depend on, by the artist's names of the parts. `versions` is left to chunks, and
        what a single frame has of the keys to `keys.dependence`.
        """
        strokes = any(look.keys for look in self.looks)
        return {
            "source": self.shot.identity,
            **_identity_of(self.looks),
            "animation settings": asdict(self.settings),
            "encoder": load_encoder(self.encoder_file).digest,
            "regions": self.regions_identity,
            **({"shutter": _shutters(self.shot.frames)} if self.settings.motion_blur else {}),
            **({"keys": True} if self.keyed else {"keys": self.all_keys()} if strokes else {}),
        }

    def all_keys(self) -> list[tuple[int, str]]:
        """The numbers of the keys' frames, and their digests."""
        return [(key.number, key.digest) for key in self.keys]


def _shutters(frames: Sequence[Frame]) -> list[tuple[float, float]]:
    """Those of all frames, once where they are alike."""
    found = [frame.shutter for frame in frames]
    return found if any(one != found[0] for one in found) else found[:1]


def _identity_of(looks: Sequence[Look]) -> dict[str, object]:
    """What tells these looks from others: the first frame's, and a digest of all if keyframed."""
    instant = looks[0].settings.method == "instant"
    used = {id(style): style for look in looks for style, _ in look.styles}
    digests = {}
    for key, style in used.items():
        trained = style.network_bytes() if instant else b""
        data = style.picture.tobytes() + style.digest.encode() + trained
        digests[key] = hashlib.sha256(data).hexdigest()[:16]
    parts: dict[str, list[Any]] = {
        "styles": [
            [[style.name, digests[id(style)], weight] for style, weight in look.styles]
            + [["keys", look.keys]] * bool(look.keys)
            for look in looks
        ],
        "settings": [asdict(look.settings) for look in looks],
        "timing": [{**asdict(look.timing), "regions": look.region_holds} for look in looks],
    }
    keyframes = ""
    if any(one != values[0] for values in parts.values() for one in values):
        keyframes = hashlib.sha256(json.dumps([*parts.values()]).encode()).hexdigest()[:16]
    return {**{name: values[0] for name, values in parts.items()}, "keyframes": keyframes}
