"""Where a painting is shown while it grows: a new image, in the editor that the job was started from.

The artist may undo, delete, rename and close whatever they like meanwhile: images are found again by their
session_uid and the editor by its address, and none of them need be there.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import bpy

from . import images

if TYPE_CHECKING:
    import numpy as np


# Where else the panel is, or a menu's entry.
ELSEWHERE = {"NODE_EDITOR", "PROPERTIES", "TOPBAR", "SEQUENCE_EDITOR"}

# What undo and redo have to know, by the session_uid of an image.
growing: dict[int, "Canvas"] = {}  # the paintings that are not finished
previews: set[int] = set()  # every image that has been one
replaced: dict[tuple[int, int], int] = {}  # by an editor's address and its image: the image before that


def image_editor(context: bpy.types.Context) -> bpy.types.SpaceImageEditor | None:
    """The Image Editor of the context; from Pochade's other places, the largest one in the window."""
    space = context.space_data
    if space and space.type in ELSEWHERE and context.screen:
        areas = [area for area in context.screen.areas if area.type == "IMAGE_EDITOR"]
        return max(areas, key=lambda area: area.width * area.height).spaces.active if areas else None
    return space if space and space.type == "IMAGE_EDITOR" else None


def editors() -> Iterator[bpy.types.SpaceImageEditor]:
    """Every Image Editor, seen or not."""
    for screen in bpy.data.screens:
        for area in screen.areas:
            yield from (space for space in area.spaces if space.type == "IMAGE_EDITOR")


def width_seen(space: bpy.types.SpaceImageEditor, scene: bpy.types.Scene) -> float:
    """How wide an editor's picture is on the screen; 0 without one."""
    size = space.image and images.source_size(space.image, scene)
    return space.zoom_percentage * size[0] if size else 0


def show_in(
    space: bpy.types.SpaceImageEditor, image: bpy.types.Image | None, scene: bpy.types.Scene, width: float
) -> None:
    """Show an image in an editor, as wide as `width_seen` has it."""
    if space.image and image:
        replaced[space.as_pointer(), image.session_uid] = space.image.session_uid
    zoom = space.zoom_percentage
    space.image = image  # 5.2 zooms to its whole size
    size = image and images.source_size(image, scene)  # of a sequence Blender may not know it yet
    space.zoom_percentage = width / size[0] if width and size else zoom


class Canvas:
    """The image of a growing painting, made at the first preview; `sign(image)` is called for each."""

    def __init__(
        self,
        context: bpy.types.Context,
        title: str,
        sign: Callable[[bpy.types.Image], None] = lambda image: None,
    ):
        self.title, self._sign = title, sign
        editor = image_editor(context)
        self._editor = editor.as_pointer() if editor else None  # an area is another one once it is maximised
        self._before = editor.image.session_uid if editor and editor.image else None
        self._canvas: int | None = None
        self._newest: np.ndarray | None = None

    @property
    def image(self) -> bpy.types.Image | None:
        """The image, if it is there."""
        return find(self._canvas)

    def show(self, picture: "np.ndarray") -> None:
        """Show the painting so far, (H, W, 3 or 4)."""
        canvas, self._newest = self.image, picture
        if not canvas:  # the first preview, or undo or the artist took it away
            height, width = picture.shape[:2]
            canvas = images.new_preview(self.title, width, height)
            self._sign(canvas)
            self.show_instead(canvas)
            growing.pop(self._canvas, None)
            self._canvas = canvas.session_uid
            growing[self._canvas] = self
            previews.add(self._canvas)
        images.update_preview(canvas, picture)

    def show_again(self) -> None:
        """Show what was shown last: undo may have taken it away."""
        self.show(self._newest)

    def keep(self, picture: "np.ndarray") -> bpy.types.Image:
        """Write the finished painting, and show it."""
        image = images.write_result(self.title, picture, into=self.image)
        self._sign(image)
        self.show_instead(image)
        self.leave()
        self._canvas = image.session_uid
        return image

    def leave(self) -> None:
        """The painting grows no more."""
        growing.pop(self._canvas, None)
        self._newest = None

    def show_newest(self, picture: "np.ndarray") -> None:
        """Show the newest of many finished paintings, (H, W, 3 or 4), whatever the editor shows by now."""
        canvas, (height, width) = self.image, picture.shape[:2]
        if canvas and tuple(canvas.size) != (width, height):
            for *_, space in self.seen():
                if space.image == canvas:
                    space.zoom_percentage *= canvas.size[0] / width
            canvas.scale(width, height)
        self.show(picture)
        for *_, space in self.seen():
            self._before = space.image.session_uid if space.image else None
        self.show_instead(self.image)

    def remove(self, show: bpy.types.Image | None = None) -> list[bpy.types.SpaceImageEditor]:
        """Take the painting away, and show `show` or what was there before; returns those editors."""
        changed = self.show_instead(show or find(self._before))
        if canvas := self.image:
            bpy.data.images.remove(canvas)
        self.leave()
        return changed

    def show_instead(self, image: bpy.types.Image | None) -> list[bpy.types.SpaceImageEditor]:
        """Show `image` in the editor, at the size on the screen of what it replaces; unless the editor is
        gone, or the artist looks at something else there by now. Returns the editors that show it now.
        """
        changed = []
        for window, _, space in self.seen():
            if space.image == image:  # 5.2 would jump to another zoom, were it set to what it is
                continue
            if not space.image or space.image.session_uid in {self._before, self._canvas}:
                show_in(space, image, window.scene, width_seen(space, window.scene))
                changed.append(space)
        return changed

    def seen(self) -> Iterator[tuple[bpy.types.Window, bpy.types.Area, bpy.types.SpaceImageEditor]]:
        """The editor with its window and area; nothing where it is closed or hidden."""
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.spaces.active.as_pointer() == self._editor:
                    yield window, area, area.spaces.active

    def is_closed(self) -> bool:
        """Whether no screen has the editor any more, be it seen or not."""
        return all(space.as_pointer() != self._editor for space in editors())


def find(session_uid: int | None) -> bpy.types.Image | None:
    """The image of this number, if it is there."""
    return next((image for image in bpy.data.images if image.session_uid == session_uid), None)
