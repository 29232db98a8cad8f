"""The scene's choices: styles, regions, the finished size, and settings taken from a painting."""

from pathlib import Path

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty, StringProperty

from ...core.errors import PochadeError
from ...core.words import Sentence
from .. import job
from ..blender import compat, images, passes, picture_files
from ..blender.canvas import image_editor
from ..language import said
from ..scene import example, recipes
from ..styles import regions, style_images
from ..tasks import painting
from .verb import Browse, Verb, require_free

LISTS = [
    ("mix", "Style", "Styles that are mixed with the main one"),
    ("regions", "Region", "Parts of the picture with styles of their own"),
    ("layers", "View Layer", "View layers with styles of their own"),
]
SIZES = [
    ("finish_size", "Finish Size", "That of the finished painting"),
    ("size", "Size", "That of the draft"),
]


class POCHADE_OT_add_item(Verb, bpy.types.Operator):
    """Add a style that is mixed with the main one, or a region with a style of its own"""

    bl_idname = "pochade.add_item"
    bl_label = "Add"
    bl_options = {"REGISTER", "UNDO"}

    items: EnumProperty(name="List", description="What to add to", items=LISTS)

    @classmethod
    def description(cls, context, properties):
        if properties.items == "mix":
            return said("Add a style that is mixed with the others")
        if properties.items == "layers":
            return said("Give a view layer a style of its own")
        return said("Add a region: a part of the picture with a style of its own")

    def run(self, context):
        chosen = context.scene.pochade
        items = getattr(chosen, self.items)
        item = items.add()
        if self.items == "regions":
            if not painting.paints_render(context):
                item.kind = "MASK"
            chosen.active_region = len(items) - 1
        if self.items == "layers":
            named = {layer.name for layer in chosen.layers}
            free = [layer.name for layer in context.scene.view_layers if layer.name not in named]
            item.name = free[0] if free else ""


class POCHADE_OT_remove_item(Verb, bpy.types.Operator):
    """Remove this style or region"""

    bl_idname = "pochade.remove_item"
    bl_label = "Remove"
    bl_options = {"REGISTER", "UNDO"}

    items: EnumProperty(name="List", description="What to remove from", items=LISTS)
    index: IntProperty(name="Index", description="Its place in the list, from 0", min=0)

    def run(self, context):
        chosen = context.scene.pochade
        items = getattr(chosen, self.items)
        if self.index >= len(items):
            return {"CANCELLED"}
        items.remove(self.index)
        chosen.active_region = max(min(chosen.active_region, len(chosen.regions) - 1), 0)
        return None


class POCHADE_OT_open_style(Browse, Verb, bpy.types.Operator):
    """Open a picture whose style is taken"""

    bl_idname = "pochade.open_style"
    bl_label = "Open Style Picture"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        description="The picture", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    chosen: StringProperty(
        options={"HIDDEN", "SKIP_SAVE"},
        default="pochade",
        description="Path in the scene of what the style is for: a region, say",
    )
    display_type: EnumProperty(  # that of Blender's own file browsers
        items=[
            ("DEFAULT", "Default", "As last time"),
            ("LIST_VERTICAL", "Vertical List", "Names"),
            ("LIST_HORIZONTAL", "Horizontal List", "Names side by side"),
            ("THUMBNAIL", "Thumbnails", "Pictures"),
        ],
        default="THUMBNAIL",
        options={"HIDDEN", "SKIP_SAVE"},
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=picture_files.GLOB, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context, event):
        # The panel's pointer is gone by the time that a file is chosen.
        self.chosen = getattr(context, "pochade_chosen", context.scene.pochade).path_from_id()
        return super().invoke(context, event)

    def run(self, context):
        image = style_images.open_picture(context, Path(bpy.path.abspath(self.filepath)))
        chosen = context.scene.path_resolve(self.chosen)
        chosen.style_image, chosen.style_kind = image, "IMAGE"


class POCHADE_OT_open_example(Verb, bpy.types.Operator):
    """Open a small scene to try things on: rendered, with three regions, and an animation set up. It asks
    before changes go that were not saved
    """

    bl_idname = "pochade.open_example"
    bl_label = "Open Example"

    @classmethod
    def require(cls, context):
        require_free()
        if bpy.app.is_job_running("RENDER"):
            raise PochadeError("Blender is rendering: wait for it, or stop it with ESC")

    def invoke(self, context, event):
        if not bpy.data.is_dirty:
            return self.execute(context)
        message = Sentence("This file has changes that were not saved, and they would be lost")
        return self.confirm(context, event, "Open", message, "Open Example?")

    def run(self, context):
        example.open_example()


