"""One training of an instant style: what it takes from Blender, the steps for the job's thread, and the way
back into Blender.
"""

import hashlib
import json
import time
from collections.abc import Callable, Generator, Hashable
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bpy

from ...core.encoders.files import EncoderFile
from ...core.errors import PochadeError
from ...core.files.atomic import cannot_write
from ...core.files.photos import find_photos
from ...core.progress import Progress, finish
from ...core.settings import LEARNT, InstantSettings, Settings
from ...core.words import duration
from .. import job
from ..blender import images
from ..blender.canvas import Canvas, image_editor
from ..engine import encoders, runtime
from ..preferences import engine_folders, machine, training_folder
from ..scene import properties
from ..styles import presets
from . import painting

if TYPE_CHECKING:
    import numpy as np

    from ...core.instant.network import Network

ADDED = ", instant"  # to the style's name, for the preset that it becomes


@dataclass(frozen=True)
class Plan:
    """What the scene's choices have a network learn."""

    entry: presets.Entry
    name: str
    look: Settings
    training: InstantSettings
    photos: Path
    encoder: EncoderFile

    @property
    def checkpoint(self) -> str:
        """The name of the file that a training is kept in until it is finished."""
        slug = self.entry.preset.slug if self.entry.preset else ""
        identity = [
            self.name,
            slug,
            asdict(self.look),
            asdict(replace(self.training, iterations=1)),
            str(self.photos),
            self.encoder.name,
        ]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16] + ".training"


def plan(scene: bpy.types.Scene) -> Plan:
    """What would be trained. Raises PochadeError for what the artist has yet to choose; drawing may ask, for
    no file is read.
    """
    mix = presets.mixed_styles(scene)
    if len(mix) > 1:
        raise PochadeError("A network learns a single style: remove the further ones under More Styles")
    entry, photos = mix[0][0], scene.pochade.instant.photos
    if not photos:
        raise PochadeError(
            "Choose a folder to learn from: photos of all kinds, or the frames of your own shot"
        )
    if photos.startswith("//") and not bpy.data.filepath:
        raise PochadeError("Save the .blend first, or choose the folder of photos anew")
    settings = properties.read_settings(scene)
    look = Settings(**{name: getattr(settings, name) for name in LEARNT})
    return Plan(
        entry,
        entry.name.removesuffix(ADDED),
        look,
        properties.read_instant_settings(scene),
        Path(bpy.path.abspath(photos)),
        encoders.chosen_encoder(scene),
    )


# For the panel, which must not touch the disk: what was seen there, and is looked at anew after every
# training.

_seen: dict[Hashable, Any] = {}


def outlook(scene: bpy.types.Scene) -> str:
    """What will happen, or what is missing."""
    try:
        planned = plan(scene)
    except PochadeError as error:
        return str(error)
    count = _glance(planned.photos, partial(_count, planned.photos))
    if not isinstance(count, int):
        return count or "Looking for photos…"
    photos = "1 photo" if count == 1 else f"{count} photos"
    if planned.entry.instant:
        return (
            f"{planned.name} can be painted with Method Instant already; this trains another network "
            f"for it, on {photos}"
        )
    return f"Learns the style of {planned.name} from {photos}, then paints any picture with it in one pass"


def begun(scene: bpy.types.Scene) -> bool:
    """Whether this very training was broken off, and would go on."""
    with suppress(PochadeError):
        return plan(scene).checkpoint in (_glance("begun", _list_begun) or ())
    return False


def _glance(key: Hashable, look: Callable[[], Any]) -> Any:
    """What `look` finds, None until Blender has drawn: see engine_status."""

    def later():
        _seen[key] = look()
        job.redraw()

    if key not in _seen:
        _seen[key] = None
        bpy.app.timers.register(later)
    return _seen[key]


def _count(folder: Path) -> int | str:
    try:
        return len(find_photos(folder))
    except (PochadeError, OSError) as error:
        return str(error)


def _list_begun() -> set[str]:
    return {path.name for path in training_folder().glob("*.training")}


