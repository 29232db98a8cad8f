"""The artist's guide on this computer, and which of its chapters Online Manual (F1) opens for a button."""

from pathlib import Path

import bpy

from ..core.errors import PochadeError

_ROOT = Path(__file__).parents[1]
FRONT = "README"
# What a chapter is about, by Blender's names in lower case; the first that matches counts.
_ABOUT = {
    "compositor": ("bpy.ops.pochade.*compositor*",),
    "animation": (
        "bpy.ops.pochade.stylize_animation*",
        "bpy.ops.pochade.paint_anew*",
        "bpy.ops.pochade.stylize_strip*",
        "bpy.ops.pochade.send_to_sequencer*",
        "bpy.ops.pochade.write_movie*",
        "bpy.types.pochadeanimation.*",
    ),
    "farm": ("bpy.ops.pochade.submit_to_farm*", "bpy.types.pochadefarm.*", "*.farm_blender"),
    "instant": ("bpy.ops.pochade.train_instant*", "bpy.ops.pochade.live*", "bpy.types.pochadeinstant.*"),
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


def _manual() -> tuple[str, tuple[tuple[str, str], ...]]:
    """What Online Manual asks: where the pages are, and the one for each of Pochade's buttons."""
    front = page()
    return f"{front.parent.as_uri()}/", tuple(
        (pattern, f"{chapter}{front.suffix}") for chapter, patterns in _ABOUT.items() for pattern in patterns
    )


def register():
    bpy.utils.register_manual_map(_manual)


def unregister():
    bpy.utils.unregister_manual_map(_manual)
