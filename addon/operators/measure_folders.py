"""Measure what Pochade keeps in the user's folder."""

import bpy

from .. import job
from ..engine import storage
from ..preferences import preset_folder, user_folder


class POCHADE_OT_measure_folders(bpy.types.Operator):
    """See what Pochade keeps in your own folder, and how much room each thing takes"""

    bl_idname = "pochade.measure_folders"
    bl_label = "Measure Folders"

    @classmethod
    def poll(cls, context):
        return job.is_free_for(cls)

    def execute(self, context):
        return job.launch(self, "Measuring folders", storage.measure(user_folder(), preset_folder()), tell)


def tell(measuring: job.Job) -> None:
    """Keep what was found for the preferences to show."""
    if measuring.state == "done":
        storage.remember(measuring.result)
        measuring.sentence = measuring.sentence or f"Pochade's folder is {user_folder()}"


CLASSES = (POCHADE_OT_measure_folders,)
