"""What the artist does by clicking in the picture: take a painting, wipe to its source, pick a region."""

import bpy
from bpy.props import BoolProperty, FloatVectorProperty, IntProperty

from ...core.errors import PochadeError
from ...core.words import Sentence
from ..blender import images, passes, sheets
from ..engine import runtime
from ..language import said
from ..preferences import engine_folders
from ..scene import recipes
from ..styles import regions
from ..ui import sheet, wipe
from .verb import Verb, require_engine


class POCHADE_OT_take_painting(Verb, bpy.types.Operator):
    """Take this painting: show it, and set styles and settings to those that it was painted with"""

    bl_idname = "pochade.take_painting"
    bl_label = "Take This Painting"
    bl_options = {"REGISTER", "UNDO"}

    place: IntProperty(name="Place", description="Its place on the sheet, row by row from 0", min=0)

    @classmethod
    def require(cls, context):
        if not sheets.shown(_image_of(context)):
            raise PochadeError(
                "Show a sheet of Variations or Compare in the Image Editor, and click a picture"
            )

    def invoke(self, context, event):
        place = sheet.place_under(context, event.mouse_region_x, event.mouse_region_y)
        if place is None:
            return {"CANCELLED"}
        self.place = place
        return self.execute(context)

    def run(self, context):
        scene, shown = context.scene, sheets.shown(_image_of(context))
        image = shown[self.place] if self.place < len(shown) else None
        if not image:
            raise PochadeError("This picture has been deleted: take another one")
        if images.recipe(image):
            resolution, scene.pochade.result = scene.pochade.resolution, image
            missing = recipes.use(scene, recipes.of_image(image))
            scene.pochade.resolution = resolution  # variations are drafts
            if missing:
                self.tell(missing, "WARNING")
        context.space_data.image = image


class POCHADE_OT_wipe(Verb, bpy.types.Operator):
    """Draw a line over the painting, with the source on its left: drag it. A click without dragging, Esc, or
    this button again takes it away
    """

    bl_idname = "pochade.wipe"
    bl_label = "Wipe"

    @classmethod
    def require(cls, context):
        if not wipe.current(context.space_data):
            _source_of(_image_of(context))

    def run(self, context):
        if wipe.current(context.space_data):
            wipe.end(context)
        else:
            painting = _image_of(context)
            wipe.begin(context, painting, _source_of(painting))


class POCHADE_OT_end_wipe(Verb, bpy.types.Operator):
    """Take the wipe away"""

    bl_idname = "pochade.end_wipe"
    bl_label = "End Wipe"

    @classmethod
    def require(cls, context):
        if not wipe.current(context.space_data):
            raise PochadeError("There is no wipe in this editor")

    def run(self, context):
        wipe.end(context)


class POCHADE_OT_pick_region(Verb, bpy.types.Operator):
    """Click a thing in the render, or its painting: it becomes the region. Esc leaves all as it is"""

    bl_idname = "pochade.pick_region"
    bl_label = "Pick from Picture"
    bl_options = {"REGISTER", "UNDO"}

    add: BoolProperty(
        name="Add", options={"SKIP_SAVE"}, description="Make a new region of it, in place of the active one"
    )
    point: FloatVectorProperty(
        name="Point",
        size=2,
        min=0,
        max=1,
        options={"SKIP_SAVE"},
        description="Where to look, as shares of the picture's width and height from its bottom left",
    )

    @classmethod
    def require(cls, context):
        shown = _image_of(context)
        seen = images.find_image(images.source_of(shown)) or shown if shown else None
        if not seen or not images.is_render_result(seen) or sheets.shown(shown):
            raise PochadeError("Show the render, or its painting, in the Image Editor: it is clicked there")
        require_engine(context)

    @classmethod
    def description(cls, context, properties):
        if not properties.add:
            return said(cls.bl_description)
        return said(
            "Click a thing in the render, or its painting: it becomes a region of its own. Esc leaves all "
            "as it is"
        )

    def invoke(self, context, event):
        kind = regions.kind_to_pick(context.scene, self.add)
        if passes.are_missing(context.scene, [regions.BY_NAME[kind]]):
            context.window_manager.popup_menu(_offer_cryptomatte, title=said(passes.SWITCH_ON), icon="ERROR")
            return {"CANCELLED"}
        context.window.cursor_modal_set("EYEDROPPER")
        context.workspace.status_text_set(said("Click: make it the region    Esc: leave the region as it is"))
        context.window_manager.modal_handler_add(self)
        return {"RUNNING_MODAL"}

    def modal(self, context, event):
        if event.type in {"ESC", "RIGHTMOUSE"}:
            self.cancel(context)
            return {"CANCELLED"}
        region = next(each for each in context.area.regions if each.type == "WINDOW")
        x, y = region.view2d.region_to_view(event.mouse_x - region.x, event.mouse_y - region.y)
        if event.type != "LEFTMOUSE" or event.value != "PRESS":
            return {"PASS_THROUGH"}
        if not (0 <= x <= 1 and 0 <= y <= 1):
            return {"RUNNING_MODAL"}
        self.cancel(context)
        self.point = x, y
        return self.execute(context)

    def cancel(self, context):
        context.window.cursor_modal_restore()
        context.workspace.status_text_set(None)

    def run(self, context):
        runtime.find_engine(engine_folders(context))
        scene = context.scene
        kind = regions.kind_to_pick(scene, self.add)
        name = passes.name_at(scene, images.find_render(), regions.BY_NAME[kind], *self.point)
        self.tell(Sentence("The region is {name}", name=regions.set_picked(scene, kind, name, self.add)))


def _offer_cryptomatte(popup, context):
    popup.layout.operator("pochade.switch_on_cryptomatte", icon="RENDERLAYERS")


def _image_of(context) -> bpy.types.Image | None:
    """The image that the Image Editor of the context shows."""
    space = context.space_data
    return space.image if space and space.type == "IMAGE_EDITOR" else None


def _source_of(painting) -> bpy.types.Image:
    """What a painting was painted from. Raises PochadeError."""
    recipe = images.recipe(painting) if painting else None
    if not recipe or painting.source == "SEQUENCE":
        raise PochadeError("Show a painting in the Image Editor: its source is wiped over it")
    source = images.find_image(recipe["source"])
    if not source:
        raise PochadeError(
            "{source}, which this was painted from, is not here any more", source=recipe["source"]
        )
    return source
