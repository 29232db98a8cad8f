"""Keep RAFT's weights from a file."""

from pathlib import Path

import bpy
from bpy.props import StringProperty

from .. import job
from ..engine import raft
from ..preferences import engine_folders, motion_folder
from .download_raft import tell
from .paints import may_start


class POCHADE_OT_add_raft(bpy.types.Operator):
    """Add RAFT from a file with torchvision's weights for its large version (.pth)"""

    bl_idname = "pochade.add_raft"
    bl_label = "Add RAFT from File"

    filepath: StringProperty(
        description="The file with RAFT's weights", subtype="FILE_PATH", options={"SKIP_SAVE"}
    )
    filter_glob: StringProperty(default="*.pth;*.pt", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        return may_start(cls, context)

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        return job.launch(
            self, f"Adding {path.name}", raft.add_raft(path, motion_folder(), engine_folders(context)), tell
        )


CLASSES = (POCHADE_OT_add_raft,)