class Training:
    """The training of a network in the scene's style. Raises PochadeError when something is missing."""

    def __init__(self, context: bpy.types.Context):
        scene = context.scene
        self._scene = scene.name
        self._plan = plan(scene)
        self._photos = find_photos(self._plan.photos)
        self._load_style = presets.load_style(scene, self._plan.entry)
        self._settings = replace(properties.read_settings(scene), method="instant")
        self._watched = _find_watched(context)
        self._checkpoint = training_folder() / self._plan.checkpoint
        self._engine_folders, self._machine = engine_folders(context), machine(context)
        self._canvas = Canvas(context, f"{self._plan.name}, learning")
        self._style_picture: np.ndarray | None = None
        self._step, self._so_far, self._started = 0, b"", time.monotonic()
        self.title = self._plan.name

    # For the job's thread.

    def steps(self) -> Generator[Progress, None, bytes]:
        """Train, or go on with it; returns the bytes of the network's file."""
        try:
            self._checkpoint.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise PochadeError(cannot_write(self._checkpoint.parent, error)) from error
        runtime.ensure_engine(self._engine_folders)
        from ...core.instant.files import network_bytes
        from ...core.training.instant import TrainingJob, train_network

        entry, training = self._plan.entry, self._plan.training
        style = replace(self._load_style(), name=self._plan.name)
        self._style_picture = style.picture
        training_job = TrainingJob(
            style,
            self._photos,
            self._plan.look,
            training,
            encoder_file=self._plan.encoder.path,
            attribution=entry.preset.attribution if entry.preset else "",
            checkpoint=self._checkpoint,
            preview_image=self._watched,
        )
        try:
            return network_bytes((yield from self._follow(train_network(training_job, self._machine))))
        except GeneratorExit:
            if (
                self._step and (running := job.current()) and running.keep
            ):  # a training that ends here is what its checkpoint says
                so_far = replace(training_job, training=replace(training, iterations=self._step))
                self._so_far = network_bytes(finish(train_network(so_far, self._machine)))
            raise

    def _follow(self, steps: Generator[Progress, None, "Network"]) -> Generator[Progress, None, "Network"]:
        """The steps as they are, counted."""
        with closing(steps):
            while True:
                try:
                    progress = next(steps)
                except StopIteration as end:
                    return end.value
                self._step = progress.step
                yield progress

    # In Blender's thread.

    def show(self, picture: "np.ndarray") -> None:
        """Show what the network makes of the source so far in the editor that the job was started from."""
        self._canvas.show(picture)

    def end(self, ended: job.Job) -> None:
        """Make the network a preset and have the scene paint with it, or say how far it is."""
        self._canvas.remove()
        _seen.clear()
        if network := ended.result if ended.state == "done" else self._so_far:
            self._keep(network)
        if ended.state == "done":
            with suppress(OSError):  # Go On Training would be said of it: nothing worse
                self._checkpoint.unlink(missing_ok=True)
            ended.sentence = (
                f"{self.title} was learnt in {duration(time.monotonic() - self._started)}: "
                "Method Instant paints with it"
            )
        elif ended.state == "cancelled" and self._step and not ended.sentence:
            kept = "Kept" if network else "Stopped"
            ended.sentence = (
                f"{kept} at iteration {self._step} of {self._plan.training.iterations}; the "
                "same command goes on from there"
            )

    def _keep(self, network: bytes) -> None:
        scene = bpy.data.scenes.get(self._scene)
        presets.save_network(
            scene, self._plan.entry, self.title + ADDED, self._settings, self._style_picture, network
        )
        if scene:
            scene.pochade.method = "instant"
        painting.push_undo(f"Train Instant Style {self.title}")


def _find_watched(context) -> "np.ndarray | None":
    """The panel's source, to see the network's progress by; None where there is none."""
    editor = image_editor(context)
    with suppress(PochadeError):
        return images.read_source(
            context.scene, painting.find_source(context), editor.image_user if editor else None
        )
    return None
