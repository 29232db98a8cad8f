"""`animate`: a sequence as its .blend says, in one go or, for farms, in parts."""

import argparse
from pathlib import Path

import bpy

from ...core.errors import PochadeError
from ...core.files.made import is_regular
from ...core.settings import AnimationSettings, FarmSettings, Settings, TimingSettings
from ...core.words import one_line
from ..farm import stages
from ..styles import keys, presets
from ..tasks.animation import Animation, Overrides
from ..tasks.keys import open_key
from .options import given
from .report import Report
from .styles import choose, find_mix

KEYS = "keys"  # the style that is the keys' own
STAGES = {
    "render": stages.Render,
    "anchors": stages.Anchors,
    "chunk": stages.Chunk,
    "collect": stages.Collect,
}


def begin(context: bpy.types.Context, arguments: argparse.Namespace, report: Report) -> Animation | None:
    """The work that was asked for, None where there is none. Raises PochadeError for what makes no sense."""
    _open(arguments.shot)
    scene = _scene(arguments.scene)
    _set(scene, arguments)
    with bpy.context.temp_override(scene=scene):
        overrides = Overrides(
            given(arguments, Settings),
            # Each frame has the keys that are near it.
            presets.chosen_mix(scene) if arguments.style and not keys.are_style(scene) else None,
            arguments.device,
            given(arguments, TimingSettings),
        )
        if not arguments.stage:
            if arguments.number is not None or arguments.first is not None:
                raise PochadeError(
                    "A number or a first frame belongs to a stage: add --stage render or --stage chunk"
                )
            return Animation(bpy.context, overrides)
        farm = FarmSettings(**given(arguments, FarmSettings))
        part = stages.Choice(farm, arguments.number, arguments.first, _chosen_frames(arguments))
        stage = STAGES[arguments.stage](bpy.context, overrides, part)
    if stage.idle:
        report.done(stage.idle)
        return None
    return stage


def _open(shot: Path | None) -> None:
    if shot and not is_regular(shot):
        raise PochadeError(f"There is no file {shot}")
    if shot and (not bpy.data.filepath or Path(bpy.data.filepath).resolve() != shot.resolve()):
        try:
            bpy.ops.wm.open_mainfile(filepath=str(shot.absolute()), load_ui=False)
        except RuntimeError as error:
            raise PochadeError(f"Blender cannot open {shot}: {one_line(error)}") from None
    if not bpy.data.filepath:
        raise PochadeError("Name the .blend of the shot: blender SHOT.blend --command pochade animate")


def _scene(name: str | None) -> bpy.types.Scene:
    named = (scene for scene in bpy.data.scenes if name in (scene.name_full, scene.name))
    scene = min(named, key=lambda scene: scene.name_full != name, default=None) if name else bpy.context.scene
    if not scene:
        there = ", ".join(scene.name_full for scene in bpy.data.scenes)
        raise PochadeError(f"There is no scene named {name}; there are {there}")
    return scene


def _set_keys(scene, files: list[tuple[int, Path]]) -> None:
    seen: set[int] = set()
    for frame, path in files:
        if frame in seen:
            raise PochadeError(f"Frame {frame} has two keys: name one of them")
        seen.add(frame)
        open_key(scene, frame, path)


def _chosen_frames(arguments) -> list[int]:
    """The frames to render now, where they are named one by one and not by a part's number."""
    named = arguments.stage == "render" and arguments.number is None and arguments.first is None
    return (arguments.frames or []) if named else []


def _set(scene, arguments) -> None:
    """Have the scene say what was typed; nothing of it is saved."""
    _set_keys(scene, arguments.key or [])
    if arguments.style == [KEYS]:
        scene.pochade.mix.clear()
        scene.pochade.style_kind = keys.KIND
    elif arguments.style:
        choose(scene, find_mix(arguments.style))
    for name, value in given(arguments, Settings).items():
        setattr(scene.pochade, name, value)
    chosen = scene.pochade.animation
    for name, value in given(arguments, AnimationSettings).items():
        setattr(chosen, name, value)
    if arguments.folder:
        chosen.folder = str(arguments.folder.absolute())
    if arguments.source:
        chosen.source, chosen.path = "FILES", str(arguments.source.absolute())
    if (frames := arguments.frames) and not _chosen_frames(arguments):
        if len(frames) != frames[-1] - frames[0] + 1:
            raise PochadeError(
                "A sequence is painted frame after frame: name a range without gaps, such as 1-250"
            )
        chosen.own_range, chosen.first, chosen.last = True, frames[0], frames[-1]
