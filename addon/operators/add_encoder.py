"""Make an encoder of a weight file: VGG-19's, or another network's of that shape."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .. import job
from ..engine import encoders
from ..preferences import encoder_folder, engine_folders
from .paints import may_start


class POCHADE_OT_add_encoder(bpy.types.Operator):
    """Add VGG-19, or another network of its shape, from a file with its weights (.pth or .safetensors)"""

    bl_idname = "pochade.add_encoder"
    bl_label = "Add Encoder from File"

    filepath: StringProperty(description="The weight file", subtype="FILE_PATH", options={"SKIP_SAVE"})
    filter_glob: StringProperty(default="*.pth;*.pt;*.safetensors", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return may_start(cls, context)

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        return job.launch(
            self,
            f"Adding {path.name}",
            encoders.add_encoder(path, encoder_folder(), engine_folders(context)),
            tell,
        )


def tell(added: job.Job) -> None:
    """List the new encoder, and say where it is."""
    if added.state == "done":
        encoders.refresh(encoder_folder())
        added.sentence = f"{added.result.title} is here: choose it under Method, Encoder"


CLASSES = (POCHADE_OT_add_encoder,)
