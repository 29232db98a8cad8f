"""Painting, learning and sending to a farm: work for the engine, and the button that stops it."""

from dataclasses import replace
from pathlib import Path

import bpy
from bpy.props import BoolProperty, CollectionProperty, EnumProperty, IntProperty, StringProperty

from ...core.errors import PochadeError
from ...core.settings import Settings
from ...core.settings.variations import MOST
from ...core.words import Sentence
from .. import asking, job, shots
from ..blender import canvas, compat, images, picture_files, rendered
from ..engine import encoders
from ..farm.bundle import Bundle
from ..language import said
from ..scene import properties, saving
from ..styles import presets
from ..tasks import animation, files, live, painting, training, variations
from ..ui.panels.stylize import time_in_words
from .verb import Browse, Verb, require_engine, require_free

_RESOLUTION = Settings.__dataclass_fields__["resolution"].metadata


class Paints(Verb):
    """An operator whose work is a job beside the artist's, and done at once for scripts and background.

    `verb` begins the job's title, and `keeps` as a Job has it.
    """

    verb = Sentence("Painting")
    keeps = "Keep Preview"

    @classmethod
    def require(cls, context):
        require_free()
        cls.require_choices(context)

    @classmethod
    def require_choices(cls, context):
        """Raise PochadeError for what the artist has yet to choose; as `require`."""
        presets.chosen_mix(context.scene)
        encoders.file_to_paint_with(context.scene.pochade)

    def work(self, context):
        """The task: an object with `title`, `steps()`, `end(job)` and `show(picture)`, or None for that where
        there are no previews. Raises PochadeError.
        """
        raise NotImplementedError

    def invoke(self, context, event):
        return self.execute(context) if bpy.app.background else self.reporting(self.start, context)

    def run(self, context):
        work = self.work(context)
        self.finish(work.title, work.steps(), work.end)

    def start(self, context) -> None:
        """Start the job, and let the artist work on. Raises PochadeError."""
        work = self.work(context)
        job.start(
            Sentence("{verb} {title}", verb=self.verb, title=work.title),
            work.steps(),
            keeps=self.keeps,
            details=getattr(work, "details", ""),
            on_picture=work.show,
            on_end=work.end,
        )


class PaintsSource(Paints):
    """An operator that paints the panel's source."""

    image: StringProperty(
        name="Image",
        options={"SKIP_SAVE"},
        description="Name of the image to paint, for scripts; without it, the source that the panel shows",
    )

    @classmethod
    def require_choices(cls, context):
        super().require_choices(context)
        saving.folder(context.scene)
        if canvas.image_editor(context):  # elsewhere a script names the image, which poll cannot see
            painting.find_source(context)

    def source(self, context) -> bpy.types.Image:
        """The image to paint. Raises PochadeError when there is none."""
        if not self.image:
            return painting.find_source(context)
        source = images.find_image(self.image)
        if not source:
            raise PochadeError("There is no image named {image}", image=self.image)
        return source


class POCHADE_OT_stylize(PaintsSource, bpy.types.Operator):
    """Paint the source in the chosen style, as a new image"""

    bl_idname = "pochade.stylize"
    bl_label = "Stylize"

    def work(self, context):
        return painting.Painting(context, self.source(context))


class POCHADE_OT_stylize_render(Paints, bpy.types.Operator):
    """Paint the last render in the chosen style, as a new image"""

    bl_idname = "pochade.stylize_render"
    bl_label = "Stylize Render"

    @classmethod
    def require_choices(cls, context):
        super().require_choices(context)
        saving.folder(context.scene)
        render = images.find_render()
        if not render or not images.source_size(render, context.scene):
            raise PochadeError(rendered.MISSING)

    def work(self, context):
        return painting.Painting(context, images.find_render())


