"""Install the engine: PyTorch and the other binaries, downloaded with pip into the user's own folder."""

import sys

import bpy

from ...core.errors import PochadeError
from .. import job
from ..preferences import forget_engine, installed_engine, preferences
from ..runtime import BUILDS, install_engine


class POCHADE_OT_install_engine(bpy.types.Operator):
    """Download PyTorch and what else painting needs into your own folder; Blender itself is left as it is"""

    bl_idname = "pochade.install_engine"
    bl_label = "Install Engine"

    @classmethod
    def poll(cls, context):
        if not bpy.app.online_access:
            cls.poll_message_set("It is downloaded: first switch on Allow Online Access in Preferences > System > Network")
            return False
        if job.current():
            cls.poll_message_set(f"{job.current().title} is still running: wait for it, or cancel it")
            return False
        return True

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self, event, title="Install Engine", message=_build(context).description, confirm_text="Install", icon="NONE")

    def execute(self, context):
        # A PyTorch that is loaded stays loaded, whatever happens to its files.
        after = ": restart Blender to paint with it" if "torch" in sys.modules else ""
        steps = install_engine(installed_engine(), _build(context))
        if bpy.app.background:
            installation = job.Job("Installing the engine", steps)
            installation.run()
            if installation.state != "done":
                self.report({"ERROR"}, installation.sentence)
                return {"CANCELLED"}
            return {"FINISHED"}
        try:
            job.start("Installing the engine", steps, on_end=lambda ended: _tell(ended, after))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


def _build(context):
    return BUILDS[preferences(context).engine_build]


def _tell(installation: job.Job, after: str) -> None:
    if installation.state == "done":
        forget_engine()
        installation.sentence = f"The engine is installed{after}"


CLASSES = (POCHADE_OT_install_engine,)
