"""The styles that the artist chose: the picker of presets, the mix, and their making in a job's thread."""

import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.instant.files import ONE_STYLE, OTHER_START, not_trained
from ...core.presets.preset import Preset
from ...core.words import Sentence
from ..blender import custom, enums, images
from ..language import said
from . import keys
from .entry import Entry
from .stores import PROJECT, current_id, entries, read_style
from .style_images import NETWORK

if TYPE_CHECKING:
    from ...core.style.styles import Style

NO_WEIGHT = Sentence("Give one of the styles a weight above 0")


# The picker: an enum whose value is a position in the list and whose truth is `preset_id`. `chosen` is
# whatever a style is chosen for, with the properties of a PochadeStyleChoice: the scene's PochadeScene, a
# further style, a region.


def item_of(entry: Entry, number: int) -> tuple:
    """An enum's item, in the interface's language: Blender translates no items of lists that change."""
    return enums.item(entry.id, said(entry.name), said(entry.description), entry.icon, number)


def get_picked(chosen) -> int:
    """The position of the preset that was picked; the first one when that is gone."""
    picked = current_id(chosen.preset_id)
    return next((number for number, entry in enumerate(entries()) if entry.id == picked), 0)


def update_preset_image(chosen, _) -> None:
    """Be a user of the picked preset's image: Blender saves no link to an image that has none."""
    chosen.preset_image = PROJECT.find(chosen.preset_id)


def set_picked(chosen, number: int) -> None:
    """Pick a preset."""
    chosen.preset_id = entries()[number].id


def set_picked_and_settings(chosen, number: int) -> None:
    """Pick a preset and set what it recommends; what the one before set goes, unless changed since."""
    choices = entries()
    for name, value in choices[get_picked(chosen)].settings.items():
        if _equal(getattr(chosen, name), value):
            chosen.property_unset(name)
    chosen.preset_id = choices[number].id
    for name, value in choices[number].settings.items():
        setattr(chosen, name, value)


def _equal(of_blender, value) -> bool:
    return of_blender == value if isinstance(value, str) else math.isclose(of_blender, value, rel_tol=1e-6)


# The chosen style: gathered in Blender's thread, made in the job's.


def chosen_style(chosen) -> Entry:
    """The style that is chosen. Raises PochadeError when there is none."""
    if chosen.style_kind == keys.KIND:
        return max(keys.styles_at(chosen.id_data), key=lambda pair: pair[1])[0]
    if chosen.style_kind == "IMAGE":
        if not chosen.style_image:
            raise PochadeError("Open a style picture, or pick a preset")
        image = chosen.style_image
        return Entry(
            "", image.name.rpartition(".")[0] or image.name, image=image.name_full, instant=NETWORK in image
        )
    choices = entries()
    if not choices:
        raise PochadeError("There are no presets here: choose Image as the style, and open a picture")
    entry = choices[get_picked(chosen)]
    if entry.problem:
        raise PochadeError(entry.problem)
    return entry


def chosen_mix(scene: bpy.types.Scene) -> list[tuple[Entry, float]]:
    """The styles that the scene would be painted in, with their weights. Raises PochadeError when there are
    none, or when the scene's Method cannot paint in one of them.
    """
    check_method(scene)
    return mixed_styles(scene)


def check_method(scene: bpy.types.Scene) -> None:
    """Raise PochadeError where a style, of the picture or a region, lacks the network that is to paint."""
    chosen = scene.pochade
    if "instant" in (chosen.method, chosen.start):
        regions = [region for region in chosen.regions if region.enabled and region.style_kind != "NONE"]
        layers = chosen.layers if chosen.animation.apart else ()
        check_trained(mixed_styles(scene), chosen.method, map(chosen_style, (*regions, *layers)))


def check_trained(mix: list[tuple[Entry, float]], method: str, regions: Iterable[Entry] = ()) -> None:
    """Raise PochadeError unless a network can paint in these styles, or begin where Method is another."""
    if len(mix) > 1 and method == "instant":
        raise PochadeError(ONE_STYLE)
    first = max(mix, key=lambda pair: pair[1])[0]
    for entry in (first, *regions):
        if not entry.instant:
            raise PochadeError(
                not_trained(entry.name) if method == "instant" else not_trained(entry.name, OTHER_START)
            )


def mixed_styles(scene: bpy.types.Scene) -> list[tuple[Entry, float]]:
    """The main style and those mixed into it, with their weights. Raises PochadeError without any."""
    chosen = [(choice, choice.weight) for choice in (scene.pochade, *scene.pochade.mix)]
    if len(chosen) == 1:
        chosen = [(scene.pochade, 1.0)]
    mix = [
        (entry, weight * share)
        for choice, weight in chosen
        if weight > 0
        for entry, share in _chosen_styles(choice)
    ]
    if not mix:
        raise PochadeError(NO_WEIGHT)
    return mix


def _chosen_styles(chosen) -> list[tuple[Entry, float]]:
    """What is chosen here, with weights that add up to 1: several keys, at times, and else one style."""
    if chosen.style_kind == keys.KIND:
        return keys.styles_at(chosen.id_data)
    return [(chosen_style(chosen), 1.0)]


def names_of(mix: list[tuple[Entry, float]]) -> str:
    """The names of mixed styles, for titles."""
    return " + ".join(dict.fromkeys(entry.name for entry, _ in mix))


def mix_styles(scene: bpy.types.Scene, styles: Iterable[tuple[str, bpy.types.Image | None, float]]) -> None:
    """Have the scene painted in these styles: ids of presets or pictures, and weights. Settings stay."""
    scene.pochade.mix.clear()
    for number, (identifier, picture, weight) in enumerate(styles):
        chosen = scene.pochade.mix.add() if number else scene.pochade
        chosen.weight = weight
        if identifier:
            chosen.style_kind, chosen.preset_id = "PRESET", identifier
        else:
            chosen.style_kind, chosen.style_image = "IMAGE", picture


def load_style(scene: bpy.types.Scene, entry: Entry) -> "Callable[[], Style]":
    """A function that makes the Style in the job's thread, with whatever it needs of Blender already in it.

    Raises PochadeError when the style's image cannot be read.
    """
    image = images.find_image(entry.image)
    network = custom.data(image, NETWORK) or None if image else None
    if entry.preset:
        return partial(_style_from_preset, entry.preset, network)
    picture = images.read_source(scene, image)
    if keys.is_key(scene, image):
        return partial(_style_from_key, image.name, picture, network)
    return partial(_style_from_picture, entry.name, picture, network)


def _style_from_preset(preset: Preset, network: bytes | None) -> "Style":
    style = read_style(preset)
    return replace(style, network=network or style.network)


def _style_from_picture(name: str, picture, network: bytes | None) -> "Style":
    from ...core.style import styles

    return replace(styles.style_from_picture(name, picture), network=network)


def _style_from_key(name: str, picture, network: bytes | None) -> "Style":
    from ...core.style.filling import filled

    return _style_from_picture(name, filled(picture), network)


def pick(scene: bpy.types.Scene, identifier: str) -> None:
    """Have the scene painted in the preset with this id; its settings stay as they are."""
    scene.pochade.style_kind, scene.pochade.preset_id = "PRESET", identifier
