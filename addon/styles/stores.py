"""The stores that presets are in: Pochade's own presets, the user's library, and the open .blend."""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy
import bpy.utils.previews

from ...core.compute.machine import has_engine
from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ...core.presets import archive
from ...core.presets import preset as factory
from ...core.presets.preset import Preset
from ...core.settings import Settings, settings_from, settings_to_json
from ...core.words import Sentence
from ..blender import custom, images
from ..preferences import preset_folder
from .entry import Entry, Store
from .style_images import NETWORK, load_packed, packed_copy, plate_of, png_of

if TYPE_CHECKING:
    import numpy as np

    from ...core.style.styles import Style

# A preset of the project is an image with this custom property: JSON with format, name and settings, and with
# the slug of the factory preset that it was made from, whose statistics are better than the picture alone.
KEY = "pochade_preset"
FORMAT = 1

THUMBNAIL = 256  # px, the longer side

_thumbnails: bpy.utils.previews.ImagePreviewCollection | None = None


class _FolderStore(Store):
    """Presets that are a folder each."""

    def _entry(self, folder: Path) -> Entry:
        try:
            preset = factory.read_preset(folder)
        except PochadeError as error:
            return self._broken(folder.name, folder.name, error)
        identifier = self.id_of(folder.name)
        icon = _icon(identifier, preset.thumbnail)
        return Entry(
            identifier,
            preset.name,
            self,
            self._description(preset, self.where),
            icon,
            preset.settings,
            preset,
            instant=preset.network.exists(),
        )

    def files(self, entry):
        return archive.files_of(entry.preset)


def _icon(identifier: str, thumbnail: Path) -> int:
    """The icon that a thumbnail gives; 0 where that is none."""
    try:
        with thumbnail.open("rb") if is_regular(thumbnail) else BytesIO() as file:
            if not factory.is_thumbnail(file.read(24)):
                return 0
    except OSError:
        return 0
    key = f"{identifier} {thumbnail.stat().st_mtime_ns}"
    return (_thumbnails.get(key) or _thumbnails.load(key, str(thumbnail), "IMAGE")).icon_id


def _order(entry: Entry) -> tuple[int, str]:
    """The gallery's order of factory presets, broken ones last."""
    return factory.gallery_order(entry.preset) if entry.preset else (len(factory.FAMILIES), entry.name)


class FactoryStore(_FolderStore):
    """The presets that come with Pochade. They stay as they are. An id is a folder's name."""

    key, label, where = "FACTORY", "Pochade", ""
    own = False

    def __init__(self):
        self._entries: list[Entry] | None = None

    def list(self):
        if self._entries is None:
            found = map(self._entry, archive.list_presets(factory.FACTORY))
            self._entries = sorted(found, key=_order)
        return self._entries

    def forget(self) -> None:
        """Have the folders read again."""
        self._entries = None

    def check_own(self, entry):
        raise PochadeError(
            "{name} comes with Pochade and stays as it is: duplicate it first", name=entry.name
        )


class LibraryStore(_FolderStore):
    """The user's presets, for all projects. An id is "user:" and a folder's name."""

    key, label, where, prefix = "LIBRARY", "library", Sentence("In your library"), "user:"
    after_delete = Sentence("is deleted, and Undo does not bring it back")

    def __init__(self):
        self._entries: list[Entry] = []

    def list(self):
        return self._entries

    def refresh(self) -> None:
        """Look for the presets: whoever adds, changes or removes one calls this."""
        found = map(self._entry, archive.list_presets(preset_folder()))
        self._entries = sorted(found, key=lambda entry: entry.name.casefold())
        _read_style.cache_clear()

    def add(self, scene, entry, name, settings):
        files = files_of(entry)
        added = archive.add_preset(preset_folder(), entry.as_preset(name, settings), files)
        self.refresh()
        return self.id_of(added.slug)

    def add_file(self, path: Path) -> tuple[str, Preset]:
        """Add an exported preset; its id, and the preset."""
        added = archive.import_preset(path, preset_folder())
        self.refresh()
        return self.id_of(added.slug), added

    def update(self, entry, settings):
        archive.change_preset(entry.preset, settings=settings)
        self.refresh()

    def rename(self, entry, name):
        archive.change_preset(entry.preset, name=name)
        self.refresh()
        return entry.id

    def goes_with(self, entry):
        return Sentence("{folder} {after_delete}", folder=entry.preset.folder, after_delete=self.after_delete)

    def delete(self, entry):
        archive.remove_preset(entry.preset)
        self.refresh()

    def network(self, entry):
        return entry.preset.network.read_bytes() if entry.preset.network.exists() else b""


