"""Pochade's preferences, its package id, and the folders that belong to the user."""

from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ..core.compute.machine import DEVICES, Machine
from . import encoders, raft, runtime
from .preferences_layout import draw_preferences

# The extension's root package: Blender files preferences and user folders under it.
PACKAGE = __package__.rpartition(".")[0]
AS_PREFERRED = (
    "preferences"  # what commands and farms call the device that the preferences of each machine name
)
OFFLINE = "It is downloaded: first switch on Allow Online Access in Preferences > System > Network"


def preferences(context: bpy.types.Context) -> "PochadePreferences":
    """Pochade's own preferences."""
    return context.preferences.addons[PACKAGE].preferences


def machine(context: bpy.types.Context, device: str = AS_PREFERRED) -> Machine:
    """What a job may use of this machine; `device` in the place of the one that the preferences name."""
    chosen = preferences(context)
    return Machine(
        chosen.device if device == AS_PREFERRED else device, chosen.precision, round(chosen.memory_limit, 3)
    )


def user_folder(*parts: str) -> Path:
    """A folder of the user's that outlives upgrades of the extension, but not its removal; it may not exist
    yet.
    """
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
    """Where trainings that were broken off are kept, until the same command has gone on with them to
    the end.
    """
    return user_folder("training")


def preset_folder() -> Path:
    """The user's library: presets for all projects. Blender deletes `user_folder` with the extension, and
    these are the artist's work.
    """
    return Path(bpy.utils.user_resource("DATAFILES", path="pochade"), "presets")


def engine_folders(context: bpy.types.Context) -> tuple[Path, ...]:
    """Where the engine should be, beside Blender's own Python: the folder that the user names, then the
    installed one.
    """
    named = preferences(context).engine_folder
    folders = [Path(bpy.path.abspath(named))] if named else []
    return (*folders, installed_engine()) if installed_engine().exists() else tuple(folders)


_ready: dict[str, runtime.EngineStatus] = {}  # by the folder that the user names


def engine_status(context: bpy.types.Context) -> runtime.EngineStatus:
    """Whether painting can start, for panels and polls: an engine once found is not looked for again.

    Drawing must not wait for the disk: Python's other threads get their turn meanwhile, and when one of them
    is a render's, Blender may never again let a timer write (the flag that forbids writing while drawing is
    kept per process).
    """
    named = preferences(context).engine_folder
    if named not in _ready or runtime.some_engine_is_broken():
        status = runtime.engine_status(engine_folders(context), installed_engine())
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
        name="Engine Folder",
        subtype="DIR_PATH",
        description="A folder with PyTorch and safetensors for this Blender's Python, as pip install "
        "--target makes it; "
        "empty to use Blender's own Python or the installed engine",
    )
    engine_build: EnumProperty(
        name="Build",
        description="Which PyTorch to install",
        items=[(key, build.label, build.description) for key, build in runtime.BUILDS.items()],
    )
    device: EnumProperty(
        name="Device",
        description="What to paint on",
        items=[(name, *texts) for name, texts in DEVICES.items()],
    )
    precision: EnumProperty(
        name="Precision",
        description="What the networks compute in; sums and colours are exact in any case",
        items=[
            ("auto", "Automatic", "Half where the device computes it natively, full elsewhere"),
            (
                "float32",
                "Full (float32)",
                "Works everywhere and takes the most memory; to compare with, or where half looks wrong",
            ),
            ("bfloat16", "Half (bfloat16)", "Half the memory; much slower on a device that only emulates it"),
        ],
    )
    memory_limit: FloatProperty(
        name="Memory Limit",
        min=0,
        soft_max=64,
        precision=1,
        step=50,
        description="GB that painting may take of the device's memory, beside PyTorch itself; 0 for what "
        "is free. Less makes tiles earlier",
    )
    found_devices: StringProperty(
        name="Found Devices",
        options={"HIDDEN"},
        description="What PyTorch found when it was last asked for devices, as JSON",
    )

    def draw(self, context):
        draw_preferences(self, context, engine_status(context), user_folder())


def register():
    encoders.refresh(encoder_folder())
    raft.refresh(motion_folder())
    bpy.utils.register_class(PochadePreferences)


def unregister():
    forget_engine()
    encoders.unregister()
    bpy.utils.unregister_class(PochadePreferences)
