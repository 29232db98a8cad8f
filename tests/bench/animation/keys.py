"""Shots painted from keys in a hand that no preset has: how much of that hand the last frame still has, how
steady it is, and what a second key and a half-transparent one do.

The hand is flat colours by object, in three tones, and hatching that sticks to the surfaces, all made from
the passes: so what every frame should look like is known. Leaves the paintings in
out/bench/animation/SCENE/keys-*, a sheet of them in keys.png there, and the figures in out/bench/keys.json.
"""

import json
import logging
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch

from core.files.pictures import read_picture, write_picture
from core.presets.load import style_from_preset
from core.presets.preset import find_preset
from core.progress import finish
from core.sequence.animation import stylize_animation
from core.sequence.job import SequenceJob
from core.sequence.keys.key import Key
from core.sequence.shot import Shot
from core.sequence.steps import Look
from core.settings import AnimationSettings, Settings
from core.style.colour import luminance
from core.style.styles import style_from_picture
from tests.bench.report import rows
from tests.bench.strokes import StrokeDistance

from . import measure, truth
from .bench import FULL, QUICK, STYLE, masks_of, read_shot

SCENES = ("turning", "flight")
INK, PERIOD = (0.10, 0.09, 0.16), 16  # the hatching's colour, and px from one line to the next at 480 px
HALF_FRAMES = 3  # that are painted from the half-transparent key
TONES = (0.55, 0.8, 1.0)  # of the flat colours, from dark to light
log = logging.getLogger(__name__)


def run(out: Path, quick: bool, device: torch.device) -> None:
    """Both moving scenes; a quick run paints three frames of each, badly."""
    options, figures = QUICK if quick else FULL, {}
    for scene in SCENES:
        render = out / "animation" / scene / "render"
        subprocess.run([sys.executable, Path(__file__).with_name("render.py"), scene, render], check=True)
        shot = read_shot(render, options["count"])
        folder = out / ("animation-quick" if quick else "animation") / scene
        figures[scene] = paint_and_measure(shot, options["settings"], options["animation"], folder, device)
        (out / "keys.json").write_text(json.dumps(figures, indent=2) + "\n")
    log.info("\n%s", table(figures))


def drawn_by_hand(shot: Shot) -> list[np.ndarray]:
    """Every frame as the hand would draw it, (H, W, 3), 0 to 1."""
    seen = [truth.read_seen(frame.picture.parent, frame.number) for frame in shot.frames]
    objects = np.unique(np.concatenate([np.unique(at.index) for at in seen]))
    surface, frames = (truth.pixels(seen[0].depth.shape), [])  # where each place was at first
    for at, frame in enumerate(shot.frames):
        if at:
            surface = _carried(surface, seen[at - 1], seen[at])
        index = np.searchsorted(objects, seen[at].index)
        frames.append(_drawn(read_picture(frame.picture), index, surface))
    return frames


def _carried(surface: np.ndarray, before: truth.Seen, now: truth.Seen) -> np.ndarray:
    """Places (H, W, 2) of the frame before, carried on to where they are now; what is new has its own."""
    here, flow = truth.pixels(now.depth.shape), truth.backward_flow(now, before)
    there = here + flow
    x, y = np.rint(there).astype(int).clip(0, np.array(now.depth.shape[::-1]) - 1).transpose(2, 0, 1)
    same = truth.visible(now, before, flow) & (before.index[y, x] == now.index)
    return np.where(same[..., None], surface[y, x] + there - np.rint(there), here)


def _drawn(picture: np.ndarray, index: np.ndarray, surface: np.ndarray) -> np.ndarray:
    """A frame (H, W, 3): flat colours by object `index` (H, W), hatched by `surface` (H, W, 2)."""
    hue = index * 0.618034 % 1  # far apart for objects one after the other
    flat = 0.55 + 0.4 * np.cos(2 * np.pi * (hue[..., None] + np.array((0, 0.33, 0.67))))
    level = np.digitize(luminance(picture), (0.22, 0.5))
    scale = 480 / max(picture.shape[:2])
    across = (surface[..., 0] + surface[..., 1]) * scale / PERIOD % 1
    other = (surface[..., 0] - surface[..., 1]) * scale / PERIOD % 1
    lines = (level < 2) & (across < 0.28) | (level < 1) & (other < 0.28)
    return np.where(lines[..., None], INK, flat * np.array(TONES)[level][..., None]).astype(np.float32)