class POCHADE_OT_drop_picture(Verb, bpy.types.Operator):
    """Ask what becomes of a picture that was dropped: the style to paint in, or the picture in this editor"""

    bl_idname = "pochade.drop_picture"
    bl_label = "Picture from Elsewhere"
    bl_options = {"INTERNAL"}

    filepath: StringProperty(
        description="The picture", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    as_style: BoolProperty(
        name="As Style",
        options={"SKIP_SAVE"},
        default=True,
        description="Whether it becomes the style, or the picture in this editor",
    )

    def invoke(self, context, event):
        context.window_manager.popup_menu(self._ask, title=Path(self.filepath).name)
        return {"FINISHED"}

    def _ask(self, popup, context):
        layout, path = popup.layout, self.filepath
        layout.operator_context = "EXEC_DEFAULT"
        layout.operator("pochade.open_style", text="Use as Style", icon="BRUSH_DATA").filepath = path
        if Path(path).suffix.lower() in picture_files.OURS:
            opens = layout.operator(self.bl_idname, text="Open Picture", icon="IMAGE_DATA")
            opens.as_style = False
        else:
            opens = layout.operator("image.open", text="Open Picture", icon="IMAGE_DATA")
        opens.filepath = path

    def run(self, context):
        image = style_images.open_picture(context, Path(bpy.path.abspath(self.filepath)))
        if self.as_style:
            context.scene.pochade.style_image, context.scene.pochade.style_kind = image, "IMAGE"
        elif editor := image_editor(context):
            editor.image = image


class POCHADE_OT_match_size(Verb, bpy.types.Operator):
    """Set this size to the source's longer side, so that it is that of the render or the image"""

    bl_idname = "pochade.match_size"
    bl_label = "As Large as the Source"
    bl_options = {"REGISTER", "UNDO"}

    setting: EnumProperty(name="Setting", options={"SKIP_SAVE"}, description="Which size to set", items=SIZES)

    @classmethod
    def require(cls, context):
        if not images.source_size(painting.find_source(context), context.scene):
            raise PochadeError("Blender does not tell the size of this sequence: type it in")

    def run(self, context):
        size = max(images.source_size(painting.find_source(context), context.scene))
        setattr(context.scene.pochade, self.setting, size)


class POCHADE_OT_use_settings(Verb, bpy.types.Operator):
    """Set styles and settings to those that the painting in this editor was painted with"""

    bl_idname = "pochade.use_settings"
    bl_label = "Use These Settings"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def require(cls, context):
        recipes.check(_shown(context))

    def run(self, context):
        editor = image_editor(context)
        found = recipes.of_image(_shown(context), editor.image_user if editor else None)
        if missing := recipes.use(context.scene, found):
            self.tell(missing, "WARNING")


class POCHADE_OT_use_settings_of_file(Browse, Verb, bpy.types.Operator):
    """Set styles and settings to those in a PNG, JPEG or OpenEXR file that Pochade has painted"""

    bl_idname = "pochade.use_settings_of_file"
    bl_label = "Use Settings of a File"
    bl_options = {"REGISTER", "UNDO"}

    filepath: StringProperty(
        description="The painting", subtype="FILE_PATH", options={"SKIP_SAVE"} | compat.RELATIVE_PATH
    )
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def run(self, context):
        recipe = recipes.of_file(Path(bpy.path.abspath(self.filepath)))
        if missing := recipes.use(context.scene, recipe):
            self.tell(missing, "WARNING")


def _shown(context) -> bpy.types.Image | None:
    """The image in the editor; elsewhere the scene's newest painting."""
    editor = image_editor(context)
    return editor.image if editor else context.scene.pochade.result


class POCHADE_OT_switch_on_cryptomatte(Verb, bpy.types.Operator):
    """Have the next render say which pixels belong to which object or material"""

    bl_idname = "pochade.switch_on_cryptomatte"
    bl_label = "Switch On Cryptomatte"
    bl_options = {"REGISTER", "UNDO"}

    for_objects: BoolProperty(
        name="For Objects",
        description="Also what holds objects together: which pixels belong to which, and their colors "
        "without light",
        options={"SKIP_SAVE"},
    )

    def run(self, context):
        needed = regions.passes_needed(context.scene) | (passes.OF_OBJECTS if self.for_objects else set())
        passes.switch_on(context.scene, needed or {"OBJECT"})
        job.forget_failure()
        self.tell("Cryptomatte is on: render again (F12)")
