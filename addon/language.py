"""Pochade in the interface's language. Catalogues are gettext's .po files in `languages`, one for each."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import bpy

from ..core.words import Sentence

FOLDER = Path(__file__).parent / "languages"
# Blender looks buttons of operators up in the second. The third is for `said`: in the others Blender's own
# catalogue comes first, where "left" is a side and no rest.
CONTEXTS = ("*", "Operator", "Pochade")
_TEXTS = re.compile(r'^msg(?:id|str) (".*")$', re.MULTILINE)
_whole: list[Sentence] = []  # what `as_one` was given


def said(text: str) -> str:
    """A text as the artist is to read it; a sentence is put together in his language."""

    def translate(message: str) -> str:
        return bpy.app.translations.pgettext_iface(message, CONTEXTS[-1])

    return text.in_language(translate) if isinstance(text, Sentence) else translate(text)


def as_one(sentence: str) -> str:
    """A sentence for what Blender translates by itself, and as one message: a property's tooltip."""
    if isinstance(sentence, Sentence):
        _whole.append(sentence)
    return str.__str__(sentence)


def read_catalogue(path: Path) -> dict[str, str]:
    """The messages of a .po file and their translations, "" where there is none yet."""
    whole = path.read_text(encoding="utf-8").replace('"\n"', "")  # texts over several lines
    texts = json.loads(f"[{','.join(_TEXTS.findall(whole))}]")  # the escapes of the two are the same
    return {
        message: translated for message, translated in zip(texts[::2], texts[1::2], strict=True) if message
    }


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
