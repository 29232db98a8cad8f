"""Paint the source in the chosen style: as a job while the artist works on, or at once for scripts."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from .. import canvas, encoders, job, painting, presets
from ..preferences import engine_status


class POCHADE_OT_stylize(bpy.types.Operator):
    """Paint the source in the chosen style, as a new image"""

    bl_idname = "pochade.stylize"
    bl_label = "Stylize"

    image: StringProperty(
        name="Image", options={"SKIP_SAVE"},
        description="Name of the image to paint, for scripts; without it, the source that the panel shows")

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
            if canvas.image_editor(context):  # elsewhere a script names the image, which poll cannot see
                painting.find_source(context)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def invoke(self, context, event):
        if bpy.app.background:
            return self.execute(context)
        try:
            work = painting.Painting(context, self._source(context))
            job.start(f"Painting {work.title}", work.steps(), on_picture=work.show, on_end=work.end)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}

    def execute(self, context):
        try:
            work = painting.Painting(context, self._source(context))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        done = job.Job(work.title, work.steps(), on_end=work.end)
        done.run()
        self.report({"INFO"} if done.state == "done" else {"ERROR"}, done.sentence)
        return {"FINISHED"} if done.state == "done" else {"CANCELLED"}

    def _source(self, context) -> bpy.types.Image:
        if not self.image:
            return painting.find_source(context)
        source = bpy.data.images.get(self.image)
        if not source:
            raise PochadeError(f"There is no image named {self.image}")
        return source


CLASSES = (POCHADE_OT_stylize,)
