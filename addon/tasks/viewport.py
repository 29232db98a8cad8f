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
from ..blender import compat, images
from ..engine import runtime
from ..job import InBlender, Job
from ..preferences import engine_folders, machine
from ..scene import properties, recipes
from ..styles import presets
from ..viewport import seen as viewports
from ..viewport import witness
from ..viewport.capture import Camera, can_draw, drawn_alone, view_from
from ..viewport.display import DisplayTransform
from ..viewport.screen import Screen
from ..viewport.seen import Changes, Seen
from ..viewport.witness import Witness
from . import live
from .painting import push_undo

if TYPE_CHECKING:
    import numpy as np

    from ...core.instant.views import View, ViewPainter
    from ...core.progress import Progress

_BRUSHES = {"SCULPT", "VERTEX_PAINT", "WEIGHT_PAINT", "TEXTURE_PAINT"}  # modes of an object
_ALIKE, _NOISE = 0.01, 0.002  # a view whose colours differ by less is not painted again
SIDE = 480  # px that a view is painted in, along its longer side, with a Brush Size of 1
_SIDES = (64, 2048)


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
        self._named: tuple = ()  # what the artist has chosen: styles and settings, and how they are loaded
        self._signature: tuple | None = None  # of the newest view
        self._view_before: View | None = None
        self._painted: tuple[View, np.ndarray] | None = None
        self._fresh = False
        self._redraws = 0  # drawings of the viewport that are not Live's doing
        self._ours = False  # whether the next one is
        self._witness, self._still = Witness(), 0
        self._display: tuple[Any, DisplayTransform] | None = None  # and the view settings that it is of
        self._handlers = [
            bpy.types.SpaceView3D.draw_handler_add(handler, (), "WINDOW", when)
            for handler, when in ((self._before_drawing, "PRE_VIEW"), (self._draw, "POST_VIEW"))
        ]

    def steps(self) -> "Generator[Progress | InBlender, Any, None]":
        """For the job's thread, without an end."""
        runtime.load_engine(self._engine_folders, "instant")
        trouble = ""
        while True:
            work = yield InBlender(partial(self._next, trouble))
            try:
                picture = yield from self._painter_for(work.look).paint(work.view)
                self._painted, trouble, self._fresh = (work.view, picture), "", True
            except PochadeError as error:
                trouble = str(error)

    def _painter_for(self, look: tuple) -> "ViewPainter":
        """The painter of a look, with what it has painted before."""
        from ...core.instant.views import ViewPainter

        if look != self._look or not self._painter:
            _, settings, loaders = look
            styles = [(load(), weight) for load, weight in loaders]
            self._painter, self._look = ViewPainter(styles, settings, self._machine), look
        return self._painter

    # In Blender's thread.

    def end(self, ended: Job) -> None:
        """Give the viewport back as it was."""
        while self._handlers:
            bpy.types.SpaceView3D.draw_handler_remove(self._handlers.pop(), "WINDOW")
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
        if not shown or not can_draw():
            return job.LATER
        if self._fresh:
            self._fresh = False
            self._screen.show(*self._painted)
            shown.region.tag_redraw()
            self._ours = True
        if waits := _waits():
            self._signature = None  # it looks anew afterwards, and tells what there is to tell then
            self._tell(waits)
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
        size = size_to_paint(shown.region.width, shown.region.height, settings.style_scale)
        mix = presets.chosen_mix(scene)
        signature = (self._changes.signature(shown, self._redrawn(shown)), settings, mix, size)
        if signature == self._signature:
            return job.LATER
        view = self._view(shown, size)
        if not view:  # not drawn yet
            return job.LATER
        self._ours = True  # without its overlays for a moment
        before, self._signature = self._signature, signature
        if not before or before[1:3] != signature[1:3]:
            load = [(presets.load_style(scene, entry), weight) for entry, weight in mix]
            self._named = mix, settings, load
        elif self._is_as_before(view, witness.is_path_traced(shown.space, scene)):
            self._still += 1
            return job.LATER
        self._still, self._view_before = 0, view
        self._tell("")
        return _Work(view, self._named)

    def _redrawn(self, shown: Seen) -> int:
        """What counts a viewport's changes that the dependency graph does not know: strokes of a brush, and
        the samples of a path tracer, which are looked at twice a second, and less once they tell little.
        """
        if witness.is_path_traced(shown.space, shown.window.scene):
            return int(time.monotonic() / (0.5 * 2 ** min(self._still, 4)))
        active = shown.window.view_layer.objects.active
        return self._redraws if active and active.mode in _BRUSHES else 0

    def _is_as_before(self, view: "View", noisy: bool) -> bool:
        """Whether a view shows what the one before has shown; a `noisy` one on the average."""
        import numpy as np

        before = self._view_before
        if not before or before.colours.shape != view.colours.shape:
            return False
        if not np.array_equal(before.matrix, view.matrix):
            return False
        apart = np.abs(before.colours - view.colours)
        return bool(apart.mean() < _NOISE if noisy else apart.max() < _ALIKE)

    def _view(self, shown: Seen, size: tuple[int, int]) -> "View | None":
        """What the viewport shows now, None where that can be known only at its next drawing."""
        scene, space = shown.window.scene, shown.space
        if witness.has_depth_offscreen(space, scene):
            return self._camera.take(shown, _matrices(shown.view), size)
        traced = witness.is_path_traced(space, scene)
        if traced and not compat.BINDS_LIGHT_BEFORE_VIEWS:
            raise PochadeError(
                "Live cannot see what {engine} draws before Blender 5.2: choose another shading, or EEVEE",
                engine=scene.render.engine.title(),
            )
        drawn = self._witness.ask(shown.region, light=traced)
        if not drawn:
            return None
        depth = witness.small_depth(drawn.depth, size, _depth_of_turning(shown.view))
        if not traced:
            return replace(self._camera.take(shown, drawn.matrices, size), depth=depth[::-1])
        colours = self._display_of(scene)(witness.small_light(drawn.light, size))
        return view_from(colours, depth, drawn.matrices)

    def _display_of(self, scene: bpy.types.Scene) -> DisplayTransform:
        settings = images.display_settings(scene)
        if not self._display or self._display[0] != settings:
            self._display = settings, DisplayTransform(scene)
        return self._display[1]

    def _before_drawing(self) -> None:
        """The handler before every 3D viewport's drawing."""
        if shown := self._drawn_now():
            self._witness.before(shown.region)

    def _draw(self) -> None:
        """The handler after every 3D viewport's drawing, below gizmos and words."""
        if shown := self._drawn_now():
            import numpy as np

            self._redraws += not self._ours
            self._ours = False
            self._witness.after(shown.region, shown.view)
            self._screen.draw(np.array(shown.view.perspective_matrix, np.float64))

    def _drawn_now(self) -> Seen | None:
        """The viewport, if it is the one that is being drawn."""
        context = bpy.context
        if context.space_data.as_pointer() != self._space:
            return None
        shown = viewports.find(self._space)
        return shown if shown and context.region == shown.region else None

    def picture(self) -> "np.ndarray":
        """What is shown now, (H, W, 3), as large as the viewport."""
        import numpy as np

        shown = viewports.find(self._space)
        size = shown.region.width, shown.region.height
        plain = self._camera.take(shown, _matrices(shown.view), size)
        matrix = np.array(shown.view.perspective_matrix, np.float64)
        drawn = drawn_alone(size, partial(self._screen.draw, matrix))
        return drawn[..., :3] + (1 - drawn[..., 3:]) * plain.colours

    def sign(self, image: bpy.types.Image) -> None:
        """Store on an image how it was painted."""
        mix, settings, _ = self._named
        images.record_recipe(
            image, source="", style=presets.names_of(mix), settings=settings, choices=recipes.choices_of(mix)
        )

    def _tell(self, problem: str) -> None:
        if self.problem != problem:
            self.problem = problem
            job.redraw()


