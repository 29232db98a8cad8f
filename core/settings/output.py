"""Where finished paintings are kept."""

import re
from dataclasses import dataclass

from ..errors import PochadeError
from ..words import Sentence
from .fields import check, choice, name

FIELDS = ("source", "style", "seed", "size")
_FIELD = re.compile(r"\{(\w*)\}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')  # in names of files, on any system
_TAKEN = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?=\.|$)", re.I)  # on Windows, whatever the ending
_LONGEST = 200  # bytes of a name, which leaves room for a number and what is written beside it


@dataclass(frozen=True)
class OutputSettings:
    """Where finished paintings are kept, and under which name. The group is "output"."""

    save_to: str = choice(
        "blend",
        "Save To",
        "Where finished paintings are kept",
        {
            "blend": ("This .blend", "In the .blend, which grows with each painting"),
            "folder": ("Folder", "As files in a folder, PNG or OpenEXR as the source is"),
        },
        group="output",
    )
    file_name: str = name(
        "{source}, {style}",
        "File Name",
        "What the files are called: {source}, {style}, {seed} and {size} stand for the painting's own; a "
        "number is added where there is such a file",
        group="output",
    )

    def __post_init__(self) -> None:
        check(self)
        unknown = [field for field in _FIELD.findall(self.file_name) if field not in FIELDS]
        rest = _FIELD.sub("", self.file_name)
        if unknown or "{" in rest or "}" in rest:
            what = f"{{{unknown[0]}}}" if unknown else Sentence("a brace of its own")
            raise PochadeError(
                "File Name has {what}, which stands for nothing: use {{source}}, {{style}}, {{seed}} or "
                "{{size}}",
                what=what,
            )

    def name_of(self, values: dict[str, object]) -> str:
        """The name of the file for a painting with these values of FIELDS, without its ending: one that every
        system takes.
        """
        return safe_name(_FIELD.sub(lambda found: str(values[found[1]]), self.file_name))


def safe_name(text: str) -> str:
    """A name for a file, on any system: without what some of them do not take."""
    name = (
        _UNSAFE.sub("_", text.encode(errors="replace").decode())
        .encode()[:_LONGEST]
        .decode(errors="ignore")
        .strip(" .")
    )
    return f"_{name}" if not name or _TAKEN.match(name) else name
