"""Source and its newest paintings, side by side."""

import bpy
from bpy.props import IntProperty

from ...core.errors import PochadeError
from ..blender import canvas, images
from ..tasks import painting, series


class POCHADE_OT_compare(bpy.types.Operator):
    """Show the source and its newest paintings side by side, as a new image"""

    bl_idname = "pochade.compare"
    bl_label = "Compare"
    bl_options = {"REGISTER", "UNDO"}

    count: IntProperty(
        name="Paintings", description="How many of the newest paintings to show", default=3, min=1, max=35
    )

    @classmethod
    def poll(cls, context):
        try:
            if not _paintings(painting.find_source(context)):
                raise PochadeError("Paint the picture first: then there is something to compare")
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def execute(self, context):
        try:
            source = painting.find_source(context)
            paintings = _paintings(source)[-self.count :]
            size = tuple(paintings[-1].size)
            pictures = [images.read_source(context.scene, image) for image in (source, *paintings)]
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        sheet = images.write_sheet(
            f"{source.name}, compared",
            series.side_by_side([images.scaled(each, *size) for each in pictures]),
            source.name,
        )
        if editor := canvas.image_editor(context):
            editor.image = sheet
        return {"FINISHED"}


def _paintings(source) -> list[bpy.types.Image]:
    """What was painted from the source, in that order; sequences are none of it."""
    found = [
        image
        for image in bpy.data.images
        if image.source != "SEQUENCE"
        and all(image.size)
        and (images.recipe(image) or {}).get("source") == source.name
    ]
    return sorted(found, key=lambda image: image.session_uid)


CLASSES = (POCHADE_OT_compare,)
