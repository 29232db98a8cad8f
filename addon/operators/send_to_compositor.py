"""Send to Compositor: the painting, mixed with the render."""

import bpy
from bpy.props import EnumProperty

from ...core.errors import PochadeError
from ..blender import compositor, images, results


class POCHADE_OT_send_to_compositor(bpy.types.Operator):
    bl_idname = "pochade.send_to_compositor"
    bl_label = "Send to Compositor"
    bl_description = (
        "Mix the painting with the render in the compositor, or show it there in place of the last one"
    )
    bl_options = {"REGISTER", "UNDO"}

    mode: EnumProperty(
        name="Colours", description="How the scene's view treats the painting", items=compositor.MODES
    )

    @classmethod
    def poll(cls, context):
        if not painting(context):
            cls.poll_message_set("Show a painting in the Image Editor first")
            return False
        return True

    @classmethod
    def description(cls, context, properties):
        unavailable = compositor.match_unavailable(context.scene) if properties.mode == "MATCH" else None
        about = next(text for mode, _, text in compositor.MODES if mode == properties.mode)
        return f"{cls.bl_description}.\n{unavailable or about}"

    def execute(self, context):
        image = painting(context)
        try:
            node = compositor.send_to_compositor(context.scene, image, self.mode)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        if compositor.uses_still(node):
            self.report(
                {"WARNING"},
                "The render is mixed in as a still, as it was displayed: it does not follow the next render",
            )
        else:
            self.report(
                {"INFO"}, f"{image.name} is in the compositor; Factor in its node mixes it with the render"
            )
        return {"FINISHED"}


def painting(context):
    """The picture in the Image Editor, or the last painting where that shows the Render Result; None without
    pixels.
    """
    space = context.space_data
    shown = space.image if space and space.type == "IMAGE_EDITOR" else None
    image = context.scene.pochade.result if not shown or shown.source == "VIEWER" else shown
    return image if image and (results.frames_of(image) or images.source_size(image, context.scene)) else None


CLASSES = (POCHADE_OT_send_to_compositor,)