class POCHADE_OT_stylize_files(Browse, Paints, bpy.types.Operator):
    """Paint picture files in the chosen style, into the folder pochade beside them"""

    bl_idname = "pochade.stylize_files"
    bl_label = "Stylize Files"
    keeps = ""

    directory: StringProperty(
        description="The folder that the pictures are in",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"} | compat.RELATIVE_PATH,
    )
    files: CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"})
    filter_image: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_glob: StringProperty(default=picture_files.GLOB, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def execute(self, context):
        # A file browser calls execute: with a window the artist works on meanwhile.
        at_once = bpy.app.background or not context.window
        return self.reporting(self.run if at_once else self.start, context)

    def work(self, context):
        folder = Path(bpy.path.abspath(self.directory))
        return files.Batch(
            context, [folder / file.name for file in self.files if file.name], folder / "pochade"
        )


class POCHADE_OT_stylize_animation(Paints, bpy.types.Operator):
    """Paint a sequence in the chosen style, so that it does not flicker. What is interrupted goes on when it
    is started again
    """

    bl_idname = "pochade.stylize_animation"
    bl_label = "Stylize Animation"
    keeps = ""

    @classmethod
    def require_choices(cls, context):
        super().require_choices(context)
        animation.output_folder(context.scene)

    def work(self, context):
        require_engine(context)
        return animation.Animation(context)


class POCHADE_OT_paint_anew(Verb, bpy.types.Operator):
    """Remove the frames that cannot be gone on from, and paint all of them anew"""

    bl_idname = "pochade.paint_anew"
    bl_label = "Paint Anew"
    bl_options = {"INTERNAL"}

    message: StringProperty(options={"SKIP_SAVE"}, description="What is removed, and why")

    @classmethod
    def require(cls, context):
        if not job.current():
            raise PochadeError("Nothing is running")

    def invoke(self, context, event):
        return self.confirm(context, event, self.bl_label, self.message, "Paint All Frames Anew?")

    def run(self, context):
        asking.answer(True)

    def cancel(self, context):
        asking.answer(False)


class POCHADE_OT_stylize_strip(Paints, bpy.types.Operator):
    """Paint the active movie or image strip in the chosen style, as it is cut, so that it does not flicker"""

    bl_idname = "pochade.stylize_strip"
    bl_label = "Stylize Strip"
    keeps = ""

    @classmethod
    def require_choices(cls, context):
        super().require_choices(context)
        animation.output_folder(context.scene, shots.find_strip(context.scene, active=True))

    def work(self, context):
        require_engine(context)
        strip = shots.find_strip(context.scene, active=True)
        # The panel shows what is painted, and Stylize Animation goes on with it.
        context.scene.pochade.animation.source, context.scene.pochade.animation.strip = "STRIP", strip.name
        return animation.Animation(context)


class POCHADE_OT_variations(PaintsSource, bpy.types.Operator):
    """Paint the source in several ways that differ at a glance, and show them side by side: a click on one
    takes it, with its settings
    """

    bl_idname = "pochade.variations"
    bl_label = "Variations"

    count: IntProperty(
        name="Count",
        description="How many paintings: the first with the present settings, the others with another brush, "
        "drawing, colors or strength",
        default=4,
        min=2,
        max=MOST,
    )
    resolution: EnumProperty(
        name="Resolution",
        description="How large the variations are; Resolution in the panel stays for what you paint then",
        items=[(value, *texts) for value, texts in _RESOLUTION["choices"].items()],
    )

    def invoke(self, context, event):
        if bpy.app.background:
            return self.execute(context)
        return context.window_manager.invoke_props_dialog(self, confirm_text="Paint")

    def draw(self, context):
        layout = self.layout
        layout.use_property_split = True
        layout.use_property_decorate = False
        layout.prop(self, "count")
        layout.row().prop(self, "resolution", expand=True)
        if told := time_in_words(context, self._settings(context), self.count):
            layout.label(text=told, icon="TIME")

    def execute(self, context):
        return self.reporting(self.run if bpy.app.background else self.start, context)

    def work(self, context):
        painting.settle_method(context)
        return variations.Variations(context, self.source(context), self._settings(context), self.count)

    def _settings(self, context):
        return replace(properties.read_settings(context.scene), resolution=self.resolution)


class POCHADE_OT_live(Verb, bpy.types.Operator):
    """Keep painting the source in the chosen style as either changes, by the network that has learnt it.
    Click again to end it
    """

    bl_idname = "pochade.live"
    bl_label = "Live"

    @classmethod
    def require(cls, context):
        if live.current():
            return
        live.require(context)

    def run(self, context):
        if live.current():
            live.current().cancel()
        else:
            live.start(context)


class POCHADE_OT_train_instant(Paints, bpy.types.Operator):
    """Have a network learn the chosen style, to paint any picture in one pass. What is interrupted goes on
    when it is started again
    """

    bl_idname = "pochade.train_instant"
    bl_label = "Train Instant Style"
    verb = Sentence("Training")
    keeps = "Keep Network"

    @classmethod
    def require_choices(cls, context):
        training.plan(context.scene)

    def work(self, context):
        require_engine(context)
        return training.Training(context)


class POCHADE_OT_make_instant(Paints, bpy.types.Operator):
    """Have a network learn the chosen style in about a minute, to paint any picture in one pass; watch it
    get better in the Image Editor
    """

    bl_idname = "pochade.make_instant"
    bl_label = "Make Instant"
    verb = Sentence("Training")
    keeps = "Keep Network"

    @classmethod
    def require_choices(cls, context):
        training.plan(context.scene, quick=True)

    def work(self, context):
        require_engine(context)
        return training.Training(context, quick=True)


class POCHADE_OT_submit_to_farm(Browse, Verb, bpy.types.Operator):
    """Write a job for a render farm into a folder that all its machines see: this file with all that it
    needs, and what has to be done. This file stays as it is
    """

    bl_idname = "pochade.submit_to_farm"
    bl_label = "Submit to Farm"

    directory: StringProperty(
        name="Folder",
        subtype="DIR_PATH",
        options={"SKIP_SAVE"} | compat.RELATIVE_PATH,
        description="Where the job's folder is made",
    )
    filter_folder: BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    @classmethod
    def require(cls, context):
        require_free()
        presets.chosen_mix(context.scene)

    def run(self, context):
        name = f"{bpy.path.clean_name(Path(bpy.data.filepath).stem or context.scene.name)} on the farm"
        if not self.directory:
            raise PochadeError("Choose a folder that all machines of the farm see")
        bundle = Bundle(context, Path(bpy.path.abspath(self.directory)) / name)
        self.launch(Sentence("Writing the job of {title}", title=bundle.title), bundle.steps(), bundle.end)


class POCHADE_OT_cancel(Verb, bpy.types.Operator):
    """Stop the running job and leave everything as it was before, or end Live"""

    bl_idname = "pochade.cancel"
    bl_label = "Cancel"

    keep: BoolProperty(name="Keep", options={"SKIP_SAVE"}, description="Keep what there is so far")

    @classmethod
    def require(cls, context):
        if not _running():
            raise PochadeError("Nothing is running")

    @classmethod
    def description(cls, context, properties):
        return said("Stop, and keep what there is so far" if properties.keep else cls.bl_description)

    def run(self, context):
        _running().cancel(keep=self.keep)
        job.redraw()


def _running() -> job.Job | None:
    return job.current() or live.current()


_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register_keys():
    """ESC ends a wipe, or cancels, in every Image Editor, and Live in a 3D viewport; without them it does
    there what it always did.
    """
    keymaps = bpy.context.window_manager.keyconfigs.addon.keymaps
    for name, space, operator in (
        ("Image Generic", "IMAGE_EDITOR", POCHADE_OT_cancel.bl_idname),
        ("Image Generic", "IMAGE_EDITOR", "pochade.end_wipe"),  # the newest is asked first
        ("3D View", "VIEW_3D", "pochade.end_viewport_live"),
    ):
        keymap = keymaps.new(name, space_type=space)
        _keys.append((keymap, keymap.keymap_items.new(operator, "ESC", "PRESS")))


def unregister_keys():
    while _keys:
        keymap, item = _keys.pop()
        keymap.keymap_items.remove(item)
