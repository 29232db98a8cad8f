"""The operators of the preferences: the engine, devices, networks, and the room that the files take."""

import json
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...core.encoders.files import find_encoder
from ...core.errors import PochadeError
from ...core.files.download import RAFT, VGG19
from ...core.progress import Progress
from ...core.words import size_in_words
from .. import job
from ..blender import compat
from ..engine import encoders, install, raft, runtime, storage
from ..preferences import (
    encoder_folder,
    engine_folders,
    forget_engine,
    installed_engine,
    motion_folder,
    preferences,
    preset_folder,
    user_folder,
)
from .verb import Browse, Verb, require_engine, require_free, require_online


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
        after = ": restart Blender to paint with it" if "torch" in sys.modules else ""
        steps = install.install_engine(installed_engine(), _build(context), bpy.app.binary_path)
        self.launch("Installing the engine", steps, lambda ended: _engine_installed(ended, after))


def _build(context) -> install.Build:
    return install.BUILDS[preferences(context).engine_build]


def _engine_installed(installation: job.Job, after: str) -> None:
    if installation.state == "done":
        forget_engine()
        preferences(bpy.context).found_devices = ""  # another build finds others
        installation.sentence = f"The engine is installed{after}"
    elif installation.state == "cancelled" and not installation.sentence:
        installation.sentence = (
            "Stopped; files that were downloaded are kept, and the next installation goes on with them"
        )


class POCHADE_OT_look_for_devices(Verb, bpy.types.Operator):
    """Have PyTorch say which devices it can paint on, and what Automatic takes of them; loading it takes
    seconds
    """

    bl_idname = "pochade.look_for_devices"
    bl_label = "Look for Devices"

    @classmethod
    def require(cls, context):
        require_engine(context)

    def run(self, context):
        self.launch("Looking for devices", _look_for_devices(engine_folders(context)), _devices_found)


def _look_for_devices(folders: Sequence[Path]) -> Generator[Progress, None, dict]:
    """For the job's thread: loading PyTorch and asking it both take seconds."""
    yield Progress("Loading PyTorch")
    runtime.ensure_engine(folders)
    from ...core.compute.devices import look_for_devices

    return look_for_devices()


def _devices_found(looking: job.Job) -> None:
    if looking.state == "done":
        preferences(bpy.context).found_devices = json.dumps(looking.result)
        bpy.context.preferences.is_dirty = True  # so that Blender keeps it for its next start
        count = len(looking.result["devices"])
        looking.sentence = f"PyTorch finds {count} devices" if count > 1 else "PyTorch finds one device"


class POCHADE_OT_measure_folders(Verb, bpy.types.Operator):
    """See what Pochade keeps in your own folder, and how much room each thing takes"""

    bl_idname = "pochade.measure_folders"
    bl_label = "Measure Folders"

    @classmethod
    def require(cls, context):
        require_free()

    def run(self, context):
        self.launch("Measuring folders", storage.measure(user_folder(), preset_folder()), _measured)


def _measured(measuring: job.Job) -> None:
    if measuring.state == "done":
        storage.remember(measuring.result)
        measuring.sentence = measuring.sentence or f"Pochade's folder is {user_folder()}"


class POCHADE_OT_clean_up(Verb, bpy.types.Operator):
    """Delete this from your own folder; what is lost is told first"""

    bl_idname = "pochade.clean_up"
    bl_label = "Clean Up"

    title: StringProperty(
        name="Title", options={"SKIP_SAVE"}, description="What to delete, by its name in the preferences"
    )

    @classmethod
    def require(cls, context):
        require_free()

    def invoke(self, context, event):
        item = storage.find(self.title)
        title = f"Delete {self.title}" + (f", {size_in_words(item.size)}" if item else "")
        return self.confirm(context, event, "Delete", item.warning if item else "", title)

    def run(self, context):
        # The operator is gone when the job ends.
        title, before = self.title, sum(item.size for item in storage.measured())
        self.launch(
            "Cleaning up",
            storage.clean_up(user_folder(), preset_folder(), title),
            lambda cleaning: _cleaned_up(cleaning, title, before),
        )


def _cleaned_up(cleaning: job.Job, title: str, before: int) -> None:
    """`before` is what all items took, in bytes."""
    if cleaning.state == "done":
        storage.remember(cleaning.result)
        freed = before - sum(item.size for item in cleaning.result)
        cleaning.sentence = f"{title}: deleted" + (
            f", {size_in_words(freed)} are free again" if freed > 0 else ""
        )


class POCHADE_OT_add_encoder(Browse, Verb, bpy.types.Operator):
    """Add VGG-19, or another network of its shape, from a file with its weights (.pth or .safetensors)"""

    bl_idname = "pochade.add_encoder"
    bl_label = "Add Encoder from File"

    filepath: StringProperty(
        description="The weight file", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    filter_glob: StringProperty(default="*.pth;*.pt;*.safetensors", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def require(cls, context):
        require_engine(context)

    def run(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        steps = encoders.add_encoder(path, encoder_folder(), engine_folders(context))
        self.launch(f"Adding {path.name}", steps, encoder_added)


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
        size = f"{size_in_words(VGG19.size)} to download from PyTorch's server"
        return self.confirm(context, event, "Download", f"{size}; a twentieth of it is kept")

    def run(self, context):
        steps = encoders.download_vgg19(encoder_folder(), engine_folders(context))
        self.launch("Downloading VGG-19", steps, encoder_added)


def encoder_added(added: job.Job) -> None:
    """List the new encoder, and say where it is."""
    if added.state == "done":
        encoders.refresh(encoder_folder())
        added.sentence = f"{added.result.title} is here: choose it under Advanced, Encoder"


class POCHADE_OT_remove_encoder(Verb, bpy.types.Operator):
    """Delete this encoder's file"""

    bl_idname = "pochade.remove_encoder"
    bl_label = "Remove Encoder"

    name: StringProperty(
        name="Name", options={"SKIP_SAVE"}, description="The encoder's name, as settings keep it"
    )

    @classmethod
    def require(cls, context):
        require_free()

    def invoke(self, context, event):
        path = find_encoder(self.name, encoders.entries()).path
        return self.confirm(context, event, "Remove", f"This file is deleted: {path}")

    def run(self, context):
        encoders.remove_encoder(self.name, encoder_folder())


class POCHADE_OT_add_raft(Browse, Verb, bpy.types.Operator):
    """Add RAFT from a file with torchvision's weights for its large version (.pth)"""

    bl_idname = "pochade.add_raft"
    bl_label = "Add RAFT from File"

    filepath: StringProperty(
        description="The file with RAFT's weights",
        subtype="FILE_PATH",
        options={"SKIP_SAVE"} | compat.RELATIVE_PATH,
    )
    filter_glob: StringProperty(default="*.pth;*.pt", options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def require(cls, context):
        require_engine(context)

    def run(self, context):
        path = Path(bpy.path.abspath(self.filepath))
        steps = raft.add_raft(path, motion_folder(), engine_folders(context))
        self.launch(f"Adding {path.name}", steps, raft_added)


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
        size = f"{size_in_words(RAFT.size)} to download from PyTorch's server"
        return self.confirm(context, event, "Download", size)

    def run(self, context):
        self.launch("Downloading RAFT", raft.download_raft(motion_folder()), raft_added)


def raft_added(added: job.Job) -> None:
    """Say where RAFT is, once it is here."""
    if added.state == "done":
        raft.refresh(motion_folder())
        added.sentence = "RAFT is here: choose it for an animation under Motion"
