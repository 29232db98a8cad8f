"""What the artist sets in the panel, kept in the scene: generated from core.settings, and the choice of source and style."""

from dataclasses import asdict, fields

import bpy
from bpy.props import EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty

from ..core.settings import Settings, without_noise
from . import encoders, presets


def _property(field):
    """The Blender property of one field of Settings."""
    meta = field.metadata
    shared = {"name": meta["label"], "description": meta["description"], "default": field.default}
    if "choices" in meta:
        return EnumProperty(items=[(value, *texts) for value, texts in meta["choices"].items()], **shared)
    if "low" not in meta:
        return StringProperty(options={"HIDDEN"}, **shared)
    limits = {"min": meta["low"], "max": meta["high"], "soft_max": meta["soft"], "subtype": meta["unit"]}
    if field.type is int:
        return IntProperty(**limits, **shared)
    return FloatProperty(precision=3, **limits, **shared)


def _is_picture(_, image: bpy.types.Image) -> bool:
    return image.type == "IMAGE"


_ENCODER = Settings.__dataclass_fields__["encoder"].metadata


class PochadeScene(bpy.types.PropertyGroup):
    """`scene.pochade`: every field of Settings, by its name, and these."""

    source: EnumProperty(
        name="Source", description="The picture to paint",
        items=[("SHOWN", "Image", "The image that the editor shows; for a painting, the picture that it was painted from"),
               ("RENDER", "Render", "The last render, as the scene's view transform shows it")])
    style_kind: EnumProperty(
        name="Style", description="Where the style comes from",
        items=[("PRESET", "Preset", "A style that comes with Pochade, or that was saved in this project"),
               ("IMAGE", "Image", "Any picture")])
    # The name is what a .blend keeps; numbers of a list that grows and shrinks mean nothing tomorrow.
    preset_id: StringProperty(options={"HIDDEN"})
    preset: EnumProperty(
        name="Preset", description="The style to paint in; picking one also sets what it recommends",
        items=presets.enum_items, get=presets.get_picked, set=presets.set_picked)
    encoder_choice: EnumProperty(
        name=_ENCODER["label"], description=_ENCODER["description"],
        items=encoders.enum_items, get=encoders.get_number, set=encoders.set_number)
    style_image: PointerProperty(
        type=bpy.types.Image, name="Style Image", description="The picture whose style is taken", poll=_is_picture)
    result: PointerProperty(
        type=bpy.types.Image, name="Result", description="The newest painting of this scene", poll=_is_picture)


PochadeScene.__annotations__.update({field.name: _property(field) for field in fields(Settings)})

# What panels draw in the place of a setting that is a name.
MENUS = {"encoder": "encoder_choice"}


def read_settings(scene: bpy.types.Scene) -> Settings:
    """The scene's settings, with floats as they were typed."""
    return Settings(**without_noise({field.name: getattr(scene.pochade, field.name) for field in fields(Settings)}))


def write_settings(scene: bpy.types.Scene, settings: Settings) -> None:
    """Set every setting of the scene."""
    for name, value in asdict(settings).items():
        setattr(scene.pochade, name, value)


def register():
    bpy.utils.register_class(PochadeScene)
    bpy.types.Scene.pochade = PointerProperty(type=PochadeScene)


def unregister():
    del bpy.types.Scene.pochade
    bpy.utils.unregister_class(PochadeScene)
