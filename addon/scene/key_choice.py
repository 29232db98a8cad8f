"""A key as a scene keeps it."""

import bpy
from bpy.props import IntProperty, PointerProperty, StringProperty

from ..styles import keys


class PochadeKey(bpy.types.PropertyGroup):
    """A frame that the artist has painted, or is to paint."""

    frame: IntProperty(name="Frame", description="The frame that this is the painting of", options=set())
    image: PointerProperty(
        type=bpy.types.Image,
        name="Image",
        description="The painted frame; where it is clear, the frame is painted by Pochade",
        poll=lambda _, image: keys.can_be_key(image),
    )
    # The digests of its picture and of its frame's source, as `keys.remember_sources` writes them.
    source: StringProperty(options={"HIDDEN"})