def _waits() -> str:
    """Why Live rests, the last painting in its place: a sentence, or ""."""
    rendering = bpy.app.is_job_running("RENDER")
    return job.busy() or (Sentence("Live goes on after the render") if rendering else "")


def size_to_paint(width: int, height: int, brush_size: float) -> tuple[int, int]:
    """Width and height in px that so large a view is painted in: strokes have a size that the network learnt,
    so they are larger on the screen where that is smaller.
    """
    low, high = _SIDES
    scale = min(max(SIDE / brush_size, low), high) / max(width, height)
    return max(round(width * scale), low), max(round(height * scale), low)


def _depth_of_turning(view: bpy.types.RegionView3D) -> float:
    """The depth of the point that a view is turned about."""
    *_, z, w = view.perspective_matrix @ view.view_location.to_4d()
    return min(max((z / max(w, 1e-6) + 1) / 2, 0.0), 1.0)  # w is 0 where it is turned about itself


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


def require_painted(space: bpy.types.Space | None) -> None:
    """Raise PochadeError where a viewport shows no painting."""
    if not is_live(space) or not _live._painted:
        raise PochadeError("Switch Live on in this viewport first")


def keep(context: bpy.types.Context) -> str:
    """Make what the context's viewport shows an image; returns its name. Raises PochadeError."""
    require_painted(context.space_data)
    scene = context.scene
    style = presets.names_of(presets.chosen_mix(scene))
    image = images.write_result(f"{scene.name}, {style}", _live.picture())
    _live.sign(image)
    scene.pochade.result = image
    push_undo(Sentence("Viewport to Image"))
    return image.name


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
