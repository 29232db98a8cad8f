"""Tell all about the job that ended last, for a report of a bug."""

import textwrap

import bpy

from .. import about, job


class POCHADE_OT_about_job(bpy.types.Operator):
    """Settings, time, device and versions of the last job; OK copies them to the clipboard, for a report"""

    bl_idname = "pochade.about_job"
    bl_label = "About This Job"

    @classmethod
    def poll(cls, context):
        if not job.newest() or job.current():
            cls.poll_message_set("There is no job that has ended")
            return False
        return True

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, width=600, confirm_text="Copy to Clipboard")

    def draw(self, context):
        column = self.layout.column()
        column.scale_y = 0.8
        for line in about.lines(context, job.newest()):
            for part in textwrap.wrap(line, WIDTH):
                column.label(text=part, translate=False)

    def execute(self, context):
        context.window_manager.clipboard = "\n".join(about.lines(context, job.newest())) + "\n"
        self.report({"INFO"}, "Copied to the clipboard")
        return {"FINISHED"}


WIDTH = 95  # characters of a line
CLASSES = (POCHADE_OT_about_job,)
