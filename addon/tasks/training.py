"""One training of an instant style: what it takes from Blender, the thread's steps, and the way back."""

import hashlib
import json
import time
from collections.abc import Generator
from contextlib import closing, suppress
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.encoders.files import EncoderFile
from ...core.errors import PochadeError
from ...core.files.atomic import make_folder
from ...core.files.photos import find_photos
from ...core.presets.preset import factory_styles
from ...core.progress import Progress, Watched, finish
from ...core.settings import TRAINED_WITH, InstantSettings, Settings
from ...core.words import Sentence, duration
from .. import disk, job
from ..blender import images
from ..blender.borrowed import SceneHandle
from ..blender.canvas import Canvas, image_editor
from ..engine import encoders, runtime
from ..preferences import AS_PREFERRED, engine_folders, machine, training_folder
from ..scene import properties
from ..styles import presets, stores
from ..styles.entry import Entry
from . import painting

if TYPE_CHECKING:
    import numpy as np

    from ...core.instant.network import Network

MOST_NAMED = 5  # photos that could not be read
QUICK = 150  # iterations of a quick training, which begins from the learnt start
ADDED = ", instant"  # to the style's name, for the preset that it becomes


@dataclass(frozen=True)
class TrainingPlan:
    """A style for a network to learn. `name` is the style's, `settings` say what a good painting is,
    `training` how it is trained, and `photos` is the folder to learn from; None for the factory's plates.
    """

    entry: Entry
    name: str
    settings: Settings
    training: InstantSettings
    photos: Path | None
    encoder: EncoderFile

    @property
    def checkpoint(self) -> str:
        """The name of the file that a training is kept in until it is finished."""
        slug = self.entry.preset.slug if self.entry.preset else ""
        identity = [
            self.name,
            slug,
            asdict(self.settings),
            asdict(replace(self.training, iterations=1)),
            str(self.photos),
            self.encoder.name,
        ]
        return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16] + ".training"

    def find_pictures(self) -> list[Path]:
        """The files of the pictures to learn from. Raises PochadeError for a folder without any."""
        return find_photos(self.photos) if self.photos else [preset.plate for preset in factory_styles()]


def plan(scene: bpy.types.Scene, quick: bool = False) -> TrainingPlan:
    """The training that the scene's choices ask for, for panels too: no file is read. Raises PochadeError.

    A `quick` one takes about a minute, whatever is chosen for it.
    """
    mix = presets.mixed_styles(scene)
    if len(mix) > 1:
        raise PochadeError("A network learns a single style: remove the further ones under More Styles")
    entry, photos = mix[0][0], scene.pochade.instant.photos
    if photos.startswith("//") and not bpy.data.filepath:
        raise PochadeError("Save the .blend first, or choose the folder of photos anew")
    chosen = properties.read_settings(scene)
    settings = Settings(**{name: getattr(chosen, name) for name in TRAINED_WITH})
    return TrainingPlan(
        entry,
        entry.name.removesuffix(ADDED),
        settings,
        InstantSettings(iterations=QUICK) if quick else properties.read_instant_settings(scene),
        Path(bpy.path.abspath(photos)) if photos else None,
        encoders.chosen_encoder(scene),
    )


def training_summary(scene: bpy.types.Scene) -> str:
    """A sentence for the panel: what will happen, or what is missing."""
    try:
        planned = plan(scene)
    except PochadeError as error:
        return str(error)
    if not planned.photos:
        photos = Sentence("Pochade's own pictures")
    else:
        photos = Sentence("the photos in {photos}", photos=planned.photos)
    if planned.photos and disk.known(properties.PHOTOS_NAMED, planned.photos):
        count = _from_disk(partial(_count, planned.photos), "photos", planned.photos)
        if not isinstance(count, int):
            return count or "Looking for photos…"
        photos = Sentence("1 photo") if count == 1 else Sentence("{count} photos", count=count)
    if planned.entry.instant:
        return Sentence(
            "{name} can be painted with Method Instant already; this trains another "
            "network for it, on {photos}",
            name=planned.name,
            photos=photos,
        )
    return Sentence(
        "Learns the style of {name} from {photos}, then paints any picture with it in one pass",
        name=planned.name,
        photos=photos,
    )


def can_resume(scene: bpy.types.Scene) -> bool:
    """Whether this very training was broken off, and would go on."""
    with suppress(PochadeError):
        return plan(scene).checkpoint in (_from_disk(_list_checkpoints, "checkpoints") or ())
    return False


def _from_disk(function, kind: str, key: Path | None = None):
    """The function's answer from the disk, once between two trainings; None until Blender has drawn."""
    if disk.known(kind, key) is None:
        disk.read_later(function, kind, key)
    return disk.known(kind, key)


def _count(folder: Path) -> int | str:
    try:
        return len(find_photos(folder))
    except (PochadeError, OSError) as error:
        return str(error)


def _list_checkpoints() -> set[str]:
    return {path.name for path in training_folder().glob("*.training")}


