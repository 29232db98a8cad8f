"""Styles by what people type."""

from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.preset_files import ENDING, import_preset
from .. import images, presets


def find_style(text: str) -> presets.Entry:
    """A preset by name or slug, in any case, or the one in a file; or a picture. Raises PochadeError, naming the presets there are."""
    path = Path(text)
    if path.suffix == ENDING:
        preset = import_preset(path, Path(bpy.app.tempdir) / "pochade-presets")
        return presets.Entry("", preset.name, presets.LIBRARY, settings=preset.settings, preset=preset, instant=preset.network.exists())
    if path.is_file():
        try:
            return presets.Entry("", path.stem, image=bpy.data.images.load(str(path.absolute()), check_existing=True).name_full)
        except RuntimeError:
            raise PochadeError(f"{path.name} is no picture that Blender can read: choose another style") from None
    entries = presets.entries()
    for entry in entries:
        if text.casefold() in {name.casefold() for name in (entry.name, entry.id, slug(entry))}:
            if entry.problem:
                raise PochadeError(entry.problem)
            return entry
    raise PochadeError(f"There is no preset and no file named {text}; there are {', '.join(map(slug, entries))}")


def slug(entry: presets.Entry) -> str:
    """The name that is easy to type."""
    return entry.preset.slug if entry.preset and not entry.image else entry.id.rpartition(":")[2]


def choose(scene: bpy.types.Scene, entry: presets.Entry) -> None:
    """Have the scene painted in a style, as if it were picked: with the settings that it recommends, and no other style mixed in."""
    chosen = scene.pochade
    chosen.mix.clear()
    for name, value in entry.settings.items():
        setattr(chosen, name, value)
    if entry.id:
        presets.pick(scene, entry.id)
    elif entry.preset:  # from a file: none of the lists has it
        presets.pick(scene, presets.project_entry(presets.keep_in_project(scene, entry, entry.name, dict(entry.settings))).id)
    else:
        chosen.style_kind, chosen.style_image = "IMAGE", images.find_image(entry.image)
