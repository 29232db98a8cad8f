"""Pochade without a window: `blender --command pochade …`. Imports are late, for Blender's start waits."""

import sys
from contextlib import ExitStack
from itertools import pairwise

import bpy

from .stopping import stopped_by_signals

COMMAND = "pochade"
_handle = _early = None
_registered = ExitStack()


def run(arguments: list[str]) -> int:
    """Run one command; the system's status: 0, 1 for a failure, 2 for a wrong call, 130 when cancelled."""
    with stopped_by_signals() as stop:  # before what takes a while
        if _early and _early.asked:
            stop.ask()
        from .commands import main

        return main(arguments, stop)


def register():
    global _handle, _early
    _handle = bpy.utils.register_cli_command(COMMAND, run)
    if any(option in ("-c", "--command") and name == COMMAND for option, name in pairwise(sys.argv)):
        # Other add-ons start between this and the command, and a signal would end Blender there.
        _early = _registered.enter_context(stopped_by_signals())


def unregister():
    global _early
    _registered.close()
    _early = None
    bpy.utils.unregister_cli_command(_handle)
