"""Open a picture file as the style."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.errors import PochadeError


class POCHADE_OT_open_style(bpy.types.Operator):
    """Open a picture whose style is taken"""

    bl_idname = "pochade.open_style"
    bl_label = "Open Style Picture"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(description="The picture", subtype="FILE_PATH", options={"SKIP_SAVE"})
    chosen: StringProperty(
        options={"HIDDEN", "SKIP_SAVE"},
        default="pochade",
        description="Path in the scene of what the style is for: a region, say",
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        # The panel's pointer is gone by the time that a file is chosen.
        self.chosen = getattr(context, "pochade_chosen", context.scene.pochade).path_from_id()
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        try:
            image = open_picture(Path(bpy.path.abspath(self.filepath)))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        chosen = context.scene.path_resolve(self.chosen)
        chosen.style_image, chosen.style_kind = image, "IMAGE"
        return {"FINISHED"}


def open_picture(path: Path) -> bpy.types.Image:
    """The file as an image data-block. Raises PochadeError when it is missing, damaged or no picture."""
    if not path.is_file():
        raise PochadeError(f"There is no file {path}")
    known = set(bpy.data.images)
    try:
        image = bpy.data.images.load(str(path), check_existing=True)
    except RuntimeError as error:
        raise PochadeError(f"{path.name} cannot be opened: {error}") from None
    if not all(image.size) or _is_cut_off(path):
        if image not in known:
            bpy.data.images.remove(image)
        raise PochadeError(f"{path.name} is damaged or is no picture: choose another file")
    return image


def _is_cut_off(path: Path) -> bool:
    """Whether the end of a JPEG or WebP file is missing: Blender reads those without a word, and fills with
    grey.
    """
    data = path.read_bytes()
    if data.startswith(b"\xff\xd8"):
        return data.rfind(b"\xff\xd9") < data.rfind(
            b"\xff\xda"
        )  # the end must come after the last scan's beginning
    if data.startswith(b"RIFF"):
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    return False


CLASSES = (POCHADE_OT_open_style,)
