"""The verbs on presets: keeping, changing, copying and exporting the one that is picked."""

from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.presets.archive import export_preset
from ...core.presets.preset import Preset
from ..blender import images
from ..styles import assets, gallery, presets, stores
from ..styles.entry import Entry, Store
from . import properties


def chosen_preset(scene: bpy.types.Scene, own: bool = False) -> Entry:
    """The preset that is picked; with `own` one that can be changed. Raises PochadeError without one."""
    if scene.pochade.style_kind != "PRESET":
        raise PochadeError("This style is a picture: make a preset of it with Save as Preset")
    entry = presets.chosen_style(scene.pochade)
    if own:
        entry.store.check_own(entry)
    return entry


def keep(scene: bpy.types.Scene, entry: Entry, name: str, settings: dict[str, Any], store: Store) -> None:
    """Keep a style and settings as a preset in a store, and pick it. Raises PochadeError."""
    presets.pick(scene, store.add(scene, entry, name, settings))


def update(scene: bpy.types.Scene) -> None:
    """Have the preset recommend the present settings. Raises PochadeError."""
    entry = chosen_preset(scene, own=True)
    entry.store.update(entry, present_settings(scene))


def rename(scene: bpy.types.Scene, name: str) -> None:
    """Give the preset another name, wherever it is picked. Raises PochadeError."""
    entry = chosen_preset(scene, own=True)
    choices = [
        chosen
        for each in bpy.data.scenes
        for chosen in (each.pochade, *each.pochade.mix, *each.pochade.regions, *each.pochade.layers)
        if stores.current_id(chosen.preset_id) == entry.id
    ]
    identifier = entry.store.rename(entry, name)
    if identifier == entry.id:
        return
    if gallery.is_favourite(entry):  # the old id may be one in another file
        gallery.mark(identifier, True)
    for chosen in choices:
        chosen.preset_id = identifier


def delete(scene: bpy.types.Scene) -> None:
    """Delete the preset; the one before it in the list is picked. Raises PochadeError."""
    entry = chosen_preset(scene, own=True)
    before = stores.entries()[max(presets.get_picked(scene.pochade) - 1, 0)]
    entry.store.delete(entry)
    if entry.store.unique_ids:
        gallery.mark(entry.id, False)
    scene.pochade.preset_id = before.id


def duplicate(scene: bpy.types.Scene) -> None:
    """A copy of this preset, beside it or, of Pochade's own, in the project. Raises PochadeError."""
    entry = chosen_preset(scene)
    store = entry.store if entry.store.own else stores.PROJECT
    keep(scene, entry, f"{entry.name} copy", dict(entry.settings), store)


def copy(scene: bpy.types.Scene, store: Store) -> None:
    """The same preset in another store too. Raises PochadeError."""
    entry = chosen_preset(scene)
    keep(scene, entry, entry.name, dict(entry.settings), store)


def mark_asset(scene: bpy.types.Scene) -> None:
    """Make the preset one of Blender's assets; of one in another store a copy in the project. Raises
    PochadeError.
    """
    entry = chosen_preset(scene)
    image = images.find_image(entry.image) if entry.store is stores.PROJECT else None
    if not image or image.library or image.override_library:
        copy(scene, stores.PROJECT)
        entry = chosen_preset(scene)
        image = images.find_image(entry.image)
    assets.mark(entry, image)


def export(scene: bpy.types.Scene, path: Path) -> None:
    """Write the preset as one file. Raises PochadeError."""
    export_entry(chosen_preset(scene), path)


def export_entry(entry: Entry, path: Path, network: bytes = b"") -> None:
    """Write any style as a preset in one file, with a `network` trained on it if any. Raises PochadeError."""
    files = stores.files_of(entry) | ({"instant.safetensors": network} if network else {})
    export_preset(path, entry.as_preset(entry.name, dict(entry.settings)), files)


def add_file(scene: bpy.types.Scene, path: Path) -> Preset:
    """Add an exported preset to the library, and pick it. Raises PochadeError."""
    identifier, added = stores.LIBRARY.add_file(path)
    presets.pick(scene, identifier)
    return added


def present_settings(scene: bpy.types.Scene) -> dict[str, Any]:
    """The scene's settings by name."""
    return stores.as_values(properties.read_settings(scene))
