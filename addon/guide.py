"""The artist's guide on this computer, and which of its chapters Online Manual (F1) opens for a button."""

from collections.abc import Iterator
from dataclasses import fields
from fnmatch import fnmatchcase
from pathlib import Path

import bpy

from ..core.errors import PochadeError
from ..core.settings import (
    AnimationSettings,
    FarmSettings,
    InstantSettings,
    OutputSettings,
    Settings,
    TimingSettings,
)
from ..core.words import anchor

_ROOT = Path(__file__).parents[1]
FRONT = "README"
# What a chapter is about, by Blender's names in lower case; the first that matches counts.
_ABOUT = {
    "compositor": ("bpy.ops.pochade.*compositor*",),
    "your-own-hand#on-twos-with-boil": ("*.hold", "*.held", "*.boil"),
    "your-own-hand#motion-blur": ("bpy.types.pochadeanimation.motion_blur*",),
    "your-own-hand#view-layers-each-with-its-own-paint": (
        "bpy.types.pochadeanimation.apart*",
        "bpy.types.pochadelayer.*",
    ),
    "your-own-hand": (
        "bpy.ops.pochade.*_key",
        "bpy.ops.pochade.suggest_keys*",
        "bpy.types.pochadekey.*",
        "bpy.types.pochadeanimation.keys*",
    ),
    "animation": (
        "bpy.ops.pochade.stylize_animation*",
        "bpy.ops.pochade.paint_anew*",
        "bpy.ops.pochade.stylize_strip*",
        "bpy.ops.pochade.send_to_sequencer*",
        "bpy.ops.pochade.write_movie*",
        "bpy.types.pochadeanimation.*",
    ),
    "viewport": ("bpy.ops.pochade.*viewport*", "bpy.ops.pochade.playblast*"),
    "farm": ("bpy.ops.pochade.submit_to_farm*", "bpy.types.pochadefarm.*", "*.farm_blender"),
    "instant": ("bpy.ops.pochade.train_instant*", "bpy.ops.pochade.live*", "bpy.types.pochadeinstant.*"),
    "styles": ("bpy.types.pochadegallery.family", "bpy.types.pochadegallery.search"),
    "presets": ("bpy.ops.pochade.*preset*", "bpy.ops.pochade.*favourite*", "bpy.types.pochadegallery.*"),
    "regions": (
        "bpy.ops.pochade.add_item*",
        "bpy.ops.pochade.remove_item*",
        "bpy.ops.pochade.pick_region*",
        "bpy.ops.pochade.switch_on_cryptomatte*",
        "bpy.types.pochaderegion.*",
        "bpy.types.pochadestyle.*",
        "bpy.types.pochadescene.hold_objects*",
    ),
    "first-picture#as-files": ("bpy.types.pochadeoutput.*", "bpy.ops.pochade.use_settings_of_file*"),
    "first-picture#look-and-try-others": (
        "bpy.ops.pochade.wipe*",
        "bpy.ops.pochade.end_wipe*",
        "bpy.ops.pochade.take_painting*",
    ),
    "first-picture#from-elsewhere": ("bpy.ops.pochade.stylize_*", "*.after_render"),
    "first-picture#the-preferences": ("bpy.types.pochadepreferences.*",),
    "first-picture#paint": (
        "bpy.ops.pochade.stylize",
        "bpy.ops.pochade.cancel*",
        "bpy.types.pochadescene.source",
    ),
    "colours": ("bpy.types.pochadescene.keep_colours*", "bpy.types.pochadescene.colour_match*"),
    "large-pictures": ("bpy.ops.pochade.match_size*", "*.resolution", "*.finish_size", "*.seamless"),
    "troubleshooting": ("bpy.ops.pochade.about_job*",),
    "look": ("bpy.types.pochadescene.*",),
    "first-picture": ("bpy.ops.pochade.*", "bpy.types.pochade*"),
}


def page(chapter: str = FRONT) -> Path:
    """A chapter's file: as the zip has it, for browsers, or in a checkout as it was written. Raises
    PochadeError where it is gone.
    """
    files = _ROOT / "guide" / f"{chapter}.html", _ROOT / "docs" / f"{chapter}.md"
    for file in files:
        if file.is_file():
            return file
    raise PochadeError("The guide is not here: {files} is missing, install Pochade again", files=files[0])


_GROUPS = (
    ("pochadescene", Settings),
    ("pochadeanimation", AnimationSettings),
    ("pochadeanimation", TimingSettings),
    ("pochadefarm", FarmSettings),
    ("pochadeinstant", InstantSettings),
    ("pochadeoutput", OutputSettings),
)


def _manual() -> tuple[str, tuple[tuple[str, str], ...]]:
    """What Online Manual asks: where the pages are, and the place for each of Pochade's buttons: that of its
    name in its chapter, else the chapter.
    """
    front = page()
    by_name = [place for label, name in _labels() if (place := _place_of(label, name, front))]
    chapters = [(pattern, place) for place, patterns in _ABOUT.items() for pattern in patterns]
    return f"{front.parent.as_uri()}/", tuple(
        (pattern, _with_ending(place, front.suffix)) for pattern, place in (*by_name, *chapters)
    )


def _labels() -> Iterator[tuple[str, str]]:
    """The label of every setting and operator, and what Online Manual calls it."""
    for group, kind in _GROUPS:
        for field in fields(kind):
            yield field.metadata["label"], f"bpy.types.{group}.{field.name}"
    for name in dir(bpy.ops.pochade):
        yield getattr(bpy.ops.pochade, name).get_rna_type().name, f"bpy.ops.pochade.{name}"


def _place_of(label: str, name: str, front: Path) -> tuple[str, str] | None:
    """The name, and where its chapter has the label; None where it has not."""
    about = (place for place, patterns in _ABOUT.items() if any(fnmatchcase(name, each) for each in patterns))
    chapter = next(about, FRONT).partition("#")[0]
    text = front.with_name(f"{chapter}{front.suffix}").read_text(encoding="utf-8")
    return (name, f"{chapter}#{anchor(label)}") if f'id="{anchor(label)}"' in text else None


def _with_ending(place: str, ending: str) -> str:
    chapter, _, title = place.partition("#")
    return f"{chapter}{ending}" + (f"#{title}" if title else "")


def register():
    bpy.utils.register_manual_map(_manual)


def unregister():
    bpy.utils.unregister_manual_map(_manual)
