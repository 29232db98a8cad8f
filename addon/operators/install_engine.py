"""Install the engine: PyTorch and the other binaries, downloaded with pip into the user's own folder."""

import sys

import bpy

from .. import job
from ..engine.runtime import BUILDS, install_engine
from ..preferences import OFFLINE, forget_engine, installed_engine, preferences


class POCHADE_OT_install_engine(bpy.types.Operator):
    """Download PyTorch and what else painting needs into your own folder; Blender itself is left as it is"""

    bl_idname = "pochade.install_engine"
    bl_label = "Install Engine"

    @classmethod
    def poll(cls, context):
        if problem := (OFFLINE if not bpy.app.online_access else job.busy()):
            cls.poll_message_set(problem)
        return not problem

    def invoke(self, context, event):
        return context.window_manager.invoke_confirm(
            self,
            event,
            title="Install Engine",
            message=_build(context).description,
            confirm_text="Install",
            icon="NONE",
        )

    def execute(self, context):
        # A PyTorch that is loaded stays loaded, whatever happens to its files.
        after = ": restart Blender to paint with it" if "torch" in sys.modules else ""
        steps = install_engine(installed_engine(), _build(context))
        return job.launch(self, "Installing the engine", steps, lambda ended: _tell(ended, after))


def _build(context):
    return BUILDS[preferences(context).engine_build]


def _tell(installation: job.Job, after: str) -> None:
    if installation.state == "done":
        forget_engine()
        preferences(bpy.context).found_devices = ""  # another build finds others
        installation.sentence = f"The engine is installed{after}"
    elif installation.state == "cancelled" and not installation.sentence:
        installation.sentence = (
            "Stopped; files that were downloaded are kept, and the next installation goes on with them"
        )


CLASSES = (POCHADE_OT_install_engine,)