class ProjectStore(Store):
    """The presets in the open .blend, images each. An id is "image:" and an image's full name."""

    key, label, where, prefix = "PROJECT", "project", Sentence("Saved in this project"), "image:"
    unique_ids = False
    after_delete = Sentence("Undo brings it back")

    def list(self):
        return [self.entry_of(image) for image in self._images()]

    def _images(self) -> Iterator[bpy.types.Image]:
        return (image for image in bpy.data.images if KEY in image)

    def find(self, identifier: str) -> bpy.types.Image | None:
        """The image that is a preset, by an id that was kept; None of a preset in another store."""
        if not identifier.startswith(self.prefix):
            return None
        return images.find_image(identifier.removeprefix(self.prefix), self._images())

    def entry_of(self, image: bpy.types.Image) -> Entry:
        """The preset that an image is."""
        try:
            note = _read_note(image)
        except PochadeError as error:
            return self._broken(image.name_full, image.name, error)
        made_from = next((entry for entry in FACTORY.list() if entry.id == note.get("factory")), None)
        preset = made_from and made_from.preset
        return Entry(
            self.id_of(image.name_full),
            note["name"],
            self,
            self._description(
                preset,
                Sentence("Linked from {name}", name=image.library.name) if image.library else self.where,
            ),
            images.icon_of(image),
            note["settings"],
            preset,
            image.name_full,
            instant=NETWORK in image or bool(made_from and made_from.instant),
        )

    def check_own(self, entry):
        if not _is_of_this_file(images.find_image(entry.image)):
            raise PochadeError(
                "{name} is linked from another file: change it there, or duplicate it", name=entry.name
            )

    def add(self, scene, entry, name, settings):
        if entry.image:
            image = packed_copy(scene, name, images.find_image(entry.image))
        else:
            image = load_packed(name, entry.preset.plate)
        _describe(image, name, settings, entry)
        if network := entry.store.network(entry) if entry.store else b"":
            image[NETWORK] = network
        return self.id_of(image.name_full)

    def update(self, entry, settings):
        _describe(images.find_image(entry.image), entry.name, settings, entry)

    def rename(self, entry, name):
        image = images.find_image(entry.image)
        _describe(image, name, entry.settings, entry)
        image.name = name
        return self.id_of(image.name_full)

    def delete(self, entry):
        bpy.data.images.remove(images.find_image(entry.image))

    def files(self, entry):
        """Also of a mere picture."""
        image = images.find_image(entry.image)
        files = {} if entry.preset else plate_of(image)
        files["thumbnail.png"] = png_of(image, THUMBNAIL)
        if network := custom.data(image, NETWORK):
            files["instant.safetensors"] = network
        return files

    def save_network(
        self,
        scene: bpy.types.Scene | None,
        entry: Entry,
        name: str,
        settings: Settings,
        picture: "np.ndarray",
        network: bytes,
    ) -> str:
        """Keep the bytes of a network trained on a style; returns the id of the preset that has it.

        A preset of the project gets the network; of any other style a new preset is made, with this name and
        these settings. The style's `picture` (H, W, 3) stands in for an image that is there no more.
        """
        image = images.find_image(entry.image)
        if not image or KEY not in image or not _is_of_this_file(image):
            image = _packed_style(scene, entry, name, image, picture)
            _describe(image, name, as_values(settings), entry)
        image.pop(NETWORK, None)  # over bytes that are there, Blender writes only up to the first zero
        image[NETWORK] = network
        return self.id_of(image.name_full)


def _packed_style(scene, entry, name, image, picture) -> bpy.types.Image:
    if entry.preset:
        return load_packed(name, entry.preset.plate)
    if scene and image:
        with suppress(PochadeError):  # its file is gone, say
            return packed_copy(scene, name, image)
    return images.write_result(name, picture)


def _is_of_this_file(image: bpy.types.Image) -> bool:
    """Whether a note on the image stays: Blender reads linked images and overrides anew from their file."""
    return not image.library and not image.override_library


def _describe(image: bpy.types.Image, name: str, settings: dict[str, Any], entry: Entry) -> None:
    """Make the image a preset that no clean-up takes; by its slug, it has a factory preset's network."""
    image.use_fake_user = True
    note = {"format": FORMAT, "name": name, "settings": settings}
    if entry.preset and entry.preset.factory:
        note["factory"] = entry.preset.factory
    image[KEY] = json.dumps(note)


def _read_note(image: bpy.types.Image) -> dict:
    """The checked note of a project's preset. Raises PochadeError when it is broken or of a newer Pochade."""
    try:
        note = custom.table(image, KEY)
        newer = note["format"] > FORMAT
        if not newer:
            settings_from(note["settings"])
            if not 0 < len(note["name"].strip()) <= factory.LONGEST_NAME:
                raise ValueError("the name is none")
    except (TypeError, ValueError, LookupError, AttributeError, PochadeError):
        raise PochadeError(
            "The preset “{name}” is damaged: delete its image, or save it again", name=image.name
        ) from None
    if newer:
        raise PochadeError(
            "The preset “{name}” was saved by a newer Pochade: update the extension to use it",
            name=image.name,
        )
    return note


def as_values(settings: Settings) -> dict[str, Any]:
    """Settings as a preset keeps them."""
    return json.loads(settings_to_json(settings))


FACTORY, LIBRARY, PROJECT = FactoryStore(), LibraryStore(), ProjectStore()
STORES: dict[str, Store] = {store.key: store for store in (FACTORY, LIBRARY, PROJECT)}


def entries() -> list[Entry]:
    """All presets, as the picker shows them: Pochade's, then the user's, then the project's."""
    return [entry for store in STORES.values() for entry in store.list()]


def current_id(identifier: str) -> str:
    """The id that a preset has now, by one that was kept: its image may be linked or made local since."""
    image = PROJECT.find(identifier)
    return PROJECT.id_of(image.name_full) if image else identifier


def files_of(entry: Entry) -> dict[str, bytes]:
    """The files of any style, as a preset has them. Raises PochadeError."""
    return (entry.store or PROJECT).files(entry)


def read_style(preset: Preset) -> "Style":
    """The style of a preset in a folder, with all that the engine can use of it. For a job's thread."""
    return _read_style(preset, has_engine())


@lru_cache(maxsize=4)
def _read_style(preset: Preset, _with_engine: bool) -> "Style":
    from ...core.presets.load import style_from_preset

    return style_from_preset(preset)


def register():
    global _thumbnails
    _thumbnails = bpy.utils.previews.new()
    LIBRARY.refresh()


def unregister():
    bpy.utils.previews.remove(_thumbnails)
    FACTORY.forget()
    LIBRARY.list().clear()
