"""Pochade without a window: `blender --command pochade …`. Imports are late, for Blender's start waits."""

import bpy

from .stopping import stopped_by_signals

COMMAND = "pochade"
_handle = None


def run(arguments: list[str]) -> int:
    """Run one command; the system's status: 0, 1 for a failure, 2 for a wrong call, 130 when cancelled."""
    with stopped_by_signals() as stop:  # before what takes a while
        from .commands import main

        return main(arguments, stop)


def register():
    global _handle
    _handle = bpy.utils.register_cli_command(COMMAND, run)


def unregister():
    bpy.utils.unregister_cli_command(_handle)
