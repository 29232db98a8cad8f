"""Presets in their three places: Pochade's own stay as they are, the project's are in the .blend, the user's
serve all projects.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.presets.archive import (
    JPEG,
    PNG,
    add_preset,
    change_preset,
    export_preset,
    files_of,
    import_preset,
    remove_preset,
)
from ...core.presets.preset import Preset
from ..blender import images
from ..preferences import preset_folder
from ..styles import gallery, presets
from . import properties

THUMBNAIL = 256  # px


def chosen_preset(scene: bpy.types.Scene, own: bool = False) -> presets.Entry:
    """The preset that is picked; with `own` one that can be changed. Raises PochadeError where there
    is none.
    """
    if scene.pochade.style_kind != "PRESET":
        raise PochadeError("This style is a picture: make a preset of it with Save as Preset")
    entry = presets.chosen_style(scene.pochade)
    if own and entry.place == presets.FACTORY:
        raise PochadeError(f"{entry.name} comes with Pochade and stays as it is: duplicate it first")
    if own and entry.place == presets.PROJECT and not presets.is_of_this_file(images.find_image(entry.image)):
        raise PochadeError(f"{entry.name} is linked from another file: change it there, or duplicate it")
    return entry


def keep(
    scene: bpy.types.Scene, entry: presets.Entry, name: str, settings: dict[str, Any], place: str
) -> None:
    """Keep a style and settings as a preset in the project or the library, and pick it. Raises
    PochadeError.
    """
    if place == presets.PROJECT:
        identifier = presets.project_entry(presets.keep_in_project(scene, entry, name, settings)).id
    else:
        added = add_preset(preset_folder(), _described(entry, name, settings), _files(scene, entry))
        presets.refresh(preset_folder())
        identifier = f"user:{added.slug}"
    presets.pick(scene, identifier)


def update(scene: bpy.types.Scene) -> None:
    """Have the preset recommend the present settings. Raises PochadeError."""
    entry, settings = chosen_preset(scene, own=True), present_settings(scene)
    if entry.place == presets.PROJECT:
        presets.describe(images.find_image(entry.image), entry.name, settings, entry)
    else:
        change_preset(entry.preset, settings=settings)
        presets.refresh(preset_folder())


def rename(scene: bpy.types.Scene, name: str) -> None:
    """Give the preset another name. Raises PochadeError."""
    entry = chosen_preset(scene, own=True)
    if entry.place == presets.LIBRARY:
        change_preset(entry.preset, name=name)
        presets.refresh(preset_folder())
        return
    image = images.find_image(entry.image)
    choices = [
        chosen
        for each in bpy.data.scenes
        for chosen in (each.pochade, *each.pochade.mix, *each.pochade.regions)
        if presets.current_id(chosen.preset_id) == entry.id
    ]
    presets.describe(image, name, entry.settings, entry)
    image.name = name
    if gallery.is_favourite(entry):  # the old name may be one in another file
        gallery.mark(presets.project_entry(image).id, True)
    for chosen in choices:
        chosen.preset_id = presets.project_entry(image).id


def delete(scene: bpy.types.Scene) -> None:
    """Delete the preset; the one before it in the list is picked. Raises PochadeError."""
    entry = chosen_preset(scene, own=True)
    before = presets.entries()[max(presets.get_picked(scene.pochade) - 1, 0)]
    if entry.place == presets.PROJECT:
        bpy.data.images.remove(images.find_image(entry.image))
    else:
        remove_preset(entry.preset)
        gallery.mark(entry.id, False)
        presets.refresh(preset_folder())
    scene.pochade.preset_id = before.id


def duplicate(scene: bpy.types.Scene) -> None:
    """Another preset like this one, beside it; one of Pochade's own is duplicated into the project. Raises
    PochadeError.
    """
    entry = chosen_preset(scene)
    place = presets.LIBRARY if entry.place == presets.LIBRARY else presets.PROJECT
    keep(scene, entry, f"{entry.name} copy", dict(entry.settings), place)


def copy(scene: bpy.types.Scene, place: str) -> None:
    """The same preset in another place too. Raises PochadeError."""
    entry = chosen_preset(scene)
    keep(scene, entry, entry.name, dict(entry.settings), place)


def export(scene: bpy.types.Scene, path: Path) -> None:
    """Write the preset as one file. Raises PochadeError."""
    export_entry(scene, chosen_preset(scene), path)


def export_entry(scene: bpy.types.Scene, entry: presets.Entry, path: Path, network: bytes = b"") -> None:
    """Write any style as a preset in one file, with a `network` that has learnt it if there is one. Raises
    PochadeError.
    """
    files = _files(scene, entry) | ({"instant.safetensors": network} if network else {})
    export_preset(path, _described(entry, entry.name, dict(entry.settings)), files)


def add_file(scene: bpy.types.Scene, path: Path) -> Preset:
    """Add an exported preset to the library, and pick it. Raises PochadeError."""
    added = import_preset(path, preset_folder())
    presets.refresh(preset_folder())
    presets.pick(scene, f"user:{added.slug}")
    return added


def present_settings(scene: bpy.types.Scene) -> dict[str, Any]:
    """The scene's settings by name."""
    return presets.as_values(properties.read_settings(scene))


def _described(entry: presets.Entry, name: str, settings: dict[str, Any]) -> Preset:
    """What a preset's file says of the entry; its folder is still to come."""
    if entry.preset:
        return replace(entry.preset, name=name, settings=settings, style=entry.preset.factory)
    return Preset(name, "", "", "", "", settings, Path())


def _files(scene: bpy.types.Scene, entry: presets.Entry) -> dict[str, bytes]:
    """The entry's picture, its thumbnail, and its network and statistics if it has them."""
    image = images.find_image(entry.image)
    if not image:
        return files_of(entry.preset)
    files = {} if entry.preset else _plate(scene, image)
    files["thumbnail.png"] = _saved(image, THUMBNAIL)
    if network := image.get(presets.NETWORK):
        files["instant.safetensors"] = bytes(network)
    return files


def _plate(scene, image) -> dict[str, bytes]:
    """The image's own file where it has one that says it all, else a PNG of it."""
    data = image.packed_file.data if image.packed_file and not image.is_dirty else b""
    for ending, beginning in (("jpg", JPEG), ("png", PNG)):
        if data.startswith(beginning):
            return {f"plate.{ending}": data}
    return {"plate.png": _saved(image)}


def _saved(image, side: int = 0) -> bytes:
    """The image as a PNG, with a longer side of at most `side` px. Raises PochadeError when its pixels cannot
    be read.
    """
    copy = image.copy()
    try:
        if not all(copy.size):
            raise PochadeError("The style's picture cannot be read: check that its file still exists")
        if side and (factor := side / max(copy.size)) < 1:
            copy.scale(*(max(round(n * factor), 1) for n in copy.size))
        with tempfile.TemporaryDirectory(prefix="pochade_") as folder:
            path = Path(folder, "picture.png")
            copy.file_format = "PNG"
            copy.save(filepath=str(path))
            return path.read_bytes()
    except RuntimeError as error:
        raise PochadeError(f"Blender cannot read {image.name}: {' '.join(str(error).split())}") from None
    finally:
        bpy.data.images.remove(copy)


def register():
    presets.refresh(preset_folder())


def unregister():
    pass  # presets forgets them with its own
