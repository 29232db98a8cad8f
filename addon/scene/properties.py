"""The scene's properties: settings, made from core.settings, and the choice of source, styles and regions."""

import math
from dataclasses import asdict, fields
from pathlib import Path

import bpy
from bpy.props import (
    BoolProperty,
    CollectionProperty,
    EnumProperty,
    FloatProperty,
    IntProperty,
    PointerProperty,
    StringProperty,
)

from ...core.settings import (
    AnimationSettings,
    FarmSettings,
    InstantSettings,
    OutputSettings,
    Settings,
    TimingSettings,
    without_noise,
)
from ...core.words import Sentence, joined
from .. import disk
from ..blender import compat
from ..engine import encoders
from ..language import as_one
from ..styles import gallery, presets, regions
from .key_choice import PochadeKey
from .style_choice import STYLE_KINDS, PochadeStyleChoice, is_picture


def _property(field):
    """The Blender property of one field of Settings."""
    meta = field.metadata
    shared = {"name": meta["label"], "description": _tooltip(meta), "default": field.default}
    if "choices" in meta:
        return EnumProperty(items=[(value, *texts) for value, texts in meta["choices"].items()], **shared)
    if field.type is bool:
        return BoolProperty(options=set(), **shared)
    if "low" not in meta:
        return StringProperty(options={"HIDDEN"}, **shared)
    limits = {"min": meta["low"], "max": meta["high"], "soft_max": meta["soft"], "subtype": meta["unit"]}
    if field.type is int:
        return IntProperty(**limits, **shared)
    return FloatProperty(precision=3, **limits, **shared)


def _tooltip(meta) -> str:
    """A setting's tooltip: its effect, and why it may be dimmed."""
    if not meta["when"]:
        return meta["description"]
    matters = []
    for other, values in meta["when"].items():
        deciding = Settings.__dataclass_fields__[other].metadata
        named = joined((Sentence(deciding["choices"][value][0]) for value in values), " / ")
        matters.append(joined((Sentence(deciding["label"]), named), ": "))
    return as_one(
        Sentence(
            "{effect}.\nMatters with {settings}",
            effect=Sentence(meta["description"]),
            settings=joined(matters, ", "),
        )
    )


def _photos_named(chosen, _) -> None:
    """Panels may look into a folder that was named here, and not into one that came with a .blend."""
    disk.read(lambda: True, PHOTOS_NAMED, Path(bpy.path.abspath(chosen.photos)))


PHOTOS_NAMED = "photos named"  # the question whether that has happened to a folder
_ENCODER = Settings.__dataclass_fields__["encoder"].metadata


class PochadeStyle(PochadeStyleChoice, bpy.types.PropertyGroup):
    """A further style beside the scene's main one."""


class PochadeRegion(PochadeStyleChoice, bpy.types.PropertyGroup):
    """A part of the picture and its style."""

    enabled: BoolProperty(
        name="Enabled", description="Whether this region is painted in a style of its own", default=True
    )
    kind: EnumProperty(name="Region", description="What the region is", items=regions.KINDS)
    target: StringProperty(
        name="Name",
        description="Name of the object, material or collection, as it was when the frame was rendered",
        search=regions.search,
    )
    mask: PointerProperty(
        type=bpy.types.Image,
        name="Mask",
        poll=is_picture,
        description="White is inside, black and clear are outside; stretched to the source's size",
    )
    invert: BoolProperty(name="Invert", description="The region is everything else")
    soft: FloatProperty(
        name="Soft Edge",
        description="How far the styles blend to either side of the region's border, in the source's pixels",
        default=2,
        min=0,
        max=100,
        soft_max=20,
        subtype="PIXEL",
    )
    hold: IntProperty(
        name="Hold",
        description="Frames of an animation that each drawing of the region is shown for; 0 for as long as "
        "the rest of the picture",
        default=0,
        min=0,
        max=4,
    )
    style_kind: EnumProperty(
        name="Style",
        description="How the region is painted",
        items=[*STYLE_KINDS, ("NONE", "Untouched", "The region stays as it is in the source", "X", 2)],
    )


class PochadeLayer(PochadeStyleChoice, bpy.types.PropertyGroup):
    """The style of a view layer, by its name."""


