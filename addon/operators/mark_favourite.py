"""Mark a preset with a star, or take the star away."""

import bpy
from bpy.props import StringProperty

from ...core.errors import PochadeError
from ..scene import library
from ..styles import gallery, presets


class POCHADE_OT_mark_favourite(bpy.types.Operator):
    """Add this preset to your favourites, in all projects, or take it from them"""

    bl_idname = "pochade.mark_favourite"
    bl_label = "Favourite"

    preset: StringProperty(
        name="Preset",
        options={"SKIP_SAVE"},
        description="Identifier of the preset, for scripts; without it, the one that is picked",
    )

    @classmethod
    def description(cls, context, properties):
        marked = any(
            entry.id == properties.preset and gallery.is_favourite(entry) for entry in presets.entries()
        )
        return (
            "Take this preset from your favourites"
            if marked
            else "Add this preset to your favourites, in all projects"
        )

    def execute(self, context):
        try:
            identifier = self.preset or library.chosen_preset(context.scene).id
            entry = next((entry for entry in presets.entries() if entry.id == identifier), None)
            if not entry:
                raise PochadeError(f"There is no preset {identifier}")
            gallery.mark(identifier, not gallery.is_favourite(entry))
        except PochadeError as error:
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (POCHADE_OT_mark_favourite,)
