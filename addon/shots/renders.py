"""Frames rendered by Pochade with the passes that tell how things move; the scene's settings are restored."""

import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import bpy

from ...core.errors import PochadeError
from ...core.files.atomic import whole
from ...core.sequence.shot import Frame, frame_name
from ...core.words import Sentence
from .. import asking
from ..blender import compat, compositor, images, passes
from ..blender.borrowed import Borrowed
from ..blender.fingerprint import fingerprint
from ..job import PULSE, InBlender, in_window
from ..styles import regions
from .source import FOLDER, Collecting, Part, Source

if TYPE_CHECKING:
    from ...core.files.checkpoint import Checkpoint

NO_VECTORS = Sentence(
    "The render engine does not tell how things move: choose Cycles or EEVEE in the render properties, or an "
    "optical flow as Motion"
)
CHANGED = Sentence(
    "The scene was changed while its frames were rendered: start again, and they will all be rendered anew"
)
_PASSES = ("use_pass_combined", "use_pass_vector", "use_pass_z", "use_pass_object_index")
_BYTES = 60  # for a pixel of a frame's files, about; a third of that is the light of mirrors


def name_in_files(layer: str) -> str:
    """What a view layer is called in the files that are rendered: one name there is the compositor's."""
    return f"{images.COMPOSITE} Layer" if layer == images.COMPOSITE else layer