class PochadeAnimation(bpy.types.PropertyGroup):
    """`scene.pochade.animation`: every field of AnimationSettings and TimingSettings, by name, and these."""

    source: EnumProperty(
        name="Frames",
        description="Where the frames come from",
        items=[
            (
                "RENDER",
                "Render",
                "The scene's frames, rendered by Pochade with the passes that tell how things move",
            ),
            ("FILES", "Files", "Footage: a multilayer OpenEXR sequence, an image sequence or a movie"),
            (
                "STRIP",
                "Strip",
                "A movie or image strip of the Sequencer, as it is cut: each frame at its own time",
            ),
        ],
    )
    strip: StringProperty(
        name="Strip",
        options=set(),
        description="Name of a movie or image strip in the Sequencer; empty for the active one",
    )
    path: StringProperty(
        name="Footage",
        subtype="FILE_PATH",
        options=compat.RELATIVE_PATH,
        description="Any frame of an image sequence, or a movie",
    )
    keys: CollectionProperty(
        type=PochadeKey, name="Keys", description="Frames that you have painted, which all others follow"
    )
    active_key: IntProperty(
        name="Active Key", description="The key whose fields are shown", options={"HIDDEN"}
    )
    own_range: BoolProperty(
        name="Frame Range",
        options=set(),
        description="Paint these frames, and not all of the scene's or of the footage",
    )
    first: IntProperty(name="First", description="The first frame to paint", default=1, min=0, options=set())
    last: IntProperty(name="Last", description="The last frame to paint", default=24, min=0, options=set())
    apart: BoolProperty(
        name="View Layers Apart",
        options=set(),
        description="Paint each view layer by itself, and put them together as the scene's compositor does: "
        "no paint of one clings to another",
    )
    folder: StringProperty(
        name="Folder",
        subtype="DIR_PATH",
        options=compat.RELATIVE_PATH,
        description="Where the painted frames go; empty for the folder pochade/<scene> beside the .blend, "
        "for a strip <scene>_<strip>",
    )


class PochadeFarm(bpy.types.PropertyGroup):
    """`scene.pochade.farm`: every field of FarmSettings, by its name."""


class PochadeInstant(bpy.types.PropertyGroup):
    """`scene.pochade.instant`: every field of InstantSettings, by its name, and these."""

    photos: StringProperty(
        name="Photos",
        subtype="DIR_PATH",
        options=compat.RELATIVE_PATH,
        description="A folder to learn from: photos of all kinds, or the frames of your own shot; "
        "without one it learns from Pochade's own pictures",
        update=_photos_named,
    )


class PochadeOutput(bpy.types.PropertyGroup):
    """`scene.pochade.output`: every field of OutputSettings, by its name, and these."""

    folder: StringProperty(
        name="Folder",
        subtype="DIR_PATH",
        options=compat.RELATIVE_PATH,
        default="//pochade/",
        description="Where the files go: // is the folder of the .blend",
    )


class PochadeScene(PochadeStyleChoice, bpy.types.PropertyGroup):
    """`scene.pochade`: every field of Settings, by its name, and these."""

    source: EnumProperty(
        name="Source",
        description="The picture to paint",
        items=[
            (
                "SHOWN",
                "Image",
                "The image that the editor shows; for a painting, the picture that it was painted from",
            ),
            ("RENDER", "Render", "The last render, as the scene's view transform shows it"),
        ],
    )
    after_render: BoolProperty(
        name="Stylize after Render",
        options=set(),
        description="Paint every finished render at once; of an animation (Ctrl F12) all frames, from the "
        "files that it has written",
    )
    preset: EnumProperty(
        name="Preset",
        description="The style to paint in; picking one also sets what it recommends",
        items=gallery.by_family,
        get=presets.get_picked,
        set=presets.set_picked_and_settings,
    )
    gallery: EnumProperty(
        name="Preset",
        description="The style to paint in; picking one also sets what it recommends",
        options=set(),
        items=gallery.enum_items,
        get=presets.get_picked,
        set=presets.set_picked_and_settings,
    )
    mix: CollectionProperty(
        type=PochadeStyle, name="More Styles", description="Styles that are mixed with the main one"
    )
    regions: CollectionProperty(
        type=PochadeRegion,
        name="Regions",
        description="Parts of the picture that are painted in styles of their own",
    )
    layers: CollectionProperty(
        type=PochadeLayer,
        name="View Layers",
        description="View layers that are painted in styles of their own",
    )
    hold_objects: BoolProperty(
        name="Whole Objects",
        description="Paint each thing in one color with a firm outline, where the render has Cryptomatte; "
        "matters with Style Loss at Whole Strokes",
        default=True,
    )
    active_region: IntProperty(
        name="Active Region", description="The region whose fields are shown", options={"HIDDEN"}
    )
    encoder_choice: EnumProperty(
        name=_ENCODER["label"],
        description=_ENCODER["description"],
        items=encoders.enum_items,
        get=encoders.get_number,
        set=encoders.set_number,
    )
    animation: PointerProperty(
        type=PochadeAnimation, name="Animation", description="How a sequence is painted"
    )
    farm: PointerProperty(
        type=PochadeFarm, name="Farm", description="How a sequence is divided among the machines of a farm"
    )
    instant: PointerProperty(
        type=PochadeInstant, name="Instant Style", description="How a network learns a style"
    )
    output: PointerProperty(
        type=PochadeOutput, name="Output", description="Where finished paintings are kept"
    )
    result: PointerProperty(
        type=bpy.types.Image, name="Result", description="The newest painting of this scene", poll=is_picture
    )


