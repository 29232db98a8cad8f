"""The styles to pick from: Pochade's own presets, the user's, those saved in the .blend, or any picture."""

import json
import math
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import bpy.utils.previews

from ...core.errors import PochadeError
from ...core.instant.files import ONE_STYLE, OTHER_START, not_trained
from ...core.presets import preset as factory
from ...core.presets.archive import list_presets
from ...core.settings import Settings, settings_from, settings_to_json
from ..blender import images

if TYPE_CHECKING:
    from ...core.style.styles import Style

# A preset of the project is an image with this custom property: JSON with format, name and settings, and with
# the slug of the factory preset that it was made from, whose statistics are better than the picture alone.
KEY = "pochade_preset"
FORMAT = 1
# custom property of an image whose style a network has learnt: the bytes of the network's file
NETWORK = "pochade_network"

NO_WEIGHT = "Give one of the styles a weight above 0"

FACTORY, LIBRARY, PROJECT = "FACTORY", "LIBRARY", "PROJECT"  # where presets are

_thumbnails: bpy.utils.previews.ImagePreviewCollection | None = None
_library: list["Entry"] = []
_strings: dict[str, str] = {}


@dataclass(frozen=True)
class Entry:
    """One style that can be chosen: a preset in a folder, an image by its full name, or both. `id` is what a
    .blend keeps of the choice, `place` where the preset is, "" for a mere picture, `settings` what the style
    recommends, `problem` the sentence that says why it cannot be used, and `instant` whether a network has
    learnt it.
    """

    id: str
    name: str
    place: str = ""
    description: str = ""
    icon: int | str = 0
    settings: dict[str, Any] = field(default_factory=dict)
    preset: factory.Preset | None = None
    image: str = ""
    problem: str = ""
    instant: bool = False


def entries() -> list[Entry]:
    """What the picker shows: Pochade's presets, then the user's, then the project's."""
    return [*_factory_entries(), *_library, *map(project_entry, _project_images())]


def _project_images() -> list[bpy.types.Image]:
    return [image for image in bpy.data.images if KEY in image]


@cache
def _factory_entries() -> tuple[Entry, ...]:
    folders = (path.parent for path in factory.FACTORY.glob("*/preset.json"))
    return tuple(
        sorted(
            (_folder_entry(folder, folder.name, FACTORY) for folder in folders), key=lambda entry: entry.name
        )
    )


def refresh(folder: Path) -> None:
    """Look for the user's presets. Drawing reads no files, so whoever adds, changes or removes one calls
    this.
    """
    found = (_folder_entry(path, f"user:{path.name}", LIBRARY) for path in list_presets(folder))
    _library[:] = sorted(found, key=lambda entry: entry.name.casefold())
    _read_style.cache_clear()


def _folder_entry(folder: Path, identifier: str, place: str) -> Entry:
    try:
        preset = factory.read_preset(folder)
    except PochadeError as error:
        return _broken(identifier, folder.name, place, error)
    changed = preset.thumbnail.stat().st_mtime_ns if preset.thumbnail.exists() else 0
    key = f"{identifier} {changed}"
    icon = (_thumbnails.get(key) or _thumbnails.load(key, str(preset.thumbnail), "IMAGE")).icon_id
    return Entry(
        identifier,
        preset.name,
        place,
        _description(place, preset),
        icon,
        preset.settings,
        preset,
        instant=preset.network.exists(),
    )


def _description(place: str, preset: factory.Preset | None, blend: bpy.types.Library | None = None) -> str:
    """What hovering tells: whose picture it is, and where the preset is unless it comes with Pochade."""
    where = (
        f"Linked from {blend.name}"
        if blend
        else {FACTORY: "", LIBRARY: "In your library", PROJECT: "Saved in this project"}[place]
    )
    artist = f"{preset.artist}, {preset.year}" if preset and preset.artist else ""
    return ". ".join(filter(None, (artist, where)))


def _broken(identifier: str, name: str, place: str, error: PochadeError) -> Entry:
    return Entry(identifier, name, place, str(error), "ERROR", problem=str(error))


