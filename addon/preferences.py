"""Pochade's preferences, its package id, and the folders that belong to the user."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from ..core.encoder_files import COMPACT, VGG19_NAME
from . import encoders, job, raft, runtime
from .sentence import draw_sentence

# The extension's root package: Blender files preferences and user folders under it.
PACKAGE = __package__.rpartition(".")[0]
OFFLINE = "It is downloaded: first switch on Allow Online Access in Preferences > System > Network"


def preferences(context: bpy.types.Context) -> "PochadePreferences":
    """Pochade's own preferences."""
    return context.preferences.addons[PACKAGE].preferences


def user_folder(*parts: str) -> Path:
    """A folder of the user's that outlives upgrades of the extension, but not its removal; it may not exist yet."""
    return Path(bpy.utils.extension_path_user(PACKAGE, path="", create=False), *parts)


def installed_engine() -> Path:
    """Where Pochade installs the engine: one folder for each Python, for its binaries serve no other."""
    return user_folder("engine", runtime.PYTHON)


def encoder_folder() -> Path:
    """Where the user's encoders are."""
    return user_folder("encoders")


def motion_folder() -> Path:
    """Where RAFT's weights are, once they are here."""
    return user_folder("motion")


def training_folder() -> Path:
    """Where trainings that were broken off are kept, until the same command has gone on with them to the end."""
    return user_folder("training")


def preset_folder() -> Path:
    """The user's library: presets for all projects. Blender deletes `user_folder` with the extension, and these are the artist's work."""
    return Path(bpy.utils.user_resource("DATAFILES", path="pochade"), "presets")


def engine_folders(context: bpy.types.Context) -> tuple[Path, ...]:
    """Where the engine should be, beside Blender's own Python: the folder that the user names, then the installed one."""
    named = preferences(context).engine_folder
    folders = [Path(bpy.path.abspath(named))] if named else []
    return (*folders, installed_engine()) if installed_engine().exists() else tuple(folders)


_ready: dict[str, runtime.EngineStatus] = {}  # by the folder that the user names


def engine_status(context: bpy.types.Context) -> runtime.EngineStatus:
    """Whether painting can start, for panels and polls: an engine once found is not looked for again.

    Drawing must not wait for the disk: Python's other threads get their turn meanwhile, and when one of them is a render's,
    Blender may never again let a timer write (the flag that forbids writing while drawing is kept per process).
    """
    named = preferences(context).engine_folder
    if named not in _ready or runtime.some_engine_is_broken():
        status = runtime.engine_status(engine_folders(context))
        if not status.ready:
            return status
        _ready[named] = status
    return _ready[named]


def forget_engine() -> None:
    """Have the engine looked for again: there may be another one."""
    _ready.clear()


class PochadePreferences(bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    engine_folder: StringProperty(
        name="Engine Folder", subtype="DIR_PATH",
        description="A folder with PyTorch and safetensors for this Blender's Python, as pip install --target makes it; "
                    "empty to use Blender's own Python or the installed engine")
    engine_build: EnumProperty(
        name="Build", description="Which PyTorch to install",
        items=[(key, build.label, build.description) for key, build in runtime.BUILDS.items()])
    device: EnumProperty(
        name="Device", description="What to paint on",
        items=[
            ("auto", "Automatic", "The fastest device there is"),
            ("cpu", "CPU", "The processor: works everywhere"),
            ("cuda", "GPU (CUDA)", "An NVIDIA graphics card, or an AMD one with PyTorch's ROCm build"),
            ("mps", "GPU (Metal)", "The graphics unit of an Apple computer")])

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.prop(self, "device")
        running = job.current()
        column = layout.column()
        column.enabled = not running
        self._draw_engine(column.box(), context)
        _draw_encoders(column.box(), context)
        _draw_raft(column.box())
        if not bpy.app.online_access:
            draw_sentence(layout, context, "Engine and networks are downloaded: first switch on Allow Online Access", "INTERNET_OFFLINE")
            layout.operator("screen.userpref_show", text="Open System Preferences", icon="PREFERENCES").section = "SYSTEM"
        ended = job.newest()
        if running:
            layout.progress(factor=running.progress.fraction if running.progress else 0.0, text=running.title)
            layout.operator("pochade.cancel", icon="X")
        elif ended and not ended.paints and ended.sentence:
            draw_sentence(layout.box(), context, ended.sentence, "INFO")

    def _draw_engine(self, box, context):
        status = engine_status(context)
        draw_sentence(box, context, status.sentence, "CHECKMARK" if status.ready else "ERROR")
        box.prop(self, "engine_folder")
        if len(runtime.BUILDS) > 1:
            box.prop(self, "engine_build")
        box.operator("pochade.install_engine", icon="IMPORT")


def _draw_encoders(box, context):
    for entry in encoders.entries():
        row = box.row()
        row.label(text=entry.title, icon="CHECKMARK")
        if entry.path != COMPACT:
            row.operator("pochade.remove_encoder", text="", icon="TRASH", emboss=False).name = entry.name
    row = box.row()
    if not any(entry.name == VGG19_NAME for entry in encoders.entries()):
        row.operator("pochade.download_vgg19", icon="IMPORT")
    row.operator("pochade.add_encoder", text="Add from File…", icon="FILE_FOLDER")


def _draw_raft(box):
    row = box.row()
    if raft.is_here():
        row.label(text="RAFT (optical flow)", icon="CHECKMARK")
    else:
        row.operator("pochade.download_raft", icon="IMPORT")
        row.operator("pochade.add_raft", text="Add from File…", icon="FILE_FOLDER")


def register():
    encoders.refresh(encoder_folder())
    raft.refresh(motion_folder())
    bpy.utils.register_class(PochadePreferences)


def unregister():
    forget_engine()
    encoders.unregister()
    bpy.utils.unregister_class(PochadePreferences)