PochadeScene.__annotations__.update({field.name: _property(field) for field in fields(Settings)})
PochadeAnimation.__annotations__.update({field.name: _property(field) for field in fields(AnimationSettings)})
PochadeAnimation.__annotations__.update({field.name: _property(field) for field in fields(TimingSettings)})
PochadeFarm.__annotations__.update({field.name: _property(field) for field in fields(FarmSettings)})
PochadeOutput.__annotations__.update({field.name: _property(field) for field in fields(OutputSettings)})
PochadeInstant.__annotations__.update({field.name: _property(field) for field in fields(InstantSettings)})

# Properties that panels draw in the place of a setting that is a name.
MENUS = {"encoder": "encoder_choice"}


def read_settings(scene: bpy.types.Scene) -> Settings:
    """The scene's settings, with floats as they were typed."""
    return _read(scene.pochade, Settings)


def read_animation_settings(scene: bpy.types.Scene) -> AnimationSettings:
    """The scene's settings for sequences. Raises PochadeError for a text that does not say what it has to."""
    return _read(scene.pochade.animation, AnimationSettings)


def read_timing_settings(scene: bpy.types.Scene) -> TimingSettings:
    """How long the scene's drawings are held at the current frame."""
    return _read(scene.pochade.animation, TimingSettings)


def region_holds(scene: bpy.types.Scene) -> tuple[int, ...]:
    """For how many frames each region is held at the current one; 0 for as long as the rest."""
    return tuple(region.hold for region in scene.pochade.regions if region.enabled)


def read_farm_settings(scene: bpy.types.Scene) -> FarmSettings:
    """How the scene's sequence is divided."""
    return _read(scene.pochade.farm, FarmSettings)


def read_instant_settings(scene: bpy.types.Scene) -> InstantSettings:
    """The scene's settings for training a network."""
    return _read(scene.pochade.instant, InstantSettings)


def read_output_settings(scene: bpy.types.Scene) -> OutputSettings:
    """Where the scene's paintings are kept. Raises PochadeError for a name with fields that are unknown."""
    return _read(scene.pochade.output, OutputSettings)


def _read(chosen, kind: type):
    """Settings of this kind from the properties of `chosen`, with floats as they were typed."""
    values = {field.name: _usable(getattr(chosen, field.name), field) for field in fields(kind)}
    return kind(**without_noise(values))


def _usable(value, field):
    """A setting's value within its limits: another Pochade may have made the .blend, or anybody."""
    meta = field.metadata
    if "choices" in meta:
        return value if value in meta["choices"] else field.default
    if "low" not in meta:
        return value
    return field.default if math.isnan(value) else min(max(value, meta["low"]), meta["high"])


def write_settings(scene: bpy.types.Scene, settings: Settings) -> None:
    """Set every setting of the scene."""
    for name, value in asdict(settings).items():
        setattr(scene.pochade, name, value)


_CLASSES = (
    PochadeStyle,
    PochadeRegion,
    PochadeLayer,
    PochadeKey,
    PochadeAnimation,
    PochadeFarm,
    PochadeInstant,
    PochadeOutput,
    PochadeScene,
)


def register():
    for cls in _CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.Scene.pochade = PointerProperty(type=PochadeScene)


def unregister():
    del bpy.types.Scene.pochade
    for cls in reversed(_CLASSES):
        bpy.utils.unregister_class(cls)
