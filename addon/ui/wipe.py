"""The wipe: a line in an Image Editor, left of it the source of the painting that is shown on its right.

A gizmo draws it, for Blender draws gizmos where the editor's zoom and pan have the picture, and takes their
class away with Pochade. What is kept here is the source's texture, and where the line is.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ..shots import unpainted
from .drawing import box_on_screen, draw_box, draw_text, draw_texture

if TYPE_CHECKING:
    import gpu

_STILL = 4  # px that a click may move
_BACKDROP = 0.18  # the grey behind a clear source


@dataclass
class _Wipe:
    painting: int  # its session_uid
    source: "gpu.types.GPUTexture"
    names: tuple[str, str]
    at: float = 0.5  # where the line is, as a share of the picture's width


_wipes: dict[int, _Wipe] = {}  # by the address of the editor


def begin(context: bpy.types.Context, painting: bpy.types.Image, source: bpy.types.Image) -> None:
    """Draw the line over the painting, which the editor shows. Raises PochadeError without a source."""
    space = context.space_data
    picture = unpainted.read_source(context.scene, source, space.image_user)
    names = source.name, painting.name
    _wipes[space.as_pointer()] = _Wipe(painting.session_uid, _texture_of(picture), names)
    redraw(context)


def end(context: bpy.types.Context) -> None:
    """Draw it no more in this editor."""
    _wipes.pop(context.space_data.as_pointer(), None)
    redraw(context)


def current(space: bpy.types.Space | None) -> _Wipe | None:
    """The wipe in an editor that shows its painting."""
    wipe = _wipes.get(space.as_pointer()) if space and space.type == "IMAGE_EDITOR" else None
    return wipe if wipe and space.image and space.image.session_uid == wipe.painting else None


def redraw(context: bpy.types.Context) -> None:
    for region in context.area.regions:
        region.tag_redraw()


def _texture_of(picture) -> "gpu.types.GPUTexture":
    """A displayed picture (H, W, 4) for the graphics card, over grey, at most as large as that can have."""
    import gpu
    import numpy as np

    step = -(-max(picture.shape[:2]) // gpu.capabilities.max_texture_size_get())
    picture = picture[::-step, ::step]  # the bottom row first
    alpha = picture[..., 3:]
    opaque = np.concatenate([picture[..., :3] * alpha + _BACKDROP * (1 - alpha), np.ones_like(alpha)], axis=2)
    height, width = opaque.shape[:2]
    pixels = gpu.types.Buffer("FLOAT", opaque.size, np.ascontiguousarray(opaque, np.float32).ravel())
    return gpu.types.GPUTexture((width, height), format="RGBA16F", data=pixels)


class POCHADE_GT_wipe(bpy.types.Gizmo):
    """The line and the source: dragged anywhere in the picture; a click without dragging ends it."""

    __slots__ = ("pressed",)

    def draw(self, context):
        wipe = current(context.space_data)
        if not wipe:
            return
        left, bottom, right, top = box_on_screen(context.region, (0, 0, 1, 1))
        line, middle = left + (right - left) * wipe.at, (bottom + top) / 2
        draw_texture(wipe.source, (left, bottom, line, top), wipe.at)
        draw_box((line - 1, bottom, line + 1, top))
        draw_box((line - 4, middle - 24, line + 4, middle + 24))
        draw_text(wipe.names[0], (left, bottom, line, top), right=True)
        draw_text(wipe.names[1], (line, bottom, right, top))

    def test_select(self, context, location):
        x, y = context.region.view2d.region_to_view(*location)
        return 0 if 0 <= x <= 1 and 0 <= y <= 1 else -1

    def invoke(self, context, event):
        self.pressed = event.mouse_region_x
        return {"RUNNING_MODAL"}

    def modal(self, context, event, tweak):
        wipe = current(context.space_data)
        if wipe and (self.pressed is None or abs(event.mouse_region_x - self.pressed) > _STILL):
            self.pressed = None
            at, _ = context.region.view2d.region_to_view(event.mouse_region_x, event.mouse_region_y)
            wipe.at = min(max(at, 0.0), 1.0)
            context.region.tag_redraw()
        return {"RUNNING_MODAL"}

    def exit(self, context, cancel):
        if cancel or self.pressed is not None:
            end(context)


class POCHADE_GGT_wipe(bpy.types.GizmoGroup):
    bl_label = "Wipe"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT", "SHOW_MODAL_ALL"}

    @classmethod
    def poll(cls, context):
        return current(context.space_data) is not None

    def setup(self, context):
        gizmo = self.gizmos.new(POCHADE_GT_wipe.__name__)
        gizmo.use_draw_modal = True


_CLASSES = (POCHADE_GT_wipe, POCHADE_GGT_wipe)


@persistent
def _before_load(*_):
    _wipes.clear()


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    bpy.app.handlers.load_pre.append(_before_load)


def unregister():
    bpy.app.handlers.load_pre.remove(_before_load)
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
    _wipes.clear()
