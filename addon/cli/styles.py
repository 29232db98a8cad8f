"""Styles by what people type."""

import re
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ...core.presets.archive import ENDING, import_preset
from ..blender import images
from ..styles import presets, stores, style_images
from ..styles.entry import Entry


def find_mix(texts: list[str]) -> list[tuple[Entry, float]]:
    """Styles as `find_style` finds them, and their weights, as in `udnie:2`, else 1. Raises PochadeError."""
    mix = [_weighed(text) for text in texts]
    if len(mix) == 1:
        return [(mix[0][0], 1.0)]
    mix = [(entry, weight) for entry, weight in mix if weight > 0]
    if not mix:
        raise PochadeError(presets.NO_WEIGHT)
    return mix


def _weighed(text: str) -> tuple[Entry, float]:
    """A style and its weight. A name may have a colon itself, as C:\\style.png: the whole text goes first."""
    found = re.fullmatch(r"(.+):(\d+\.?\d*|\.\d+)", text)
    if not found or is_regular(Path(text)) or _preset_named(text):
        return find_style(text), 1.0
    return find_style(found[1]), float(found[2])


def find_style(text: str) -> Entry:
    """A preset by name or slug, in any case, or in a file; or a picture. Raises PochadeError."""
    path = Path(text)
    if path.suffix == ENDING:
        preset = import_preset(path, Path(bpy.app.tempdir) / "pochade-presets")
        return Entry(
            "",
            preset.name,
            stores.LIBRARY,
            settings=preset.settings,
            preset=preset,
            instant=preset.network.exists(),
        )
    if is_regular(path):
        image = style_images.open_picture(bpy.context, path.absolute())
        return Entry("", path.stem, image=image.name_full)
    entry = _preset_named(text)
    if not entry:
        raise PochadeError(
            f"There is no preset and no file named {text}; there are "
            f"{', '.join(entry.slug for entry in stores.entries())}"
        )
    if entry.problem:
        raise PochadeError(entry.problem)
    return entry


def _preset_named(text: str) -> Entry | None:
    for entry in stores.entries():
        if text.casefold() in {name.casefold() for name in (entry.name, entry.id, entry.slug)}:
            return entry
    return None


def choose(scene: bpy.types.Scene, mix: list[tuple[Entry, float]]) -> None:
    """Have the scene painted in these styles as if picked: with the settings that the first recommends."""
    for name, value in mix[0][0].settings.items():
        setattr(scene.pochade, name, value)
    presets.mix_styles(
        scene, [(_id_in(scene, entry), images.find_image(entry.image), weight) for entry, weight in mix]
    )


def _id_in(scene: bpy.types.Scene, entry: Entry) -> str:
    """A preset's id, "" for a picture. One from a file is kept in the project: it is in no list."""
    if entry.id or not entry.preset:
        return entry.id
    return stores.PROJECT.add(scene, entry, entry.name, dict(entry.settings))