class Renders(Source):
    rendered = True
    verb = Sentence("rendered")
    made_from = "scene"
    ending = ".exr"

    def __init__(self, scene: bpy.types.Scene):
        if not scene.camera:
            raise PochadeError("The scene has no camera: add one, or choose Files or Strip as Frames")
        if scene.render.use_multiview:
            raise PochadeError("A stereo render cannot be painted: switch Stereoscopy off")
        if scene.frame_step != 1 and not scene.pochade.animation.own_range:
            raise PochadeError("Every frame has to be painted: set Frame Step to 1")
        if scene.pochade.animation.motion == "auto" and not passes.gives_vectors(scene):
            raise PochadeError(NO_VECTORS)
        super().__init__(scene, range(scene.frame_start, scene.frame_end + 1))
        if _is_rendering():
            raise PochadeError("Blender is rendering: wait for it, or stop it with ESC")
        self.name, self.size = scene.name, images.render_size(scene.render)
        self._borrowed = Borrowed(scene)
        self._frame: tuple[int, float] | None = None  # where the scene was
        self._completed = False  # the render in the window

    def collect(self, folder: Path, room: int, part: Part | None = None) -> Collecting:
        self.identity = yield InBlender(self._prepare)
        numbers = part.numbers if part else self.numbers
        frames = [self._frame_at(number, folder) for number in numbers]
        pairs = [(frame.passes, frame.picture) for frame in frames]
        with (yield from self._open(folder, [file.name for pair in pairs for file in pair], part)) as kept:
            kept.check_room(
                _BYTES * self.size[0] * self.size[1] * (len(pairs) - kept.done) + room * len(pairs)
            )
            for done in range(kept.done, len(pairs)):
                yield self.progress(done, Sentence("Rendering"), numbers)
                yield from self._render(done, numbers)
                yield InBlender(partial(self._save, *pairs[done], kept))
            if (yield InBlender(self._fingerprint)) != self.identity:
                raise PochadeError(CHANGED)
            kept.finish()
        yield InBlender(self.give_back)
        return frames

    def _agree(self, folder, identity, files, growth):
        from ...core.files.checkpoint_reader import CheckpointReader

        if why := CheckpointReader(folder).why_lost(identity, files, growth):
            yield from asking.agree(
                Sentence("What is rendered, and painted from that, is removed, because {why}", why=why)
            )
            self.agreed = True

    def _frame_at(self, number: int, folder: Path) -> Frame:
        picture, passes = (folder / FOLDER / frame_name(number, ending) for ending in (".png", ".exr"))
        return Frame(number, picture, passes, sharp=True)

    def _render(self, done: int, numbers: Sequence[int]):
        """Render one frame: in a window as Blender's own job, which leaves Blender to the artist."""
        number = numbers[done]
        if bpy.app.background:
            yield InBlender(partial(self._render_now, number))
            return
        yield InBlender(partial(self._begin, number))
        while (yield InBlender(_is_rendering)):
            time.sleep(PULSE)
            yield self.progress(done, Sentence("Rendering"), numbers)
        if not self._completed:
            raise PochadeError(
                "The render was stopped at frame {number}: the same command goes on from there", number=number
            )

    # In Blender's thread.

    def _prepare(self) -> str:
        scene = self.scene.find()
        self._frame = scene.frame_current, scene.frame_subframe
        bpy.app.handlers.render_complete.append(self._on_complete)
        return self._fingerprint()

    def _borrow(self) -> None:
        """Set the scene for rendering what the artist sees, with its passes and without paintings."""
        scene = self.scene.find()
        wanted = {
            f"view_settings.{name}": value for name, value in compositor.view_of_the_render(scene).items()
        }
        wanted |= {
            f'{compat.TREE_OF_SCENE}.nodes["{bpy.utils.escape_identifier(node.name)}"].mute': True
            for node in compositor.our_nodes(scene)
        }
        names = {*_PASSES, *(passes.PROPERTIES[kind] for kind in regions.passes_needed(scene))}
        if passes.has_mirrors():
            names.update(passes.OF_MIRRORS)
        wanted |= {
            f"view_layers[{number}].{name}": True
            for number, layer in enumerate(scene.view_layers)
            if layer.use
            for name in sorted(names)
        }
        if (number := scene.view_layers.find(images.COMPOSITE)) >= 0:
            wanted[f"view_layers[{number}].name"] = name_in_files(images.COMPOSITE)
        # Motion blur hides how things move: it is put on the paintings.
        self._borrowed.set(wanted | {"render.use_sequencer": False, "render.use_motion_blur": False})

    def _fingerprint(self) -> str:
        self._borrow()
        scene = self.scene.find()
        scene.frame_set(self.numbers[0])
        return fingerprint(scene)

    def _render_now(self, number: int) -> None:
        self._borrow()
        self.scene.find().frame_set(number)
        with bpy.context.temp_override(scene=self.scene.find()):  # a name may be another scene's, too
            bpy.ops.render.render()

    def _begin(self, number: int) -> None:
        self._borrow()
        self.scene.find().frame_set(number)
        view, self._completed = bpy.context.preferences.view, False
        before, view.render_display_type = view.render_display_type, "NONE"
        try:
            with in_window(), bpy.context.temp_override(scene=self.scene.find()):
                if "RUNNING_MODAL" not in bpy.ops.render.render("INVOKE_DEFAULT"):
                    raise PochadeError(
                        "Blender cannot render now: end what else is running, then start again"
                    )
        finally:
            view.render_display_type = before

    def _on_complete(self, scene, *_) -> None:  # in the render's thread
        self._completed |= self.scene.same(scene)

    def _save(self, exr: Path, png: Path, kept: "Checkpoint") -> None:
        scene = self.scene.find()
        result = images.find_render()
        with whole(png) as part:
            images.save_displayed(scene, result, part, compression=15)
        with whole(exr) as part:
            images.save_passes(scene, result, part, codec="ZIP")
        kept.advance(exr.name)  # here and now: the job may be cancelled before it hears of the files

    def give_back(self) -> None:
        if self._on_complete in bpy.app.handlers.render_complete:
            bpy.app.handlers.render_complete.remove(self._on_complete)
        if _is_rendering():  # its frame goes on to its end: no script can stop it
            bpy.app.timers.register(self._give_back_settings, first_interval=PULSE)
        else:
            self._give_back_settings()

    def _give_back_settings(self) -> float | None:
        if _is_rendering():
            return PULSE
        self._borrowed.give_back()
        scene, frame, self._frame = self.scene.get(), self._frame, None
        if scene and frame:
            scene.frame_set(frame[0], subframe=frame[1])
        return None


def _is_rendering() -> bool:
    return bpy.app.is_job_running("RENDER")
