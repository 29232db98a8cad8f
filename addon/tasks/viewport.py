"""Live in a 3D viewport: what it shows is painted by a network, again whenever it, or a setting, has changed.

As Live in an Image Editor it asks Blender for what there is to paint when it has painted the last: so the
newest view is always the next one, and nothing is queued. Meanwhile the paintings that there are follow the
view; see viewport/screen.py.
"""

import time
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy
from bpy.app.handlers import persistent

from ...core.errors import PochadeError
from ...core.words import Sentence
from .. import job
from ..engine import runtime
from ..job import InBlender, Job
from ..preferences import engine_folders, machine
from ..scene import properties
from ..styles import presets
from ..viewport import seen as viewports
from ..viewport.capture import Camera
from ..viewport.screen import Screen
from ..viewport.seen import Changes, Seen
from . import live

if TYPE_CHECKING:
    import numpy as np

    from ...core.instant.views import View, ViewPainter
    from ...core.progress import Progress

SIDE = 480  # px that a view is painted in, along its longer side, with a Brush Size of 1
_SIDES = (64, 2048)
_SLOW = 0.4  # seconds for a painting: three in a row that take longer, and views are painted smaller


def require(context: bpy.types.Context) -> bpy.types.SpaceView3D:
    """The viewport that would be painted. Raises PochadeError. Cheap enough for a header."""
    space = viewports.viewport(context)
    if not space:
        raise PochadeError("Open a 3D viewport: that is what Live paints there")
    live.require_network(context.scene)
    return space


class _Work(NamedTuple):
    """A view to paint, and how."""

    view: "View"
    look: tuple


