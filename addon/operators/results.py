"""Paintings that are finished: comparing them, sending them on, telling about the job; and the guide."""

import textwrap

import bpy
from bpy.props import BoolProperty, EnumProperty, IntProperty

from ...core.errors import PochadeError
from ...core.words import Sentence, joined, size_in_words
from .. import about, guide, job
from ..blender import canvas, compat, compositor, images, names, results, sequencer, sheets
from ..language import said
from ..scene import clearing
from ..shots import unpainted
from ..tasks import painting
from .verb import Verb, require_free

WIDTH = 95  # characters of a line in the dialog
NAMED = 12  # paintings in the dialog


class POCHADE_OT_compare(Verb, bpy.types.Operator):
    """Show the source and its newest paintings side by side, as a new image"""

    bl_idname = "pochade.compare"
    bl_label = "Compare"
    bl_options = {"REGISTER", "UNDO"}

    count: IntProperty(
        name="Paintings", description="How many of the newest paintings to show", default=3, min=1, max=35
    )

    @classmethod
    def require(cls, context):
        if not _paintings_of(painting.find_source(context)):
            raise PochadeError("Paint the picture first: then there is something to compare")

    def run(self, context):
        source = painting.find_source(context)
        paintings = _paintings_of(source)[-self.count :]
        size = tuple(paintings[-1].size)
        pictures = [unpainted.read_source(context.scene, image) for image in (source, *paintings)]
        pictures = [images.scaled(each, *size) for each in pictures]
        sheet = sheets.write(
            names.of_painting(source, "compared"), [source, *paintings], pictures, source.name_full
        )
        if editor := canvas.image_editor(context):
            canvas.show_in(editor, sheet, context.scene, canvas.width_seen(editor, context.scene))


def _paintings_of(source) -> list[bpy.types.Image]:
    """The images that were painted from the source, in that order, without sequences."""
    found = [
        image
        for image in bpy.data.images
        if image.source != "SEQUENCE"
        and all(image.size)
        and images.find_image((images.recipe(image) or {}).get("source", "")) == source
    ]
    return sorted(found, key=lambda image: image.session_uid)


class POCHADE_OT_send_to_compositor(Verb, bpy.types.Operator):
    bl_idname = "pochade.send_to_compositor"
    bl_label = "Send to Compositor"
    bl_description = (
        "Mix the painting with the render in the compositor, or show it there in place of the last one"
    )
    bl_options = {"REGISTER", "UNDO"}

    mode: EnumProperty(
        name="Colors", description="How the scene's view treats the painting", items=compositor.MODES
    )

    @classmethod
    def require(cls, context):
        require_free()
        if not _shown_painting(context):
            raise PochadeError("Show a painting in the Image Editor first")

    @classmethod
    def description(cls, context, properties):
        unavailable = compositor.match_unavailable(context.scene) if properties.mode == "MATCH" else None
        effect = next(text for mode, _, text in compositor.MODES if mode == properties.mode)
        return f"{said(cls.bl_description)}.\n{said(unavailable or effect)}"

    def run(self, context):
        image = _shown_painting(context)
        node = compositor.send_to_compositor(context.scene, image, self.mode)
        if compositor.uses_still(node):
            kind = "WARNING"
            done = Sentence(
                "The render is mixed in as a still, as it was displayed, and does not follow the next render"
            )
        else:
            kind = "INFO"
            done = Sentence(
                "{name} is in the compositor; Factor in its node mixes it with the render", name=image.name
            )
        if taken := compositor.view_taken(context.scene):
            done = joined(
                [done, Sentence("{taken}: Take Out of Compositor gives that back", taken=taken)], ". "
            )
        self.tell(done, kind)


class POCHADE_OT_take_out_of_compositor(Verb, bpy.types.Operator):
    """Take the painting's node out of the compositor, and give the view back that As Painted took"""

    bl_idname = "pochade.take_out_of_compositor"
    bl_label = "Take Out of Compositor"
    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def require(cls, context):
        require_free()
        if not compositor.our_nodes(context.scene):
            raise PochadeError("There is no painting in the compositor")

    def run(self, context):
        compositor.take_out(context.scene)
        view = context.scene.view_settings.view_transform
        self.tell(Sentence("The painting is out of the compositor, and the view is {view}", view=view))


def _shown_painting(context) -> bpy.types.Image | None:
    """The picture in the Image Editor, or the last painting for the Render Result; None without pixels."""
    space = context.space_data
    shown = space.image if space and space.type == "IMAGE_EDITOR" else None
    image = context.scene.pochade.result if not shown or shown.source == "VIEWER" else shown
    return image if image and (results.frames_of(image) or images.source_size(image, context.scene)) else None


