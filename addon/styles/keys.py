"""The keys of a scene's animation: frames that the artist has painted, which the others follow, and whose
strokes may be the style.
"""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ...core.errors import PochadeError
from ...core.sequence.keys.key import weights_at
from ...core.words import Sentence
from ..blender import colour_names, custom, images, results
from .entry import Entry
from .style_images import NETWORK

if TYPE_CHECKING:
    from ...core.sequence.keys.key import Key

KIND = "KEYS"  # the style_kind of whatever is painted in the keys' strokes
NONE_YET = Sentence("There is no key yet: add one under Animation, or pick a preset")


def painted(scene: bpy.types.Scene) -> list:
    """The keys that have a picture."""
    return [key for key in scene.pochade.animation.keys if key.image]


def key_of(scene: bpy.types.Scene, frame: int):
    """The key of a frame, with or without a picture; None without."""
    return next((key for key in scene.pochade.animation.keys if key.frame == frame), None)


def can_be_key(image: bpy.types.Image) -> bool:
    """Whether it is one still picture."""
    return image.type in ("IMAGE", "UV_TEST") and image.source in ("FILE", "GENERATED")


def styles_at(scene: bpy.types.Scene) -> list[tuple[Entry, float]]:
    """The keys that are the style of the scene's frame; the weights add up to 1. Raises PochadeError."""
    by_frame = {key.frame: key.image for key in painted(scene)}
    weights = weights_at(scene.frame_current, by_frame)
    if not weights:
        raise PochadeError(NONE_YET)
    return [(_entry(by_frame[frame]), weight) for frame, weight in weights.items()]


def _entry(image: bpy.types.Image) -> Entry:
    return Entry("", Sentence("Keys"), image=image.name_full, instant=NETWORK in image, key=True)


def are_style(scene: bpy.types.Scene) -> bool:
    """Whether what is painted is painted in the keys' strokes."""
    return any(choice.style_kind == KIND for choice in (scene.pochade, *scene.pochade.mix))


def is_key(scene: bpy.types.Scene, image: bpy.types.Image) -> bool:
    return any(key.image == image for key in scene.pochade.animation.keys)


def read(scene: bpy.types.Scene) -> "list[Key]":
    """The keys with their pictures. Raises PochadeError for one that cannot be read."""
    from ...core.sequence.keys.key import Key, check_keys

    found = []
    for item in painted(scene):
        network = custom.data(item.image, NETWORK) or None
        picture = images.read_source(scene, item.image)
        key = Key(item.frame, picture, item.image.name, network=network)
        of, _, source = item.source.partition(" ")
        found.append(replace(key, source=source if of == key.digest else ""))
    check_keys(found)
    return found


def deep_files(scene: bpy.types.Scene) -> dict[int, Path]:
    """The files of keys, by frame, that have more bits than Blender gives back unchanged."""
    return {
        key.frame: images.path_of(key.image)
        for key in painted(scene)
        if key.image.is_float
        and key.image.source == "FILE"
        and not (key.image.is_dirty or key.image.packed_file or key.image.use_view_as_render)
        and key.image.colorspace_settings.name == colour_names.byte_space()
        and images.path_of(key.image).suffix.lower() == ".png"
    }


def exact(read_keys: "list[Key]", files: dict[int, Path]) -> "list[Key]":
    """The keys as they are in these files; for a job's thread, with the engine loaded."""
    import numpy as np

    from ...core.files.pictures import read_picture

    found = []
    for key in read_keys:
        if file := files.get(key.number):
            picture = read_picture(file)
            alpha = picture[..., 3:] if picture.shape[2] == 4 else np.ones_like(picture[..., :1])
            key = replace(key, picture=np.concatenate([picture[..., :3], alpha], axis=2))  # noqa: PLW2901
        found.append(key)
    return found


def remember_sources(scene: bpy.types.Scene, read_keys: "list[Key]", sources: dict[int, str]) -> None:
    """Remember the digest of each key's source, by frame: a key that has not changed since is then known to
    belong to another source.
    """
    for key in read_keys:
        item = key_of(scene, key.number)
        if item and key.number in sources and not key.source:
            item.source = f"{key.digest} {sources[key.number]}"


def add(scene: bpy.types.Scene, frame: int, image: bpy.types.Image | None):
    """Make the image the key of the frame, in place of another one; the keys stay in the frames' order."""
    keys = scene.pochade.animation.keys
    key = key_of(scene, frame)
    if not key:
        key = keys.add()
        key.frame = frame
        place = sum(other.frame < frame for other in keys)
        keys.move(len(keys) - 1, place)
        key = keys[place]
    key.image = image or key.image
    scene.pochade.animation.active_key = next(at for at, other in enumerate(keys) if other.frame == frame)
    return key


def suits(image: bpy.types.Image | None) -> bpy.types.Image:
    """The image, if it can be a key. Raises PochadeError."""
    if not image:
        raise PochadeError("Show the picture that is to be the key in the Image Editor")
    if results.frames_of(image):
        raise PochadeError("{name} is the painted animation: Edit as Key takes its frame", name=image.name)
    if not can_be_key(image):
        raise PochadeError("{name} is no single picture: save it as one, and open that", name=image.name)
    return image


@persistent
def _keep_strokes(*_) -> None:
    """Have the file that is being saved hold what was painted on its keys, which Blender itself forgets; a
    key in a file of its own is the artist's to save.
    """
    for scene in bpy.data.scenes:
        for key in painted(scene):
            image = key.image
            if image.is_dirty and not image.library and (image.packed_file or image.source == "GENERATED"):
                image.pack()


def register():
    bpy.app.handlers.save_pre.append(_keep_strokes)


def unregister():
    bpy.app.handlers.save_pre.remove(_keep_strokes)
