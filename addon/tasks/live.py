"""Live: what an Image Editor shows is painted by a network, again whenever it, or a setting, has changed.

A job beside the artist's own one, which it makes way for. It asks Blender for what there is to paint when it
has painted the last: so the newest state is always the next one, and what it had no time for is never
painted. Blender does not tell who changes pixels, but has the dependency graph told of images when somebody
paints, loads or reloads one.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import bpy
from bpy.app.handlers import persistent

from ...core.errors import PochadeError
from ...core.words import Sentence
from .. import job
from ..blender import images, names
from ..blender.canvas import Canvas, image_editor
from ..engine import runtime
from ..job import InBlender, Job
from ..preferences import engine_folders
from ..scene import properties
from ..styles import presets
from . import painting
from .painting import Painting

if TYPE_CHECKING:
    import numpy as np

    from ...core.progress import Progress

_IMAGE = ("session_uid", "filepath", "is_float", "use_view_as_render", "alpha_mode")


def require(context: bpy.types.Context) -> bpy.types.Image:
    """The image that Live would paint. Raises PochadeError. Cheap enough for a panel."""
    if not image_editor(context):
        raise PochadeError("Live paints in an Image Editor: start it there")
    require_network(context.scene)
    return painting.find_source(context)


def require_network(scene: bpy.types.Scene) -> None:
    """Raise PochadeError where the scene's style cannot be painted live."""
    mix = presets.mixed_styles(scene)
    if len(mix) > 1:
        raise PochadeError("Live paints in one style: remove the others")
    ((style, _),) = mix
    if not style.instant:
        raise PochadeError("No network has learnt {name} yet: use Train Instant Style", name=style.name)


class Live:
    """One run of it, in the editor that it is started from. `problem` is why it cannot paint at present."""

    def __init__(self, context: bpy.types.Context):
        self.problem = ""
        self._canvas = Canvas(context, "", self._sign)
        self._engine_folders = engine_folders(context)
        self._state: tuple | None = None  # what the newest painting is made of
        self._work: Painting | None = None
        self._painted: tuple[Painting, np.ndarray] | None = None
        self._fresh = False  # it has not been shown yet
        self._edits, self._ours = 0, False
        self._handlers = (
            (bpy.app.handlers.depsgraph_update_post, self._on_update),
            (bpy.app.handlers.render_complete, self._on_render),
            (bpy.app.handlers.render_cancel, self._on_render),
            (bpy.app.handlers.composite_post, self._on_render),
        )
        for handlers, handler in self._handlers:
            handlers.append(handler)

    def steps(self) -> "Generator[Progress | InBlender, Painting, None]":
        """For the job's thread, without an end."""
        runtime.load_engine(self._engine_folders, "instant")
        trouble = ""
        while True:
            work = yield InBlender(lambda trouble=trouble: self._next(trouble))
            try:
                self._painted, trouble = (work, (yield from work.steps())), ""
                self._fresh = True
            except PochadeError as error:
                trouble = str(error)

    # In Blender's thread.

    def end(self, ended: Job) -> None:
        """Leave the last painting as any other."""
        for handlers, handler in self._handlers:
            if handler in handlers:  # loading a file removes them
                handlers.remove(handler)
        going = ended.state == "cancelled" and ended.sentence  # the file is, or Pochade
        if self._painted and self._canvas.image and not going:
            work, picture = self._painted
            work.write(picture)
        self._canvas.leave()

    def _next(self, trouble: str) -> object:
        """Show the last painting or tell its `trouble`; the next painting, if something has changed."""
        if trouble:
            self._work = None
            self._tell(trouble)
        if self._fresh:
            self._show(*self._painted)
        if self._canvas.is_closed():
            raise PochadeError("Live ended, for its Image Editor was closed")
        seen = next(self._canvas.seen(), None)
        if not seen or job.busy() or bpy.app.is_job_running("RENDER"):
            return job.LATER
        window, area, _ = seen
        with bpy.context.temp_override(window=window, area=area):
            try:
                return self._begin(bpy.context)
            except PochadeError as error:
                self._tell(str(error))
                return job.LATER

    def _begin(self, context) -> object:
        """A painting of the source as it is now, or LATER where nothing has changed since the last one."""
        scene, source = context.scene, require(context)
        if source == self._canvas.image:
            raise PochadeError("The picture that Live has painted is gone: open another one")
        settings = replace(properties.read_settings(scene), method="instant", resolution="draft")
        taken = (
            self._edits,
            _seen(context, source),
            presets.chosen_mix(scene),
            [_values(region) for region in scene.pochade.regions],
        )
        if self._state == (taken, settings):
            if self._work:
                self._tell("")  # whatever it was, it has been undone
            return job.LATER
        earlier = self._work if self._state and self._state[0] == taken else None
        self._state, self._work = (taken, settings), None
        with self._at_it():
            self._work = Painting(context, source, settings=settings, canvas=self._canvas, earlier=earlier)
        self._tell("")
        return self._work

    def _show(self, work: Painting, picture: "np.ndarray") -> None:
        self._fresh = False
        with self._at_it():
            if self._canvas.image:
                if self._canvas.title != work.title:
                    self._canvas.image.name = names.free(work.title)
                work.sign(self._canvas.image)
            self._canvas.title = work.title
            self._canvas.show_newest(picture)

    def _sign(self, image: bpy.types.Image) -> None:
        self._painted[0].sign(image)

    def _tell(self, problem: str) -> None:
        if self.problem != problem:
            self.problem = problem
            job.redraw()

    @contextmanager
    def _at_it(self) -> Iterator[None]:
        """Changes of images meanwhile are Live's own: it updates the graph before and after to tell."""
        bpy.context.view_layer.update()
        self._ours = True
        try:
            yield
            bpy.context.view_layer.update()
        finally:
            self._ours = False

    def _on_update(self, _, graph) -> None:
        if not self._ours and graph.id_type_updated("IMAGE"):
            self._edits += 1

    def _on_render(self, *_) -> None:  # in the render's thread
        self._edits += 1


