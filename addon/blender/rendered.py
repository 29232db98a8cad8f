"""Whether there is a render. Blender tells nobody, and what a .blend keeps of a Render Result is its name."""

import bpy
from bpy.app.handlers import persistent

from ...core.words import Sentence

MISSING = Sentence("There is no render yet; render the frame first (F12)")

_known = False  # whether every render since the file was opened has been heard of
_scenes: set[int] = set()  # those that were rendered since, by session_uid


def is_there(result: bpy.types.Image, scene: bpy.types.Scene) -> bool:
    """Whether the Render Result shows a render of the scene. What was never heard of may still be seen: a
    render of the viewport, say.
    """
    return not _known or scene.session_uid in _scenes or result.has_data


def without_pixels(image: bpy.types.Image) -> str:
    """What the artist is to do about an image that shows nothing."""
    if image.type == "RENDER_RESULT":
        return MISSING
    return Sentence(
        "{name} has no pixels in Blender; check that its file exists, or paint it with Stylize Files, which "
        "reads more: several layers, for instance, and GIF",
        name=image.name,
    )


@persistent
def _after_render(scene, *_):  # in the render's own thread
    _scenes.add(scene.session_uid)


@persistent
def _after_load(*_):
    global _known
    _known = True
    _scenes.clear()


_HANDLERS = {"render_complete": _after_render, "render_cancel": _after_render, "load_post": _after_load}


def register():
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)


def unregister():
    global _known
    _known = False
    _scenes.clear()
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
