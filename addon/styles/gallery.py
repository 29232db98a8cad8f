"""The picker's families, search and favourites: which presets it shows.

They narrow `gallery`, the enum that the picker draws. `preset` has them all, for menus and scripts; both
stand for the same `preset_id`, and a preset has the same number in both.
"""

import json
import unicodedata
from itertools import groupby
from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, PointerProperty, StringProperty

from ...core.files import json_text
from ...core.files.atomic import make_folder, whole
from ..blender import enums
from ..language import CONTEXTS, said
from ..preferences import preset_folder
from . import presets
from .entry import Entry
from .stores import LIBRARY, PROJECT, entries

_ALL = "ALL"
# By the family of a factory preset, which copies of it share, or by the store that a preset is in.
_FAMILIES = [
    (_ALL, "All Families", "Show the presets of all families"),
    None,
    ("painters", "Painters", "Paintings of artists long dead"),
    ("wet", "Wet", "Watercolor, gouache, oil and ink, from the brush or the knife"),
    ("dry", "Dry", "Pen, pencil, charcoal, pastel, chalk and crayon"),
    ("print", "Print", "Woodcut, linocut, etching, screens and cut paper"),
    ("glass and stone", "Glass and Stone", "Stained glass, mosaic and fresco"),
    None,
    (LIBRARY.key, "Library", "Presets in your own library"),
    (PROJECT.key, "Project", "Presets saved in this .blend"),
]
LABELS = {family: label for family, label, _ in filter(None, _FAMILIES)}

_favourites: set[str] = set()


class PochadeGallery(bpy.types.PropertyGroup):
    """`window_manager.pochade_gallery`: what to look for, until another file is opened."""

    family: EnumProperty(
        name="Family",
        items=_FAMILIES,
        options={"SKIP_SAVE"},
        translation_context=CONTEXTS[-1],
        description="Show only presets of this kind; the one that is picked stays",
    )
    search: StringProperty(
        name="Search",
        options={"TEXTEDIT_UPDATE", "SKIP_SAVE"},
        description="Show only presets that have these words in their name, technique, artist, year, "
        "description or place",
    )
    favourites: BoolProperty(
        name="Favorites",
        options={"SKIP_SAVE"},
        description="Show only the presets that you have marked with a star",
    )


def by_family(_, context) -> list[tuple]:
    """All presets as the items of a menu, below the names of their families or of the stores of one's own."""
    items = []
    for heading, group in groupby(enumerate(entries()), key=lambda numbered: _heading(numbered[1])):
        items.append(enums.item("", said(heading), "", 0, 0))
        items += [presets.item_of(entry, number) for number, entry in group]
    return items


def _heading(entry: Entry) -> str:
    return LABELS.get(entry.store.key) or LABELS.get(entry.family, "")


def enum_items(chosen, context) -> list[tuple]:
    """The picker's items: those that are looked for, and the one that is picked, which must not get lost."""
    looked_for, picked = finder(context), presets.get_picked(chosen)
    return [
        presets.item_of(entry, number)
        for number, entry in enumerate(entries())
        if number == picked or looked_for(entry)
    ]


def finder(context: bpy.types.Context):
    """A function that tells whether an entry is looked for."""
    shown = context.window_manager.pochade_gallery
    words = _plain(shown.search).split()

    def looked_for(entry: Entry) -> bool:
        if shown.family not in (_ALL, entry.family, entry.store.key):
            return False
        if shown.favourites and not is_favourite(entry):
            return False
        text = _text_of(entry) if words else ""
        return all(word in text for word in words)

    return looked_for


def _text_of(entry: Entry) -> str:
    """What the search looks at: all that is said of a preset, in English and the interface's language."""
    told = entry.name, entry.description, LABELS.get(entry.family, "")
    return _plain(" ".join((*told, *map(said, told))))


def found(context: bpy.types.Context) -> int:
    """How many presets are looked for."""
    return sum(map(finder(context), entries()))


def _plain(text: str) -> str:
    """Letters without accents and capitals, as artists type them."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


# Favourites outlive the file: a list of the presets' ids beside the user's library.


def is_favourite(entry: Entry) -> bool:
    return entry.id in _favourites


def mark(identifier: str, favourite: bool) -> None:
    """Have the preset with this id among the favourites, or not. Raises PochadeError."""
    refresh()  # another Blender may have marked others
    if favourite:
        _favourites.add(identifier)
    else:
        _favourites.discard(identifier)
    make_folder(_file().parent)
    with whole(_file()) as part:
        part.write_text(json.dumps(sorted(_favourites), indent=1), encoding="utf-8")


def refresh() -> None:
    """Read the favourites again. Drawing reads no files."""
    try:
        listed = json_text.read(_file())
    except (OSError, ValueError):
        listed = []
    _favourites.clear()
    _favourites.update(each for each in (listed if isinstance(listed, list) else ()) if isinstance(each, str))


def _file() -> Path:
    return preset_folder().with_name("favourites.json")


def register():
    refresh()
    bpy.utils.register_class(PochadeGallery)
    bpy.types.WindowManager.pochade_gallery = PointerProperty(type=PochadeGallery)


def unregister():
    del bpy.types.WindowManager.pochade_gallery
    bpy.utils.unregister_class(PochadeGallery)
    _favourites.clear()