def _seen(context, source) -> tuple:
    """All that decides how a source is read, and which frame of it."""
    scene, user = context.scene, image_editor(context).image_user
    # Blender warns of a render's.
    space = None if images.is_render_result(source) else source.colorspace_settings.name
    return (
        scene.session_uid,
        images.source_size(source, scene),
        images.frame_shown(scene, user) if source.source == "SEQUENCE" else None,
        source.render_slots.active_index,
        space,
        *(getattr(source, name) for name in _IMAGE),
        *images.display_settings(scene),
    )


def _values(group) -> list:
    """The values of a group's properties, data-blocks by their number."""
    values = [getattr(group, each.identifier) for each in group.bl_rna.properties]
    return [getattr(value, "session_uid", value) for value in values]


_live: Live | None = None
_job: Job | None = None


def current() -> Job | None:
    """Live's job, while it runs."""
    return _job if _job and _job.state == "running" else None


def sentence() -> str:
    """A sentence for the artist: why it cannot paint, or why it ended; "" for none."""
    return _live.problem if current() else _job.sentence if _job else ""


def start(context: bpy.types.Context) -> Job:
    """Start Live in the context's Image Editor. Raises PochadeError as `require` does."""
    global _live, _job
    require(context)
    _live = Live(context)
    _job = Job("Live", _live.steps(), on_end=_live.end)
    _job.start()
    return _job


@persistent
def _before_load(*_):
    if current():
        current().stop(Sentence("Live ended, for another file was opened"))


def register():
    bpy.app.handlers.load_pre.append(_before_load)


def unregister():
    global _live, _job
    if current():
        current().stop(Sentence("Pochade was switched off"))
    _live = _job = None
    bpy.app.handlers.load_pre.remove(_before_load)
