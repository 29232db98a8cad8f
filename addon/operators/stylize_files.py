"""Paint picture files, without opening them."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, StringProperty

from ..tasks import series
from .paints import Paints


class POCHADE_OT_stylize_files(Paints, bpy.types.Operator):
    """Paint picture files in the chosen style, into the folder pochade beside them"""

    bl_idname = "pochade.stylize_files"
    bl_label = "Stylize Files"
    keeps = ""

    directory: StringProperty(
        description="The folder that the pictures are in", subtype="DIR_PATH", options={"SKIP_SAVE"}
    )
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        # What a file browser calls is execute: with a window the artist goes on meanwhile.
        return self._run(context, at_once=bpy.app.background or not context.window)

    def work(self, context):
        folder = Path(bpy.path.abspath(self.directory))
        return series.Batch(
            context, [folder / file.name for file in self.files if file.name], folder / "pochade"
        )


CLASSES = (POCHADE_OT_stylize_files,)
