"""The keys of an animation: adding and removing them, painting on them, and which to paint."""

import bpy
from bpy.props import IntProperty

from ...core.errors import PochadeError
from ..blender import canvas, images, results
from ..styles import keys as key_list
from ..tasks import keys as tasks
from ..tasks.animation import output_folder
from .verb import Verb, require_engine, require_free


class POCHADE_OT_add_key(Verb, bpy.types.Operator):
    """Make the picture in this editor the key of the scene's frame: the painted animation has it there as it
    is, and all other frames follow it. Where it is clear, Pochade paints
    """

    bl_idname = "pochade.add_key"
    bl_label = "Add Key"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def require(cls, context):
        editor = canvas.image_editor(context)
        key_list.suits(editor.image if editor else None)

    def run(self, context):
        scene, image = context.scene, canvas.image_editor(context).image
        first = not key_list.painted(scene)
        key_list.add(scene, scene.frame_current, image)
        # A painting of Pochade's that was retouched is in the chosen style; any other hand is a style itself.
        if first and not images.recipe(image):
            scene.pochade.style_kind = key_list.KIND
            self.tell("The keys are the style now: what they do not show is painted in their strokes")


class _OfKey(Verb):
    """What is done with one key of the list."""

    bl_options = {"REGISTER", "UNDO"}

    index: IntProperty(name="Index", description="Its place in the list, from 0", min=0)

    @classmethod
    def require(cls, context):
        if not context.scene.pochade.animation.keys:
            raise PochadeError("There is no key yet: add one")

    def run(self, context):
        chosen = context.scene.pochade.animation
        if self.index >= len(chosen.keys):
            return {"CANCELLED"}
        self.do(context, chosen)
        return None

    def do(self, context, chosen):
        raise NotImplementedError


class POCHADE_OT_remove_key(_OfKey, bpy.types.Operator):
    """Remove this key. Its picture stays"""

    bl_idname = "pochade.remove_key"
    bl_label = "Remove Key"

    def do(self, context, chosen):
        chosen.keys.remove(self.index)
        chosen.active_key = max(min(chosen.active_key, len(chosen.keys) - 1), 0)


class POCHADE_OT_show_key(_OfKey, bpy.types.Operator):
    """Go to this key's frame, and show its picture"""

    bl_idname = "pochade.show_key"
    bl_label = "Go to Key"

    def do(self, context, chosen):
        chosen.active_key = self.index
        tasks.show(context, chosen.keys[self.index])


class POCHADE_OT_edit_as_key(Verb, bpy.types.Operator):
    """Paint on the scene's frame: a copy of it, as it is painted or else rendered, becomes a key and opens in
    this editor's paint mode. Click again to come back
    """

    bl_idname = "pochade.edit_as_key"
    bl_label = "Edit as Key"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def require(cls, context):
        if tasks.is_edited(context):
            return
        sequence, frame = results.painted(context), context.scene.frame_current
        if not sequence or frame not in results.frames_of(sequence):
            output_folder(context.scene)

    def run(self, context):
        if tasks.is_edited(context):
            tasks.end_edit(context)
        elif told := tasks.edit(context):
            self.tell(told)


class POCHADE_OT_suggest_keys(Verb, bpy.types.Operator):
    """Find the fewest frames that together show nearly all of the shot: those that are worth painting. The
    frames must have been rendered or read by Stylize Animation
    """

    bl_idname = "pochade.suggest_keys"
    bl_label = "Suggest Keys"

    @classmethod
    def require(cls, context):
        require_free()
        output_folder(context.scene)

    def run(self, context):
        require_engine(context)
        work = tasks.Suggestion(context)
        self.launch(work.title, work.steps(), work.end)
