"""Pochade without a window: `blender --command pochade …`. Imports are late, for Blender's start waits."""

import bpy

COMMAND = "pochade"
_handle = None


def run(arguments: list[str]) -> int:
    """Run one command; the system's status: 0, 1 for a failure, 2 for a wrong call, 130 when cancelled."""
    from .stopping import stopped_by_signals  # before all others, which take a while

    with stopped_by_signals() as stop:
        from .commands import main

        return main(arguments, stop)


def register():
    global _handle
    _handle = bpy.utils.register_cli_command(COMMAND, run)


def unregister():
    bpy.utils.unregister_cli_command(_handle)
