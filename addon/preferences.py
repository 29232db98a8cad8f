"""What Pochade's preferences say, its package id, and the folders that belong to the user."""

from pathlib import Path

import bpy

from ..core.compute.machine import Machine
from .engine import runtime

# The extension's root package: Blender files preferences and user folders under it.
PACKAGE = __package__.rpartition(".")[0]
# What commands and farms call the device that the preferences of each machine name.
AS_PREFERRED = "preferences"
OFFLINE = "It is downloaded: first switch on Allow Online Access in Preferences > System > Network"


def preferences(context: bpy.types.Context) -> bpy.types.AddonPreferences:
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
