"""Presets on disk: a folder each, with `preset.json`, a plate, statistics, a thumbnail. Needs no PyTorch."""

import json
import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import PochadeError
from ..files import json_text
from ..settings import settings_from
from ..words import Sentence

FACTORY = Path(__file__).parents[2] / "presets"
FORMAT = 1
FAMILIES = "painters", "wet", "dry", "print", "glass and stone"
THUMBNAIL, LARGEST_THUMBNAIL = "thumbnail.png", 1024  # its name, and the most px of a side
LONGEST_NAME, LONGEST_DESCRIPTION = 1000, 10_000  # characters


@dataclass(frozen=True)
class Preset:
    """A style, where it comes from, and the settings that it is best painted with.

    `description` is one line for the tooltip; `settings` holds only what differs from the defaults; `style`
    is the slug of the factory preset that it takes its style from, where it has no picture of its own.
    `technique` says in a few words how the style is made; `family` is one of `FAMILIES` for factory presets.
    """

    name: str
    artist: str
    year: str
    licence: str
    description: str
    settings: dict = field(hash=False)
    folder: Path
    style: str = ""
    technique: str = ""
    family: str = ""

    @classmethod
    def from_values(cls, values: dict, folder: Path) -> "Preset":
        """A folder's preset by its `preset.json`. Raises PochadeError for broken or too new values."""
        try:
            values = dict(values)
            newer = values.pop("format") > FORMAT
            if not newer:
                preset = cls(**values, folder=folder)
                if not all(
                    isinstance(value, str)
                    for name, value in vars(preset).items()
                    if name not in ("settings", "folder")
                ):
                    raise TypeError("what should be a text is none")
                if not re.fullmatch(r"[\w-]{0,64}", preset.style):
                    raise ValueError("its style is no name")
                longest = max(map(len, (preset.name, preset.technique, preset.family)))
                if longest > LONGEST_NAME or len(preset.description) > LONGEST_DESCRIPTION:
                    raise ValueError("its name or its description is too long")
                checked = settings_from(preset.settings)  # gives 60.0 steps the type of a setting
                return replace(preset, settings={name: getattr(checked, name) for name in preset.settings})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise PochadeError(
                "The preset {name} is broken ({error}); remove it or save it again",
                name=folder.name,
                error=error,
            ) from error
        raise PochadeError(
            "The preset {name} was made by a newer Pochade; update the extension", name=folder.name
        )

    def to_json(self) -> str:
        """The contents of its `preset.json`."""
        values = {
            k: v
            for k, v in vars(self).items()
            if k != "folder" and (v != "" or k in ("artist", "year", "licence", "description"))
        }
        return json.dumps(dict(format=FORMAT, **values), indent=2, ensure_ascii=False) + "\n"

    @property
    def slug(self) -> str:
        """The folder's name, as scripts write it."""
        return self.folder.name

    @property
    def attribution(self) -> str:
        """Whose picture the style is, and on what terms it is here."""
        return (
            Sentence("{artist}, {year}; {licence}", artist=self.artist, year=self.year, licence=self.licence)
            if self.artist
            else ""
        )

    @property
    def factory(self) -> str:
        """The slug of the factory preset whose style it has; "" for a style of its own."""
        return self.style or (self.slug if self.folder.parent == FACTORY else "")

    @property
    def plate(self) -> Path:
        """A picture of the style: Pochade's own, or, of the painters, repainted by it from theirs."""
        return self._file("plate.jpg", "plate.png")

    @property
    def thumbnail(self) -> Path:
        """256 px: the demo render painted in this style, or the style's picture."""
        return self.folder / THUMBNAIL

    @property
    def statistics(self) -> Path:
        """The style's feature statistics at several sizes; not every preset has them."""
        return self._file("statistics.safetensors")

    @property
    def network(self) -> Path:
        """An instant network trained on the style; not every preset has one."""
        return self._file("instant.safetensors")

    def _file(self, *names: str) -> Path:
        """The first of its own files, or else of its style's, that there is."""
        folders = [self.folder, *([FACTORY / self.style] if self.style else [])]
        paths = [folder / name for folder in folders for name in names]
        return next((path for path in paths if path.exists()), paths[0])


def read_preset(folder: Path) -> Preset:
    """The preset in a folder. Raises PochadeError when it is missing, broken or made by a newer Pochade."""
    path = Path(folder) / "preset.json"
    try:
        values = json_text.read(path)
    except FileNotFoundError:
        raise PochadeError("There is no preset in {folder}", folder=folder) from None
    except (OSError, ValueError) as error:
        raise PochadeError(
            "The preset {name} is broken ({error}); remove it or save it again",
            name=path.parent.name,
            error=error,
        ) from error
    return Preset.from_values(values, path.parent)


def is_thumbnail(beginning: bytes) -> bool:
    """Whether a file that begins so, 24 bytes or more, can be a preset's thumbnail: a PNG that is not large.

    Blender decodes whatever it is given, and a few kilobytes may be gigabytes.
    """
    sides = beginning[16:20], beginning[20:24]
    return beginning.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR") and all(
        len(side) == 4 and 1 <= int.from_bytes(side, "big") <= LARGEST_THUMBNAIL for side in sides
    )


def write_preset(preset: Preset) -> None:
    """Write `preset.json` into the preset's folder."""
    (preset.folder / "preset.json").write_text(preset.to_json(), encoding="utf-8")


def factory_presets() -> list[Preset]:
    """The presets that ship with Pochade, in the gallery's order."""
    return sorted((read_preset(p.parent) for p in FACTORY.glob("*/preset.json")), key=gallery_order)


def factory_styles() -> list[Preset]:
    """Those of them that have a picture of their own, a plate."""
    return [preset for preset in factory_presets() if not preset.style]


def gallery_order(preset: Preset) -> tuple[int, str]:
    """By family, then by name. The first one is what a new scene has: a painter's, which has a network."""
    return FAMILIES.index(preset.family), preset.name


def find_preset(name: str) -> Preset:
    """The factory preset of that name or slug, in any case. Raises PochadeError, naming those there are."""
    presets = factory_presets()
    for preset in presets:
        if name.casefold() in (preset.name.casefold(), preset.slug.casefold()):
            return preset
    raise PochadeError(
        "There is no preset named {name}; there are {names}",
        name=name,
        names=", ".join(p.slug for p in presets),
    )
