"""Work on an animation's keys: a frame taken into the paint mode and back, and what to paint next."""

from collections.abc import Generator
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.progress import Progress
from ...core.sequence.shot import Shot, frame_name
from ...core.words import Sentence
from .. import pace, shots
from ..blender import canvas, images, picture_files, results
from ..blender.borrowed import SceneHandle
from ..engine import raft
from ..job import Job
from ..preferences import AS_PREFERRED, engine_folders, machine, motion_folder
from ..scene import properties
from ..styles import keys
from .animation import output_folder
from .painting import push_undo


def is_edited(context: bpy.types.Context) -> bool:
    """Whether the editor has a key in its paint mode."""
    editor = canvas.image_editor(context)
    return bool(
        editor and editor.image and editor.ui_mode == "PAINT" and keys.is_key(context.scene, editor.image)
    )


def edit(context: bpy.types.Context) -> str:
    """Take the scene's frame, as it is painted or else rendered, as a key into the editor's paint mode; a key
    that is there already goes on. Returns what the artist should know. Raises PochadeError.
    """
    scene, number, told = context.scene, context.scene.frame_current, ""
    key = keys.key_of(scene, number)
    if not key or not key.image:
        picture, is_render = _frame_to_paint_on(context, number)
        image = images.write_result(f"Key {number}", picture)
        key = keys.add(scene, number, image)
        if is_render:
            told = Sentence(
                "What you do not paint over stays as it is rendered: erase its alpha, and Pochade paints it"
            )
    show(context, key)
    if editor := canvas.image_editor(context):
        editor.ui_mode = "PAINT"
    return told


def end_edit(context: bpy.types.Context) -> None:
    """Leave the paint mode, and show the painted animation again, if there is one."""
    editor, scene = canvas.image_editor(context), context.scene
    editor.ui_mode = "VIEW"
    if results.frames_of(scene.pochade.result):
        canvas.show_in(editor, scene.pochade.result, scene, canvas.width_seen(editor, scene))
        results.set_frames(editor.image_user, scene.pochade.result)


def show(context: bpy.types.Context, key) -> None:
    """Go to a key's frame, and show its picture with its alpha."""
    editor = canvas.image_editor(context)
    context.scene.frame_set(key.frame)
    if editor and key.image:
        if editor.image != key.image:
            canvas.show_in(editor, key.image, context.scene, canvas.width_seen(editor, context.scene))
        editor.display_channels = "COLOR_ALPHA"


def _frame_to_paint_on(context: bpy.types.Context, number: int):
    """A frame's picture (H, W, 4), as it is painted or else rendered, and whether it is the latter."""
    scene, sequence = context.scene, results.painted(context)
    if sequence and number in results.frames_of(sequence):
        return images.read_source(scene, sequence), False
    path = output_folder(scene) / shots.FOLDER / frame_name(number, ".png")
    if not path.is_file():
        raise PochadeError(
            "Frame {number} is neither painted nor rendered by Pochade yet: use Stylize Animation first, or "
            "open a picture that you have painted and add it as a key",
            number=number,
        )
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        return images.read_source(scene, image), True
    finally:
        bpy.data.images.remove(image)


class Suggestion:
    """The search for frames that are worth painting. Raises PochadeError where the shot is not there."""

    def __init__(self, context: bpy.types.Context):
        scene = context.scene
        self._scene = SceneHandle(scene)
        self._motion = properties.read_animation_settings(scene).motion
        source = shots.choose(scene)
        self._shot = Shot(tuple(source.frames_there(output_folder(scene))), "")
        self._raft = raft.weights_file(motion_folder()) if raft.is_here() else None
        self._machine = machine(context, AS_PREFERRED)
        self._engine_folders = engine_folders(context)
        self._painted = [key.frame for key in keys.painted(scene)]
        self.title = Sentence("Suggesting keys for {name}", name=source.name)

    def steps(self) -> Generator[Progress, None, object]:
        pace.load_engine(self._engine_folders)
        from ...core.sequence.keys.cover import suggest_keys

        return (yield from suggest_keys(self._shot, self._motion, self._raft, self._machine, self._painted))

    def end(self, job: Job) -> None:
        """Add the frames to the list of keys, without pictures."""
        scene = self._scene.get()
        if job.state != "done" or not scene:
            return
        cover = job.result
        found = scene.pochade.animation.keys
        for at in reversed(range(len(found))):
            if not found[at].image:  # suggested before
                found.remove(at)
        for number in cover.numbers:
            keys.add(scene, number, None)
        one = len(cover.numbers) == 1
        job.sentence = Sentence(
            "Paint frame {numbers}: {share:.0%} of what the shot shows is in a key then"
            if one
            else "Paint the frames {numbers}: {share:.0%} of what the shot shows is in a key then",
            numbers=", ".join(map(str, cover.numbers)),
            share=cover.share,
        )
        if not cover.numbers:
            job.sentence = Sentence("The keys show {share:.0%} of the shot already", share=cover.share)
        push_undo(Sentence("Suggest Keys"))


def open_key(scene: bpy.types.Scene, frame: int, path: Path) -> None:
    """Make a picture file the key of a frame. Raises PochadeError."""
    keys.add(scene, frame, keys.suits(picture_files.open_picture(path.absolute())))
