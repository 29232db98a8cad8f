"""Stylize after Render: a finished render is painted at once, where the scene asks for it: a frame as a
picture, an animation as a sequence, from the files that the render has written.

Painting each frame while the next one is rendered would take the processor from both, and Blender does not
let a render's thread save what it has rendered.
"""

from collections.abc import Iterator
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ...core.progress import Progress
from ...core.words import Sentence
from .. import job
from ..blender import images
from ..blender.borrowed import SceneHandle
from .animation import Animation
from .painting import Painting

POLL_EVERY = 0.2  # seconds between two checks whether Blender has finished with the render

_rendered: SceneHandle | None = None  # the scene whose render waits to be painted


_frames: list[int] = []  # those that it has written so far

NO_FILES = Sentence(
    "The animation was rendered and {path} is not there: choose where its frames go in the output "
    "properties, and render it again"
)


@persistent
def _on_begin(*_):
    _frames.clear()


@persistent
def _on_write(scene, *_):
    """In the render's own thread."""
    _frames.append(scene.frame_current)


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
            work = _animation(scene) if len(_frames) > 1 else Painting(bpy.context, render)
    except PochadeError as error:
        work = _Unpainted(error)
    if bpy.app.background:
        job.Job(work.title, work.steps(), on_end=work.end).run()
    else:
        job.start(
            Sentence("Painting {title}", title=work.title),
            work.steps(),
            details=getattr(work, "details", ""),
            on_picture=work.show,
            on_end=work.end,
        )
    return None


class _Unpainted:
    """A render that cannot be painted: its job fails at once, and the panel tells why as of any other."""

    title, show, end = Sentence("the render"), None, None

    def __init__(self, error: PochadeError):
        self._error = error

    def steps(self) -> Iterator[Progress]:
        raise PochadeError("The render was not painted: {error}", error=self._error)
        yield


def _animation(scene: bpy.types.Scene) -> Animation:
    """The painting of the frames that were rendered. The panel shows them, and Stylize Animation goes on with
    them. Raises PochadeError.
    """
    chosen = scene.pochade.animation
    path = scene.render.frame_path(frame=_frames[0])
    if not is_regular(Path(path)):
        raise PochadeError(NO_FILES, path=path)
    chosen.source, chosen.path = "FILES", path
    chosen.own_range = not scene.render.is_movie_format  # a movie has no other frames, and counts from 1
    chosen.first, chosen.last = min(_frames), max(_frames)
    return Animation(bpy.context)


def _editor(image: bpy.types.Image) -> dict:
    """The window and the Image Editor that show this image, for a context, if there are any."""
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "IMAGE_EDITOR" and area.spaces.active.image == image:
                return {"window": window, "area": area}
    return {}


def _handlers() -> list[tuple]:
    handlers = bpy.app.handlers
    return [
        (handlers.render_init, _on_begin),
        (handlers.render_write, _on_write),
        (handlers.render_complete, _on_complete),
    ]


def register():
    for handlers, handler in _handlers():
        handlers.append(handler)


def unregister():
    for handlers, handler in _handlers():
        handlers.remove(handler)
    if bpy.app.timers.is_registered(_paint):
        bpy.app.timers.unregister(_paint)
