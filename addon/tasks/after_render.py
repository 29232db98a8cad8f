"""Stylize after Render: a finished render is painted at once, where the scene asks for it."""

import logging

import bpy
from bpy.app.handlers import persistent

from ...core.errors import PochadeError
from ...core.words import Sentence
from .. import job
from ..blender import images
from ..blender.borrowed import SceneHandle
from .painting import Painting

POLL_EVERY = 0.2  # seconds between two checks whether Blender has finished with the render

_log = logging.getLogger(__name__)
_rendered: SceneHandle | None = None  # the scene whose render waits to be painted


@persistent
def _on_complete(scene, *_):
    """In the render's own thread, where bpy is off limits: leave word. In the background paint now."""
    global _rendered
    if not scene.pochade.after_render or job.current():  # a job's own renders
        return
    _rendered = SceneHandle(scene)
    if bpy.app.background:
        _paint()
    elif not bpy.app.timers.is_registered(_paint):
        bpy.app.timers.register(_paint, first_interval=POLL_EVERY)


def _paint() -> float | None:
    """The timer's function: paint once the render is over. Returns the seconds to the next call, or None."""
    global _rendered
    if not bpy.app.background and bpy.app.is_job_running("RENDER"):
        return POLL_EVERY
    scene, _rendered = _rendered and _rendered.get(), None
    render = images.find_render()
    if not scene or not render or job.current():
        return None
    try:
        with bpy.context.temp_override(scene=scene, **_editor(render)):
            work = Painting(bpy.context, render)
        if bpy.app.background:
            done = job.Job(work.title, work.steps(), on_end=work.end)
            done.run()
        else:
            job.start(
                Sentence("Painting {title}", title=work.title),
                work.steps(),
                details=work.details,
                on_picture=work.show,
                on_end=work.end,
            )
    except PochadeError as error:
        _log.error("The render was not painted: %s", error)
    return None


def _editor(image: bpy.types.Image) -> dict:
    """The window and the Image Editor that show this image, for a context, if there are any."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR" and area.spaces.active.image == image:
                return {"window": window, "area": area}
    return {}


def register():
    bpy.app.handlers.render_complete.append(_on_complete)


def unregister():
    bpy.app.handlers.render_complete.remove(_on_complete)
    if bpy.app.timers.is_registered(_paint):
        bpy.app.timers.unregister(_paint)
