"""How a painting was painted, and painting another picture in the same way."""

import json
from pathlib import Path
from typing import Any

import bpy

from ...core.errors import PochadeError
from ...core.files import recipes
from ...core.settings import Settings, settings_from
from ...core.words import Sentence
from ..blender import custom, images
from ..styles import presets, stores
from ..styles.entry import Entry
from . import properties

MOST = 100  # styles of a recipe
_HEAVIEST = 1e6  # weight of a style


def choices_of(mix: list[tuple[Entry, float]]) -> str:
    """Styles and their weights as a painting keeps them: JSON of id, name and weight; the id is "" for a
    mere picture, whose name is the image's.
    """
    return json.dumps([[entry.id, entry.image or entry.name, weight] for entry, weight in mix])


def check(image: bpy.types.Image | None) -> None:
    """Raise PochadeError where an image cannot have a recipe. No file is read for that."""
    if not image or not (images.recipe(image) or _is_of_file(image)):
        raise PochadeError("Show a painting in the Image Editor: its settings are taken")


def _is_of_file(image: bpy.types.Image) -> bool:
    """Whether an image was opened from a file that may tell."""
    if image.source == "SEQUENCE":  # whose format is known once it was drawn
        return True
    return image.source == "FILE" and image.file_format in ("PNG", "JPEG", "OPEN_EXR")


def of_image(image: bpy.types.Image, shown: bpy.types.ImageUser | None = None) -> dict[str, Any]:
    """The image's recipe, as `core.files.recipes` has them, or its file's, of a sequence that of the frame
    that is `shown`. Raises PochadeError where there is none.
    """
    recipe = images.recipe(image)
    if not recipe:
        if image.packed_file:
            return recipes.parsed(image.name, image.packed_file.data)
        if image.source == "SEQUENCE" and shown:
            return recipes.read(Path(image.filepath_from_user(image_user=shown)))
        return recipes.read(images.path_of(image))
    return {
        "source": recipe["source"],
        "style": recipe["style"],
        "choices": custom.parsed(recipe.get("choices", "[]"), list),
        "settings": custom.parsed(recipe["settings"], dict),
    }


def of_painting(source: str, style: str, choices: str, settings: Settings) -> dict[str, Any]:
    """What is written into a painting's file."""
    return recipes.recipe(source, style, json.loads(choices), settings)


def of_file(path: Path) -> dict[str, Any]:
    """The recipe in a picture's file. Raises PochadeError where there is none."""
    return recipes.read(path)


def _is_choice(choice) -> bool:
    """Whether it is what `choices_of` writes."""
    return (
        isinstance(choice, list)
        and len(choice) == 3
        and all(isinstance(name, str) for name in choice[:2])
        and type(choice[2]) in (int, float)
        and 0 <= choice[2] <= _HEAVIEST
    )


def use(scene: bpy.types.Scene, recipe: dict[str, Any]) -> str:
    """Set the scene's settings and styles to those of a recipe; returns what is missing.

    Raises PochadeError for settings that are unknown here, or are none.
    """
    settings = {"resolution": "draft", **recipe["settings"]}  # as before there was Full
    properties.write_settings(scene, settings_from(settings))
    choices = [choice for choice in recipe["choices"][:MOST] if _is_choice(choice)]
    styles = [style for choice in choices if (style := _found(*choice))]
    if not styles:
        return Sentence("{style} is not here any more: only the settings were taken", style=recipe["style"])
    presets.mix_styles(scene, styles)
    if len(styles) < len(choices):
        return Sentence("Not all of {style} is here any more: the rest was taken", style=recipe["style"])
    return ""


def _found(identifier: str, name: str, weight: float) -> tuple[str, bpy.types.Image | None, float] | None:
    """A choice as `presets.mix_styles` takes it: the preset of this id, else the image or the preset of the
    name, for the file may come from another computer. None without.
    """
    entries = stores.entries()
    current = stores.current_id(identifier)
    if current and any(entry.id == current for entry in entries):
        return current, None, weight
    image = images.find_image(name) if name and not current else None
    if image:
        return "", image, weight
    same = next((entry for entry in entries if name and entry.name == name), None)
    return (same.id, None, weight) if same else None
