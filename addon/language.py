"""Pochade in the interface's language. Catalogues are gettext's .po files in `languages`, one for each."""

import json
from collections.abc import Callable
from pathlib import Path

import bpy

from ..core.words import Sentence

FOLDER = Path(__file__).parent / "languages"
CONTEXTS = ("*", "Operator")  # Blender looks buttons of operators up in the second
_whole: list[Sentence] = []  # what `as_one` was given


def said(text: str) -> str:
    """A text as the artist is to read it; a sentence is put together in his language."""
    translate = bpy.app.translations.pgettext_iface
    return text.in_language(translate) if isinstance(text, Sentence) else translate(text)


def as_one(sentence: Sentence) -> str:
    """A sentence for what Blender translates by itself, and as one message: a property's tooltip."""
    _whole.append(sentence)
    return str.__str__(sentence)


def read_catalogue(path: Path) -> dict[str, str]:
    """The messages of a .po file and their translations, "" where there is none yet."""
    found: dict[str, str] = {}
    entry = {"msgid": "", "msgstr": ""}
    part = ""

    def keep() -> None:
        if entry["msgid"]:
            found[entry["msgid"]] = entry["msgstr"]
        entry.update(msgid="", msgstr="")

    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, text = line.partition(" ")
        if word == "msgid":
            keep()
        if word in entry:
            part = word
        elif not line.startswith('"'):
            continue
        else:
            text = line
        entry[part] += json.loads(text)  # the escapes of the two are the same
    keep()
    return found


def _messages(path: Path) -> dict[tuple[str, str], str]:
    catalogue = read_catalogue(path)
    translate: Callable[[str], str] = lambda text: catalogue.get(text) or text  # noqa: E731
    whole = {str.__str__(sentence): sentence.in_language(translate) for sentence in _whole}
    return {
        (context, message): translated
        for message, translated in (catalogue | whole).items()
        if translated
        for context in CONTEXTS
    }


def register():
    bpy.app.translations.register(
        __package__, {path.stem: _messages(path) for path in sorted(FOLDER.glob("*.po"))}
    )


def unregister():
    bpy.app.translations.unregister(__package__)
