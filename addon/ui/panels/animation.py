"""A sequence: where its frames come from, how they are painted, and what becomes of them."""

from contextlib import suppress

import bpy

from ....core.errors import PochadeError
from ....core.sequence.shot import chunk_count
from ....core.sequence.timing import even_timetable
from ....core.settings import AnimationSettings, FarmSettings, TimingSettings
from ....core.words import Sentence, roughly
from ... import job, pace, shots
from ...blender import compat, images, results
from ...language import said
from ...preferences import engine_status, machine, preferences
from ...scene import properties
from ...tasks import animation, layers
from ..labels import SubPanel, begin, draw_property, draw_sentence
from .settings import draw_fields
from .styles import draw_style

LOSES_MOTION_BLUR = Sentence(
    "The scene renders with motion blur, and is painted from sharp frames: Motion Blur here brings it back"
)
BY_COMPOSITOR = Sentence("Put together as in the scene's compositor")
BY_DEPTH = Sentence("The nearest layer lies in front: the compositor has no Alpha Over or Mix of them")


class POCHADE_PT_animation(SubPanel, bpy.types.Panel):
    bl_label = "Animation"

    def draw(self, context):
        layout, scene = self.layout, context.scene
        begin(layout, context)
        _draw_source(layout, scene)
        draw_property(layout, scene.pochade.animation, "folder")
        draw_fields(layout, scene.pochade.animation, AnimationSettings, "output")
        if loses_motion_blur(scene):
            draw_sentence(layout, context, LOSES_MOTION_BLUR, "INFO")
        try:
            animation.output_folder(scene)
        except PochadeError as error:
            draw_sentence(layout, context, str(error), "INFO")
        if not job.current():  # its progress is in the panel above
            row = layout.row()
            row.scale_y = 1.6
            row.operator("pochade.stylize_animation", icon="RENDER_ANIMATION")
            if told := time_in_words(context):
                draw_sentence(layout, context, told, "TIME")
        if image := results.painted(context):
            _draw_result(layout.box(), scene, image)


class POCHADE_PT_motion(SubPanel, bpy.types.Panel):
    bl_label = "Motion"
    bl_parent_id = "POCHADE_PT_animation"

    def draw(self, context):
        begin(self.layout, context)
        draw_fields(self.layout, context.scene.pochade.animation, AnimationSettings, "motion")


class POCHADE_PT_view_layers(SubPanel, bpy.types.Panel):
    bl_label = "View Layers"
    bl_parent_id = "POCHADE_PT_animation"

    def draw(self, context):
        layout, scene = self.layout, context.scene
        chosen = scene.pochade
        layout.prop(chosen.animation, "apart")
        if chosen.animation.source != "RENDER":
            draw_sentence(layout, context, "Only renders are painted apart: set Frames to Render")
        elif len(layers.used(scene)) < 2:
            draw_sentence(layout, context, "The scene renders one view layer alone: nothing can be apart")
        elif chosen.animation.apart:
            draw_sentence(layout, context, BY_COMPOSITOR if layers.plan_of(scene) else BY_DEPTH)
        column = layout.column()
        column.active = layers.are_apart(scene)
        for index, layer in enumerate(chosen.layers):
            box = column.box()
            row = box.row(align=True)
            row.prop_search(layer, "name", scene, "view_layers", text="", icon="RENDERLAYERS")
            remove = row.operator("pochade.remove_item", text="", icon="X")
            remove.items, remove.index = "layers", index
            draw_style(box, context, layer, scale=5)
        if len(chosen.layers) < len(scene.view_layers):
            column.operator("pochade.add_item", text="Add Layer Style", icon="ADD").items = "layers"


class POCHADE_PT_timing(SubPanel, bpy.types.Panel):
    bl_label = "Timing"
    bl_parent_id = "POCHADE_PT_animation"

    def draw(self, context):
        begin(self.layout, context)
        draw_fields(self.layout, context.scene.pochade.animation, TimingSettings, "timing")


