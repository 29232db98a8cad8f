"""A style that can be chosen, and the interface of the stores that presets are in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.presets.preset import Preset
from ...core.words import Sentence, joined


@dataclass(frozen=True)
class Entry:
    """One style that can be chosen: a preset in a folder, an image by its full name, or both.

    `id` is what a .blend keeps of the choice, `store` where the preset is, None for a mere picture,
    `description` the tooltip,
    `settings` what the style recommends, `problem` the sentence that says why it cannot be used,
    `instant` whether a network has been trained on it, and `key` whether it is one of an animation's keys.
    """

    id: str
    name: str
    store: "Store | None" = None
    description: str = ""
    icon: int | str = 0
    settings: dict[str, Any] = field(default_factory=dict)
    preset: Preset | None = None
    image: str = ""
    problem: str = ""
    instant: bool = False
    key: bool = False

    @property
    def family(self) -> str:
        """That of the factory preset that it is or was made from; "" of any other."""
        return self.preset.family if self.preset else ""

    @property
    def slug(self) -> str:
        """The name that is easy to type."""
        if self.preset and not self.image:
            return self.preset.slug
        return self.id.removeprefix(self.store.prefix) if self.store else self.id

    def as_preset(self, name: str, settings: dict[str, Any]) -> Preset:
        """The contents of a preset's file with this style; its folder is still to come."""
        if self.preset:
            return replace(self.preset, name=name, settings=settings, style=self.preset.factory)
        return Preset(name, "", "", "", "", settings, Path())


class Store:
    """Presets of one kind. Methods raise PochadeError for what cannot be read or written.

    `key` is the name that operators have for it, `label` the one that commands have, `where` the one in
    tooltips, and `prefix` what the ids of its presets begin with.
    """

    key: str
    label: str
    where = ""
    prefix = ""
    own = True  # whether its presets can be changed
    unique_ids = True  # whether an id names no preset of another .blend
    after_delete = ""  # what is said of deleting a preset

    def id_of(self, name: str) -> str:
        """The id of the preset with this slug, or of the image with this full name."""
        return self.prefix + name

    def list(self) -> Sequence[Entry]:
        """The presets, in the picker's order. Drawing asks for them, so no files are read."""
        raise NotImplementedError

    def goes_with(self, entry: Entry) -> str:
        """What is said before a preset is deleted."""
        return self.after_delete

    def check_own(self, entry: Entry) -> None:
        """Raise PochadeError for a preset that cannot be changed."""

    def add(self, scene: bpy.types.Scene, entry: Entry, name: str, settings: dict[str, Any]) -> str:
        """Keep any style and settings as a new preset; returns its id."""
        raise NotImplementedError

    def update(self, entry: Entry, settings: dict[str, Any]) -> None:
        """Have the preset recommend other settings."""
        raise NotImplementedError

    def rename(self, entry: Entry, name: str) -> str:
        """Give the preset another name; returns its id, which may be another one then."""
        raise NotImplementedError

    def delete(self, entry: Entry) -> None:
        """Delete the preset."""
        raise NotImplementedError

    def files(self, entry: Entry) -> dict[str, bytes]:
        """The preset's picture, thumbnail, network and statistics, those there are, by file name."""
        raise NotImplementedError

    def network(self, entry: Entry) -> bytes:
        """The network's bytes that a copy in a .blend has to be given; b"" where a copy has it anyway."""
        return b""

    def _broken(self, name: str, title: str, error: PochadeError) -> Entry:
        return Entry(self.id_of(name), title, self, str(error), "ERROR", problem=str(error))

    def _description(self, preset: Preset | None, where: str) -> str:
        """The tooltip, as on a museum's wall: artist, year and technique, what it looks like, and where the
        preset is unless it comes with Pochade.
        """
        made = (preset.artist, preset.year, Sentence(preset.technique)) if preset else ()
        about = Sentence(preset.description) if preset else ""
        return joined(filter(None, (joined(filter(None, made), ", "), about, where)), ". ")
