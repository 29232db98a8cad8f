"""What undo and redo leave undone: Pochade's pictures show their last state, and editors what they showed.

Blender takes an image's data back to a step, and may leave it the pixels of another one, or black ones. What
was a preview at that step would be one for good. And an editor whose picture the step does not know is empty,
and stays so when the picture is there again.
"""

from pathlib import Path
from typing import NamedTuple

import bpy
from bpy.app.handlers import persistent

from . import canvas, picture_files, results


class _Shown(NamedTuple):
    image: int  # its session_uid
    zoom: float
    width: float  # on the screen


class _Lost(NamedTuple):
    shown: _Shown
    instead: int | None  # the image that the editor was given


_packed: dict[int, int] = {}  # before the step: the address of each image's packed data, 0 without
_shown: dict[int, _Shown] = {}  # before the step: what each editor showed, by its address
_lost: dict[int, list[_Lost]] = {}  # what undo has taken from each editor, the last at the end
# Of paintings that earlier steps may know as previews: the packed data, or the path of the file.
_finished: dict[int, bytes | str] = {}


@persistent
def _before(*_):
    for image in bpy.data.images:
        uid, data = image.session_uid, image.packed_file
        address = data.as_pointer() if data else 0
        if data and uid in canvas.previews and _packed.get(uid) != address:
            _finished[uid] = data.data
        elif not data and image.source == "FILE" and uid in canvas.previews:
            _finished[uid] = image.filepath
        _packed[uid] = address
    for space in canvas.editors():
        if image := space.image:
            width = canvas.width_seen(space, bpy.context.scene)
            _shown[space.as_pointer()] = _Shown(image.session_uid, space.zoom_percentage, width)
        else:
            _shown.pop(space.as_pointer(), None)


@persistent
def _after(*_):
    for image in list(bpy.data.images):
        _mend(image)
    for unfinished in list(canvas.growing.values()):
        unfinished.show_again()
    for space in canvas.editors():
        _show_as_before(space)


def _mend(image: bpy.types.Image) -> None:
    uid, data = image.session_uid, image.packed_file
    if data:
        if data.as_pointer() != _packed.get(uid) and not image.is_dirty:
            _reload(image)
    elif uid not in canvas.previews or uid in canvas.growing:
        return
    elif image.source != "GENERATED":
        _reload(image)
    elif uid in _finished:
        _finish(image, _finished[uid])
    else:
        bpy.data.images.remove(image)  # its painting was cancelled


def _finish(image: bpy.types.Image, kept: bytes | str) -> None:
    """Make the finished painting of a preview."""
    if isinstance(kept, str):
        picture_files.refer_to(image, Path(bpy.path.abspath(kept)))
        return
    image.pack(data=kept, data_len=len(kept))
    image.source, image.use_fake_user = "FILE", True
    _reload(image)


def _reload(image: bpy.types.Image) -> None:
    image.buffers_free()  # Image.reload would take the file that it was packed from
    image.update_tag()  # the compositor looks again


def _show_as_before(space: bpy.types.SpaceImageEditor) -> None:
    """Fill an editor that lost its picture, or give it back what it had lost."""
    editor, scene = space.as_pointer(), bpy.context.scene
    lost = _lost.setdefault(editor, [])
    if not space.image and editor in _shown:
        gone = _shown[editor]
        instead = _replaced(editor, gone.image)
        lost.append(_Lost(gone, instead.session_uid if instead else None))
        canvas.show_in(space, instead, scene, gone.width)
    while lost:
        if lost[-1].instead != (space.image.session_uid if space.image else None):
            lost.clear()  # the artist has opened another one
        elif image := canvas.find(lost[-1].shown.image):
            canvas.show_in(space, image, scene, 0)
            space.zoom_percentage = lost.pop().shown.zoom
            results.set_frames(space.image_user, image)
        else:
            break


def _replaced(editor: int, image: int) -> bpy.types.Image | None:
    """The picture that an editor showed before this image, or before that, of those that are there."""
    passed = set()
    while image not in passed:
        passed.add(image)
        image = canvas.replaced.get((editor, image))
        if there := canvas.find(image):
            return there
    return None


@persistent
def _forget(*_):
    """Another file has other images and editors."""
    for known in (_packed, _shown, _lost, _finished, canvas.growing, canvas.previews, canvas.replaced):
        known.clear()


def _handlers() -> list[tuple]:
    handlers = bpy.app.handlers
    return [
        (handlers.undo_pre, _before),
        (handlers.redo_pre, _before),
        (handlers.undo_post, _after),
        (handlers.redo_post, _after),
        (handlers.load_pre, _forget),
    ]


def register():
    for handlers, handler in _handlers():
        handlers.append(handler)


def unregister():
    for handlers, handler in _handlers():
        handlers.remove(handler)
    _forget()