def project_entry(image: bpy.types.Image) -> Entry:
    identifier = _id_of(image)
    try:
        note = _read_note(image)
    except PochadeError as error:
        return _broken(identifier, image.name, PROJECT, error)
    made_from = next((entry for entry in _factory_entries() if entry.id == note.get("factory")), None)
    instant = NETWORK in image or bool(made_from and made_from.instant)
    preset = made_from and made_from.preset
    return Entry(
        identifier,
        note["name"],
        PROJECT,
        _description(PROJECT, preset, image.library),
        image.preview_ensure().icon_id,
        note["settings"],
        preset,
        image.name_full,
        instant=instant,
    )


def _id_of(image: bpy.types.Image) -> str:
    return f"image:{image.name_full}"


def current_id(identifier: str) -> str:
    """The id that a preset has now, by one that was kept."""
    image = _image_of(identifier)
    return _id_of(image) if image else identifier


def _image_of(identifier: str) -> bpy.types.Image | None:
    """The image that is a preset of the project, by an id that was kept; None of any other preset."""
    return (
        images.find_image(identifier.removeprefix("image:"), _project_images())
        if identifier.startswith("image:")
        else None
    )


def is_of_this_file(image: bpy.types.Image) -> bool:
    """Whether what is noted on the image stays: Blender takes what is linked, and overrides of it, from their
    file again.
    """
    return not image.library and not image.override_library


def _read_note(image: bpy.types.Image) -> dict:
    """The checked note of a project's preset. Raises PochadeError when it is broken or of a newer Pochade."""
    try:
        note = json.loads(image[KEY])
        newer = note["format"] > FORMAT
        if not newer:
            settings_from(note["settings"])
            note["name"].strip()
    except (TypeError, ValueError, LookupError, AttributeError, PochadeError):
        raise PochadeError(
            f"The preset “{image.name}” is damaged: delete its image, or save it again"
        ) from None
    if newer:
        raise PochadeError(
            f"The preset “{image.name}” was saved by a newer Pochade: update the extension to use it"
        )
    return note


# The picker: an enum whose value is a position in the list and whose truth is `preset_id`. `chosen` is
# whatever a style is chosen for, with the properties of a PochadeStyleChoice: the scene's PochadeScene, a
# further style, a region.


def enum_items(_, context) -> list[tuple]:
    """All presets, as an enum's items."""
    return [item_of(entry, number) for number, entry in enumerate(entries())]


def item_of(entry: Entry, number: int) -> tuple:
    """An enum's item. Blender keeps no copy of its strings, so they must outlive it."""

    def keep(text):
        return _strings.setdefault(text, text)

    return keep(entry.id), keep(entry.name), keep(entry.description), entry.icon, number


def get_picked(chosen) -> int:
    """The position of the preset that was picked; the first one when that is gone."""
    picked = current_id(chosen.preset_id)
    return next((number for number, entry in enumerate(entries()) if entry.id == picked), 0)


def hold(chosen, _) -> None:
    """Be a user of the picked preset's image: Blender saves no link to an image that has none."""
    chosen.preset_image = _image_of(chosen.preset_id)


def set_picked(chosen, number: int) -> None:
    """Pick a preset."""
    chosen.preset_id = entries()[number].id


def set_picked_and_settings(chosen, number: int) -> None:
    """Pick a preset and set what it recommends; what the one before recommended goes, unless the artist
    changed it.
    """
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
    """Raise PochadeError where a network is to paint, or to begin with, and none has learnt a style of the
    picture or of a region.
    """
    chosen = scene.pochade
    if "instant" in (chosen.method, chosen.start):
        regions = [region for region in chosen.regions if region.enabled and region.style_kind != "NONE"]
        check_learnt(mixed_styles(scene), chosen.method, map(chosen_style, regions))


def check_learnt(mix: list[tuple[Entry, float]], method: str, regions: Iterable[Entry] = ()) -> None:
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
    """The main style and those that are mixed into it, with their weights. Raises PochadeError when there are
    none.
    """
    chosen = [scene.pochade, *scene.pochade.mix]
    if len(chosen) == 1:
        return [(chosen_style(scene.pochade), 1.0)]
    mix = [(chosen_style(choice), choice.weight) for choice in chosen if choice.weight > 0]
    if not mix:
        raise PochadeError(NO_WEIGHT)
    return mix


def mix_styles(scene: bpy.types.Scene, styles: Iterable[tuple[str, bpy.types.Image | None, float]]) -> None:
    """Have the scene painted in these styles, presets by their ids or pictures, with their weights; its
    settings stay as they are.
    """
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
    network = image.get(NETWORK) if image else None
    if entry.preset:
        return partial(_style_from_preset, entry.preset, network)
    return partial(_style_from_picture, entry.name, images.read_source(scene, image), network)


