"""Have PyTorch look for devices, and keep what it found for the preferences to show."""

import json
from collections.abc import Generator, Sequence
from pathlib import Path

import bpy

from ...core.progress import Progress
from .. import job
from ..engine import runtime
from ..preferences import engine_folders, preferences
from .paints import may_start


class POCHADE_OT_look_for_devices(bpy.types.Operator):
    """Have PyTorch say which devices it can paint on, and what Automatic takes of them; loading it takes
    seconds
    """

    bl_idname = "pochade.look_for_devices"
    bl_label = "Look for Devices"

    @classmethod
    def poll(cls, context):
        return may_start(cls, context)

    def execute(self, context):
        return job.launch(self, "Looking for devices", _look(engine_folders(context)), _tell)


def _look(folders: Sequence[Path]) -> Generator[Progress, None, dict]:
    """For the job's thread: both take seconds."""
    yield Progress("Loading PyTorch")
    runtime.ensure_engine(folders)
    from ...core.compute.devices import look_for_devices

    return look_for_devices()


def _tell(looking: job.Job) -> None:
    if looking.state == "done":
        preferences(bpy.context).found_devices = json.dumps(looking.result)
        bpy.context.preferences.is_dirty = True  # so that Blender keeps it for its next start
        count = len(looking.result["devices"])
        looking.sentence = f"PyTorch finds {count} devices" if count > 1 else "PyTorch finds one device"


CLASSES = (POCHADE_OT_look_for_devices,)
