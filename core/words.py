"""Sentences, and sizes, times and errors in words."""

import re
from collections.abc import Callable, Iterable
from typing import Any

GIGABYTE = 2**30  # bytes, of memory; disks and downloads count in powers of ten


class Sentence(str):
    """A text in English that can be said in another language: it keeps its `pattern` and its `values`.

    The pattern is as for `str.format`. Of the values those are translated that are sentences themselves:
    labels of Pochade's, errors, sizes; a name that an artist gave stays as it is.
    """

    pattern: str
    values: dict[str, Any]

    def __new__(cls, pattern: str, /, **values: Any) -> "Sentence":
        if isinstance(pattern, Sentence) and not values:
            return pattern
        sentence = super().__new__(cls, pattern.format(**values) if values else pattern)
        sentence.pattern, sentence.values = pattern, values
        return sentence

    def __str__(self) -> str:
        return self  # not a copy that has forgotten its pattern

    def in_language(self, translate: Callable[[str], str]) -> str:
        """It by the translation of its pattern, and of the patterns of what is in it."""
        pattern = translate(self.pattern)
        if not self.values:
            return pattern
        return pattern.format(**{name: _value(value, translate) for name, value in self.values.items()})


def _value(value: Any, translate: Callable[[str], str]) -> Any:
    said = str(value) if isinstance(value, Exception) else value
    return said.in_language(translate) if isinstance(said, Sentence) else value


def joined(parts: Iterable[str], between: str) -> Sentence:
    """Sentences, or parts of one, in a row."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return Sentence(between.join(f"{{{name}}}" for name in values), **values)


def duration(seconds: float) -> str:
    """A time in words."""
    minutes, seconds = divmod(round(seconds), 60)
    if minutes:
        return Sentence("{minutes} min {seconds:02} s", minutes=minutes, seconds=seconds)
    return Sentence("{seconds} s", seconds=seconds)


def roughly(seconds: float) -> str:
    """A time that is not known for sure, in words."""
    if seconds < 120:
        step = 1 if seconds < 20 else 5
        return Sentence("about {seconds} s", seconds=max(round(seconds / step), 1) * step)
    if seconds < 7200:
        return Sentence("about {minutes:.0f} min", minutes=seconds / 60)
    return Sentence("about {hours:.1f} h", hours=seconds / 3600)


def one_line(error: Exception) -> str:
    """What an error of Blender's says, which may be several lines, in one."""
    return " ".join(str(error).split())


def size_in_words(size: float) -> str:
    """Bytes as an artist reads them."""
    if size >= 999.5e6:
        return f"{size / 1e9:.1f} GB"
    return f"{size / 1e6:.0f} MB" if size >= 999.5e3 else f"{size / 1e3:.0f} KB"


def share_in_words(done: float, size: float) -> str:
    """How much of so many bytes has been done, in megabytes."""
    return Sentence("{done:.0f} of {size:.0f} MB", done=done / 1e6, size=size / 1e6)


def memory_in_words(size: float, digits: int = 0) -> str:
    """Bytes of memory, in gigabytes with so many digits behind the point."""
    return f"{size / GIGABYTE:.{digits}f} GB"


def is_text(name: str) -> bool:
    """Whether this can be shown: a file's name may have bytes that are no characters."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def anchor(title: str) -> str:
    """What a heading of the guide, or a name in one of its tables, is called in links to it, as on GitHub."""
    return re.sub(r"[^\w -]", "", title).lower().replace(" ", "-")
