"""One painting: what it takes from Blender, the steps for the job's thread, and the way back into Blender.

Between start and end the artist may undo, delete, rename and close whatever they like: the scene is found
again whatever its name is by then, and need not be there.
"""

import time
from collections.abc import Generator
from functools import cache
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.settings import Settings, settings_to_json
from ...core.words import Sentence, duration, joined
from .. import pace
from ..blender import images, names, picture_files, rendered, results
from ..blender.borrowed import SceneHandle
from ..blender.canvas import Canvas, image_editor
from ..engine import encoders
from ..job import Job, in_window
from ..preferences import engine_folders, engine_status, machine
from ..scene import properties, recipes, saving
from ..shots import unpainted
from ..styles import presets, regions

if TYPE_CHECKING:
    import numpy as np


def find_source(context: bpy.types.Context) -> bpy.types.Image:
    """The image that would be painted. Raises PochadeError when there is none.

    A painting stands for the picture that it was painted from, so that another try needs no way back; a
    painted sequence for what was shown before.
    """
    if context.scene.pochade.source == "RENDER":
        chosen = images.find_render()
    else:
        editor = image_editor(context)
        chosen = editor.image if editor else None
    if not chosen:
        raise PochadeError("Open an image in the Image Editor, or render the scene (F12)")
    source = images.find_image(images.source_of(chosen)) or chosen
    if images.is_far(source):
        source = chosen
    if results.frames_of(source):
        raise PochadeError(
            "{name} is a painted animation: show the picture to paint, or choose Render as Source",
            name=source.name,
        )
    # Of a sequence Blender may not know the size.
    if source.source != "SEQUENCE" and not images.source_size(source, context.scene):
        raise PochadeError(rendered.without_pixels(source))
    return source


def paints_render(context: bpy.types.Context) -> bool:
    """Whether the source is the render, be it there already or not."""
    try:
        return context.scene.pochade.source == "RENDER" or images.is_render_result(find_source(context))
    except PochadeError:
        return False


def settle_method(context: bpy.types.Context) -> None:
    """Set the scene's Method to Instant where there is no engine for its default, and nobody has chosen one.

    Raises PochadeError where the Method needs an engine.
    """
    method, chosen = method_to_paint_with(context), context.scene.pochade
    if method != chosen.method:
        chosen.method = method


def method_to_paint_with(context: bpy.types.Context) -> str:
    """What the scene's Method will be once something is painted, see `settle_method`. Raises PochadeError."""
    chosen, status = context.scene.pochade, engine_status(context)
    if status.ready or chosen.method == "instant":
        return chosen.method
    try:
        presets.check_trained(presets.mixed_styles(context.scene), "instant")
    except PochadeError as error:
        raise PochadeError(status.elsewhere) from error
    if chosen.is_property_set("method"):
        raise PochadeError("{elsewhere}, or set Method to Instant", elsewhere=status.elsewhere)
    return "instant"


