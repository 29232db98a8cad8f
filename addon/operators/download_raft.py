"""Download RAFT's weights, as torchvision publishes them."""

import bpy

from ...core.files.download import RAFT
from .. import job
from ..engine import raft
from ..preferences import OFFLINE, motion_folder


class POCHADE_OT_download_raft(bpy.types.Operator):
    """Download RAFT, a network that estimates motion in footage: better and slower than the optical flow that
    is built in
    """

    bl_idname = "pochade.download_raft"
    bl_label = "Download RAFT"

    @classmethod
    def poll(cls, context):
        problem = job.busy() if bpy.app.online_access else OFFLINE
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Download RAFT",
            confirm_text="Download",
            icon="NONE",
            message=f"{RAFT.size / 1e6:.0f} MB to download from PyTorch's server",
        )

    def execute(self, context):
        return job.launch(self, "Downloading RAFT", raft.download_raft(motion_folder()), tell)


def tell(added: job.Job) -> None:
    """Say where RAFT is, once it is here."""
    if added.state == "done":
        raft.refresh(motion_folder())
        added.sentence = "RAFT is here: choose it for an animation under Motion"


CLASSES = (POCHADE_OT_download_raft,)
