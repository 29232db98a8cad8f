"""The values of Pochade's preferences, its package id, and the folders that belong to the user."""

from functools import partial
from pathlib import Path

import bpy

from ..core.compute.machine import Machine
from ..core.words import Sentence
from . import disk, edition
from .engine import runtime

# The extension's root package: Blender files preferences and user folders under it.
PACKAGE = __package__.rpartition(".")[0]
# The name that commands and farms have for the device in the preferences of each machine.
AS_PREFERRED = "preferences"


def preferences(context: bpy.types.Context) -> bpy.types.AddonPreferences:
    """Pochade's own preferences."""
    return context.preferences.addons[PACKAGE].preferences


def machine(context: bpy.types.Context, device: str = AS_PREFERRED) -> Machine:
    """The device, precision and memory that a job may use; `device` replaces the preferences' own."""
    chosen = preferences(context)
    return Machine(
        chosen.device if device == AS_PREFERRED else device, chosen.precision, round(chosen.memory_limit, 3)
    )


def user_folder(*parts: str) -> Path:
    """A folder of the user's that outlives upgrades, but not the extension's removal; it may not exist."""
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
    """Where trainings that were broken off are kept until they have been finished."""
    return user_folder("training")


def preset_folder() -> Path:
    """The user's library: the artist's work, which must outlive the extension, unlike `user_folder`."""
    return Path(bpy.utils.user_resource("DATAFILES", path="pochade"), "presets")


def engine_folders(context: bpy.types.Context) -> tuple[Path, ...]:
    """Where the engine should be, beside Blender's own Python: the user's folder, then the installed one."""
    return _folders(_named(context))


def _named(context: bpy.types.Context) -> str:
    """The Engine Folder, "" for none."""
    return preferences(context).engine_folder if edition.FULL else ""


def _folders(named: str) -> tuple[Path, ...]:
    if not edition.FULL:
        return ()
    folders = [Path(named)] if named and _is_full(named) else []
    return (*folders, installed_engine()) if installed_engine().exists() else tuple(folders)


def engine_status(context: bpy.types.Context) -> runtime.EngineStatus:
    """Whether painting can start, for panels and polls: an engine once found is not looked for again."""
    named = _named(context)
    question = "engine", (named, runtime.broken_engines())
    look = partial(_look_for_engine, named)  # the folder that is asked for, whenever a timer comes to it
    status = disk.known(*question)
    if status and not status.ready and not bpy.app.background:  # somebody may be putting it there
        disk.read_later(look, *question)
    elif not status or not status.ready:
        status = disk.read(look, *question)
    return status


def _is_full(named: str) -> bool:
    """Whether a path says by itself where it leads to: what begins with // follows the open .blend, whoever
    made that, and its engine is code.
    """
    return not named.startswith("//") and Path(named).is_absolute()


def _look_for_engine(named: str) -> runtime.EngineStatus:
    if named and not _is_full(named):
        return runtime.EngineStatus(
            False,
            Sentence(
                "The Engine Folder {named} is no full path, and would be another one with "
                "every .blend: name the whole path",
                named=named,
            ),
        )
    return runtime.engine_status(_folders(named), installed_engine() if edition.FULL else None)


def forget_engine() -> None:
    """Have the engine looked for again: there may be another one."""
    disk.forget("engine")