class ViewportLive:
    """One run of it. `problem` is why it cannot paint at present."""

    def __init__(self, context: bpy.types.Context):
        self.problem = ""
        space = require(context)
        self._space = space.as_pointer()
        self._engine_folders = engine_folders(context)
        self._machine = machine(context)
        self._camera, self._screen, self._changes = Camera(), Screen(), Changes()
        self._painter: ViewPainter | None = None
        self._look: tuple | None = None  # what the painter paints in
        self._load: Any = None
        self._signature: tuple | None = None  # of the newest view
        self._painted: tuple[View, np.ndarray] | None = None
        self._fresh = False
        self._redraws, self._shrink, self._slow = 0, 1.0, 0
        self._handler = bpy.types.SpaceView3D.draw_handler_add(self._draw, (), "WINDOW", "POST_VIEW")

    def steps(self) -> "Generator[Progress | InBlender, Any, None]":
        """For the job's thread, without an end."""
        runtime.load_engine(self._engine_folders, "instant")
        trouble = ""
        while True:
            work = yield InBlender(partial(self._next, trouble))
            began = time.monotonic()
            try:
                picture = yield from self._painter_for(work.look).paint(work.view)
                self._painted, trouble, self._fresh = (work.view, picture), "", True
            except PochadeError as error:
                trouble = str(error)
            self._keep_pace(time.monotonic() - began)

    def _painter_for(self, look: tuple) -> "ViewPainter":
        """The painter of a look, with what it has painted before."""
        from ...core.instant.views import ViewPainter

        if look != self._look or not self._painter:
            _, settings, loaders = look
            styles = [(load(), weight) for load, weight in loaders]
            self._painter, self._look = ViewPainter(styles, settings, self._machine), look
        return self._painter

    def _keep_pace(self, seconds: float) -> None:
        self._slow = self._slow + 1 if seconds > _SLOW else 0
        if self._slow == 3 and self._shrink > 0.5:
            self._slow, self._shrink = 0, self._shrink * 0.75

    # In Blender's thread.

    def end(self, ended: Job) -> None:
        """Give the viewport back as it was."""
        if self._handler:
            bpy.types.SpaceView3D.draw_handler_remove(self._handler, "WINDOW")
        self._handler = None
        self._changes.end()
        self._camera.free()
        self._screen.clear()
        if shown := viewports.find(self._space):
            shown.region.tag_redraw()
            job.redraw()

    def _next(self, trouble: str) -> object:
        """Show the newest painting or tell its trouble; the next view, if something has changed."""
        if trouble:
            self._tell(trouble)
        if viewports.is_closed(self._space):
            raise PochadeError("Live ended, for its 3D viewport was closed")
        shown = viewports.find(self._space)
        if not shown:
            return job.LATER
        if self._fresh:
            self._fresh = False
            self._screen.show(*self._painted)
            shown.region.tag_redraw()
        if job.busy() or bpy.app.is_job_running("RENDER"):
            return job.LATER
        try:
            return self._take(shown)
        except PochadeError as error:
            self._tell(str(error))
            return job.LATER

    def _take(self, shown: Seen) -> object:
        """The view as it is now, or LATER where nothing has changed since the last one."""
        scene = shown.window.scene
        live.require_network(scene)
        settings = replace(properties.read_settings(scene), method="instant", resolution="draft")
        size = self._size(shown.region, settings.style_scale)
        mix = presets.chosen_mix(scene)
        signature = (self._changes.signature(shown, self._redraws), settings, mix, size)
        if signature == self._signature:
            return job.LATER
        before, self._signature = self._signature, signature
        if not before or before[1:3] != signature[1:3]:
            self._load = [(presets.load_style(scene, entry), weight) for entry, weight in mix]
            self._named = mix, settings, self._load
        view = self._camera.take(
            (scene, shown.window.view_layer), shown.space, shown.region, _matrices(shown.view), size
        )
        self._tell("")
        return _Work(view, self._named)

    def _size(self, region: bpy.types.Region, brush_size: float) -> tuple[int, int]:
        """Width and height in px that a region is painted in: strokes have a size that the network learnt, so
        they are larger on the screen where that is smaller.
        """
        low, high = _SIDES
        longer = min(max(SIDE * self._shrink / brush_size, low), high)
        scale = longer / max(region.width, region.height)
        return max(round(region.width * scale), low), max(round(region.height * scale), low)

    def _draw(self) -> None:
        """The handler of every 3D viewport's drawing."""
        context = bpy.context
        if context.space_data.as_pointer() != self._space:
            return
        self._redraws += 1
        shown = viewports.find(self._space)
        if shown and context.region == shown.region:
            import numpy as np

            self._screen.draw(np.array(context.region_data.perspective_matrix, np.float64))

    def _tell(self, problem: str) -> None:
        if self.problem != problem:
            self.problem = problem
            job.redraw()


def _matrices(view: bpy.types.RegionView3D) -> tuple:
    return view.view_matrix.copy(), view.window_matrix.copy()


_live: ViewportLive | None = None
_job: Job | None = None


def current() -> Job | None:
    """The job of Live in a viewport, while it runs."""
    return _job if _job and _job.state == "running" else None


def is_live(space: bpy.types.Space | None) -> bool:
    """Whether this is the viewport that is painted."""
    return bool(current() and space and space.as_pointer() == _live._space)


def sentence() -> str:
    """A sentence for the artist: why it cannot paint, or why it ended; "" for none."""
    return _live.problem if current() else _job.sentence if _job else ""


def start(context: bpy.types.Context) -> Job:
    """Start it in the context's viewport, in the place of one that runs. Raises PochadeError."""
    global _live, _job
    require(context)
    stop()
    _live = ViewportLive(context)
    _job = Job("Live", _live.steps(), on_end=_live.end)
    _job.start()
    return _job


def stop(why: str = "") -> None:
    """End it at once, if it runs."""
    if current():
        current().stop(why)


@persistent
def _before_load(*_):
    stop(Sentence("Live ended, for another file was opened"))


def register():
    bpy.app.handlers.load_pre.append(_before_load)


def unregister():
    global _live, _job
    stop(Sentence("Pochade was switched off"))
    _live = _job = None
    bpy.app.handlers.load_pre.remove(_before_load)
