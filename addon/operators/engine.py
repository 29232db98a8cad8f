"""The operators of the preferences: devices, networks, and the room that the files take."""

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import bpy
from bpy.props import StringProperty

from ...core.encoders.files import find_encoder
from ...core.progress import Progress
from ...core.words import Sentence, joined, size_in_words
from .. import job
from ..blender import compat
from ..engine import encoders, raft, runtime, storage
from ..preferences import (
    encoder_folder,
    engine_folders,
    motion_folder,
    preferences,
    preset_folder,
    user_folder,
)
from .verb import Browse, Verb, require_engine, require_free


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
        looking.sentence = (
            Sentence("PyTorch finds {count} devices", count=count)
            if count > 1
            else Sentence("PyTorch finds one device")
        )


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
        measuring.sentence = measuring.sentence or Sentence(
            "Pochade's folder is {folder}", folder=user_folder()
        )


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
        if not item:
            return self.confirm(context, event, "Delete", "")
        title = Sentence("Delete {title}, {size}", title=item.title, size=size_in_words(item.size))
        return self.confirm(context, event, "Delete", item.warning, title)

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
        cleaning.sentence = Sentence("{title}: deleted", title=Sentence(title))
        if freed > 0:
            free = Sentence("{size} are free again", size=size_in_words(freed))
            cleaning.sentence = joined([cleaning.sentence, free], ", ")


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
        self.launch(Sentence("Adding {name}", name=path.name), steps, encoder_added)


def encoder_added(added: job.Job) -> None:
    """List the new encoder, and say where it is."""
    if added.state == "done":
        encoders.refresh(encoder_folder())
        added.sentence = Sentence(
            "{title} is here: choose it under Advanced, Encoder", title=added.result.title
        )


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
        return self.confirm(context, event, "Remove", Sentence("This file is deleted: {path}", path=path))

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
        self.launch(Sentence("Adding {name}", name=path.name), steps, raft_added)


def raft_added(added: job.Job) -> None:
    """Say where RAFT is, once it is here."""
    if added.state == "done":
        raft.refresh(motion_folder())
        added.sentence = Sentence("RAFT is here: choose it for an animation under Motion")
