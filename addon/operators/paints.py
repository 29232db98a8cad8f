"""What the operators share whose work takes the engine a while: when they may start, and the two ways to run
them.
"""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from .. import job
from ..blender import canvas
from ..engine import encoders
from ..preferences import engine_status
from ..styles import presets
from ..tasks import painting


def may_start(operator: type[bpy.types.Operator], context: bpy.types.Context) -> bool:
    """Whether the engine is ready and no job runs; the operator's poll message says what is missing."""
    status = engine_status(context)
    if problem := job.busy() or (not status.ready and status.sentence):
        operator.poll_message_set(problem)
    return not problem


class Paints:
    """An operator whose work is a job while the artist works on, and for scripts and in the background is
    done at once.

    `verb` begins the job's title, and `keeps` as a Job has it.
    """

    verb = "Painting"
    keeps = "Keep Preview"

    @classmethod
    def require(cls, context):
        """Raise PochadeError for what the artist has yet to choose. It is asked whenever the panel is
        drawn.
        """
        presets.chosen_mix(context.scene)
        encoders.file_to_paint_with(context.scene)

    def work(self, context):
        """What there is to do: an object with `title`, `steps()`, `end(job)` and `show(picture)`, or None for
        that where there are no previews. Raises PochadeError.
        """
        raise NotImplementedError

    @classmethod
    def poll(cls, context):
        if not may_start(cls, context):
            return False
        try:
            cls.require(context)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def invoke(self, context, event):
        return self._run(context, at_once=bpy.app.background)

    def execute(self, context):
        return self._run(context, at_once=True)

    def _run(self, context, at_once):
        try:
            work = self.work(context)
            if not at_once:
                job.start(
                    f"{self.verb} {work.title}",
                    work.steps(),
                    keeps=self.keeps,
                    details=getattr(work, "details", ""),
                    on_picture=work.show,
                    on_end=work.end,
                )
                return {"FINISHED"}
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        done = job.Job(work.title, work.steps(), on_end=work.end)
        done.run()
        self.report({"INFO"} if done.state == "done" else {"ERROR"}, done.sentence)
        return {"FINISHED"} if done.state == "done" else {"CANCELLED"}


class PaintsSource(Paints):
    """An operator that paints the panel's source."""

    image: StringProperty(
        name="Image",
        options={"SKIP_SAVE"},
        description="Name of the image to paint, for scripts; without it, the source that the panel shows",
    )

    @classmethod
    def require(cls, context):
        super().require(context)
        if canvas.image_editor(context):  # elsewhere a script names the image, which poll cannot see
            painting.find_source(context)

    def source(self, context) -> bpy.types.Image:
        """The image to paint. Raises PochadeError when there is none."""
        if not self.image:
            return painting.find_source(context)
        source = bpy.data.images.get(self.image)
        if not source:
            raise PochadeError(f"There is no image named {self.image}")
        return source
