"""Paint a sequence in the chosen style: as a job while the artist works on, or at once for scripts."""

import bpy

from ...core.errors import PochadeError
from .. import animation, encoders, job, presets
from ..preferences import engine_status


class POCHADE_OT_stylize_animation(bpy.types.Operator):
    """Paint a sequence in the chosen style, so that it does not flicker. What is interrupted goes on when it is started again"""

    bl_idname = "pochade.stylize_animation"
    bl_label = "Stylize Animation"

    @classmethod
    def poll(cls, context):
        if job.busy():
            cls.poll_message_set(job.busy())
            return False
        status = engine_status(context)
        if not status.ready:
            cls.poll_message_set(status.sentence)
            return False
        try:
            presets.chosen_mix(context.scene)
            encoders.chosen_encoder(context.scene)
            animation.output_folder(context.scene)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def invoke(self, context, event):
        if bpy.app.background:
            return self.execute(context)
        try:
            work = animation.Animation(context)
            job.start(f"Painting {work.title}", work.steps(), keeps=False, on_picture=work.show, on_end=work.end)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def execute(self, context):
        try:
            work = animation.Animation(context)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        done = job.Job(work.title, work.steps(), on_end=work.end)
        done.run()
        self.report({"INFO"} if done.state == "done" else {"ERROR"}, done.sentence)
        return {"FINISHED"} if done.state == "done" else {"CANCELLED"}


CLASSES = (POCHADE_OT_stylize_animation,)