class Painting:
    """A painting of `source` with the scene's styles, regions and settings. Raises PochadeError.

    Live paints again and again: with `settings` and a `canvas` of its own, and what it has read for an
    `earlier` painting, unless source, styles or regions have changed since. A `variation` is named by what it
    does differently.
    """

    def __init__(
        self,
        context: bpy.types.Context,
        source: bpy.types.Image,
        *,
        settings: Settings | None = None,
        canvas: Canvas | None = None,
        earlier: "Painting | None" = None,
        variation: str = "",
    ):
        scene = context.scene
        if not settings:
            settle_method(context)
        mix = presets.chosen_mix(scene)
        self._scene = SceneHandle(scene)
        self._source = source.name_full
        self._style = presets.names_of(mix)
        self.what = names.of_source(source)
        self.title = names.of_painting(source, self._style, variation)
        self._choices = recipes.choices_of(mix)
        self._settings = settings or properties.read_settings(scene)
        self._place = saving.place(scene, source)
        self._named = ", ".join(filter(None, (self._style, variation)))
        self.where = ""  # a sentence: the file that it was written to
        self.trouble = ""  # or why it was not
        self._encoder = encoders.file_to_paint_with(self._settings)
        self._canvas = canvas or Canvas(context, self.title, self.sign)
        if earlier:
            self._picture = earlier._picture
            self._mix = earlier._mix
            self._load_parts = earlier._load_parts
        else:
            editor = image_editor(context)
            self._picture = unpainted.read_source(scene, source, editor.image_user if editor else None)
            self._mix = [(cache(presets.load_style(scene, entry)), weight) for entry, weight in mix]
            self._load_parts = cache(regions.load_parts(scene, source, self._picture))
        self._engine_folders = engine_folders(context)
        self._machine = machine(context)
        self._task = pace.still(self._settings, self._picture.shape, self._machine)
        self._started = time.monotonic()

    def steps(self) -> "Generator[Progress, None, np.ndarray]":
        """For the job's thread: loading PyTorch takes seconds."""
        pace.load_engine(self._engine_folders, self._settings.method)
        from ...core.still.stylize import stylize_image

        styles = [(load(), weight) for load, weight in self._mix]
        parts = self._load_parts()
        painting = stylize_image(
            self._picture,
            styles,
            self._settings,
            self._machine,
            regions=parts.regions,
            objects=parts.objects,
            encoder_file=self._encoder,
        )
        return (yield from pace.timed(self._task, painting))

    @property
    def details(self) -> str:
        """Lines on the painting for a report of the job."""
        height, width = self._picture.shape[:2]
        return (
            f"Source: {width} x {height} px\nStyle: {self._style}\nSettings: "
            f"{settings_to_json(self._settings)}"
        )

    def show(self, picture: "np.ndarray") -> None:
        """Show the painting so far in the editor that it was started from."""
        self._canvas.show(picture)

    def end(self, job: Job) -> None:
        """Write the painting, or clear its traces away."""
        picture = job.result if job.state == "done" else job.picture if job.keep else None
        if picture is not None:
            self.write(picture)
            took = duration(time.monotonic() - self._started)
            done = (
                Sentence("Painted {what} in {took}", what=self.what, took=took)
                if job.state == "done"
                else Sentence("Stopped; the painting of {what} is kept as it was", what=self.what)
            )
            job.sentence = joined(filter(None, (done, self.where, self.trouble)), ". ")
        else:
            self.clear()

    def write(self, picture: "np.ndarray") -> None:
        """Keep a finished picture, as a step of undo."""
        self.keep(picture)
        push_undo(Sentence("Stylize {title}", title=self.title))

    def keep(self, picture: "np.ndarray") -> bpy.types.Image:
        """Keep a finished picture: in its image or its file, and as the scene's result."""
        image = self._canvas.keep(picture)
        if self._place:
            self._write(image, picture)
        if scene := self._scene.get():
            scene.pochade.result = image
        return image

    def _write(self, image: bpy.types.Image, picture: "np.ndarray") -> None:
        """Have the image be a file; where that cannot be written it stays in the .blend."""
        recipe = recipes.of_painting(self._source, self._style, self._choices, self._settings)
        try:
            file = self._place.write(picture, self._named, self._settings.seed, recipe)
            picture_files.refer_to(image, file)
            self.where = Sentence("It is {name}", name=file.name)
        except PochadeError as error:
            self.trouble = Sentence("It is in the .blend. {error}", error=error)

    def show_instead(self, image: bpy.types.Image) -> None:
        """Show another image where the painting is shown."""
        self._canvas.show_instead(image)

    def clear(self) -> None:
        """Leave no trace of the painting."""
        self._canvas.remove()

    def sign(self, image: bpy.types.Image) -> None:
        """Store on an image how it was painted."""
        images.record_recipe(
            image, source=self._source, style=self._style, settings=self._settings, choices=self._choices
        )


def push_undo(message: str) -> None:
    """Take the step of undo that a job's end is."""
    with in_window():
        bpy.ops.ed.undo_push(message=message)