class NetworkTraining:
    """A plan carried out, in the panel's way or a command's: what both need of Blender, and the steps.

    Until it is finished the training is kept in the file `checkpoint`, and goes on from there.
    """

    def __init__(
        self, context: bpy.types.Context, plan: TrainingPlan, checkpoint: Path, device: str = AS_PREFERRED
    ):
        self._plan, self._checkpoint = plan, checkpoint
        self._photos = plan.find_pictures()
        self._load_style = presets.load_style(context.scene, plan.entry)
        self._engine_folders, self._machine = engine_folders(context), machine(context, device)
        self._preview_source: np.ndarray | None = None  # what previews show a painting of
        self._style_picture: np.ndarray | None = None
        self._started = time.monotonic()
        self._notes: dict[str, str] = {}
        self.title = plan.name

    # For the job's thread.

    def steps(self) -> Generator[Progress, None, bytes]:
        """Train, or go on with it; returns the bytes of the network's file."""
        make_folder(self._checkpoint.parent)
        runtime.ensure_engine(self._engine_folders)
        from ...core.instant.files import network_bytes

        return network_bytes((yield from self._train(self._plan.training)))

    def _train(self, training: InstantSettings) -> "Generator[Progress, None, Network]":
        from ...core.training.instant import TrainingJob, train_network

        preset = self._plan.entry.preset
        style = replace(self._load_style(), name=self._plan.name)
        self._style_picture = style.picture
        training_job = TrainingJob(
            style,
            self._photos,
            self._plan.settings,
            training,
            encoder_file=self._plan.encoder.path,
            attribution=preset.attribution if preset else "",
            checkpoint=self._checkpoint,
            preview_image=self._preview_source,
            notes=self._notes,
        )
        return train_network(training_job, self._machine)

    # In Blender's thread.

    def _how_long(self) -> str:
        return Sentence(
            "{title} was learnt in {time}", title=self.title, time=duration(time.monotonic() - self._started)
        )

    def _with_notes(self, sentence: str) -> str:
        """A sentence with what else is to be known: of the checkpoint, and which photos could not be read."""
        notes = [self._notes.pop("", ""), *list(self._notes.values())[:MOST_NAMED]]
        if more := len(self._notes) - MOST_NAMED:
            notes += [Sentence("{more} more photos could not be read", more=more)] if more > 0 else []
        return ". ".join(filter(None, [sentence, *notes]))


class Training(NetworkTraining):
    """The training of a network in the scene's style. Raises PochadeError when something is missing."""

    def __init__(self, context: bpy.types.Context, quick: bool = False):
        scene, chosen = context.scene, plan(context.scene, quick)
        super().__init__(context, chosen, training_folder() / chosen.checkpoint)
        self._scene = SceneHandle(scene)
        self._settings = replace(properties.read_settings(scene), method="instant")
        self._preview_source = _find_source(context)
        self._canvas = Canvas(context, f"{chosen.name}, learning")
        self._step, self._so_far = 0, b""

    # For the job's thread.

    def steps(self) -> Generator[Progress, None, bytes]:
        try:
            return (yield from super().steps())
        except GeneratorExit:
            if self._step and (running := job.current()) and running.keep:
                self._so_far = self._network_so_far()
            raise

    def _train(self, training: InstantSettings) -> "Generator[Progress, None, Network]":
        """The steps, counted."""
        watched = Watched(steps := super()._train(training))
        with closing(steps):
            for progress in watched:
                self._step = progress.step
                yield progress
        return watched.result

    def _network_so_far(self) -> bytes:
        """The network's file after the iterations so far: the checkpoint is that of a training that long."""
        from ...core.instant.files import network_bytes

        return network_bytes(finish(super()._train(replace(self._plan.training, iterations=self._step))))

    # In Blender's thread.

    def show(self, picture: "np.ndarray") -> None:
        """Show what the network makes of the source so far in the editor that the job was started from."""
        self._canvas.show(picture)

    def end(self, ended: job.Job) -> None:
        """Make the network a preset and have the scene paint with it, or say how far it is."""
        self._canvas.remove()
        disk.forget("photos")
        disk.forget("checkpoints")
        if network := ended.result if ended.state == "done" else self._so_far:
            self._keep(network)
        if ended.state == "done":
            with suppress(OSError):  # Go On Training would be said of it: nothing worse
                self._checkpoint.unlink(missing_ok=True)
            ended.sentence = self._with_notes(
                Sentence("{learnt}: Method Instant paints with it", learnt=self._how_long())
            )
        elif ended.state == "cancelled" and self._step and not ended.sentence:
            kept = Sentence("Kept") if network else Sentence("Stopped")
            ended.sentence = self._with_notes(
                Sentence(
                    "{kept} at iteration {step} of {iterations}; the same command goes on from there",
                    kept=kept,
                    step=self._step,
                    iterations=self._plan.training.iterations,
                )
            )

    def _keep(self, network: bytes) -> None:
        scene = self._scene.get()
        identifier = stores.PROJECT.save_network(
            scene, self._plan.entry, self.title + ADDED, self._settings, self._style_picture, network
        )
        if scene:
            presets.pick(scene, identifier)
            scene.pochade.method = "instant"
        painting.push_undo(Sentence("Train Instant Style {title}", title=self.title))


def _find_source(context) -> "np.ndarray | None":
    """The panel's source, to see the network's progress by; None where there is none."""
    editor = image_editor(context)
    with suppress(PochadeError):
        return images.read_source(
            context.scene, painting.find_source(context), editor.image_user if editor else None
        )
    return None
