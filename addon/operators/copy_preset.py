"""Keep the picked preset in another place as well."""

import bpy
from bpy.props import EnumProperty

from ..scene import library
from .changes_preset import ChangesPreset
from .save_preset import PLACES


class POCHADE_OT_copy_preset(ChangesPreset, bpy.types.Operator):
    """Keep this preset in another place too"""

    bl_idname = "pochade.copy_preset"
    bl_label = "Copy Preset"
    own = False

    place: EnumProperty(name="Keep In", description="Where the copy is kept", items=PLACES)

    def change(self, context):
        library.copy(context.scene, self.place)


CLASSES = (POCHADE_OT_copy_preset,)