def _style_from_preset(preset: factory.Preset, network: bytes | None) -> "Style":
    style = _read_style(preset)
    return replace(style, network=network or style.network)


@lru_cache(maxsize=4)
def _read_style(preset: factory.Preset) -> "Style":
    from ...core.presets.load import style_from_preset  # with PyTorch: never in Blender's thread

    return style_from_preset(preset)


def _style_from_picture(name: str, picture, network: bytes | None) -> "Style":
    from ...core.style import styles

    return replace(styles.style_from_picture(name, picture), network=network)


def keep_in_project(
    scene: bpy.types.Scene, entry: Entry, name: str, settings: dict[str, Any]
) -> bpy.types.Image:
    """A style as a preset of the project: a packed image that no clean-up takes. Raises PochadeError when its
    picture cannot be read.
    """
    image = (
        _keep(scene, name, images.find_image(entry.image))
        if entry.image
        else _load_packed(name, entry.preset.plate)
    )
    describe(image, name, settings, entry)
    if entry.place == LIBRARY and entry.preset.network.exists():
        image[NETWORK] = entry.preset.network.read_bytes()
    return image


def save_network(
    scene: bpy.types.Scene | None, entry: Entry, name: str, settings: Settings, picture, network: bytes
) -> bpy.types.Image:
    """Keep the bytes of a network that has learnt a style, and pick its preset in the scene, if there is one.

    A preset of the project gets the network; of any other style a new preset is made, with this name and
    these settings. The style's `picture` (H, W, 3) stands in for an image that is there no more.
    """
    image = images.find_image(entry.image)
    if not image or KEY not in image or not is_of_this_file(image):
        image = _packed_style(scene, entry, name, image, picture)
        describe(image, name, as_values(settings), entry)
    image.pop(NETWORK, None)  # over bytes that are there, Blender writes only up to the first zero
    image[NETWORK] = network
    if scene:
        pick(scene, project_entry(image).id)
    return image


def as_values(settings: Settings) -> dict[str, Any]:
    """Settings as a preset keeps them."""
    return json.loads(settings_to_json(settings))


def _packed_style(scene, entry, name, image, picture) -> bpy.types.Image:
    if entry.preset:
        return _load_packed(name, entry.preset.plate)
    if scene and image:
        with suppress(PochadeError):  # its file is gone, say
            return _keep(scene, name, image)
    return images.write_result(name, picture)


def describe(image: bpy.types.Image, name: str, settings: dict[str, Any], entry: Entry) -> None:
    """Make the image a preset that no clean-up takes. The network of the factory preset that it is made from
    comes along by the slug.
    """
    image.use_fake_user = True
    note = {"format": FORMAT, "name": name, "settings": settings}
    if entry.preset and entry.preset.factory:
        note["factory"] = entry.preset.factory
    image[KEY] = json.dumps(note)


def pick(scene: bpy.types.Scene, identifier: str) -> None:
    """Have the scene painted in the preset with this id; its settings stay as they are."""
    scene.pochade.style_kind, scene.pochade.preset_id = "PRESET", identifier


def _keep(scene, name, image) -> bpy.types.Image:
    """A packed copy of an image: its file as it is, where it has one that says it all."""
    if image.source != "FILE" or image.is_dirty:
        copy = images.write_result(name, images.read_source(scene, image))
        if NETWORK in image:
            copy[NETWORK] = image[NETWORK]
        return copy
    copy = image.copy()
    copy.make_local(clear_liboverride=True)  # the copy of an override would be one, too
    copy.name = name
    return _pack(copy)


def _load_packed(name, path) -> bpy.types.Image:
    image = bpy.data.images.load(str(path))
    image.name = name
    return _pack(image)


def _pack(image) -> bpy.types.Image:
    if not image.packed_file:
        try:
            image.pack()
        except RuntimeError:
            bpy.data.images.remove(image)
            raise PochadeError(
                "The style's picture cannot be read: check that its file still exists"
            ) from None
    return image


def register():
    global _thumbnails
    _thumbnails = bpy.utils.previews.new()


def unregister():
    bpy.utils.previews.remove(_thumbnails)
    _factory_entries.cache_clear()
    _library.clear()
    _strings.clear()
