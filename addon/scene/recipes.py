"""How a painting was painted, and painting another picture in the same way."""

import json

import bpy

from ...core.errors import PochadeError
from ...core.settings import settings_from
from ...core.words import Sentence
from ..blender import custom, images
from ..styles import presets, stores
from ..styles.entry import Entry
from . import properties


def choices_of(mix: list[tuple[Entry, float]]) -> str:
    """Styles and their weights as a painting keeps them: JSON of preset, image and weight."""
    return json.dumps([[entry.id, entry.image, weight] for entry, weight in mix])


def check(image: bpy.types.Image | None) -> dict:
    """The image's recipe. Raises PochadeError where there is none."""
    recipe = images.recipe(image) if image else None
    if not recipe:
        raise PochadeError("Show a painting in the Image Editor: its settings are taken")
    return recipe


def _is_choice(choice) -> bool:
    """Whether it is what `choices_of` writes."""
    return (
        isinstance(choice, list)
        and len(choice) == 3
        and all(isinstance(name, str) for name in choice[:2])
        and isinstance(choice[2], (int, float))
    )


def use(scene: bpy.types.Scene, image: bpy.types.Image) -> str:
    """Set the scene's settings and styles to those that the image was painted with; returns what is missing.

    Raises PochadeError for an image that was not painted by Pochade, or by a newer one.
    """
    recipe = check(image)
    settings = {"resolution": "draft", **custom.parsed(recipe["settings"], dict)}  # as before there was Full
    properties.write_settings(scene, settings_from(settings))
    known = {entry.id for entry in stores.entries()}
    choices = [
        (stores.current_id(choice[0]), images.find_image(choice[1]), choice[2])
        for choice in custom.parsed(recipe.get("choices", "[]"), list)
        if _is_choice(choice)
    ]
    styles = [choice for choice in choices if choice[0] in known or (not choice[0] and choice[1])]
    if not styles:
        return Sentence("{style} is not here any more: only the settings were taken", style=recipe["style"])
    presets.mix_styles(scene, styles)
    if len(styles) < len(choices):
        return Sentence("Not all of {style} is here any more: the rest was taken", style=recipe["style"])
    return ""
