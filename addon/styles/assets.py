"""Presets as Blender's assets: images that are presets, marked; from a .blend in one of the artist's asset
libraries every project has them.
"""

import re
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.presets.preset import FAMILIES
from ..blender import custom
from . import catalogs
from .entry import Entry
from .stores import KEY, PROJECT

TAG = "Pochade"  # of the assets that the shelf shows
_FROM = "pochade_asset"  # custom property of an image that was brought here: which asset it is
# In a library an asset is called by its file there, the kind of data and its name; in the open file without
# the file.
_ASSET = re.compile(r"(?:(.+?\.blend)[/\\])?Image[/\\](.+)")


def mark(entry: Entry, image: bpy.types.Image) -> None:
    """Make the image of a project's preset an asset, or what it says as one new."""
    new = not image.asset_data
    image.asset_mark()
    about = image.asset_data
    if new and entry.family in FAMILIES:  # later it is where the artist has put it
        about.catalog_id = catalogs.id_of(entry.family)
    about.description = entry.description
    about.tags.new(TAG, skip_if_exists=True)
    image.asset_generate_preview()


def is_ours(asset: bpy.types.AssetRepresentation) -> bool:
    """Whether a preset was made this asset."""
    return asset.id_type == "IMAGE" and TAG in asset.metadata.tags


def bring(library: str, path: str) -> bpy.types.Image:
    """The image that is an asset, from the asset library of this name, "" for the open file, as one of the
    open file; the same again where it was brought before. Raises PochadeError where it is not there any more.
    """
    found = _ASSET.fullmatch(path)
    file, name = found.groups() if found else (None, path)
    if not file:
        image = bpy.data.images.get((name, None))
    else:
        known = f"{library}/{path}"
        image = next((each for each in bpy.data.images if custom.text(each, _FROM) == known), None)
        image = image or _append(library, Path(file), name, known)
    if not image:
        raise PochadeError("The asset {name} is gone: refresh the asset libraries", name=name)
    return image


def _append(library: str, file: Path, name: str, known: str) -> bpy.types.Image | None:
    libraries = bpy.context.preferences.filepaths.asset_libraries
    if library not in libraries:
        return None
    try:
        whole = Path(bpy.path.abspath(libraries[library].path), file)
        with bpy.data.libraries.load(str(whole), link=False) as (there, here):
            here.images = [name] if name in there.images else []
    except OSError:
        return None
    for image in here.images:
        image.asset_clear()
        image.use_fake_user = True
        image[_FROM] = known
        return image
    return None


def pick(scene: bpy.types.Scene, image: bpy.types.Image) -> None:
    """Have the scene painted in the style that an image is, a mere picture, or a preset with its settings."""
    chosen = scene.pochade
    if KEY in image:
        chosen.style_kind, chosen.preset = "PRESET", PROJECT.id_of(image.name_full)
    else:
        chosen.style_kind, chosen.style_image = "IMAGE", image
