"""What a style is chosen with: for the scene, for what is mixed with it, and for a region."""

import bpy
from bpy.props import EnumProperty, FloatProperty, PointerProperty, StringProperty

from ..styles import gallery, keys, presets


def is_picture(_, image: bpy.types.Image) -> bool:
    return image.type == "IMAGE"


STYLE_KINDS = [
    (
        "PRESET",
        "Preset",
        "A style that comes with Pochade, or that was saved in this project",
        "BRUSH_DATA",
        0,
    ),
    ("IMAGE", "Image", "Any picture", "IMAGE_DATA", 1),
]  # of everything
_KEYS = (
    keys.KIND,
    "Keys",
    "The strokes of the animation's keys, each near its own frame",
    "KEYFRAME_HLT",
    3,  # 2 is a region's Untouched
)


class PochadeStyleChoice:
    """The properties of whatever a style is chosen for."""

    style_kind: EnumProperty(
        name="Style", description="Where the style comes from", items=[*STYLE_KINDS, _KEYS]
    )
    # The name is what a .blend keeps; numbers of a list that grows and shrinks mean nothing tomorrow.
    preset_id: StringProperty(options={"HIDDEN"}, update=presets.update_preset_image)
    preset_image: PointerProperty(type=bpy.types.Image, options={"HIDDEN"})
    preset: EnumProperty(
        name="Preset",
        description="The style to paint in",
        items=gallery.by_family,
        get=presets.get_picked,
        set=presets.set_picked,
    )
    gallery: EnumProperty(
        name="Preset",
        description="The style to paint in: those that Family, Search and Favorites leave",
        options=set(),
        items=gallery.enum_items,
        get=presets.get_picked,
        set=presets.set_picked,
    )
    style_image: PointerProperty(
        type=bpy.types.Image,
        name="Style Image",
        description="The picture whose style is taken",
        poll=is_picture,
    )
    weight: FloatProperty(
        name="Weight",
        description="How much this style counts beside the others",
        default=1,
        min=0,
        soft_max=1,
    )
