"""Stop the running job, from a button in any window or with ESC over any Image Editor."""

import bpy
from bpy.props import BoolProperty

from .. import job
from ..tasks import live


class POCHADE_OT_cancel(bpy.types.Operator):
    """Stop the running job and leave everything as it was before, or end Live"""

    bl_idname = "pochade.cancel"
    bl_label = "Cancel"

    keep: BoolProperty(name="Keep", options={"SKIP_SAVE"}, description="Keep what there is so far")

    @classmethod
    def poll(cls, context):
        if not _running():
            cls.poll_message_set("Nothing is running")
            return False
        return True

    @classmethod
    def description(cls, context, properties):
        return "Stop, and keep what there is so far" if properties.keep else cls.__doc__

    def execute(self, context):
        _running().cancel(keep=self.keep)
        job.redraw()
        return {"FINISHED"}


def _running() -> job.Job | None:
    return job.current() or live.current()


CLASSES = (POCHADE_OT_cancel,)

_keys: list[tuple[bpy.types.KeyMap, bpy.types.KeyMapItem]] = []


def register_keys():
    """ESC, in the key map of every Image Editor; where nothing is running it does there what it
    always did.
    """
    keymap = bpy.context.window_manager.keyconfigs.addon.keymaps.new(
        "Image Generic", space_type="IMAGE_EDITOR"
    )
    _keys.append((keymap, keymap.keymap_items.new(POCHADE_OT_cancel.bl_idname, "ESC", "PRESS")))


def unregister_keys():
    while _keys:
        keymap, item = _keys.pop()
        keymap.keymap_items.remove(item)
