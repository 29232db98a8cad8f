"""Frames from a strip of the Sequencer, as it is cut: a movie, or pictures of any names."""

from itertools import pairwise
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ..blender import compat
from .files import Files
from .movies import Movie, timing_of

KINDS = {"IMAGE", "MOVIE"}


def find_strip(scene: bpy.types.Scene, active: bool = False) -> "bpy.types.Strip":
    """The strip that the scene's choices name, the active one if they name none or with `active`.

    Drawing the panel asks for it: it reads no files. Raises PochadeError for a strip that can't be painted.
    """
    shown, name = compat.sequencer_scene(scene), "" if active else scene.pochade.animation.strip
    if name:
        strip = next((strip for strip in compat.all_strips_of(shown) if strip.name == name), None)
        if not strip:
            raise PochadeError(
                "There is no strip {name} in the Sequencer: choose another, or none for the active one",
                name=name,
            )
    else:
        strip = shown.sequence_editor.active_strip if shown.sequence_editor else None
        if not strip:
            raise PochadeError("Make a movie or an image strip the active one in the Sequencer, or name one")
    if strip.type not in KINDS:
        raise PochadeError("{name} is no footage: choose a movie strip or an image strip", name=strip.name)
    if strip.type == "IMAGE" and len(strip.elements) == 1:
        raise PochadeError(
            "{name} is a single picture: open it in the Image Editor, and Stylize it there", name=strip.name
        )
    if len(getattr(strip, "retiming_keys", ())):
        raise PochadeError(
            "{name} is retimed: choose Retiming > Reset Retiming in the Strip menu, or render it first",
            name=strip.name,
        )
    if compat.times_of(strip).start < 0:
        raise PochadeError("{name} begins before frame 0: move it", name=strip.name)
    return strip


class Strip(Files):
    """The frames' numbers are the times at which the strip shows them."""

    def __init__(self, scene: bpy.types.Scene):
        strip = find_strip(scene)
        times = compat.times_of(strip)
        self.name, timing = strip.name, None
        if strip.type == "MOVIE":
            path = _existing(bpy.path.abspath(strip.filepath))
            timing = timing_of(compat.sequencer_scene(scene), strip)
            self._movie = Movie(path, timing)
            self.size = self._movie.size
            self._take(scene, dict.fromkeys(times, path))
        else:
            folder = bpy.path.abspath(strip.directory)
            names = [each.filename for each in strip.elements]
            places = _places(strip, times)
            files = {place: _existing(folder, names[place]) for place in set(places)}
            self._take(scene, {time: files[place] for time, place in zip(times, places, strict=True)})
            # Passes tell how things move from one rendered frame to the next.
            self.rendered &= all(later == place + 1 for place, later in pairwise(places))
        self.identity.append(timing)


def _places(strip: "bpy.types.ImageStrip", times: range) -> list[int]:
    """Which of its pictures an image strip shows at these times; it holds the first and the last."""
    content = compat.content_of(strip)
    last = len(content) - 1
    places = [min(max(time - content.start, 0), last) for time in times]
    if strip.use_reverse_frames:
        places = [last - place for place in places]
    if strip.strobe > 1:
        places = [int(place - place % strip.strobe) for place in places]
    offset = getattr(strip, compat.strip_name("animation_offset_start"))
    return [place + offset for place in places]


def _existing(*parts: str) -> Path:
    path = Path(*parts)
    if not is_regular(path):
        raise PochadeError("There is no file {path}", path=path)
    return path
