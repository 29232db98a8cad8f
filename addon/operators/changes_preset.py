"""What operators on the picked preset share."""

from ...core.errors import PochadeError
from ..scene import library


class ChangesPreset:
    """An operator on the scene's preset; with `own` it asks for one that can be changed."""

    bl_options = {"REGISTER", "UNDO"}
    own = True

    @classmethod
    def poll(cls, context):
        try:
            library.chosen_preset(context.scene, cls.own)
        except PochadeError as error:
            cls.poll_message_set(str(error))
            return False
        return True

    def execute(self, context):
        try:
            self.change(context)
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}
