"""A sheet in an Image Editor: what each of its pictures is, and a frame around the one that a click takes."""

import os

import bpy

from ..blender import sheets
from .drawing import box_on_screen, draw_frame, draw_text


def place_under(context: bpy.types.Context, x: float, y: float) -> int | None:
    """The place of the shown sheet at a point of the region."""
    return sheets.place_at(context.space_data.image, *context.region.view2d.region_to_view(x, y))


def _captions(shown) -> list[str]:
    """The images' names: a source's, its paintings' without that, or all without what they begin with."""
    names = [image.name if image else "deleted" for image in shown]
    same = os.path.commonprefix(names)
    if ", " not in same:
        return [name.partition(", ")[2] or name for name in names]
    return [name.removeprefix(same).lstrip(" ,") or "as set" for name in names]


class POCHADE_GT_sheet(bpy.types.Gizmo):
    """All pictures of a sheet; a click is answered by the operator that takes the one under it."""

    __slots__ = ("place",)

    def setup(self):
        self.place = None

    def draw(self, context):
        sheet = context.space_data.image
        for place, caption in enumerate(_captions(sheets.shown(sheet))):
            box = box_on_screen(context.region, sheets.box(sheet, place))
            draw_text(caption, box)
            if self.is_highlight and place == self.place:
                draw_frame(box)

    def test_select(self, context, location):
        place = place_under(context, *location)
        if place != self.place:
            self.place = place
            context.region.tag_redraw()
        return -1 if place is None else 0

    def invoke(self, context, event):
        return {"FINISHED"}


class POCHADE_GGT_sheet(bpy.types.GizmoGroup):
    bl_label = "Sheet"
    bl_space_type = "IMAGE_EDITOR"
    bl_region_type = "WINDOW"
    bl_options = {"PERSISTENT"}

    @classmethod
    def poll(cls, context):
        space = context.space_data
        return bool(space and space.mode == "VIEW" and sheets.shown(space.image))

    def setup(self, context):
        gizmo = self.gizmos.new(POCHADE_GT_sheet.__name__)
        gizmo.target_set_operator("pochade.take_painting")


_CLASSES = (POCHADE_GT_sheet, POCHADE_GGT_sheet)


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)


def unregister():
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
