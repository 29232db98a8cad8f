"""Delete what can safely go of what Pochade keeps in the user's folder."""

import bpy
from bpy.props import StringProperty

from ...core.words import size_in_words
from .. import job
from ..engine import storage
from ..preferences import preset_folder, user_folder


class POCHADE_OT_clean_up(bpy.types.Operator):
    """Delete this from your own folder; what is lost is told first"""

    bl_idname = "pochade.clean_up"
    bl_label = "Clean Up"

    title: StringProperty(
        name="Title", options={"SKIP_SAVE"}, description="What to delete, by its name in the preferences"
    )

    @classmethod
    def poll(cls, context):
        return job.is_free_for(cls)

    def invoke(self, context, event):
        item = storage.find(self.title)
        return context.window_manager.invoke_confirm(
            self,
            event,
            title=f"Delete {self.title}" + (f", {size_in_words(item.size)}" if item else ""),
            confirm_text="Delete",
            icon="NONE",
            message=item.loss if item else "",
        )

    def execute(self, context):
        return job.launch(
            self, "Cleaning up", storage.clean_up(user_folder(), preset_folder(), self.title), self._teller()
        )

    def _teller(self):
        title, before = self.title, sum(item.size for item in storage.measured())

        def tell(cleaning: job.Job) -> None:
            if cleaning.state == "done":
                storage.remember(cleaning.result)
                freed = before - sum(item.size for item in cleaning.result)
                cleaning.sentence = f"{title}: deleted" + (
                    f", {size_in_words(freed)} are free again" if freed > 0 else ""
                )

        return tell


CLASSES = (POCHADE_OT_clean_up,)
