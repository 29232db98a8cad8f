"""Pochade without a window: `blender --command pochade …`. What a command needs is imported when it runs, for
Blender's start waits.
"""

import bpy

COMMAND = "pochade"
_handle = None


def run(arguments: list[str]) -> int:
    """Run one command; the status for the system: 0, 1 for a failure, 2 for a call that makes no sense, 130
    for a cancelled one.
    """
    from .commands import main

    return main(arguments)


def register():
    global _handle
    _handle = bpy.utils.register_cli_command(COMMAND, run)


def unregister():
    bpy.utils.unregister_cli_command(_handle)
