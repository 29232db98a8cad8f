"""Pochade's preferences, its package id, and the folders that belong to the user."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, StringProperty

from . import job, runtime
from .sentence import draw_sentence

# The extension's root package: Blender files preferences and user folders under it.
PACKAGE = __package__.rpartition(".")[0]


def preferences(context: bpy.types.Context) -> "PochadePreferences":
    """Pochade's own preferences."""
    return context.preferences.addons[PACKAGE].preferences


def user_folder(*parts: str) -> Path:
    """A folder of the user's that outlives upgrades of the extension; it may not exist yet."""
    return Path(bpy.utils.extension_path_user(PACKAGE, path="", create=False), *parts)


def installed_engine() -> Path:
    """Where Pochade installs the engine: one folder for each Python, for its binaries serve no other."""
    return user_folder("engine", runtime.PYTHON)


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

        box = layout.box()
        status = engine_status(context)
        draw_sentence(box, context, status.sentence, "CHECKMARK" if status.ready else "ERROR")
        box.prop(self, "engine_folder")
        if running := job.current():
            box.progress(factor=running.progress.fraction if running.progress else 0.0, text=running.title)
            box.operator("pochade.cancel", icon="X")
            return
        if len(runtime.BUILDS) > 1:
            box.prop(self, "engine_build")
        if not bpy.app.online_access:
            draw_sentence(box, context, "The engine is downloaded: first switch on Allow Online Access", "INTERNET_OFFLINE")
            box.operator("screen.userpref_show", text="Open System Preferences", icon="PREFERENCES").section = "SYSTEM"
        box.operator("pochade.install_engine", icon="IMPORT")
        ended = job.newest()
        if ended and not ended.paints and ended.sentence:
            draw_sentence(box, context, ended.sentence, "INFO")


def register():
    bpy.utils.register_class(PochadePreferences)


def unregister():
    forget_engine()
    bpy.utils.unregister_class(PochadePreferences)