def paint_and_measure(
    shot: Shot, settings: Settings, animation: AnimationSettings, folder: Path, device: torch.device
) -> dict:
    """A scene's figures: painted in a preset, and from one key, two, and one whose right half is clear."""
    hand, preset = drawn_by_hand(shot), style_from_preset(find_preset(STYLE))
    first, last = shot.frames[0].number, shot.frames[-1].number
    sources = [read_picture(frame.picture) for frame in shot.frames]
    half = np.float32(np.arange(hand[0].shape[1]) < hand[0].shape[1] / 2)[None]
    keys = {
        "one": [_key(first, hand[0])],
        "two": [_key(first, hand[0]), _key(last, hand[-1])],
        "half": [_key(first, hand[0], half)],
        "preset": [],
    }
    painted = {}
    for name, chosen in keys.items():
        log.info("%s: painting %s", folder.name, name)
        part = shot.first(HALF_FRAMES) if name == "half" else shot
        strokes = name in ("one", "two")
        look = Look((), settings, keys=1.0) if strokes else Look(((preset, 1.0),), settings)
        plain = replace(animation, file_format="png8")
        job = SequenceJob(
            part, [look] * len(part.frames), plain, folder / f"keys-{name}", device.type, keys=chosen
        )
        painted[name] = [read_picture(file) for file in finish(stylize_animation(job)).files]
    wanted = [_fitted(frame, painted["one"][0].shape) for frame in hand]
    write_picture(folder / "keys.png", _sheet(wanted, painted))
    return {"temporal_error": _steadiness(shot, painted, animation, device)} | _figures(
        wanted, painted, sources, device
    )


def _key(number: int, picture: np.ndarray, alpha: np.ndarray | float = 1.0) -> Key:
    whole = np.broadcast_to(alpha, picture.shape[:2])[..., None]
    return Key(number, np.concatenate([picture, whole], axis=2).astype(np.float32), f"frame {number}")


def _fitted(picture: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    from core.compute.tensors import resize, to_array, to_tensor

    return to_array(resize(to_tensor(picture, torch.device("cpu")), *shape[:2]))


def _figures(wanted: list, painted: dict, sources: list, device: torch.device) -> dict:
    """What the bars are about: strokes as `StrokeDistance` has them, and as `errors` the mean absolute
    difference of each frame from what the hand would have drawn.
    """
    size, key = max(wanted[0].shape[:2]), style_from_picture("key", wanted[0])
    distances = {at: StrokeDistance(sources[at], key, size, device) for at in (1, -1)}
    strokes = [distances[at].share(painted["one"][at]) for at in (1, -1)]
    by_hand = [
        distances[at].share(wanted[at]) for at in (1, -1)
    ]  # the scene itself shows other things by then
    errors = {
        name: [float(np.abs(a - b).mean()) for a, b in zip(painted[name], wanted, strict=True)]
        for name in ("preset", "one", "two")
    }
    width = wanted[0].shape[1] // 2
    rest = [
        float(np.abs(painted["half"][0] - other[0])[:, width + width // 4 :].mean())
        for other in (painted["preset"], wanted and [wanted[0]])
    ]
    return {
        "strokes_second": strokes[0],
        "strokes_last": strokes[1],
        "strokes_kept": strokes[1] / strokes[0],
        "strokes_kept_by_hand": by_hand[1] / by_hand[0],
        "errors": errors,
        "worst_second_half": max(
            b / a for a, b in list(zip(errors["one"], errors["two"], strict=True))[len(wanted) // 2 :]
        ),
        "clear_half_from_preset": rest[0],
        "clear_half_from_hand": rest[1],
    }


def _steadiness(shot: Shot, painted: dict, animation: AnimationSettings, device: torch.device) -> dict:
    """The temporal error of each painting, at the painted size."""
    seen = [truth.read_seen(frame.picture.parent, frame.number) for frame in shot.frames]
    flows = [truth.backward_flow(later, earlier) for earlier, later in pairwise(seen)]
    masks = masks_of(shot, animation, device)
    size = flows[0].shape
    return {
        name: measure.temporal_error([_fitted(frame, size) for frame in frames], flows, masks)
        for name, frames in painted.items()
    }


def _sheet(wanted: list, painted: dict) -> np.ndarray:
    """The second frame, those at a third and two thirds, and the last: by the hand, then as painted."""
    last = len(wanted) - 1
    moments = [min(1, last), last // 3, 2 * last // 3, last]
    return np.vstack(
        [
            np.hstack([frames[min(at, len(frames) - 1)] for at in moments])
            for frames in (wanted, *painted.values())
        ]
    )


def table(figures: dict) -> str:
    """The figures that the bars are about, as Markdown."""
    return rows(
        "Scene|Strokes, second frame|last|kept|by the hand itself|Temporal error, preset|one key|two keys|"
        "Second half's error with two keys, worst|Clear half from preset|from hand",
        [
            (
                scene,
                f["strokes_second"],
                f["strokes_last"],
                f["strokes_kept"],
                f["strokes_kept_by_hand"],
                *(f["temporal_error"][name] for name in ("preset", "one", "two")),
                f["worst_second_half"],
                f["clear_half_from_preset"],
                f["clear_half_from_hand"],
            )
            for scene, f in figures.items()
        ],
    )
