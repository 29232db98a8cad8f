"""One animation: what it takes from Blender, the steps for the job's thread, and the way back into Blender.

What takes long in Blender, reading the scene and rendering, is asked of it frame by frame: see InBlender.
"""

import time
from collections.abc import Generator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import bpy

from ...core.compute.sizes import sized
from ...core.errors import PochadeError
from ...core.files.atomic import make_folder
from ...core.progress import Progress
from ...core.sequence.shot import FORMATS, Camera, Frame, Shot, frame_name
from ...core.settings import Settings, TimingSettings, settings_from
from ...core.words import Sentence, duration, joined
from .. import asking, pace, shots
from ..blender import images, results
from ..blender.borrowed import SceneHandle
from ..blender.canvas import Canvas, image_editor
from ..engine import encoders, raft
from ..job import InBlender, Job
from ..preferences import AS_PREFERRED, engine_folders, machine, motion_folder
from ..scene import properties, recipes
from ..shots.cameras import camera_of, shutter_of
from ..styles import keys, presets, regions
from .layers import Layers, are_apart
from .painting import push_undo

if TYPE_CHECKING:
    import numpy as np

    from ...core.sequence.job import PaintedShot, SequenceJob
    from ...core.sequence.steps import Look
    from ...core.style.regions import Region

Steps = Generator[Progress | InBlender, None, "PaintedShot"]
_BYTES = 6  # for a pixel of a painted frame, at most


def output_folder(scene: bpy.types.Scene, strip: "bpy.types.Strip | None" = None) -> Path:
    """Where the painted frames go, of a `strip` or the scene's source. Raises PochadeError without one."""
    chosen = scene.pochade.animation.folder
    if not bpy.data.filepath and (not chosen or chosen.startswith("//")):
        raise PochadeError("Save the .blend first, or choose a folder for the painted frames")
    if not strip and scene.pochade.animation.source == "STRIP":
        strip = shots.find_strip(scene)
    # Another strip's frames are not to be overwritten.
    name = f"{scene.name_full} {strip.name}" if strip else scene.name_full
    return Path(bpy.path.abspath(chosen or f"//pochade/{bpy.path.clean_name(name)}"))


