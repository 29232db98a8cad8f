"""Where a painting is shown while it grows: a new image, in the editor that the job was started from.

The artist may undo, delete, rename and close whatever they like meanwhile: images are found again by their session_uid
and the editor by its address, and none of them need be there.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import bpy

from . import images

if TYPE_CHECKING:
    import numpy as np


def image_editor(context: bpy.types.Context) -> bpy.types.SpaceImageEditor | None:
    """The Image Editor that the context is in."""
    space = context.space_data
    return space if space and space.type == "IMAGE_EDITOR" else None


class Canvas:
    """The image of a growing painting, made at the first preview; `sign(image)` is called for each image that is made."""

    def __init__(self, context: bpy.types.Context, title: str, sign: Callable[[bpy.types.Image], None] = lambda image: None):
        self._title, self._sign = title, sign
        editor = image_editor(context)
        self._editor = context.area.as_pointer() if editor else None
        self._before = editor.image.session_uid if editor and editor.image else None
        self._canvas: int | None = None

    @property
    def image(self) -> bpy.types.Image | None:
        """The image, if it is there."""
        return _image(self._canvas)

    def show(self, picture: "np.ndarray") -> None:
        """Show the painting so far, (H, W, 3 or 4)."""
        canvas = self.image
        if not canvas:  # the first preview, or undo or the artist took it away
            height, width = picture.shape[:2]
            canvas = images.new_preview(self._title, width, height)
            self._sign(canvas)
            self.show_instead(canvas)
            self._canvas = canvas.session_uid
        images.update_preview(canvas, picture)

    def remove(self, show: bpy.types.Image | None = None) -> list[bpy.types.SpaceImageEditor]:
        """Take the painting away again, and show `show` in its place, or what was there before; the editors that do."""
        changed = self.show_instead(show or _image(self._before))
        if canvas := self.image:
            bpy.data.images.remove(canvas)
        return changed

    def show_instead(self, image: bpy.types.Image | None) -> list[bpy.types.SpaceImageEditor]:
        """Show `image` in the editor, at the size on the screen of what it replaces; unless the editor is gone, or the
        artist looks at something else there by now. Returns the editors that show it now."""
        changed = []
        for window in bpy.context.window_manager.windows:
            for area in window.screen.areas:
                if area.as_pointer() == self._editor and area.type == "IMAGE_EDITOR":
                    space = area.spaces.active
                    if space.image == image:  # 5.2 would jump to another zoom, were it set to what it is
                        continue
                    if not space.image or space.image.session_uid in {self._before, self._canvas}:
                        sizes = [images.source_size(i, window.scene) if i else None for i in (space.image, image)]
                        space.image = image
                        changed.append(space)
                        if all(sizes):
                            space.zoom_percentage *= sizes[0][0] / sizes[1][0]
        return changed


def _image(session_uid: int | None) -> bpy.types.Image | None:
    return next((image for image in bpy.data.images if image.session_uid == session_uid), None)
