"""Write a job for a farm manager: a folder with everything that the machines need."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, StringProperty

from ...core.errors import PochadeError
from .. import job
from ..farm.bundle import Bundle
from ..styles import presets


class POCHADE_OT_submit_to_farm(bpy.types.Operator):
    """Write a job for a render farm into a folder that all its machines see: this file with all that it
    needs, and what has to be done. This file stays as it is
    """

    bl_idname = "pochade.submit_to_farm"
    bl_label = "Submit to Farm"

    directory: StringProperty(
        name="Folder", subtype="DIR_PATH", options={"SKIP_SAVE"}, description="Where the job's folder is made"
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def poll(cls, context):
        try:
            problem = job.busy() or presets.chosen_mix(context.scene) and ""
        except PochadeError as error:
            problem = str(error)
        if problem:
            cls.poll_message_set(problem)
        return not problem

    def invoke(self, context, event):
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def execute(self, context):
        name = f"{bpy.path.clean_name(Path(bpy.data.filepath).stem or context.scene.name)} on the farm"
        try:
            if not self.directory:
                raise PochadeError("Choose a folder that all machines of the farm see")
            bundle = Bundle(context, Path(bpy.path.abspath(self.directory)) / name)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return job.launch(self, f"Writing the job of {bundle.title}", bundle.steps(), bundle.end)


CLASSES = (POCHADE_OT_submit_to_farm,)