@dataclass(frozen=True)
class Overrides:
    """What overrides the scene, keyframes included: settings by name, the styles' mix, the device, and timing
    settings by name.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    mix: "list[tuple[presets.Entry, float]] | None" = None
    device: str = AS_PREFERRED
    timing: dict[str, Any] = field(default_factory=dict)


class _Sample(NamedTuple):
    """What the scene says at one frame."""

    settings: Settings
    mix: "list[tuple[presets.Entry, float]]"
    camera: Camera | None
    timing: TimingSettings
    region_holds: tuple[int, ...]
    shutter: tuple[float, float]


class Animation:
    """The painting of a sequence with the scene's styles, regions and settings. Raises PochadeError."""

    def __init__(self, context: bpy.types.Context, overrides: Overrides = Overrides()):
        scene = context.scene
        self._scene = SceneHandle(scene)
        self._settings = properties.read_animation_settings(scene)
        self._folder = output_folder(scene)
        self.source = source = shots.choose(scene)
        if getattr(source, "folder", None) in (self._folder, self._folder / shots.FOLDER):
            raise PochadeError(
                "The painted frames would overwrite the footage: choose another folder for them"
            )
        mix = overrides.mix or presets.chosen_mix(scene)
        self._style, self._choices = presets.names_of(mix), recipes.choices_of(mix)
        self.title = f"{source.name}, {self._style}"
        self._encoder = encoders.file_to_paint_with(scene.pochade)
        self._raft = raft.weights_file(motion_folder()) if raft.is_here() else None
        self._layers = Layers(scene, self._folder) if are_apart(scene) else None
        self._keys, self._key_files = keys.read(scene), keys.deep_files(scene)
        self._sources: dict[int, str] = {}  # what the keys' frames were painted over, by frame
        self._plans = regions.plan(scene, source.rendered, sequences=True)
        self._holds_objects = source.rendered and regions.holds_objects(scene)
        self._canvas = Canvas(context, self.title)
        self._shown = _shown(context)
        self._engine_folders = engine_folders(context)
        self._machine = machine(context, overrides.device)
        self._overrides = overrides
        self._samples: list[_Sample] = []
        self._loaders = {}
        self._shape = (0, 0)  # height and width of the frames, once they are there
        self._camera_size = images.render_size(scene.render)
        self._painting = False
        self._started = time.monotonic()

    # For the job's thread, with what is asked of Blender's.

    def steps(self) -> Steps:
        """Collect the frames, then paint them; returns the painted shot."""
        make_folder(self._folder)
        pace.load_engine(self._engine_folders)
        from ...core.files.pictures import read_picture

        yield from self._sample()
        frames = yield from self._collect()
        self._shape = height, width = read_picture(frames[0].picture).shape[:2]
        ours = self._camera_size == (width, height)  # a render of another scene knows no camera of this one
        frames = [
            replace(frame, camera=sample.camera if ours else None, shutter=sample.shutter)
            for frame, sample in zip(frames, self._samples, strict=True)
        ]
        self._painting = True
        identity = self.source.identity_of_first
        shot = Shot(tuple(frames), repr(self.source.identity), lambda count: repr(identity(count)))
        return (yield from self._paint(shot))

    def _collect(self) -> "Generator[Progress | InBlender, Any, list[Frame]]":
        # The frames' size may not be known yet; painting asks for room once more.
        shape = self.source.size or (0, 0)
        largest = max(
            settings.finish_size or settings.size
            for settings in (sized(sample.settings, shape) for sample in self._samples)
        )
        return (yield from self.source.collect(self._folder, _BYTES * largest**2))

    def _paint(self, shot: Shot) -> Steps:
        from ...core.sequence import animation, layers

        if self._layers:
            layered = yield from self._layers.job(shot, self._sequence_job)
            lost, painting = layered.what_is_lost(), layers.stylize_layers(layered)
            parts = [job for _, job in layered.layers]
        else:
            parts = [self._sequence_job(shot)]
            lost, painting = animation.what_is_lost(parts[0]), animation.stylize_animation(parts[0])
        self._sources = _sources_of(parts[0])
        if lost and not self.source.agreed:
            yield from asking.agree(lost)
        settings, table = self._samples[0].settings, parts[0].timetable
        chosen = settings, self._settings, table, self._shape, self._machine
        task = yield InBlender(partial(pace.sequence, *chosen))
        task = replace(task, amount=len(parts) * task.amount)
        return (yield from pace.timed(task, painting, resumes=True))

    def _sequence_job(self, shot: Shot) -> "SequenceJob":
        from ...core.sequence.job import SequenceJob

        return SequenceJob(
            shot,
            self._looks(),
            self._settings,
            self._folder,
            self._machine,
            regions=self._regions,
            regions_identity=repr(
                [plan.identity for plan in self._plans] + ["objects"] * self._holds_objects
            ),
            objects=self._objects,
            encoder_file=self._encoder,
            raft_file=self._raft,
            keys=keys.exact(self._keys, self._key_files),
            recipe_of=self._recipe,
        )

    def _sample(self) -> Steps:
        """Read the scene at every frame: its settings and weights may be animated, and the camera moves."""
        still = yield InBlender(self._stands_still)
        for done, number in enumerate(self.source.numbers):
            if still and done:
                self._samples.append(self._samples[0])
                continue
            yield self.source.progress(done, Sentence("Looking at"), verb=Sentence("looked at"))
            self._samples.append((yield InBlender(partial(self._sample_at, number))))

    def _looks(self) -> "list[Look]":
        from ...core.sequence.steps import Look

        styles = {key: load() for key, load in self._loaders.items()}
        return [
            Look(
                tuple((styles[_key(entry)], weight) for entry, weight in sample.mix if not entry.key),
                sample.settings,
                sample.timing,
                sample.region_holds,
                keys=sum(weight for entry, weight in sample.mix if entry.key),
            )
            for sample in self._samples
        ]

    def _recipe(self, number: int, mix: "list[tuple[presets.Entry, float]] | None" = None) -> dict[str, Any]:
        """How a frame, counted from 0, is painted, in its own styles or these."""
        mix, settings = mix or self._samples[number].mix, self._samples[number].settings
        choices = recipes.choices_of(mix)
        return recipes.of_painting(self.source.name, presets.names_of(mix), choices, settings)

    def _regions(self, frame: Frame, picture: "np.ndarray") -> "list[Region]":
        return regions.make(self._plans, picture, frame.passes, frame.number) if self._plans else []

    def _objects(self, frame: Frame) -> "np.ndarray | None":
        if not self._holds_objects or not frame.passes:
            return None
        from ...core.style.objects import read_objects

        return read_objects(frame.passes, frame.layer)

    # In Blender's thread.

    def _stands_still(self) -> bool:
        """Whether all frames look the same to the scene: nothing in it is animated, and no camera counts."""
        scene = self._scene.find()
        return not scene.animation_data and not self.source.rendered

    def _sample_at(self, number: int) -> _Sample:
        scene = self._scene.find()
        frame, subframe = scene.frame_current, scene.frame_subframe
        scene.frame_set(number)
        try:
            mix = self._overrides.mix or presets.chosen_mix(scene)
            for entry, _ in mix:
                if not entry.key and _key(entry) not in self._loaders:
                    self._loaders[_key(entry)] = presets.load_style(scene, entry)
            camera = camera_of(scene) if self.source.rendered else None
            settings = settings_from(self._overrides.settings, properties.read_settings(scene))
            timing = settings_from(self._overrides.timing, properties.read_timing_settings(scene))
            holds = properties.region_holds(scene)
            return _Sample(settings, mix, camera, timing, holds, shutter_of(scene))
        except PochadeError as error:
            raise PochadeError("Frame {number}: {error}", number=number, error=error) from None
        finally:
            scene.frame_set(frame, subframe=subframe)

    def show(self, picture: "np.ndarray") -> None:
        """Show the frame that is being painted in the editor that the job was started from."""
        self._canvas.show(picture)

    def end(self, job: Job) -> None:
        """Show the finished sequence, or say how far it is; Blender is as it was before."""
        self.source.give_back()
        if job.state != "done":
            self._canvas.remove()
            if job.state == "cancelled" and not job.sentence:
                job.sentence = self._how_far()
            return
        painted, seconds = job.result, time.monotonic() - self._started
        image = results.load(self.title, painted.files)
        settings = self._samples[0].settings
        render = images.find_render() if isinstance(self.source, shots.Renders) else None
        stands_for = self._shown or (render.name_full if render else "")
        images.record_recipe(
            image, source=stands_for, style=self._style, settings=settings, choices=self._choices
        )
        results.record_frames(image, self.source.numbers)
        for space in self._canvas.remove(show=image):
            results.set_frames(space.image_user, image)
        if scene := self._scene.get():
            scene.pochade.result = image
            keys.remember_sources(scene, self._keys, self._sources)
        done = Sentence(
            "Painted {count} frames of {name} in {time}",
            count=len(painted.files),
            name=self.source.name,
            time=duration(seconds),
        )
        job.sentence = joined(filter(None, (done, painted.note)), ". ")
        push_undo(Sentence("Stylize {title}", title=self.title))

    def _how_far(self) -> str:
        if self._painting:
            folder, ending, verb = (
                self._folder,
                FORMATS[self._settings.file_format].ending,
                Sentence("painted"),
            )
        else:
            folder, ending, verb = self._folder / shots.FOLDER, ".png", self.source.verb
        done = sum((folder / frame_name(number, ending)).exists() for number in self.source.numbers)
        frames = Sentence(
            "{done} of {count} frames of {name}",
            done=done,
            count=len(self.source.numbers),
            name=self.source.name,
        )
        return Sentence(
            "Stopped with {frames} {verb}; the same command goes on from there", frames=frames, verb=verb
        )


def _shown(context: bpy.types.Context) -> str:
    """The name of the picture that the editor shows, or that it stands for; "" for none."""
    editor = image_editor(context)
    image = editor.image if editor else None
    if not image:
        return ""
    return images.source_of(image) or ("" if results.frames_of(image) else image.name_full)


def _sources_of(job: "SequenceJob") -> dict[int, str]:
    """The digests of the sources of frames that have a key, by frame."""
    from ...core.files.pictures import read_picture
    from ...core.sequence.keys.key import picture_digest

    frames = [job.shot.frames[at] for at in job.keyed]
    return {frame.number: picture_digest(read_picture(frame.picture)) for frame in frames}


def _key(entry: presets.Entry) -> tuple[str, str]:
    return entry.id, entry.image