class POCHADE_OT_clear_paintings(Verb, bpy.types.Operator):
    """Remove earlier paintings from this .blend, each of which makes it larger. It names them, and asks. What
    an editor shows stays, and so do files
    """

    bl_idname = "pochade.clear_paintings"
    bl_label = "Clear Paintings"
    bl_options = {"REGISTER", "UNDO"}

    used: BoolProperty(
        name="Used Ones Too",
        options={"SKIP_SAVE"},
        description="Also those that are used: the scene's newest, and what nodes, materials or regions have",
    )

    @classmethod
    def require(cls, context):
        if not clearing.old_paintings(used=True):
            raise PochadeError("There is no painting but those that are shown")

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, width=400, confirm_text="Clear")

    def draw(self, context):
        old = clearing.old_paintings(self.used)
        column = self.layout.column()
        column.label(
            text=said(
                Sentence("{paintings} will be removed:", paintings=_paintings(old))
                if old
                else "All paintings are used"
            )
        )
        for image in old[:NAMED]:
            row = column.split(factor=0.8)
            row.label(text=image.name, translate=False, icon="IMAGE_DATA")
            row.label(text=size_in_words(clearing.size_of([image])), translate=False)
        if len(old) > NAMED:
            column.label(text=said(Sentence("and {count} more", count=len(old) - NAMED)))
        column.prop(self, "used")

    def run(self, context):
        old = clearing.old_paintings(self.used)
        removed = Sentence("Removed {paintings}", paintings=_paintings(old))
        bpy.data.batch_remove(old)
        self.tell(removed)


def _paintings(paintings) -> str:
    """How many, and how large."""
    count = len(paintings)
    size = size_in_words(clearing.size_of(paintings))
    if count == 1:
        return Sentence("1 painting ({size})", size=size)
    return Sentence("{count} paintings ({size})", count=count, size=size)


class OnSequence(Verb):
    """An operator on the painted sequence."""

    @classmethod
    def require(cls, context):
        require_free()
        if not results.painted(context):
            raise PochadeError("Paint an animation first")


class POCHADE_OT_send_to_sequencer(OnSequence, bpy.types.Operator):
    """Add the painted sequence to the scene's Sequencer as a strip, each frame at its own time. Renders of
    the scene then show the Sequencer, unless Sequencer is switched off in the output properties
    """

    bl_idname = "pochade.send_to_sequencer"
    bl_label = "Send to Sequencer"
    bl_options = {"REGISTER", "UNDO"}

    def run(self, context):
        scene = compat.sequencer_scene(context.scene)
        strip = sequencer.add_strip(scene, results.painted(context))
        done = [
            Sentence(
                "{name} is in the Sequencer, on channel {channel}", name=strip.name, channel=strip.channel
            )
        ]
        if scene.render.use_sequencer:
            done.append(Sentence("Renders (F12) show that now: the switch below this button ends it"))
        self.tell(joined(done, ". "))


class POCHADE_OT_write_movie(OnSequence, bpy.types.Operator):
    """Write the painted sequence as an MP4 beside its frames, at the scene's frame rate; Blender
    waits for it
    """

    bl_idname = "pochade.write_movie"
    bl_label = "Write Movie"

    def run(self, context):
        path = sequencer.write_movie(context.scene, results.painted(context))
        self.tell(Sentence("Wrote {path}", path=path))


class POCHADE_OT_guide(Verb, bpy.types.Operator):
    """Open the artist's guide in your browser; it is on this computer. F1 over a button opens its chapter"""

    bl_idname = "pochade.guide"
    bl_label = "Guide"

    def run(self, context):
        page = guide.page()
        bpy.ops.wm.url_open(url=page.as_uri())
        self.tell(Sentence("The guide is {page}", page=page))


class POCHADE_OT_about_job(Verb, bpy.types.Operator):
    """Settings, time, device and versions of the last job; OK copies them to the clipboard, for a report"""

    bl_idname = "pochade.about_job"
    bl_label = "About This Job"

    @classmethod
    def require(cls, context):
        if not job.newest() or job.current():
            raise PochadeError("There is no job that has ended")

    def invoke(self, context, event):
        return context.window_manager.invoke_props_dialog(self, width=600, confirm_text="Copy to Clipboard")

    def draw(self, context):
        column = self.layout.column()
        column.scale_y = 0.8
        for line in about.lines(context, job.newest()):
            for part in textwrap.wrap(line, WIDTH):
                column.label(text=part, translate=False)

    def run(self, context):
        context.window_manager.clipboard = "\n".join(about.lines(context, job.newest())) + "\n"
        self.tell("Copied to the clipboard")
