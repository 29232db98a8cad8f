"""Download VGG-19, the network of Gatys et al., as torchvision publishes it."""

import bpy

from ...core.files.download import VGG19
from .. import job
from ..engine import encoders
from ..preferences import OFFLINE, encoder_folder, engine_folders
from .add_encoder import tell
from .paints import may_start


class POCHADE_OT_download_vgg19(bpy.types.Operator):
    """Download VGG-19, the classic network for style transfer: slower than the compact encoder, and as in the
    papers
    """

    bl_idname = "pochade.download_vgg19"
    bl_label = "Download VGG-19"

    @classmethod
    def poll(cls, context):
        if not bpy.app.online_access:
            cls.poll_message_set(OFFLINE)
        return bpy.app.online_access and may_start(cls, context)

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Download VGG-19",
            confirm_text="Download",
            icon="NONE",
            message=f"{VGG19.size / 1e6:.0f} MB to download from PyTorch's server; a twentieth of it is kept",
        )

    def execute(self, context):
        return job.launch(
            self,
            "Downloading VGG-19",
            encoders.download_vgg19(encoder_folder(), engine_folders(context)),
            tell,
        )


CLASSES = (POCHADE_OT_download_vgg19,)
