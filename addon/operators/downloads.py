"""The operators that bring the engine and networks from the network: the full edition's."""

import sys

import bpy

from ...core.errors import PochadeError
from ...core.files.published import RAFT, VGG19
from ...core.words import Sentence, size_in_words
from .. import job
from ..engine import fetch, install
from ..preferences import (
    encoder_folder,
    engine_folders,
    forget_engine,
    installed_engine,
    motion_folder,
    preferences,
)
from .engine import encoder_added, raft_added
from .verb import Verb, require_engine, require_free

OFFLINE = Sentence("It is downloaded: first switch on Allow Online Access, above this button")


def require_online() -> None:
    """Raise PochadeError where Blender may not use the network."""
    if not bpy.app.online_access:
        raise PochadeError(OFFLINE)


class POCHADE_OT_install_engine(Verb, bpy.types.Operator):
    """Download PyTorch and what else painting needs into your own folder; Blender itself is left as it is"""

    bl_idname = "pochade.install_engine"
    bl_label = "Install Engine"

    @classmethod
    def require(cls, context):
        require_online()
        require_free()
        if _build(context).missing:
            raise PochadeError(_build(context).missing)

    def invoke(self, context, event):
        return self.confirm(context, event, "Install", _build(context).description)

    def run(self, context):
        # A PyTorch that is loaded stays loaded, whatever happens to its files.
        after = Sentence(": restart Blender to paint with it") if "torch" in sys.modules else ""
        steps = install.install_engine(installed_engine(), _build(context), bpy.app.binary_path)
        self.launch("Installing the engine", steps, lambda ended: _engine_installed(ended, after))


def _build(context) -> install.Build:
    return install.BUILDS[preferences(context).engine_build]


def _engine_installed(installation: job.Job, after: str) -> None:
    if installation.state == "done":
        forget_engine()
        preferences(bpy.context).found_devices = ""  # another build finds others
        installation.sentence = Sentence("The engine is installed{after}", after=after)
    elif installation.state == "cancelled" and not installation.sentence:
        installation.sentence = Sentence(
            "Stopped; files that were downloaded are kept, and the next installation goes on with them"
        )


class POCHADE_OT_download_vgg19(Verb, bpy.types.Operator):
    """Download VGG-19, the classic network for style transfer: slower than the compact encoder, and as in the
    papers
    """

    bl_idname = "pochade.download_vgg19"
    bl_label = "Download VGG-19"

    @classmethod
    def require(cls, context):
        require_online()
        require_engine(context)

    def invoke(self, context, event):
        size = Sentence("{size} to download from PyTorch's server", size=size_in_words(VGG19.size))
        return self.confirm(
            context, event, "Download", Sentence("{size}; a twentieth of it is kept", size=size)
        )

    def run(self, context):
        steps = fetch.download_vgg19(encoder_folder(), engine_folders(context))
        self.launch("Downloading VGG-19", steps, encoder_added)


class POCHADE_OT_download_raft(Verb, bpy.types.Operator):
    """Download RAFT, a network that estimates motion in footage: better and slower than the optical flow that
    is built in
    """

    bl_idname = "pochade.download_raft"
    bl_label = "Download RAFT"

    @classmethod
    def require(cls, context):
        require_online()
        require_free()

    def invoke(self, context, event):
        size = Sentence("{size} to download from PyTorch's server", size=size_in_words(RAFT.size))
        return self.confirm(context, event, "Download", size)

    def run(self, context):
        self.launch("Downloading RAFT", fetch.download_raft(motion_folder()), raft_added)
