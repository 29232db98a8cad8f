"""Pochade's preferences as Blender keeps and shows them: engine, device, networks, folders, their job."""

import json
from pathlib import Path

import bpy
from bpy.props import EnumProperty, FloatProperty, StringProperty

from ...core.compute.machine import DEVICES
from ...core.encoders.files import COMPACT, VGG19_NAME
from ...core.words import Sentence, size_in_words
from .. import disk, edition, job
from ..engine import encoders, raft, runtime, storage
from ..language import said
from ..preferences import PACKAGE, encoder_folder, engine_status, motion_folder, user_folder
from .labels import draw_sentence
from .remedies import draw_download, draw_online_access

_BASES: tuple[type, ...] = ()
if edition.FULL:
    from . import engine_choice

    _BASES = (engine_choice.EngineChoice,)

_WITHOUT = Sentence(
    "Instant styles paint without it. Painting step by step, animations and training need PyTorch: {remedy}",
    remedy=edition.REMEDY,
)


def draw_preferences(
    preferences: bpy.types.AddonPreferences,
    context: bpy.types.Context,
    status: runtime.EngineStatus,
    folder: Path,
) -> None:
    """Everything, from top to bottom; `status` is the engine's, and `folder` the user's."""
    layout = preferences.layout
    layout.use_property_split = True
    layout.use_property_decorate = False
    running = job.current()
    layout.operator("pochade.guide", icon="HELP")
    column = layout.column()
    column.enabled = not running
    _draw_engine(column.box(), context, preferences, status)
    _draw_device(column.box(), context, preferences)
    networks = column.box()
    networks.label(text="Networks")
    draw_online_access(networks, context)
    _draw_encoders(networks)
    _draw_raft(networks)
    column.box().prop(preferences, "farm_blender")
    _draw_folders(column.box(), folder)
    ended = job.newest()
    if running:
        layout.progress(
            factor=running.progress.fraction if running.progress else 0.0, text=said(running.title)
        )
        layout.operator("pochade.cancel", icon="X")
    elif ended and not ended.paints and ended.told:
        draw_sentence(layout.box(), context, ended.told, "INFO")


def _draw_engine(box, context, preferences, status):
    box.label(text="Engine")
    if status.absent:
        draw_sentence(box, context, _WITHOUT, "INFO")
    else:
        draw_sentence(box, context, status.sentence, "CHECKMARK" if status.ready else "ERROR")
    if edition.FULL:
        engine_choice.draw(box, context, preferences)


def _draw_device(box, context, preferences):
    box.label(text="Device")
    box.prop(preferences, "device")
    box.prop(preferences, "precision")
    box.prop(preferences, "memory_limit", text="Memory Limit (GB)")
    found = json.loads(preferences.found_devices or "{}")
    for device in found.get("devices", []):
        title = f"{device['title']} ({device['name']})"
        draw_sentence(box, context, f"{title}, {device['memory']}" if device["memory"] else title, "MEMORY")
    for sentence in (found.get("device"), found.get("precision")):
        if sentence:
            draw_sentence(box, context, sentence, "INFO")
    box.operator("pochade.look_for_devices", icon="VIEWZOOM")


def _draw_encoders(box):
    for entry in encoders.entries():
        row = box.row()
        row.label(text=entry.title, icon="CHECKMARK")
        if entry.path != COMPACT:
            row.operator("pochade.remove_encoder", text="", icon="TRASH", emboss=False).name = entry.name
    row = box.row()
    if not any(entry.name == VGG19_NAME for entry in encoders.entries()):
        draw_download(row, "pochade.download_vgg19")
    row.operator("pochade.add_encoder", text="Add from File…", icon="FILE_FOLDER")


def _draw_raft(box):
    row = box.row()
    if raft.is_here():
        row.label(text="RAFT (optical flow)", icon="CHECKMARK")
    else:
        draw_download(row, "pochade.download_raft")
        row.operator("pochade.add_raft", text="Add from File…", icon="FILE_FOLDER")


def _draw_folders(box, folder):
    items = storage.measured()
    total = Sentence(", {size} in all", size=size_in_words(sum(item.size for item in items))) if items else ""
    box.label(text=said(Sentence("Your Folder{total}", total=total)))
    column = box.column(align=True)
    for item in items:
        row = column.split(factor=0.55)
        row.label(text=said(item.title), translate=False)
        row = row.row()
        row.label(text=size_in_words(item.size))
        row.operator("wm.path_open", text="", icon="FILE_FOLDER", emboss=False).filepath = str(item.folder)
        clean = row.row()
        clean.enabled = bool(item.loss)
        if item.loss:
            clean.operator("pochade.clean_up", text="", icon="TRASH", emboss=False).title = item.title
        else:
            clean.label(text="", icon="BLANK1")
    row = box.row()
    row.operator("pochade.measure_folders", icon="FILE_REFRESH")
    row.operator("wm.path_open", text="Open Folder", icon="FILE_FOLDER").filepath = str(folder)


class PochadePreferences(*_BASES, bpy.types.AddonPreferences):
    bl_idname = PACKAGE

    device: EnumProperty(
        name="Device",
        description="What to paint on",
        items=[(name, *texts) for name, texts in DEVICES.items()],
    )
    precision: EnumProperty(
        name="Precision",
        description="What the networks compute in; sums and colors are exact in any case",
        items=[
            ("auto", "Automatic", "Half where the device computes it natively, full elsewhere"),
            (
                "float32",
                "Full (float32)",
                "Works everywhere and takes the most memory; to compare with, or where half looks wrong",
            ),
            ("bfloat16", "Half (bfloat16)", "Half the memory; much slower on a device that only emulates it"),
        ],
    )
    memory_limit: FloatProperty(
        name="Memory Limit",
        min=0,
        soft_max=64,
        precision=1,
        step=50,
        description="GB that painting may take of the device's memory, beside PyTorch itself; 0 for what "
        "is free. Less makes tiles earlier",
    )
    farm_blender: StringProperty(
        name="Blender on the Farm",
        default="blender",
        description="The command that starts Blender on the machines of a farm. It belongs to you: no .blend "
        "that you are sent says what your farm starts",
    )
    found_devices: StringProperty(
        name="Found Devices",
        options={"HIDDEN"},
        description="What PyTorch found when it was last asked for devices, as JSON",
    )

    keep_in: StringProperty(
        name="Keep In", options={"HIDDEN"}, description="Where the last preset was saved, for the next one"
    )

    def draw(self, context):
        draw_preferences(self, context, engine_status(context), user_folder())


def register():
    encoders.refresh(encoder_folder())
    raft.refresh(motion_folder())
    bpy.utils.register_class(PochadePreferences)


def unregister():
    disk.clear()
    encoders.unregister()
    bpy.utils.unregister_class(PochadePreferences)
