"""Presets on disk: a folder a look, with `preset.json`, a plate, statistics and a thumbnail. Needs no PyTorch."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from .errors import PochadeError
from .settings import settings_from

FACTORY = Path(__file__).parent.parent / "presets"
FORMAT = 1


@dataclass(frozen=True)
class Preset:
    """A look: where it comes from and how it is best painted.

    `description` is one line for the tooltip; `settings` holds only what differs from the defaults; `style` is the slug of another
    preset beside it, if it only paints that one's style in another way.
    """

    name: str
    artist: str
    year: str
    licence: str
    description: str
    settings: dict = field(hash=False)
    folder: Path
    style: str = ""

    @property
    def slug(self) -> str:
        """The folder's name, as scripts write it."""
        return self.folder.name

    @property
    def attribution(self) -> str:
        """Whose picture the style is, and on what terms it is here."""
        return f"{self.artist}, {self.year}; {self.licence}"

    @property
    def _source(self) -> Path:
        return self.folder.parent / (self.style or self.folder.name)

    @property
    def plate(self) -> Path:
        """A picture of the style that Pochade made from the statistics, for whatever needs a picture."""
        return self._source / "plate.jpg"

    @property
    def thumbnail(self) -> Path:
        """The demo render painted in this style, 256 px."""
        return self.folder / "thumbnail.png"

    @property
    def statistics(self) -> Path:
        """The style's feature statistics at several sizes."""
        return self._source / "statistics.safetensors"

    @property
    def network(self) -> Path:
        """An instant network that has learnt the style; not every preset has one."""
        return self._source / "instant.safetensors"


def read_preset(folder: Path) -> Preset:
    """The preset in a folder. Raises PochadeError when it is missing, broken or made by a newer Pochade."""
    path = Path(folder) / "preset.json"
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values.pop("format") > FORMAT:
            raise PochadeError(f"The preset {path.parent.name} was made by a newer Pochade; update the extension")
        preset = Preset(**values, folder=path.parent)
        settings_from(preset.settings)
        return preset
    except FileNotFoundError:
        raise PochadeError(f"There is no preset in {folder}") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PochadeError(f"The preset {path.parent.name} is broken ({error}); remove it or save it again") from error


def write_preset(preset: Preset) -> None:
    """Write `preset.json` into the preset's folder."""
    values = {k: v for k, v in vars(preset).items() if k != "folder" and v != ""}
    text = json.dumps(dict(format=FORMAT, **values), indent=2, ensure_ascii=False)
    (preset.folder / "preset.json").write_text(text + "\n", encoding="utf-8")


def factory_presets() -> list[Preset]:
    """The presets that ship with Pochade, by name."""
    return sorted((read_preset(p.parent) for p in FACTORY.glob("*/preset.json")), key=lambda preset: preset.name)


def find_preset(name: str) -> Preset:
    """The factory preset of that name or slug, in any case. Raises PochadeError, naming those there are."""
    presets = factory_presets()
    for preset in presets:
        if name.casefold() in (preset.name.casefold(), preset.slug.casefold()):
            return preset
    raise PochadeError(f"There is no preset named {name}; there are {', '.join(p.slug for p in presets)}")