class POCHADE_PT_farm(SubPanel, bpy.types.Panel):
    bl_label = "Farm"
    bl_parent_id = "POCHADE_PT_animation"

    def draw(self, context):
        begin(self.layout, context)
        chosen = context.scene.pochade.farm
        draw_fields(self.layout, chosen, FarmSettings, "farm")
        if frames := _frames(context.scene):
            _draw_dimmed(
                self.layout,
                Sentence("Chunks: {count}", count=chunk_count(len(frames), chosen.chunk)),
                Sentence("Render tasks: {count}", count=-(-len(frames) // chosen.render_chunk)),
            )
        draw_property(self.layout, preferences(context), "farm_blender")
        self.layout.operator("pochade.submit_to_farm", icon="NETWORK_DRIVE")


def loses_motion_blur(scene: bpy.types.Scene) -> bool:
    """Whether the artist's render has motion blur and the painted frames will have none."""
    chosen = scene.pochade.animation
    return chosen.source == "RENDER" and scene.render.use_motion_blur and not chosen.motion_blur


def time_in_words(context: bpy.types.Context) -> str:
    """How long painting the frames will take; "" where only a look at files would tell their size."""
    scene = context.scene
    rendered = scene.pochade.animation.source == "RENDER"
    width, height = images.render_size(scene.render) if rendered else _strip_size(scene)
    frames = _frames(scene)
    if not frames or not width or not engine_status(context).ready:
        return ""
    try:
        chosen = properties.read_settings(scene), properties.read_animation_settings(scene)
    except PochadeError:  # starting it says why
        return ""
    table = even_timetable(len(frames), properties.read_timing_settings(scene).hold)
    taken = roughly(pace.seconds(pace.sequence(*chosen, table, (height, width), machine(context))))
    if rendered:
        return Sentence("{count} frames in {time}, once they are rendered", count=len(frames), time=taken)
    return Sentence("{count} frames in {time}", count=len(frames), time=taken)


def _strip_size(scene) -> tuple[int, int]:
    """Width and height of the chosen strip's frames, as far as Blender knows them."""
    if scene.pochade.animation.source == "STRIP":
        with suppress(PochadeError, AttributeError, IndexError):  # a strip that has no files
            element = shots.find_strip(scene).elements[0]
            return element.orig_width, element.orig_height
    return 0, 0


def _draw_source(layout, scene):
    chosen = scene.pochade.animation
    column = layout.column()
    draw_property(column.row(), chosen, "source", expand=True)
    if chosen.source == "FILES":
        draw_property(column, chosen, "path")
    elif chosen.source == "STRIP":
        editor = compat.sequencer_scene(scene).sequence_editor
        if editor:
            column.prop_search(
                chosen,
                "strip",
                editor,
                "strips_all" if hasattr(editor, "strips_all") else "sequences_all",
                icon="SEQUENCE",
            )
        else:
            column.prop(chosen, "strip", icon="SEQUENCE")
    column.prop(chosen, "own_range")
    if chosen.own_range:
        row = column.column(align=True)
        row.prop(chosen, "first")
        row.prop(chosen, "last")
    elif frames := _frames(scene):
        name = shots.find_strip(scene).name if chosen.source == "STRIP" and not chosen.strip else ""
        _draw_dimmed(
            column,
            *filter(None, [name, Sentence("Frames {first} to {last}", first=frames[0], last=frames[-1])]),
        )


def _frames(scene) -> range | None:
    """The frames to paint, None where only a look at files would tell."""
    chosen = scene.pochade.animation
    if chosen.own_range:
        return range(chosen.first, chosen.last + 1)
    if chosen.source == "RENDER":
        return range(scene.frame_start, scene.frame_end + 1)
    if chosen.source == "STRIP":
        with suppress(PochadeError):  # it is said below
            return compat.times_of(shots.find_strip(scene))
    return None


def _draw_dimmed(layout, *lines):
    column = layout.column(align=True)
    column.active = False
    for line in lines:
        row = column.row()
        row.alignment = "RIGHT"
        row.label(text=line, translate=False)


def _draw_result(box, scene, image):
    frames = results.frames_of(image)
    box.label(text=image.name, translate=False, icon="SEQUENCE")
    row = box.row()
    row.active = False
    row.label(text=said(Sentence("Frames {first} to {last}", first=frames.start, last=frames.stop - 1)))
    column = box.column(align=True)
    column.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(
        images.path_of(image).parent
    )
    column.operator("pochade.send_to_sequencer", icon="SEQ_SEQUENCER")
    if len(compat.all_strips_of(scene)):
        column.prop(scene.render, "use_sequencer", text="Renders Show the Sequencer")
    column.operator("pochade.write_movie", icon="FILE_MOVIE")
